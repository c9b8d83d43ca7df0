"""The Markdown of all pages as one text, and the place on a page of everything in it. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice, takewhile

from pipeline.structure.continuations import Part, parts_of
from stores.models import Block, Box, Page, PlacedBox

_PlacedLine = tuple[int, int, Box]


class JoinedMarkdown:
    """The Markdown of all pages as one text, in which what goes on over a page break stands together.

    ``text``: the Markdown. Offsets count its characters.
    """

    def __init__(self, pages: Sequence[Page]) -> None:
        self.pages = [page for page in pages if page.markdown.strip()]
        self._parts: list[Part] = []
        self._starts: list[int] = []
        texts: list[str] = []
        at = 0
        for part in parts_of(self.pages):
            text = self.pages[part.page].markdown[part.start : part.end]
            lead = len(text) - len(text.lstrip("\n"))
            shown = text.strip("\n")
            glue = part.glue if texts else ""
            texts += [glue, shown]
            self._parts.append(Part(part.page, part.start + lead, part.start + lead + len(shown), glue))
            self._starts.append(at + len(glue))
            at += len(glue) + len(shown)
        self.text = "".join(texts)
        self._lines: dict[tuple[int, int], list[_PlacedLine]] = {}
        self._blocks: dict[int, tuple[list[tuple[int, int, int]], list[int]]] = {}  # and the furthest end so far

    def numbers(self, start: int, end: int) -> tuple[int, int]:
        """The first and the last page of the text from ``start`` to ``end``."""
        numbers = [self.pages[part.page].number for part, _, _ in self._between(start, end)]
        return (min(numbers), max(numbers)) if numbers else (self.number(start), self.number(start))

    def number(self, offset: int) -> int:
        """The number of the page that holds this offset."""
        return self.pages[self._parts[self._at(offset)].page].number

    def boxes(self, start: int, end: int) -> Iterator[PlacedBox]:
        """Where the text from ``start`` to ``end`` is printed."""
        for part, first, last in self._between(start, end):
            page = self.pages[part.page]
            for number in self._blocks_between(part.page, first, last):
                block = page.blocks[number]
                if (part.page, number) not in self._lines:
                    self._lines[part.page, number] = _placed_lines(page.markdown, block)
                yield PlacedBox(page=page.number, box=_part(self._lines[part.page, number], block, first, last))

    def places(self, start: int, end: int) -> Iterator[str]:
        """The names of the lines that hold the text from ``start`` to ``end``, where the format names lines."""
        for part, first, last in self._between(start, end):
            page = self.pages[part.page]
            for number in self._blocks_between(part.page, first, last):
                block = page.blocks[number]
                if block.lines and block.lines[0].place:
                    yield from _places(block, _placed_lines(page.markdown, block), first, last)

    def _at(self, offset: int) -> int:
        return max(0, bisect_right(self._starts, offset) - 1)

    def _between(self, start: int, end: int) -> Iterator[tuple[Part, int, int]]:
        """The parts that a range of the text touches, each with the range in the Markdown of its page."""
        for index in range(self._at(start), self._at(max(start, end - 1)) + 1):
            part, base = self._parts[index], self._starts[index]
            first = max(part.start, part.start + start - base)
            last = min(part.end, part.start + end - base)
            if first < last:
                yield part, first, last

    def _blocks_between(self, index: int, start: int, end: int) -> list[int]:
        """Indices of a page's blocks that overlap a range, found without visiting all the others."""
        if index not in self._blocks:
            blocks = self.pages[index].blocks
            placed = sorted((block.start, block.end, n) for n, block in enumerate(blocks) if _is_placed(block))
            self._blocks[index] = placed, list(accumulate((ends for _, ends, _ in placed), max))
        placed, reach = self._blocks[index]
        near = takewhile(lambda block: block[0] < end, islice(placed, bisect_right(reach, start), None))
        return sorted(number for _, ends, number in near if ends > start)


def _is_placed(block: Block) -> bool:
    """Whether a block is in the Markdown and its place on the page is known."""
    return block.end > block.start and block.box[2] > block.box[0]


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
