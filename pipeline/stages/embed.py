"""Embed: cut a document into chunks, by headings and then by size in the embedder's tokens, and embed them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, islice, takewhile

from pipeline.markdown_units import CountTokens, Unit, split_units, without_marks, without_table_marks
from pipeline.places import span_of
from pipeline.step_context import StepContext
from stores.effects import Nothing
from stores.models import Block, Box, Chunk, Page, PlacedBox

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


_PlacedLine = tuple[int, int, Box]


class _Joined:
    """The Markdown of all pages as one text, and the page of every offset."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.pages = [page for page in pages if page.markdown.strip()]
        self.starts: list[int] = []
        parts: list[str] = []
        at = 0
        for page in self.pages:
            self.starts.append(at)
            parts.append(page.markdown)
            at += len(page.markdown) + len(_JOINT)
        self.text = _JOINT.join(parts)
        self._lines: dict[tuple[int, int], list[_PlacedLine]] = {}
        self._blocks: dict[int, tuple[list[tuple[int, int, int]], list[int]]] = {}  # and the furthest end so far

    def index(self, offset: int) -> int:
        return max(0, bisect_right(self.starts, offset) - 1)

    def number(self, offset: int) -> int:
        """The number of the page that holds this offset."""
        return self.pages[self.index(offset)].number

    def boxes(self, start: int, end: int) -> Iterator[PlacedBox]:
        """Where the text from ``start`` to ``end`` is printed."""
        for index in range(self.index(start), self.index(end - 1) + 1):
            page, base = self.pages[index], self.starts[index]
            for number in self._blocks_between(index, start - base, end - base):
                block = page.blocks[number]
                if (index, number) not in self._lines:
                    self._lines[index, number] = _placed_lines(page.markdown, block)
                box = _part(self._lines[index, number], block, start - base, end - base)
                yield PlacedBox(page=page.number, box=box)

    def places(self, start: int, end: int) -> Iterator[str]:
        """The names of the lines that hold the text from ``start`` to ``end``, where the format names lines."""
        for index in range(self.index(start), self.index(end - 1) + 1):
            page, base = self.pages[index], self.starts[index]
            for number in self._blocks_between(index, start - base, end - base):
                block = page.blocks[number]
                if block.lines and block.lines[0].place:
                    yield from _places(block, self._lines[index, number], start - base, end - base)

    def _blocks_between(self, index: int, start: int, end: int) -> list[int]:
        """Indices of a page's blocks that overlap a range, found without visiting all the others."""
        if index not in self._blocks:
            blocks = self.pages[index].blocks
            placed = sorted((block.start, block.end, n) for n, block in enumerate(blocks) if _is_placed(block))
            self._blocks[index] = placed, list(accumulate((ends for _, ends, _ in placed), max))
        placed, reach = self._blocks[index]
        near = takewhile(lambda block: block[0] < end, islice(placed, bisect_right(reach, start), None))
        return sorted(number for _, ends, number in near if ends > start)


def chunk_document(pages: Sequence[Page], max_tokens: int, overlap: int, count_tokens: CountTokens) -> list[Chunk]:
    """The chunks of a document in reading order, ordinals from 0, without embeddings.

    A chunk stays under one heading (small neighbouring sections are merged), has ``max_tokens`` at most (one table row
    may have more: rows are never cut) and shares about ``overlap`` tokens with the one before where a paragraph had to
    be cut.
    """
    joined = _Joined(pages)
    units = split_units(joined.text, max_tokens, min(overlap, max_tokens // 2), count_tokens)
    groups = _merged(_packed(units, max_tokens, joined), max_tokens, joined)
    return [_chunk(ordinal, group, joined) for ordinal, group in enumerate(groups)]


def _is_placed(block: Block) -> bool:
    """Whether a block is in the Markdown and its place on the page is known."""
    return block.end > block.start and block.box[2] > block.box[0]


def embedding_text(text: str) -> str:
    """The text that is embedded for a chunk: without marks of Markdown, HTML and tables, and without dot leaders.

    Title and headings are not put in front: a fifth more tokens found no page more. The keyword index has them.
    """
    return _LEADERS.sub(" … ", without_marks(without_table_marks(text))).strip()


def _chunk(ordinal: int, group: Sequence[Unit], joined: _Joined) -> Chunk:
    boxes = dict.fromkeys(placed for unit in group for placed in joined.boxes(unit.start, unit.end))
    return Chunk(
        ordinal=ordinal,
        text=_JOINT.join(unit.text for unit in group),
        heading=" > ".join(_shared_path(group)),
        first_page=joined.number(group[0].start),
        last_page=joined.number(group[-1].end - 1),
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


def _places(block: Block, lines: Sequence[_PlacedLine], start: int, end: int) -> Iterator[str]:
    """The names of a block's lines between two offsets of the page; of all where none can be found."""
    boxes = {box for begin, stop, box in lines if stop > start and begin < end}
    whole = start <= block.start and end >= block.end
    return (line.place for line in block.lines if whole or not boxes or line.box in boxes)


def _placed_lines(markdown: str, block: Block) -> list[_PlacedLine]:
    """(start, end, box) of the block's lines that are found in the page's Markdown, in their order."""
    at, placed = block.start, []
    for line in block.lines:
        place = markdown.find(line.text, at, block.end)
        if line.text and place >= 0:
            at = place + len(line.text)
            placed.append((place, at, line.box))
    return placed


def _part(lines: Sequence[_PlacedLine], block: Block, start: int, end: int) -> Box:
    """The box of the block's lines between two offsets of the page; the whole box where the lines cannot be found."""
    if start <= block.start and end >= block.end:
        return block.box
    first = bisect_right(lines, start, key=lambda line: line[1])
    boxes = [box for _, _, box in takewhile(lambda line: line[0] < end, islice(lines, first, None))]
    if not boxes:
        return block.box
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _packed(units: Sequence[Unit], max_tokens: int, joined: _Joined) -> list[list[Unit]]:
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


def _merged(groups: Sequence[list[Unit]], max_tokens: int, joined: _Joined) -> list[list[Unit]]:
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


def _near(first: Unit, last: Unit, joined: _Joined) -> bool:
    return joined.number(last.end - 1) - joined.number(first.start) < MAX_PAGES
