"""Rows of skewed scans: their cells drift, and stand level again for the rules."""

from __future__ import annotations

import math

import pytest

from pipeline.engines.evidence.level_boxes import level_boxes, slope_of
from stores.models import Box

COLUMNS = (50.0, 130.0, 330.0, 400.0, 470.0)
WIDTHS = (30.0, 150.0, 20.0, 40.0, 50.0)


def table(rows: int = 8, pitch: float = 14.0) -> list[Box]:
    return [
        (x, 100.0 + pitch * row, x + width, 110.0 + pitch * row)
        for row in range(rows)
        for x, width in zip(COLUMNS, WIDTHS, strict=True)
    ]


def turned(boxes: list[Box], degrees: float) -> list[Box]:
    """The smallest level boxes around boxes that are turned about the corner of the page."""
    sin, cos = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    around = []
    for x0, y0, x1, y1 in boxes:
        xs, ys = zip(*[(cos * x - sin * y, sin * x + cos * y) for x in (x0, x1) for y in (y0, y1)], strict=True)
        around.append((min(xs), min(ys), max(xs), max(ys)))
    return around


def middles(boxes: list[Box]) -> list[float]:
    return [(box[1] + box[3]) / 2 for box in boxes]


@pytest.mark.parametrize("degrees", [-1.5, -0.4, 0.7, 1.5, 2.5])
def test_cells_of_a_skewed_row_stand_level_again(degrees: float) -> None:
    boxes = level_boxes(turned(table(), degrees))
    for row in range(8):
        own = middles(boxes[5 * row : 5 * row + 5])
        assert max(own) - min(own) < 1.0
    assert all(8 < box[3] - box[1] < 13 for box in boxes)


def test_level_rows_stay_as_they_are() -> None:
    assert level_boxes(table()) == table()


def test_two_columns_of_text_tell_no_skew() -> None:
    left = [(50.0, 100.0 + 14 * row, 280.0, 110.0 + 14 * row) for row in range(30)]
    right = [(300.0, 104.0 + 14 * row, 530.0, 114.0 + 14 * row) for row in range(30)]
    assert slope_of([*left, *right]) == 0


def test_few_cells_tell_no_skew() -> None:
    assert slope_of(turned(table(rows=2), 1.0)) == 0
    assert slope_of([]) == 0


def test_lines_whose_boxes_are_unknown_stay_as_they_are() -> None:
    """As those of a transformer that tells no places."""
    boxes = [(0.0, 0.0, 0.0, 0.0)] * 20
    assert level_boxes(boxes) == boxes
