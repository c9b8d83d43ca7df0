"""Gives the blocks of a page's Markdown their boxes on the page. Pure.

A reader that writes text alone gives no boxes; recognised lines of the same page do. Each line is found in the text
(``line_matching``), so a block gets the boxes of its lines, and the lines get the block's better text. A block of
which too little was found has the box NOWHERE and no lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.engines.got.line_matching import LineMatcher, folded
from pipeline.engines.got.markdown_blocks import MarkdownBlock, Segment, blocks_of
from stores.models import Block, Box, Label, Line

NOWHERE: Box = (0.0, 0.0, 0.0, 0.0)

_ENOUGH = 0.4  # of a block's letters that lines must hold
_ENOUGH_OF_FORMULA = 0.25
_STRAY = 6  # letters of a piece that may be a chance find
_BLEED, _BLEED_SHARE = 2, 0.12
_BEYOND = 0.3  # of their width, how far a formula may stand beside the ends of the text around it
_NEAR = 3.0  # line heights
_OPENING = "([{（［【《「『“‘\"'"


@dataclass(slots=True)
class _Piece:
    """A part of a segment that one line holds; ``start`` and ``end`` are offsets into the segment's text."""

    line: int
    box: Box
    start: int
    end: int
    letters: int


@dataclass(slots=True)
class _Part:
    """A segment, its place in the folded text, and what was found of it."""

    segment: Segment
    first: int
    places: list[int]
    pieces: list[_Piece] = field(default_factory=list)

    @property
    def last(self) -> int:
        return self.first + len(self.places)


def place(markdown: str, lines: Sequence[Line], width_pt: float, height_pt: float) -> tuple[Block, ...]:
    """Return the blocks of ``markdown`` in their order, with boxes and lines in points.

    ``lines``: what OCR found on the page, in its reading order; ``width_pt`` and ``height_pt``: the page's size, beyond
    which no box reaches. The lines of a placed block hold all of its text.
    """
    blocks = blocks_of(markdown)
    lines = [Line(box=_inside(line.box, width_pt, height_pt), text=line.text) for line in lines]
    text, printed, parts = _parts(blocks)
    matcher = LineMatcher(text, printed, lines)
    matcher.match()
    _add_single_segments(matcher, parts, lines)
    flat = [part for group in parts for part in group]
    first = 0
    for span in matcher.spans():
        while first < len(flat) and flat[first].last <= span.start:
            first += 1
        _give_pieces(flat, first, span.line, span.start, span.end, lines[span.line].box)
    placed = [_placed(block, group) for block, group in zip(blocks, parts, strict=True)]
    taken = {piece.line for group in parts for part in group for piece in part.pieces}
    return _with_formulas(placed, [line for at, line in enumerate(lines) if at not in taken])


def is_placed(block: Block) -> bool:
    """Whether the place of a block is known."""
    return block.box != NOWHERE


def _inside(box: Box, width: float, height: float) -> Box:
    x0, y0, x1, y1 = box
    return max(0.0, min(x0, width)), max(0.0, min(y0, height)), max(0.0, min(x1, width)), max(0.0, min(y1, height))


def _parts(blocks: Sequence[MarkdownBlock]) -> tuple[str, str, list[list[_Part]]]:
    """The folded text of all blocks, the characters that it was folded from, and for each block its segments."""
    text: list[str] = []
    printed: list[str] = []
    length = 0
    parts: list[list[_Part]] = []
    for block in blocks:
        group = []
        for segment in block.segments:
            letters, places = folded(segment.text)
            group.append(_Part(segment, length, places))
            text.append(letters)
            printed.extend(segment.text[place] for place in places)
            length += len(letters)
        parts.append(group)
    return "".join(text), "".join(printed), parts


def _add_single_segments(matcher: LineMatcher, parts: Sequence[Sequence[_Part]], lines: Sequence[Line]) -> None:
    """Match lines whose text is exactly that of one cell or heading and of nothing else on the page."""
    parts_by_text: dict[str, list[_Part]] = {}
    for group in parts:
        for part in group:
            if part.places and matcher.is_free(part.first, part.last):
                parts_by_text.setdefault(matcher.text_at(part.first, part.last), []).append(part)
    lines_by_text: dict[str, list[int]] = {}
    for at in range(len(lines)):
        if matcher.is_open(at) and len(matcher.folded_line(at)) > 2:
            lines_by_text.setdefault(matcher.folded_line(at), []).append(at)
    for text, indexes in lines_by_text.items():
        same_text = parts_by_text.get(text, [])
        if len(same_text) == len(indexes):
            for at, part in zip(indexes, same_text, strict=True):
                matcher.give(at, part.first, part.last)


def _give_pieces(flat: Sequence[_Part], first: int, line: int, start: int, end: int, box: Box) -> None:
    """Share a line's box among the segments that its span runs over, by their letters.

    A few letters of a segment that has many are no part of the line: reading errors have moved the span's ends.
    """
    shares: list[tuple[_Part, int, int]] = []
    at = first
    while at < len(flat) and flat[at].first < end:
        low, high = max(start, flat[at].first), min(end, flat[at].last)
        if high - low > _bleed(flat[at], low, high, start, end):
            shares.append((flat[at], low, high))
        at += 1
    if not shares:
        return
    start, end = shares[0][1], shares[-1][2]
    for part, low, high in shares:
        share = _slice(box, (low - start) / (end - start), (high - start) / (end - start))
        offsets = part.places[low - part.first], part.places[high - 1 - part.first] + 1
        part.pieces.append(_Piece(line, share, *offsets, high - low))


