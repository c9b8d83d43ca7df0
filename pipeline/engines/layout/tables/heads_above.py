"""Heads that a model leaves above a table though they stand over its columns: rows of the table. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from pipeline.engines.layout.cells.cells import Frame
from pipeline.engines.layout.lines.glyphs import Fragment
from pipeline.engines.layout.regions.regions import Region, union
from pipeline.engines.layout.sheet.drawn_lines import span_of
from stores.models import Box, Label

_HEADS = (Label.TEXT, Label.HEADING, Label.TITLE, Label.CAPTION, Label.TABLE)
_THIN_PT, _SHORTEST_PT = 2.5, 10.0  # of a rule
_SAME_PT, _GAP_PT = 1.0, 1.5  # pieces of one rule stand so level, and so close
_ABOVE_PT = 60.0  # from a table up to the first of its heads
_GAP_EM = 2.2  # from a head down to the table
_LINE_GAP = 0.6  # of the height of a line, from one line of a name to the next
_CAPTION = re.compile(r"(?:table|tab\.|tabelle|tableau|figure|fig\.|exhibit|chart|[表图圖])\s?[\dIVXA-Z]", re.I)
_LARGER = 1.15  # times as large as a table's print: a title
_LONGEST = 80  # characters
_EDGE_PT = 4.0
_LABELS = 0.15  # of the width of a table: what begins before is a label
_OFF = 0.1  # of the width of the values, by which a head stands off their middle

Rule = tuple[float, float, float]


def with_heads(regions: Sequence[Region], paths: Iterable[dict[str, Any]]) -> list[Region]:
    """The regions, each text directly above a table that stands over its values made the first row of it."""
    tables = [region for region in regions if region.label is Label.TABLE and region.frames and not region.ruled]
    if not tables:
        return list(regions)
    rules = level_rules(paths)
    taken: set[int] = set()
    for table in tables:
        if id(table) in taken:
            continue
        _add_heads(table, [region for region in regions if id(region) not in taken], rules, taken)
        x0, y0, x1, y1 = table.box
        table.rules = [r for r in rules if y0 - _EDGE_PT < r[2] < y1 and r[0] < x1 and x0 < r[1]]
    return [region for region in regions if id(region) not in taken]


def level_rules(paths: Iterable[dict[str, Any]]) -> list[Rule]:
    """The level lines of a page, from, to and height in points, those drawn cell by cell in one."""
    spans = (span for path in paths for span in map(span_of, path["items"]) if span)
    pieces = sorted(
        (round((span[1] + span[3]) / 2), span[0], span[2], (span[1] + span[3]) / 2)
        for span in spans
        if span[3] - span[1] <= _THIN_PT and span[2] - span[0] > span[3] - span[1]
    )
    rules: list[Rule] = []
    for _, x0, x1, y in pieces:
        if rules and abs(rules[-1][2] - y) < _SAME_PT and x0 - rules[-1][1] < _GAP_PT:
            rules[-1] = rules[-1][0], max(rules[-1][1], x1), y
        else:
            rules.append((x0, x1, y))
    return [rule for rule in rules if rule[1] - rule[0] >= _SHORTEST_PT]


def _add_heads(table: Region, regions: Sequence[Region], rules: Sequence[Rule], taken: set[int]) -> None:
    """Add what stands over the values of a table to it, the lowest first."""
    above = [region for region in regions if region.label in _HEADS and _is_above(region, table)]
    for region in sorted(above, key=lambda region: -region.box[3]):
        values = _values(table)
        box = _around(region.fragments)
        alone = not any(other is not region and _is_beside(other, box) for other in regions)
        if not (values and alone and _is_head(region, box, table)):
            continue
        if _stands_over(box, values, rules) or _is_first_line(box, table, values[0]):
            taken.add(id(region))
            _add_row(table, region, box)


def _is_above(region: Region, table: Region) -> bool:
    return (
        region is not table
        and bool(region.fragments)
        and table.box[1] - _ABOVE_PT < region.box[3] < (table.box[1] + table.box[3]) / 2
    )


def _values(table: Region) -> tuple[float, float, float] | None:
    """Where the labels of a table end, and from where to where its numbers reach; None without any."""
    left = table.box[0] + _LABELS * (table.box[2] - table.box[0])
    labels = [part.box[2] for part in table.fragments if part.box[0] < left]
    numbers = [part.box for part in table.fragments if part.box[0] >= left and not _has_letters(part)]
    if not (labels and numbers):
        return None
    return median(labels), min(box[0] for box in numbers), max(box[2] for box in numbers)


def _has_letters(part: Fragment) -> bool:
    return any(glyph.char.isalpha() for glyph in part.glyphs)


def _is_beside(region: Region, box: Box) -> bool:
    return region.label is not Label.FIGURE and region.box[1] < (box[1] + box[3]) / 2 < region.box[3]


def _is_head(region: Region, box: Box, table: Region) -> bool:
    """Whether a region is one short line close above a table, and no sentence."""
    text = "".join(glyph.char for part in region.fragments for glyph in part.glyphs).strip()
    height = max(part.box[3] - part.box[1] for part in region.fragments)
    if _CAPTION.match(text) or _size(region.fragments) > _LARGER * _size(table.fragments):
        return False
    close = -0.5 * height < _top_of(table) - box[3] < _GAP_EM * height
    return close and box[3] - box[1] < 1.5 * height and 0 < len(text) <= _LONGEST and text[-1] not in ".:;。：；"


def _size(fragments: Sequence[Fragment]) -> float:
    return median(part.glyphs[0].style.size for part in fragments)


def _top_of(table: Region) -> float:
    return min((part.box[1] for part in table.fragments), default=table.box[1])


def _stands_over(box: Box, values: tuple[float, float, float], rules: Sequence[Rule]) -> bool:
    """Whether a line stands over the values of a table alone: with a rule below it, or in the middle over them."""
    labels, low, high = values
    if box[0] < labels - _EDGE_PT or box[2] > high + _EDGE_PT:
        return False
    if any(labels - _EDGE_PT < x0 and _is_underlined(box, x0, x1, y) for x0, x1, y in rules):
        return True
    return box[0] > low - _EDGE_PT and abs(box[0] + box[2] - low - high) / 2 < _OFF * (high - low)


def _is_underlined(box: Box, x0: float, x1: float, y: float) -> bool:
    return -2.0 < y - box[3] < box[3] - box[1] and x0 < box[0] + _EDGE_PT and box[2] < x1 + _EDGE_PT


def _is_first_line(box: Box, table: Region, labels: float) -> bool:
    """Whether a line is the upper one of a name of several lines whose others stand in the table."""
    height, top = box[3] - box[1], _top_of(table)
    first = [part.box for part in table.fragments if part.box[1] < top + 0.5 * height]
    own = [other for other in first if other[0] < box[2] and box[0] < other[2]]
    if len(own) != 1 or own[0][0] < labels or own[0][1] - box[3] > _LINE_GAP * height:
        return False
    left, right = box[0] - own[0][0], box[2] - own[0][2]
    return min(abs(left), abs(right), abs(left + right)) < _SAME_PT


def _add_row(table: Region, region: Region, box: Box) -> None:
    """Add a region as the first row of a table."""
    first = min(frame.row for frame in table.frames)
    sides = {f.column: (f.box[0], f.box[2]) for f in table.frames if f.columns == 1}
    top = min(frame.box[1] for frame in table.frames)
    lowest = min((part.box[1] + part.box[3]) / 2 for part in table.fragments)
    bottom = max(min(top, lowest), box[3])
    label, left = min(sides), box[0] - 1.0  # what stands over the values is no label
    if label + 1 in sides and sides[label][0] < left < sides[label][1]:
        sides[label] = sides[label][0], left
        sides[label + 1] = left, sides[label + 1][1]
    row = [Frame(first, at, 1, 1, (x0, box[1], x1, bottom), True) for at, (x0, x1) in sorted(sides.items())]
    below = [_lowered(frame, first, bottom) for frame in table.frames]
    table.frames = [*row, *below]
    table.fragments = [*region.fragments, *table.fragments]
    table.box = union(table.box, box)


def _lowered(frame: Frame, first: int, top: float) -> Frame:
    x0, y0, x1, y1 = frame.box
    y0 = max(y0, top) if frame.row == first else y0
    return replace(frame, row=frame.row + 1, box=(x0, min(y0, y1), x1, y1), heading=frame.heading)


def _around(fragments: Sequence[Fragment]) -> Box:
    lefts, tops, rights, bottoms = zip(*(part.box for part in fragments), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
