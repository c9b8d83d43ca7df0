"""Cuts the Markdown of a document into windows that fit into a request, each overlapping the one before it.

A window that begins inside a table begins with that table's header, so that its columns keep their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.engines.evidence.located_values import squash
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.model.prompt_text import estimated_tokens
from stores.models import Page

OVERLAP = 0.125
"""Share of a window that the next one repeats."""
_SMALLEST_TOKENS = 150  # a window below this is not cut further
_LOOK_AHEAD = 6  # printed lines that may be missing in the Markdown: headers and footers


@dataclass(frozen=True, slots=True)
class _MarkdownLine:
    """A line of Markdown with the printed lines (numbers from ``first`` to ``last``, exclusive) that it renders."""

    page: int
    text: str
    tokens: int
    header: tuple[str, ...]  # of the table that it continues
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a document: Markdown with page marks, and the numbers of its printed lines (``last`` exclusive)."""

    lines: tuple[_MarkdownLine, ...]

    @property
    def text(self) -> str:
        pieces = list(self.lines[0].header)
        page = 0
        for line in self.lines:
            if line.page != page:
                page = line.page
                pieces.append(f"[page {page}]")
            pieces.append(line.text)
        return "\n".join(pieces)

    @property
    def first(self) -> int:
        return self.lines[0].first

    @property
    def last(self) -> int:
        return max(line.last for line in self.lines)

    def halves(self) -> tuple[Window, ...]:
        """Two overlapping windows for this one; itself alone where it is too small to cut."""
        tokens = sum(line.tokens for line in self.lines)
        if tokens < _SMALLEST_TOKENS or len(self.lines) < 2:
            return (self,)
        return tuple(Window(part) for part in _cut(self.lines, max(1, int(tokens * (1 + OVERLAP) / 2) + 1)))


def windows(pages: Sequence[Page], printed: Sequence[PageLine], most_tokens: int) -> list[Window]:
    """Cut pages into windows of at most ``most_tokens``; ``printed``: the printed lines of these pages."""
    lines = [line for page in pages for line in _markdown_lines(page, printed, most_tokens)]
    return [Window(part) for part in _cut(lines, most_tokens)]


def _markdown_lines(page: Page, printed: Sequence[PageLine], most_tokens: int) -> Iterator[_MarkdownLine]:
    ours = [line for line in printed if line.page == page.number]
    at, header, before = 0, [""] * 0, ""
    for text in _short_lines(page.markdown, most_tokens):
        in_table = text.lstrip().startswith("|")
        continues = in_table and before.lstrip().startswith("|")
        header = [*header, text][:2] if continues else [text]
        begin, at = at, _after(text, ours, at)
        yield _MarkdownLine(
            page=page.number,
            text=text,
            tokens=estimated_tokens(text),
            header=tuple(header) if continues and text not in header else (),
            first=_number(ours, begin),
            last=_number(ours, at),
        )
        before = text


def _short_lines(markdown: str, most_tokens: int) -> Iterator[str]:
    """The lines that are not empty; one that would not fit into a window alone comes in pieces."""
    longest = max(80, most_tokens // 2)
    for line in markdown.splitlines():
        if line.strip():
            yield from (line[at : at + longest] for at in range(0, len(line), longest))


def _number(ours: Sequence[PageLine], at: int) -> int:
    if not ours:
        return 0
    return ours[at].number if at < len(ours) else ours[-1].number + 1


def _after(text: str, ours: Sequence[PageLine], at: int) -> int:
    """The place behind the printed lines that a line of Markdown renders, which begin at ``at``."""
    letters, position = squash(text), 0
    while at < len(ours):
        for ahead in range(at, min(at + _LOOK_AHEAD, len(ours))):
            piece = squash(ours[ahead].text)
            place = letters.find(piece, position) if piece else -1
            if place >= 0:
                at, position = ahead + 1, place + len(piece)
                break
        else:
            return at
    return at


def _cut(lines: Sequence[_MarkdownLine], most_tokens: int) -> Iterator[tuple[_MarkdownLine, ...]]:
    begin = 0
    while begin < len(lines):
        end, tokens = begin, 0
        while end < len(lines) and (end == begin or tokens + lines[end].tokens <= most_tokens):
            tokens += lines[end].tokens
            end += 1
        yield tuple(lines[begin:end])
        if end >= len(lines):
            return
        begin = _overlapping(lines, begin, end, int(most_tokens * OVERLAP))


def _overlapping(lines: Sequence[_MarkdownLine], begin: int, end: int, tokens: int) -> int:
    """Where the next window begins: some lines before ``end``, and always behind ``begin``."""
    at = end
    while at - 1 > begin and tokens >= lines[at - 1].tokens:
        at -= 1
        tokens -= lines[at].tokens
    return at
