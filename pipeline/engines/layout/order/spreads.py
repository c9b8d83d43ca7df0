"""Spreads: two pages of a book on one sheet, read one after the other. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.engines.layout.order.margins import is_prose, page_number_of
from pipeline.engines.layout.regions.regions import Region

_WIDE = 1.15  # times as wide as high
_GUTTER = 0.02  # of the width, on either side of the middle: nothing crosses it
_EDGE = 0.13  # of the height: page numbers stand there
_PROSE_LINES = 8  # full lines of each page
_TWO_PAGES_PT, _FORMS = 1000.0, (1.38, 1.57)  # the least width of two pages, and their width by their height
_FULL_LINE, _SOME_LINES = 35, 5  # characters of a full line, and such lines of each page
_TALL = 0.55  # of the height that the text of each page takes


def pages_of_spread(regions: Sequence[Region], width: float, height: float) -> list[list[Region]]:
    """The regions of the left and of the right page; all in one list where the sheet is no spread."""
    middle, slack = width / 2, _GUTTER * width
    if width < _WIDE * height or any(r.box[0] < middle - slack and r.box[2] > middle + slack for r in regions):
        return [list(regions)]
    left = [region for region in regions if (region.box[0] + region.box[2]) / 2 < middle]
    right = [region for region in regions if (region.box[0] + region.box[2]) / 2 >= middle]
    if _are_numbered(left, right, height) or all(_is_page_of_text(half, height) for half in (left, right)):
        return [left, right]
    if _is_twice_as_large(width, height) and all(_is_page(half, height) for half in (left, right)):
        return [left, right]
    return [list(regions)]


def _is_twice_as_large(width: float, height: float) -> bool:
    """Whether a sheet has the size of two of A4 or Letter side by side; slides as large have other forms."""
    return width > _TWO_PAGES_PT and _FORMS[0] < width / height < _FORMS[1]


def _is_page(regions: Sequence[Region], height: float) -> bool:
    """Whether a half holds some running text, and takes most of the height."""
    lines = [line for region in regions for line in region.lines]
    tall = bool(lines) and max(line.box[3] for line in lines) - min(line.box[1] for line in lines) > _TALL * height
    return tall and sum(len(line.text) > _FULL_LINE for line in lines) >= _SOME_LINES


def _are_numbered(left: Sequence[Region], right: Sequence[Region], height: float) -> bool:
    """Whether both have a page number, that of the right one the next."""
    return bool({number + 1 for number in _numbers(left, height)} & _numbers(right, height))


def _numbers(regions: Sequence[Region], height: float) -> set[int]:
    at_edge = (r for r in regions if r.lines and (r.box[3] < _EDGE * height or r.box[1] > (1 - _EDGE) * height))
    return {number for region in at_edge if (number := page_number_of(" ".join(line.text for line in region.lines)))}


def _is_page_of_text(regions: Sequence[Region], height: float) -> bool:
    lines = [line for region in regions for line in region.lines]
    if not is_prose(lines, _PROSE_LINES):
        return False
    return max(line.box[3] for line in lines) - min(line.box[1] for line in lines) > _TALL * height
