"""Dates beside entries that a model sees apart from them, put into the lines that they belong to. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from pipeline.engines.layout.lines.glyphs import Fragment, PrintedLine, printed_lines
from pipeline.engines.layout.regions.label_rows import is_level
from pipeline.engines.layout.regions.regions import Region, union
from pipeline.page_markdown import AT_MARGIN
from stores.models import Label

_YEAR = re.compile(r"(?:19|20)\d\d(?!\d)")
_MONTHS = re.compile(r"\d{1,2}[./]\d{2}(?:\s*[–—~-]\s*\d{1,2}[./]\d{2})?")
_LONGEST = 30  # characters of a date or a period
_FLUSH_PT = 3.0
_SPREAD = 0.8  # of the height of a line: dates of entries have more room between them


def with_side_dates(regions: Sequence[Region]) -> list[Region]:
    """The regions of a page, those that hold nothing but dates beside other things parted.

    A date at the height of a line of a text becomes part of the line; beside a heading it stays for itself.
    """
    left = list(regions)
    for dates in [region for region in regions if _holds_dates(region)]:
        others = [region for region in left if region is not dates]
        spread = _are_spread(dates.lines)
        homes = [home for line in dates.lines if (home := _beside(line, others, behind=spread))]
        if len(homes) < len(dates.lines) or _is_of_column(dates, homes, others):
            continue
        taken = [_may_take(home, dates, others) for home in homes]
        if dates.label in AT_MARGIN and not all(taken):
            continue
        left = others
        for line, parts, home, takes in zip(dates.lines, _by_line(dates), homes, taken, strict=True):
            if takes:
                _take(home, parts)
            else:
                left.append(Region(Label.TEXT, line.box, parts, lines=[line]))
    return left


def _holds_dates(region: Region) -> bool:
    running = region.label in (Label.TEXT, Label.LIST, *AT_MARGIN) and not region.frames and not region.by_row
    return running and bool(region.lines) and all(_is_date(line.text) for line in region.lines)


def _is_date(text: str) -> bool:
    return len(text) <= _LONGEST and bool(_YEAR.search(text) or _MONTHS.fullmatch(text))


def _are_spread(lines: Sequence[PrintedLine]) -> bool:
    """Whether lines stand far apart, as the dates of entries do."""
    gaps = [(below.box[1] - above.box[3], below.box[3] - below.box[1]) for above, below in pairwise(lines)]
    return bool(gaps) and all(gap > _SPREAD * height for gap, height in gaps)


def _beside(date: PrintedLine, regions: Sequence[Region], *, behind: bool) -> Region | None:
    """What stands nearest to the left of a date, at its height; else a text around it, or what is ``behind`` it."""
    level = [(line, region) for region in regions for line in region.lines if is_level(line, date)]
    before = [(line.box[2], region) for line, region in level if line.box[2] <= date.box[0]]
    if before:
        return max(before, key=lambda pair: pair[0])[1]
    around = [region for _, region in level if region.box[0] < date.box[0] + _FLUSH_PT and region.box[1] < date.box[1]]
    after = [(line.box[0], region) for line, region in level if line.box[0] >= date.box[2]]
    if around or not (behind and after):
        return around[0] if around else None
    return min(after, key=lambda pair: pair[0])[1]


def _is_of_column(dates: Region, homes: Sequence[Region], others: Sequence[Region]) -> bool:
    """Whether dates stand in a column of text: something else there begins at their left edge."""
    reached = max(home.box[2] for home in homes)
    lines = [line for region in others for line in region.lines if line.box[0] > reached and not _is_date(line.text)]
    return any(
        abs(line.box[0] - date.box[0]) < _FLUSH_PT < abs(line.box[2] - date.box[2])
        for line in lines
        for date in dates.lines
    )


def _may_take(home: Region, dates: Region, others: Sequence[Region]) -> bool:
    """Whether a text goes on below or above the line; what is called a header or a footer must not be at the margin."""
    text = home.label in (Label.TEXT, Label.LIST) and not home.frames and not home.by_row
    if not text or len(home.lines) < 2 or any(_is_date(line.text) and not line.parts for line in home.lines):
        return False
    if dates.label not in AT_MARGIN:
        return True
    lines = [line for region in others for line in region.lines]
    return any(line.box[3] <= dates.box[1] for line in lines) and any(line.box[1] >= dates.box[3] for line in lines)


def _by_line(region: Region) -> list[list[Fragment]]:
    """The fragments of each line: every fragment goes to the line whose middle is nearest."""
    parts: list[list[Fragment]] = [[] for _ in region.lines]
    for part in region.fragments:
        height = part.box[1] + part.box[3]
        nearest = min(range(len(parts)), key=lambda at: abs(region.lines[at].box[1] + region.lines[at].box[3] - height))
        parts[nearest].append(part)
    return parts


def _take(home: Region, parts: Sequence[Fragment]) -> None:
    home.fragments = [*home.fragments, *parts]
    for part in parts:
        home.box = union(home.box, part.box)
    home.lines = printed_lines(home.fragments)
