"""The columns of a curriculum vitae: white strips between groups of headings, over all of its pages."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.resume.entry_rows import is_margin
from stores.models import Label

_MOST_CROSSING = 0.04  # of the lines, over a gutter
_COLUMN_SHARE = 0.18  # of the text's width: headings further apart than this stand in two columns
_SAME_HEIGHT = 0.06
_FLUSH = 3.0  # points between the right edges of headings set flush right
_LEAST_SHARE = 0.15  # of the lines of a page, in a column whose headings are unknown
_LEAST_OF_BAND = 3  # lines over the whole width, between the first heading and the columns
_LEAST_BESIDE = 3  # lines on either side of a strip that the page before has


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The lines of one column, over all pages."""

    lines: tuple[PageLine, ...]
    fresh: bool  # what stands before its first heading belongs to no section of the column before


def columns_of(lines: Sequence[PageLine], known: Container[int]) -> list[Column]:
    """Divide the document into columns where a gutter separates two groups of headings."""
    pages = sorted({line.page for line in lines})
    by_page = {page: [line for line in lines if line.page == page] for page in pages}
    gutters = _with_neighbours({page: _gutter(by_page[page], known) for page in pages}, by_page)
    if not any(gutters.values()):
        return [Column(lines=tuple(lines), fresh=False)]
    above: list[PageLine] = []
    left: list[PageLine] = []
    right: list[PageLine] = []
    for page in pages:
        gutter = gutters[page]
        top = _top(by_page[page], known, gutter)
        first = min((line.box[1] for line in by_page[page] if line.number in known), default=0.0)
        flows = page != pages[0] and gutters[page - 1] is None if page - 1 in gutters else False
        for line in by_page[page]:
            if flows and line.box[1] < top - 1.0:
                right.append(line)  # the one column of the page before goes on above the headings
                continue
            crossing = gutter is None or line.box[0] < gutter - 2.0 < gutter + 2.0 < line.box[2]
            if (crossing or top > first) and page == pages[0] and line.box[1] < top - 1.0:
                above.append(line)
            else:
                (left if not crossing and line.box[2] <= (gutter or 0.0) + 2.0 else right).append(line)
    return [Column(lines=tuple(column), fresh=True) for column in (above, left, right) if column]


def _top(lines: Sequence[PageLine], known: Container[int], gutter: float | None) -> float:
    """Where the columns of a page begin: at its first heading, or at the first one right of the gutter below a band.

    A band is a section over the whole width, which stands above both columns.
    """
    headings = [line for line in lines if line.number in known]
    top = min((line.box[1] for line in headings), default=0.0)
    right = [line.box[1] for line in headings if gutter is not None and line.box[0] >= gutter - 2.0]
    lower = min(right, default=top)
    beside = [line for line in headings if line.box[1] < lower - 1.0]
    band = [line for line in lines if gutter is not None and top - 1.0 <= line.box[1] < lower - 1.0]
    crossing = _crossing(band, gutter or 0.0)
    return lower if beside and 2 * crossing > len(band) and crossing >= _LEAST_OF_BAND else top


def _with_neighbours(gutters: dict[int, float | None], by_page: dict[int, list[PageLine]]) -> dict[int, float | None]:
    """Divide pages with headings in one column alone where a page before them is divided, if few lines cross."""
    filled: dict[int, float | None] = {}
    for page, gutter in gutters.items():
        before = filled.get(page - 1)
        lines = by_page[page]
        if gutter is None and before is not None and _crossing(lines, before) <= _MOST_CROSSING * len(lines):
            left = sum(line.box[2] <= before + 2.0 for line in lines)
            right = sum(line.box[0] >= before - 2.0 for line in lines)
            ends = left >= _LEAST_BESIDE > right and before > _middle(lines)  # the narrow column at the right has ended
            gutter = before if min(left, right) >= _LEAST_BESIDE or ends else None
        filled[page] = gutter
    return filled


def _middle(lines: Sequence[PageLine]) -> float:
    return (min(line.box[0] for line in lines) + max(line.box[2] for line in lines)) / 2


def _gutter(lines: Sequence[PageLine], known: Container[int]) -> float | None:
    """Return the x of the white strip between two columns of headings, None where the page has one column.

    Where one of the columns has no heading of known words, those that are set like the known ones count, if no line
    crosses the strip and enough stand on either side of it.
    """
    headings = [line for line in lines if line.number in known]
    alike = [line for line in lines if line.number in known or _is_set_like(line, headings, lines)]
    strip = _strip(lines, headings)
    if strip is not None or not headings:
        return strip
    strip = _strip(lines, alike, most_crossing=0.0) or _right_of_flush(lines, headings)
    left = sum(line.box[2] <= (strip or 0.0) + 2.0 for line in lines)
    return strip if min(left, len(lines) - left) >= _LEAST_SHARE * len(lines) else None


def _is_set_like(line: PageLine, headings: Sequence[PageLine], lines: Sequence[PageLine]) -> bool:
    """Whether a line is a heading of the rank of a known one, or as high, with no date or place in its row."""
    if line.label is not Label.HEADING:
        return False
    row = (other for other in lines if abs(other.middle - line.middle) < 0.5 * line.height)
    return not any(is_margin(other.text) for other in row) and any(
        line.level == other.level or abs(line.height - other.height) < _SAME_HEIGHT * other.height
        for other in headings
        if other.label is Label.HEADING
    )


def _strip(lines: Sequence[PageLine], some: Sequence[PageLine], most_crossing: float = _MOST_CROSSING) -> float | None:
    """The x of a white strip between two of some headings, which few lines cross."""
    headings = sorted(some, key=lambda line: line.box[0])
    if len(headings) < 2:
        return None
    width = max(line.box[2] for line in lines) - min(line.box[0] for line in lines)
    first = min(line.box[1] for line in headings)
    for one, other in pairwise(headings):
        if other.box[0] - one.box[0] < _COLUMN_SHARE * width:
            continue
        top = _top(lines, {line.number for line in headings}, other.box[0])
        below = [line for line in lines if line.box[1] >= (top if top > first else first) - 1.0]
        # The heading of the right column may be centred above text that begins left of it.
        starts = {line.box[0] - 1.0 for line in below if one.box[2] < line.box[0] <= other.box[0]}
        gutter = min(starts, key=lambda x: (_crossing(below, x), -x), default=None)
        if gutter is not None and _crossing(below, gutter) <= most_crossing * len(below):
            return gutter
    return None


def _right_of_flush(lines: Sequence[PageLine], headings: Sequence[PageLine]) -> float | None:
    """The x where the right one of two columns begins, whose left one is set flush right and so are its headings."""
    left = min(headings, key=lambda line: line.box[2])
    flush = [line for line in headings if abs(line.box[2] - left.box[2]) < _FLUSH]
    rest = [line for line in headings if line.box[0] > left.box[2] + _FLUSH]
    if len(flush) < 2 or len(flush) + len(rest) < len(headings) or not rest:
        return None
    strip = min(line.box[0] for line in rest) - 1.0
    top = min(line.box[1] for line in headings)
    return None if _crossing([line for line in lines if line.box[1] >= top - 1.0], strip) else strip


def _crossing(lines: Sequence[PageLine], x: float) -> int:
    return sum(line.box[0] < x - 2.0 and line.box[2] > x + 2.0 for line in lines)
