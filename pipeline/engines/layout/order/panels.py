"""Columns that the page itself marks: a coloured strip under a sidebar, or a line beside it. Pure.

What stands in such a column is read in one go, and never as a row with what stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pipeline.engines.layout.lines.glyphs import Fragment
from pipeline.engines.layout.order.display_lines import boxes_to_order
from pipeline.engines.layout.order.order import reading_order
from pipeline.engines.layout.regions.regions import Region
from pipeline.engines.layout.sheet.drawn_lines import span_of
from stores.models import Box, Label

_TALL, _TALL_LINE = 0.3, 0.5  # of the height of the page: a strip, and a line
_NARROWEST, _WIDEST = 0.1, 0.6  # of its width
_THIN_PT = 4.0  # a narrower fill is a line
_SIDES, _MANY = 3, 10  # straight sides of a rectangle, and pieces of one with rounded corners
_STACK_GAP_PT = 40.0  # between boxes of one column
_WHITE = 0.985  # of each colour
_SLACK_PT = 3.0  # by which text may reach over the edge of its column
_REACH_PT = 12.0  # by which a box must stand on both sides to reach over an edge
_LONGER = 1.3  # times the height of a table whose column is no more than shaded
_FEWEST = 2  # blocks of text in a column
_ROWS = 2  # boxes that begin level with others make a grid
_LEVEL_PT, _IN_ROWS = 2.0, 0.6  # points, and the share of the texts of a column that stand level with others in rows


def panels_of(paths: Sequence[dict[str, Any]], width: float, height: float) -> list[Box]:
    """Boxes of the tall columns that drawings of a page mark, as MuPDF lists them; the narrowest first."""
    spans = [(box, path.get("fill")) for path in paths for box in _spans(path)]
    lines = [box for box, _ in spans if min(box[2] - box[0], box[3] - box[1]) < _THIN_PT]
    fills = [_clipped(box, width, height) for box, fill in spans if fill is not None and min(fill) < _WHITE]
    strips = _stacked([box for box in fills if _is_narrow(box, width)])
    marked = {box for box in strips if box[3] - box[1] > _TALL * height}
    marked |= {side for line in lines if (side := _side_of(line, lines, width, height)) is not None}
    return sorted(marked, key=lambda box: box[2] - box[0])


def _spans(path: dict[str, Any]) -> Iterator[Box]:
    """The rectangles and straight lines of a path, one with rounded corners among them."""
    if path.get("fill_opacity") == 0:
        return
    kinds = [item[0] for item in path["items"]]
    if path.get("fill") is not None and kinds.count("l") >= _SIDES and set(kinds) <= {"l", "c"} and len(kinds) < _MANY:
        yield tuple(map(float, path["rect"]))  # type: ignore[misc]
        return
    yield from filter(None, map(span_of, path["items"]))


def _clipped(box: Box, width: float, height: float) -> Box:
    return max(box[0], 0.0), max(box[1], 0.0), min(box[2], width), min(box[3], height)


def _is_narrow(box: Box, width: float) -> bool:
    return _NARROWEST * width < box[2] - box[0] < _WIDEST * width


def _stacked(boxes: Sequence[Box]) -> list[Box]:
    """Boxes of one width that stand above one another put together, but for those of a grid of cards."""
    stacks: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: (box[1], box[3])):
        home = next((stack for stack in stacks if _goes_below(stack[-1], box)), None)
        if home is None:
            stacks.append([box])
        else:
            home.append(box)
    return [_around(stack) for stack in stacks if len(stack) < _ROWS or not _is_of_grid(stack, boxes)]


def _goes_below(above: Box, box: Box) -> bool:
    alike = abs(above[0] - box[0]) < _SLACK_PT and abs(above[2] - box[2]) < _SLACK_PT
    return alike and box[1] - above[3] < _STACK_GAP_PT


def _is_of_grid(stack: Sequence[Box], boxes: Sequence[Box]) -> bool:
    """Whether several of its boxes begin level with boxes beside them: they are read row by row."""
    beside = [other[1] for other in boxes if other[2] < stack[0][0] or other[0] > stack[0][2]]
    return sum(any(abs(box[1] - top) < _SLACK_PT for top in beside) for box in stack) >= _ROWS


def _side_of(line: Box, lines: Sequence[Box], width: float, height: float) -> Box | None:
    """The narrower side of a tall line that no others cross: crossed, it is part of a grid."""
    x, (y0, y1) = (line[0] + line[2]) / 2, (line[1], line[3])
    if y1 - y0 < _TALL_LINE * height or not _NARROWEST * width < min(x, width - x):
        return None
    crossing = [
        other
        for other in lines
        if other[0] < x + _SLACK_PT and other[2] > x - _SLACK_PT and y0 - _SLACK_PT < other[1] < y1 + _SLACK_PT
        if other[2] - other[0] > _THIN_PT
    ]
    if len(crossing) > 1:
        return None
    return (0.0, y0, x, y1) if x < width / 2 else (x, y0, width, y1)


def parted_at_panels(regions: Sequence[Region], panels: Sequence[Box]) -> list[Region]:
    """The regions of a page, those that reach over the edge of a strip parted there."""
    parted = list(regions)
    for panel in panels:
        parted = [part for region in parted for part in _parts(region, panel)]
    return parted


def _parts(region: Region, panel: Box) -> Iterator[Region]:
    inside = [part for part in region.fragments if _lies_in(part.box, panel)]
    outside = [part for part in region.fragments if not _lies_in(part.box, panel)]
    if not inside or not outside or not _may_part(region, panel) or _are_rows(inside, outside):
        yield region
        return
    label = Label.TEXT if region.label is Label.TABLE else region.label
    for side in (inside, outside):
        box = _around([part.box for part in side])
        yield replace(region, label=label, box=box, fragments=side, frames=[], lines=[])


def _are_rows(inside: Sequence[Fragment], outside: Sequence[Fragment]) -> bool:
    """Whether most texts on a strip have another one at their height: labels and their values."""
    heights = [part.box[3] for part in outside]
    level = sum(any(abs(part.box[3] - height) < _LEVEL_PT for height in heights) for part in inside)
    return level > _IN_ROWS * len(inside)


def _may_part(region: Region, panel: Box) -> bool:
    if region.label is Label.TABLE:
        return not region.ruled and panel[3] - panel[1] > _LONGER * (region.box[3] - region.box[1])
    return region.label in (Label.TEXT, Label.LIST, Label.HEADING, Label.TITLE) and not region.tex


def order_of(regions: Sequence[Region], panels: Sequence[Box]) -> list[int]:
    """Indices of the regions in reading order; those on a strip stand together."""
    return _ordered(list(range(len(regions))), boxes_to_order(regions), list(panels))


def _ordered(members: list[int], boxes: Sequence[Box], panels: list[Box]) -> list[int]:
    units: list[tuple[Box, list[int]]] = []
    left = list(members)
    for panel in panels:
        if any(_reaches_over(boxes[index], panel) for index in left):
            continue
        inside = [index for index in left if _lies_in(boxes[index], panel)]
        outside = [index for index in left if index not in inside]
        if len(inside) < _FEWEST or not outside:
            continue
        units.append((_room(panel, [boxes[i] for i in inside], [boxes[i] for i in outside]), inside))
        left = outside
    units += [(boxes[index], [index]) for index in left]
    written: list[int] = []
    for at in reading_order([box for box, _ in units]):
        inside = units[at][1]
        written += [inside[index] for index in reading_order([boxes[index] for index in inside])]
    return written


def _room(panel: Box, inside: Sequence[Box], outside: Sequence[Box]) -> Box:
    """The part of a strip that is its text's alone: what lies over it at its ends takes it from there."""
    text = _around(inside)
    over = [box for box in outside if box[0] < panel[2] and box[2] > panel[0]]
    top = max([panel[1], *(box[3] for box in over if box[3] < text[1] + _SLACK_PT)])
    bottom = min([panel[3], *(box[1] for box in over if box[1] > text[3] - _SLACK_PT)])
    return min(panel[0], text[0]), min(top, text[1]), max(panel[2], text[2]), max(bottom, text[3])


def _lies_in(box: Box, panel: Box) -> bool:
    x0, y0, x1, y1 = panel
    middle = (box[1] + box[3]) / 2
    return box[0] > x0 - _SLACK_PT and box[2] < x1 + _SLACK_PT and y0 < middle < y1


def _reaches_over(box: Box, panel: Box) -> bool:
    """Whether a box stands on a strip and beside it, at a height that is not at the strip's ends."""
    level = panel[1] < (box[1] + box[3]) / 2 < panel[3]
    inside = min(box[2], panel[2]) - max(box[0], panel[0])
    outside = box[2] - box[0] - inside
    return level and inside > _REACH_PT and outside > _REACH_PT


def _around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
