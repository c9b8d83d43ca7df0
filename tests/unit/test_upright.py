"""Which way text runs, and boxes mapped back from the upright page."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.engines.ocr.upright import Turn, lengths, longest, runs_sideways, skew_of


def line(x: float, y: float, width: float, height: float, degrees: float = 0.0) -> np.ndarray:
    """Corners of a line whose middle is (x, y)."""
    corners = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return corners @ turn + np.array([x, y])


def lines(*found: np.ndarray) -> np.ndarray:
    return np.stack(found).astype(np.float32)


def test_level_lines_do_not_run_sideways_and_tall_ones_do() -> None:
    level = [line(300, 100 + 30 * n, 500, 20) for n in range(5)]
    tall = [line(100 + 30 * n, 300, 20, 500) for n in range(5)]
    assert not runs_sideways(lines(*level))
    assert runs_sideways(lines(*tall))


def test_one_upright_stamp_at_the_margin_does_not_turn_the_page() -> None:
    assert not runs_sideways(lines(*[line(300, 100 + 30 * n, 500, 20) for n in range(5)], line(20, 400, 20, 600)))


@pytest.mark.parametrize("degrees", [0.5, -2.0, 4.0, 9.5])
def test_the_common_skew_is_found(degrees: float) -> None:
    skew = skew_of(lines(*[line(300, 100 + 30 * n, 500, 20, degrees) for n in range(6)]))
    assert skew == pytest.approx(degrees, abs=0.05)


def test_lines_that_disagree_have_no_skew() -> None:
    assert skew_of(lines(*[line(300, 100 + 60 * n, 500, 20, angle) for n, angle in enumerate((-8, 4, -3, 9, 0))])) == 0


def test_short_or_few_lines_tell_no_skew() -> None:
    assert skew_of(lines(line(100, 100, 40, 20, 5), line(100, 200, 30, 20, 5))) == 0
    assert skew_of(lines(line(100, 100, 400, 20, 5))) == 0
    assert skew_of(np.zeros((0, 4, 2), dtype=np.float32)) == 0


def test_longest_lines_come_first() -> None:
    assert longest(lines(line(0, 0, 50, 10), line(0, 40, 300, 10), line(0, 80, 100, 10)), 2) == [1, 2]


def test_lengths_are_those_of_the_sides() -> None:
    widths, heights = lengths(lines(line(100, 100, 80, 12, 30)))
    assert widths[0] == pytest.approx(80, abs=0.01)
    assert heights[0] == pytest.approx(12, abs=0.01)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_box_of_the_turned_picture_finds_its_pixels_again(quarters: int) -> None:
    picture = np.zeros((60, 100), dtype=np.uint8)
    picture[10:15, 70:90] = 1
    turned = np.rot90(picture, -quarters)
    rows, columns = np.nonzero(turned)
    box = (float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
    turn = Turn(width=100, height=60, quarters=quarters)
    assert turn.size == (turned.shape[1], turned.shape[0])
    assert turn.back(box) == (70, 10, 90, 15)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_levelling_and_its_way_back_meet(quarters: int) -> None:
    turn = Turn(width=600, height=800, quarters=quarters, skew=7.0)
    width, height = turn.turned_size
    slanted = line(width / 2 + 40, height / 2 - 90, 300, 10, 7.0)
    level = turn.level(slanted)
    assert np.ptp(level[:2, 1]) == pytest.approx(0, abs=1e-6)
    x, y = level.mean(axis=0)
    back = turn.back((x, y, x, y))
    plain = Turn(width=600, height=800, quarters=quarters).back((*slanted.mean(axis=0), *slanted.mean(axis=0)))
    assert back == pytest.approx(plain)


def test_a_levelled_page_keeps_its_corners() -> None:
    turn = Turn(width=600, height=800, skew=5.0)
    corners = turn.level(np.array([[0.0, 0], [600, 0], [600, 800], [0, 800]]))
    assert corners.min() >= -1e-6
    assert corners[:, 0].max() <= turn.size[0] + 1e-6
    assert corners[:, 1].max() <= turn.size[1] + 1e-6


def test_boxes_lie_within_the_page() -> None:
    turn = Turn(width=600, height=800, skew=5.0)
    assert turn.back((-50, -50, 900, 900)) == (0, 0, 600, 800)
