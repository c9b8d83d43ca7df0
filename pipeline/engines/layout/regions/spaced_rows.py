"""Rows of short texts that only blanks part, which the model takes for a paragraph: they do not run on. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from itertools import pairwise

from pipeline.engines.layout.cells.cells import frames_of_grid
from pipeline.engines.layout.lines.glyphs import PrintedLine
from pipeline.engines.layout.lines.joining import is_list_start
from pipeline.engines.layout.regions.regions import Region, union
from stores.models import Label, Line

_SHORTEST_NAME = 2  # characters
_RUNS_ON = ",，、;；:：-–—_…"
_FEWEST_ROWS, _FEWEST_COLUMNS = 3, 3  # of a table


def with_spaced_rows(regions: Sequence[Region]) -> list[Region]:
    """The regions of a page; text with a wide gap in each of its lines is a table, or at least lines of their own."""
    parted = [part for region in regions for part in _without_head_row(region)]
    return [_in_rows(region) if _is_spaced(region) else region for region in parted]


def _without_head_row(region: Region) -> list[Region]:
    """A text whose first line is a row of names far apart, a firm and when one was there, as that row and the rest."""
    plain = region.label in (Label.TEXT, Label.LIST) and not (region.frames or region.tex or region.by_row)
    if not plain or region.by_line or region.by_column or len(region.lines) < 2:
        return [region]
    first, rest = region.lines[0], region.lines[1:]
    if not _is_row_of_names(first) or any(line.parts for line in rest):
        return [region]
    head = replace(region, label=Label.TEXT, lines=[first], box=first.box)
    return [head, replace(region, lines=rest, box=reduce(union, (line.box for line in rest)))]


def _is_row_of_names(line: PrintedLine) -> bool:
    """Whether a line has three texts or more, none of which runs on, is a blank to fill in or begins an item."""
    texts = [part.text.strip() for part in line.parts]
    whole = all(len(text) >= _SHORTEST_NAME and text[-1] not in _RUNS_ON for text in texts)
    return len(texts) >= _FEWEST_COLUMNS and whole and not is_list_start(line.text)


def _is_spaced(region: Region) -> bool:
    plain = region.label is Label.TEXT and not (region.frames or region.tex or region.by_row or region.by_line)
    if not plain or len(region.lines) < 2 or any(len(line.parts) < 2 for line in region.lines):
        return False
    return len(region.lines) >= _FEWEST_ROWS or _are_level([line.parts[1] for line in region.lines])


def _are_level(texts: Sequence[Line]) -> bool:
    """Whether texts below one another begin or end at one place."""
    return any(max(text.box[side] for text in texts) - min(text.box[side] for text in texts) < 2 for side in (0, 2))


def _in_rows(region: Region) -> Region:
    columns = _columns(region.lines)
    if not columns:
        return replace(region, by_row=True)
    x0, y0, x1, y1 = region.box
    tops = [(above.box[3] + below.box[1]) / 2 for above, below in pairwise(region.lines)]
    frames = frames_of_grid([x0, *columns, x1], [y0, *tops, y1])
    return replace(region, label=Label.TABLE, frames=frames)


def _columns(lines: Sequence[PrintedLine]) -> list[float]:
    """The places between the columns of rows that have equally many texts; empty where no line parts them."""
    rows: list[Sequence[Line]] = [line.parts for line in lines]
    if len({len(row) for row in rows}) > 1 or len(rows[0]) < _FEWEST_COLUMNS or _fall_back(lines):
        return []
    sides = list(zip(*rows, strict=True))
    gaps = [(max(part.box[2] for part in left), min(part.box[0] for part in right)) for left, right in pairwise(sides)]
    return [(start + end) / 2 for start, end in gaps] if all(start < end for start, end in gaps) else []


def _fall_back(lines: Sequence[PrintedLine]) -> bool:
    """Whether a line begins above the end of the one before it."""
    return any(below.box[1] < (above.box[1] + above.box[3]) / 2 for above, below in pairwise(lines))
