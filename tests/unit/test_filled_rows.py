"""Ruled tables whose grid is not drawn in full: rows in colour over it, short lines, titles over all columns."""

from __future__ import annotations

from typing import Any

from pipeline.engines.layout.cells.filled_rows import with_hidden_lines
from pipeline.engines.layout.cells.ruled_grids import ruled_frames
from pipeline.engines.pdf import mupdf

Span = tuple[float, float, float, float]


def lines(*spans: Span) -> list[dict[str, Any]]:
    point = mupdf.load().Point
    return [{"type": "s", "items": [("l", point(a, b), point(c, d))]} for a, b, c, d in spans]


def fill(*box: float, colour: tuple[float, ...] = (1.0, 0.8, 0.0)) -> dict[str, Any]:
    return {"type": "f", "fill": colour, "items": [("re", mupdf.load().Rect(*box), 1)]}


def grid(xs: list[float], ys: list[float]) -> list[Span]:
    level = [(xs[0], y, xs[-1], y) for y in ys]
    return [*level, *((x, ys[0], x, ys[-1]) for x in xs)]


def texts(xs: list[float], ys: list[float]) -> list[Span]:
    return [(x + 3, y + 3, x + 20, y + 12) for y in ys[:-1] for x in xs[:-1]]


XS, YS = [0.0, 40.0, 80.0, 200.0], [0.0, 15.0, 30.0, 45.0, 60.0]


def hidden() -> list[dict[str, Any]]:
    """A grid of four rows, whose lines a fill hides in the right two columns of the third row."""
    shown = [(0.0, y, 40.0 if y in (30.0, 45.0) else 200.0, y) for y in YS]
    shown += [(x, 0.0, x, 60.0) for x in (0.0, 40.0, 200.0)]
    shown += [(80.0, 0.0, 80.0, 30.0), (80.0, 45.0, 80.0, 60.0)]
    return [*lines(*shown), fill(40.0, 30.0, 200.0, 45.0)]


def test_a_row_in_colour_keeps_its_cells() -> None:
    frames = ruled_frames((2, 2, 198, 58), hidden(), 3, 4, texts(XS, YS))
    assert {(frame.rows, frame.columns) for frame in frames} == {(1, 1)} and len(frames) == 12


def test_a_title_in_colour_over_the_columns_is_one_cell() -> None:
    title = (50.0, 33.0, 150.0, 42.0)
    upright = [(80.0, 0.0, 30.0), (80.0, 45.0, 60.0)]
    level = [(30.0, 0.0, 40.0), (45.0, 0.0, 40.0)]
    assert with_hidden_lines(level, upright, hidden(), [title])[1] == upright
    assert len(with_hidden_lines(level, upright, hidden(), [])[1]) == 3
    white = [fill(40.0, 30.0, 200.0, 45.0, colour=(1.0, 1.0, 1.0))]
    assert with_hidden_lines(level, upright, white, []) == (level, upright)


def test_short_lines_part_cells_of_a_framed_table() -> None:
    """The model sees a column more than long lines part; two short ones part cells of the last row alone."""
    shown = [*grid(XS, YS), (120.0, 45.0, 120.0, 60.0), (160.0, 45.0, 160.0, 60.0)]
    inside = [*texts(XS, YS), (123.0, 48.0, 140.0, 57.0), (163.0, 48.0, 180.0, 57.0)]
    frames = ruled_frames((2, 2, 198, 58), lines(*shown), 4, 4, inside)
    last = [(frame.column, frame.columns) for frame in frames if frame.row == 3]
    assert last == [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1)]
    assert all(frame.columns == 3 for frame in frames if frame.row < 3 and frame.column == 2)


def test_the_row_below_a_title_over_all_columns_heads_the_table() -> None:
    ys = [-15.0, *YS]
    shown = [*grid(XS, YS), (0.0, -15.0, 200.0, -15.0), (0.0, -15.0, 0.0, 0.0), (200.0, -15.0, 200.0, 0.0)]
    frames = ruled_frames((2, -13, 198, 58), lines(*shown), 3, 5, [(80.0, -12.0, 120.0, -3.0), *texts(XS, YS)])
    assert [frame.row for frame in frames if frame.heading] == [0, 1, 1, 1]
    assert len(ys) - 1 == max(frame.row for frame in frames) + 1
