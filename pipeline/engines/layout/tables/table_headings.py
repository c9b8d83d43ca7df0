"""Parts what the model takes for one table where a heading stands between two of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from pipeline.engines.layout.cells.cells import Frame
from pipeline.engines.layout.lines.glyphs import Fragment, PrintedLine, printed_lines, split_at_wide_gaps
from pipeline.engines.layout.regions.regions import Region
from stores.models import Box, Label

_LARGER = 1.15  # times the usual size of the table's lines
_LONGEST = 80  # characters
_LEFT_EM = 1.0  # from the left edge of the table's text, at most
_FEWEST = 3  # lines of a table
_OVER_PT = 3.0  # a text reaches over the side of a cell by more


def parted_at_headings(regions: Sequence[Region]) -> list[Region]:
    """The regions of a page, tables without drawn cells parted at lines of larger print that stand alone in them."""
    return [part for region in regions for part in _parts(region)]


def _parts(region: Region) -> Iterator[Region]:
    rest = region
    for line in _headings(region):
        above, below = _cut(rest, line)
        if above is None or below is None:
            continue
        yield from above
        yield _heading(region, line)
        rest = below
    yield rest


def _headings(region: Region) -> list[PrintedLine]:
    """The headings among the lines of a table, from top to bottom; none of them is its last line."""
    if region.label is not Label.TABLE or region.ruled or not all(part.upright for part in region.fragments):
        return []
    lines = sorted(printed_lines(region.fragments), key=lambda line: line.box[1])
    if len(lines) < _FEWEST:
        return []
    usual, left = median(line.size for line in lines), min(line.box[0] for line in lines)
    larger = [
        line
        for line in lines[:-1]
        if line.size >= _LARGER * usual and line.box[0] < left + _LEFT_EM * line.size and _may_head(line, region)
    ]
    title = [
        line for line in lines[:1] if line not in larger and _may_head(line, region) and _is_over_columns(line, region)
    ]
    return title + larger


def _may_head(line: PrintedLine, region: Region) -> bool:
    short = len(line.text) <= _LONGEST and line.text[:1].isalpha()
    return short and _is_alone(line, region.fragments)


def _is_over_columns(line: PrintedLine, region: Region) -> bool:
    """Whether a line lies across the side of a cell: what it says is said of several columns, or of the table."""
    level = [frame.box for frame in region.frames if frame.columns == 1 and _is_level(frame.box, line.box)]
    return any(line.box[0] < box[2] - _OVER_PT and line.box[2] > box[2] + _OVER_PT for box in level)


def _is_alone(line: PrintedLine, fragments: Sequence[Fragment]) -> bool:
    pieces = [piece for part in fragments for piece in split_at_wide_gaps(part)]
    return sum(_is_level(piece.box, line.box) for piece in pieces) == 1


def _is_level(box: Box, other: Box) -> bool:
    return other[1] < (box[1] + box[3]) / 2 < other[3] or box[1] < (other[1] + other[3]) / 2 < box[3]


def _cut(region: Region, line: PrintedLine) -> tuple[list[Region] | None, Region | None]:
    """What stands above and below a line of a table; None where its cells do not part there."""
    top, bottom = line.box[1], line.box[3]
    others = [part for part in region.fragments if not _is_level(part.box, line.box)]
    above = [part for part in others if (part.box[1] + part.box[3]) / 2 < top]
    below = [part for part in others if (part.box[1] + part.box[3]) / 2 > bottom]
    frames = [frame for frame in region.frames if not _holds_only(frame, line, others)]
    over = [frame for frame in frames if _middle_of(frame) < (top + bottom) / 2]
    under = [frame for frame in frames if _middle_of(frame) >= (top + bottom) / 2]
    without_cells = (above and not over) or not (below and under)
    if without_cells or any(_reaches_over(frame, line, others) for frame in frames):
        return None, None
    parts = [_with(region, over, above)] if above else []
    return parts, _with(region, under, below)


def _middle_of(frame: Frame) -> float:
    return (frame.box[1] + frame.box[3]) / 2


def _holds_only(frame: Frame, line: PrintedLine, others: Sequence[Fragment]) -> bool:
    """Whether a cell stands at the height of a line, and nothing else does there."""
    inside = [part for part in others if frame.box[1] < (part.box[1] + part.box[3]) / 2 < frame.box[3]]
    return _is_level(frame.box, line.box) and not inside


def _reaches_over(frame: Frame, line: PrintedLine, others: Sequence[Fragment]) -> bool:
    """Whether a cell holds text on both sides of a line."""
    heights = [(part.box[1] + part.box[3]) / 2 for part in others]
    inside = [y for y in heights if frame.box[1] < y < frame.box[3]]
    return any(y < line.box[1] for y in inside) and any(y > line.box[3] for y in inside)


def _with(region: Region, frames: Sequence[Frame], fragments: Sequence[Fragment]) -> Region:
    first = min(frame.row for frame in frames)
    lefts, tops, rights, bottoms = zip(*(part.box for part in fragments), strict=True)
    cells = [replace(frame, heading=frame.heading or frame.row == first) for frame in frames]
    box = min(lefts), min(tops), max(rights), max(bottoms)
    return replace(region, box=box, frames=cells, fragments=list(fragments), lines=[])


def _heading(region: Region, line: PrintedLine) -> Region:
    parts = [part for part in region.fragments if _is_level(part.box, line.box)]
    return Region(Label.HEADING, line.box, fragments=parts)