def _bleed(part: _Part, low: int, high: int, start: int, end: int) -> float:
    """How many letters of a segment may be there by error; none where the line holds all of it, or is all in it."""
    if high - low in (len(part.places), end - start):
        return 0.0
    return max(_BLEED, _BLEED_SHARE * (end - start))


def _slice(box: Box, start: float, end: float) -> Box:
    x0, y0, x1, y1 = box
    if y1 - y0 > 2 * (x1 - x0):
        return x0, y0 + (y1 - y0) * start, x1, y0 + (y1 - y0) * end
    return x0 + (x1 - x0) * start, y0, x0 + (x1 - x0) * end, y1


def _placed(block: MarkdownBlock, parts: Sequence[_Part]) -> Block:
    pieces = _without_strays([piece for part in parts for piece in part.pieces])
    letters = sum(len(part.places) for part in parts)
    letters_found = sum(piece.letters for piece in pieces)
    enough = _ENOUGH_OF_FORMULA if block.label is Label.FORMULA else _ENOUGH
    kept = {id(piece) for piece in pieces}
    for part in parts:
        part.pieces = [piece for piece in part.pieces if id(piece) in kept] if letters_found >= enough * letters else []
    if not pieces or letters_found < enough * letters:
        return _block(block, NOWHERE, ())
    box = around([piece.box for piece in pieces])
    shape = _Shape(parts, box)
    return _block(block, box, tuple(line for part in parts for line in _lines_of(part, shape)))


def _block(block: MarkdownBlock, box: Box, lines: tuple[Line, ...]) -> Block:
    return Block(
        label=block.label, box=box, text=block.text, start=block.start, end=block.end, level=block.level, lines=lines
    )


def _without_strays(pieces: list[_Piece]) -> list[_Piece]:
    """Leave out short pieces far from all others: they match by chance."""
    sure = [piece for piece in pieces if piece.letters >= _STRAY] or pieces
    return [
        piece for piece in pieces if piece.letters >= _STRAY or any(_is_near(piece.box, other.box) for other in sure)
    ]


def _is_near(box: Box, other: Box) -> bool:
    height = max(box[3] - box[1], other[3] - other[1], 1.0)
    below = max(box[1], other[1]) - min(box[3], other[3])
    return below < _NEAR * height


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box around all."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _lines_of(part: _Part, shape: _Shape) -> list[Line]:
    """The whole text of a segment, cut where its printed lines begin."""
    text = part.segment.text
    if not text.strip():
        return []
    if not part.pieces:
        return [Line(box=shape.place_of(part.segment), text=text.strip())]
    cuts = [0]
    for before, piece in zip(part.pieces, part.pieces[1:], strict=False):
        cuts.append(max(_cut(text, before.end, piece.start), cuts[-1]))
    ends = [*cuts[1:], len(text)]
    lines = [(piece.box, text[cut:end].strip()) for piece, cut, end in zip(part.pieces, cuts, ends, strict=True)]
    return [Line(box=box, text=line) for box, line in lines if line]


def _cut(text: str, end: int, start: int) -> int:
    """Where the next line begins, between the end of one find and the start of the next: at a space if there is one."""
    between = text[end:start]
    space = max(between.rfind(" "), between.rfind("\n"))
    if space >= 0:
        return end + space + 1
    while start > end and text[start - 1] in _OPENING:
        start -= 1
    return start


class _Shape:
    """Where the rows and columns of a block stand, as far as they were found."""

    def __init__(self, parts: Sequence[_Part], box: Box) -> None:
        self._box = box
        rows: dict[int, list[Box]] = {}
        columns: dict[int, list[Box]] = {}
        for part in parts:
            for piece in part.pieces:
                rows.setdefault(part.segment.row, []).append(piece.box)
                columns.setdefault(part.segment.column, []).append(piece.box)
        self._rows = {row: around(boxes) for row, boxes in sorted(rows.items())}
        has_columns = any(part.segment.column for part in parts)
        self._columns = {column: around(boxes) for column, boxes in columns.items()} if has_columns else {}

    def place_of(self, segment: Segment) -> Box:
        """The place of a segment that was not found: where its row and its column meet."""
        x0, _, x1, _ = self._columns.get(segment.column, self._box)
        y0, y1 = self._height_of(segment.row)
        return x0, y0, x1, y1

    def _height_of(self, row: int) -> tuple[float, float]:
        if row in self._rows:
            return self._rows[row][1], self._rows[row][3]
        above = max((box[3] for other, box in self._rows.items() if other < row), default=self._box[1])
        below = min((box[1] for other, box in self._rows.items() if other > row), default=self._box[3])
        return (above, below) if above < below else (self._box[1], self._box[3])


def _with_formulas(blocks: list[Block], left: Sequence[Line]) -> tuple[Block, ...]:
    """Formulas, which OCR hardly reads, placed on the unclaimed lines between the blocks above and below them."""
    for at in range(1, len(blocks) - 1):
        above, block, below = blocks[at - 1 : at + 2]
        if block.label is Label.FORMULA and not is_placed(block) and is_placed(above) and is_placed(below):
            between = [line.box for line in left if _lies_between(line.box, above.box, below.box)]
            if between:
                box = around(between)
                lines = (Line(box=box, text=block.text),)
                blocks[at] = Block(
                    label=block.label, box=box, text=block.text, start=block.start, end=block.end, lines=lines
                )
    return tuple(blocks)


def _lies_between(box: Box, above: Box, below: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    left, right = min(above[0], below[0]), max(above[2], below[2])
    beyond = _BEYOND * (right - left)
    return above[3] < y < below[1] and left - beyond <= x <= right + beyond
