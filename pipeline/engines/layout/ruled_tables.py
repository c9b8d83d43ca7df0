"""Cells of a table whose columns and rows are all ruled: what the lines say goes before what a model guesses. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.engines.layout.drawn_lines import span_of
from pipeline.engines.layout.tables import Frame
from stores.models import Box

_THIN_PT = 2.5  # a filled box no thicker is a line
_SAME_PT = 3.0  # lines closer together are one
_OUTSIDE_PT = 10.0  # the frame of a table stands so far from its text
_COVERED = 0.7  # of the side of a cell that is drawn
_RULED = 0.5  # of the sides between cells that are drawn
_MOST_LINES = 400
_MOST_CELLS = 3000
_MORE_ROWS = 1.5  # times the rows that lines part: those in which a table is printed, without lines


@dataclass(frozen=True, slots=True)
class _Lines:
    """Drawn lines as (place, from, to): level ones at heights, upright ones at widths, in points."""

    level: list[tuple[float, float, float]]
    upright: list[tuple[float, float, float]]


def ruled_frames(box: Box, paths: Iterable[dict[str, Any]], columns: int, rows: int) -> list[Frame]:
    """The cells that lines around ``box`` part; none where they leave columns or rows of the model's grid unparted.

    ``paths``: drawings as MuPDF lists them. ``columns`` and ``rows``: how many the model sees.
    """
    lines = _lines_near(box, paths)
    if not lines.level or not lines.upright or len(lines.level) + len(lines.upright) > _MOST_LINES:
        return []
    xs = _places(line[0] for line in lines.upright)
    ys = _places(line[0] for line in lines.level)
    xs, ys = _closed(xs, box[0], box[2]), _closed(ys, box[1], box[3])
    across, down = len(xs) - 1, len(ys) - 1
    if across < max(2, columns) or down < 2 or rows > _MORE_ROWS * down or across * down > _MOST_CELLS:
        return []
    return _merged(_Grid(xs, ys, lines))


def _lines_near(box: Box, paths: Iterable[dict[str, Any]]) -> _Lines:
    x0, y0, x1, y1 = box[0] - _OUTSIDE_PT, box[1] - _OUTSIDE_PT, box[2] + _OUTSIDE_PT, box[3] + _OUTSIDE_PT
    lines = _Lines([], [])
    for path in paths:
        for left, top, right, bottom in _sides(path):
            if right < x0 or left > x1 or bottom < y0 or top > y1:
                continue
            if bottom - top <= _THIN_PT < right - left and top >= y0 and bottom <= y1:
                lines.level.append(((top + bottom) / 2, left, right))
            elif right - left <= _THIN_PT < bottom - top and left >= x0 and right <= x1:
                lines.upright.append(((left + right) / 2, top, bottom))
    return lines


def _sides(path: dict[str, Any]) -> Iterator[Box]:
    """The straight lines of a drawing, and the sides of its boxes where they are stroked."""
    for item in path["items"]:
        span = span_of(item)
        if span is None:
            continue
        x0, y0, x1, y1 = span
        if min(x1 - x0, y1 - y0) <= _THIN_PT:
            yield span
        elif "s" in path["type"]:
            yield from ((x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1))


def _places(values: Iterable[float]) -> list[float]:
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > _SAME_PT:
            places.append(value)
    return places


def _closed(places: list[float], low: float, high: float) -> list[float]:
    """The places with the sides of the table where no line closes it."""
    if low < places[0] - _SAME_PT:
        places = [low, *places]
    return [*places, high] if high > places[-1] + _SAME_PT else places


class _Grid:
    """All lines of a table drawn through, and which parts of them are there."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float], lines: _Lines) -> None:
        self.xs, self.ys, self._lines = xs, ys, lines

    def parted_right(self, row: int, column: int) -> bool:
        """Whether a line stands between a cell and the next of its row."""
        return _drawn(self._lines.upright, self.xs[column + 1], self.ys[row], self.ys[row + 1])

    def parted_below(self, row: int, column: int) -> bool:
        """Whether a line stands between a cell and the one below."""
        return _drawn(self._lines.level, self.ys[row + 1], self.xs[column], self.xs[column + 1])


def _drawn(lines: Sequence[tuple[float, float, float]], place: float, low: float, high: float) -> bool:
    near = sorted((a, b) for at, a, b in lines if abs(at - place) <= _SAME_PT)
    covered, reached = 0.0, low
    for start, end in near:
        covered += max(0.0, min(end, high) - max(start, reached))
        reached = max(reached, end)
    return covered > _COVERED * (high - low)


def _merged(grid: _Grid) -> list[Frame]:
    """Cells put together wherever no line parts them; none where that gives other shapes than boxes."""
    across, down = len(grid.xs) - 1, len(grid.ys) - 1
    right = {(r, c): grid.parted_right(r, c) for r in range(down) for c in range(across - 1)}
    below = {(r, c): grid.parted_below(r, c) for r in range(down - 1) for c in range(across)}
    if sum(right.values()) < _RULED * len(right) or sum(below.values()) < _RULED * len(below):
        return []
    frames: list[Frame] = []
    taken: set[tuple[int, int]] = set()
    for row in range(down):
        for column in range(across):
            if (row, column) in taken:
                continue
            wide = _run(right, row, column, across, 1)
            high = _run(below, row, column, down, 0)
            cells = {(r, c) for r in range(row, row + high) for c in range(column, column + wide)}
            if cells & taken or not _is_box(cells, right, below):
                return []
            taken |= cells
            frames.append(_frame(grid, row, column, high, wide))
    return _with_headings(frames)


def _run(parted: dict[tuple[int, int], bool], row: int, column: int, end: int, axis: int) -> int:
    """How many cells from this one on no line parts, along a row (1) or a column (0)."""
    length = 1
    at = [row, column]
    while at[axis] + 1 < end and not parted[at[0], at[1]]:
        at[axis] += 1
        length += 1
    return length


def _is_box(
    cells: set[tuple[int, int]], right: dict[tuple[int, int], bool], below: dict[tuple[int, int], bool]
) -> bool:
    """Whether no line parts cells inside, and lines part them all from the cells outside."""
    for row, column in cells:
        for parted, other in ((right, (row, column + 1)), (below, (row + 1, column))):
            if (row, column) in parted and parted[row, column] == (other in cells):
                return False
    return True


def _frame(grid: _Grid, row: int, column: int, high: int, wide: int) -> Frame:
    box = (grid.xs[column], grid.ys[row], grid.xs[column + wide], grid.ys[row + high])
    return Frame(row, column, high, wide, box)


def _with_headings(frames: Sequence[Frame]) -> list[Frame]:
    """The cells with those of the first row, and of the second below a label over several columns, as headings."""
    first = [frame for frame in frames if frame.row == 0]
    spanning = any(1 < frame.columns < sum(f.columns for f in first) for frame in first)
    headings = 2 if spanning else 1
    return [
        Frame(f.row, f.column, f.rows, f.columns, f.box, heading=f.row + f.rows <= headings)
        if f.row == 0 or spanning
        else f
        for f in frames
    ]
