"""Printed rows of a page: lines and table cells beside each other, of whatever blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.engines.evidence.page_lines import PageLine
from stores.models import Box

_SAME_ROW_SHARE = 0.5  # of the lower one's height
_CROSSING_SHARE = 0.4  # of the narrower one's width: two cells of one row stand beside each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The lines of one printed row, from left to right."""

    page: int
    cells: tuple[PageLine, ...]

    @property
    def text(self) -> str:
        return "  ".join(cell.text.strip() for cell in self.cells)

    @property
    def box(self) -> Box:
        return box_around(self.cells)


def box_around(lines: Sequence[PageLine]) -> Box:
    """Return the smallest box that holds all ``lines`` (at least one)."""
    return (
        min(line.box[0] for line in lines),
        min(line.box[1] for line in lines),
        max(line.box[2] for line in lines),
        max(line.box[3] for line in lines),
    )


def printed_rows(lines: Iterable[PageLine]) -> list[Row]:
    """Group lines into rows, page by page, from top to bottom."""
    rows: list[Row] = []
    for page, ours in groupby(sorted(lines, key=lambda line: line.page), key=lambda line: line.page):
        rows.extend(_rows_of_page(page, list(ours)))
    return rows


def _rows_of_page(page: int, lines: list[PageLine]) -> Iterator[Row]:
    groups: list[list[PageLine]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        # Only the last few groups can reach this line: they are in the order of their middles.
        near = [group for group in groups[-6:] if _fits(line, group)]
        if near:
            max(near, key=lambda group: _overlap_share(line, _nearest(line, group))).append(line)
        else:
            groups.append([line])
    for group in sorted(groups, key=lambda group: min(line.middle for line in group)):
        yield Row(page=page, cells=tuple(sorted(group, key=lambda line: line.box[0])))


def _fits(line: PageLine, group: list[PageLine]) -> bool:
    beside = all(_crossing_share(line, other) < _CROSSING_SHARE for other in group)
    return beside and _overlap_share(line, _nearest(line, group)) >= _SAME_ROW_SHARE


def _nearest(line: PageLine, group: list[PageLine]) -> PageLine:
    """Return the horizontally nearest cell of ``group``, since the rows of skewed pages drift."""
    return min(group, key=lambda other: max(other.box[0] - line.box[2], line.box[0] - other.box[2]))


def _overlap_share(one: PageLine, other: PageLine) -> float:
    shared = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    return shared / (min(one.height, other.height) or 1.0)


def _crossing_share(one: PageLine, other: PageLine) -> float:
    shared = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
    return shared / (min(one.box[2] - one.box[0], other.box[2] - other.box[0]) or 1.0)
