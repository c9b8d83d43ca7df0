"""Embed: cut a document into chunks, by headings and then by size in the embedder's tokens, and embed them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.markdown_units import CountTokens, Unit, split_units, without_marks, without_table_marks
from pipeline.places import span_of
from pipeline.step_context import StepContext
from pipeline.structure.joined_markdown import JoinedMarkdown
from stores.effects import Nothing
from stores.models import Chunk, Page

_SLICE = 32  # chunks embedded and saved at once
MAX_PAGES = 2  # a chunk spans at most so many pages, so that its place stays useful
_LEAST_TOKENS = 16  # of a chunk, however few tokens the embedder reads
_JOINT = "\n\n"
_LEADERS = re.compile(r"\s*(?:[.·…_]\s?){4,}")  # the dots of a table of contents: each would be a token


def run(context: StepContext) -> Nothing:
    """Cut the pages into chunks and embed those that an earlier attempt has not saved yet, a slice at a time."""
    settings, embedder = context.resources.settings, context.embedder()
    with context.deadline(settings.document_timeout_s):
        size = max(min(settings.chunk_tokens, embedder.max_tokens), _LEAST_TOKENS)
        chunks = chunk_document(context.pages(), size, settings.chunk_overlap, embedder.count_tokens)
    for at in range(context.saved_chunks(), len(chunks), _SLICE):
        with context.deadline(settings.document_timeout_s):
            part = chunks[at : at + _SLICE]
            vectors = embedder.embed_chunks([embedding_text(chunk.text) for chunk in part]).astype("<f4")
            context.save_chunks([replace(c, embedding=v.tobytes()) for c, v in zip(part, vectors, strict=True)])
    return Nothing()


def chunk_document(pages: Sequence[Page], max_tokens: int, overlap: int, count_tokens: CountTokens) -> list[Chunk]:
    """The chunks of a document in reading order, ordinals from 0, without embeddings.

    A chunk stays under one heading (small neighbouring sections are merged), has ``max_tokens`` at most (one table row
    may have more: rows are never cut) and shares about ``overlap`` tokens with the one before where a paragraph had to
    be cut.
    """
    joined = JoinedMarkdown(pages)
    units = split_units(joined.text, max_tokens, min(overlap, max_tokens // 2), count_tokens)
    groups = _merged(_packed(units, max_tokens, joined), max_tokens, joined)
    return [_chunk(ordinal, group, joined) for ordinal, group in enumerate(groups)]


def embedding_text(text: str) -> str:
    """The text that is embedded for a chunk: without marks of Markdown, HTML and tables, and without dot leaders.

    Title and headings are not put in front: a fifth more tokens found no page more. The keyword index has them.
    """
    return _LEADERS.sub(" … ", without_marks(without_table_marks(text))).strip()


def _chunk(ordinal: int, group: Sequence[Unit], joined: JoinedMarkdown) -> Chunk:
    boxes = dict.fromkeys(placed for unit in group for placed in joined.boxes(unit.start, unit.end))
    numbers = [number for unit in group for number in joined.numbers(unit.start, unit.end)]
    return Chunk(
        ordinal=ordinal,
        text=_JOINT.join(unit.text for unit in group),
        heading=" > ".join(_shared_path(group)),
        first_page=min(numbers),
        last_page=max(numbers),
        boxes=tuple(boxes),
        place=span_of(place for unit in group for place in joined.places(unit.start, unit.end)),
    )


def _shared_path(group: Sequence[Unit]) -> tuple[str, ...]:
    """The headings above all of the group; its own first heading where nothing stands above all."""
    first, *others = (unit.heading for unit in group)
    shared = 0
    while shared < len(first) and all(path[: shared + 1] == first[: shared + 1] for path in others):
        shared += 1
    return first[: max(shared, 1)]


def _packed(units: Sequence[Unit], max_tokens: int, joined: JoinedMarkdown) -> list[list[Unit]]:
    """Group the units of each section evenly: a long section makes no tiny last chunk."""
    groups: list[list[Unit]] = []
    for section in _sections(units):
        total = sum(unit.tokens for unit in section)
        target = total / max(1, -(-total // max_tokens))
        group: list[Unit] = []
        for unit in section:
            used = sum(member.tokens for member in group)
            full = used + unit.tokens > max_tokens or (used >= target and group and not group[-1].opens)
            if group and (full or not _near(group[0], unit, joined)):
                groups.append(group)
                group = []
            group.append(unit)
        groups.append(group)
    return groups


def _sections(units: Sequence[Unit]) -> Iterator[list[Unit]]:
    section: list[Unit] = []
    for unit in units:
        if unit.opens and section:
            yield section
            section = []
        section.append(unit)
    if section:
        yield section


def _merged(groups: Sequence[list[Unit]], max_tokens: int, joined: JoinedMarkdown) -> list[list[Unit]]:
    """Small sections joined to the one that follows: a heading without text, the short parts of a form or a CV."""
    merged: list[list[Unit]] = []
    for group in groups:
        last = merged[-1] if merged else []
        size, more = sum(unit.tokens for unit in last), sum(unit.tokens for unit in group)
        small = _bare(last) or (size < max_tokens // 4 and not _bare(group))
        if last and small and size + more <= max_tokens and _near(last[0], group[-1], joined):
            last.extend(group)
        else:
            merged.append(list(group))
    return merged


def _bare(group: Sequence[Unit]) -> bool:
    """Whether a group has only headings, whose text is still to come."""
    return all(unit.opens for unit in group)


def _near(first: Unit, last: Unit, joined: JoinedMarkdown) -> bool:
    first_page = min(joined.numbers(first.start, first.end))
    return max(joined.numbers(last.start, last.end)) - first_page < MAX_PAGES
