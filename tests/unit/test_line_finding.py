"""How large a picture is looked at, and that strips lose and double nothing."""

from __future__ import annotations

import numpy as np

from pipeline.engines.ocr.line_finding import find_at, find_lines, first_scale, larger_scale, strips


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array([[[a, b], [c, b], [c, d], [a, d]] for a, b, c, d in rows], dtype=np.float32).reshape(-1, 4, 2)


class Printed:
    """A finder that sees every line of a page whose row numbers are written into the picture."""

    def __init__(self, height: float) -> None:
        self.height = height
        self.scales: list[float] = []

    def find(self, picture: np.ndarray, scale: float) -> np.ndarray:
        self.scales.append(scale)
        if self.height * scale < 8:
            return boxes()
        starts = np.flatnonzero(picture[:, 0, 0])
        return boxes(*[(0, row, 300, row + self.height) for row in starts if row + self.height <= len(picture)])


def page(height: int, width: int, rows: range) -> np.ndarray:
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    picture[list(rows), 0, 0] = 1
    return picture


def test_small_pictures_are_looked_at_as_they_are() -> None:
    assert first_scale(np.zeros((600, 400, 3), dtype=np.uint8)) == 1


def test_ordinary_print_is_looked_at_once() -> None:
    finder = Printed(30)
    quads, _ = find_lines(finder, page(1754, 1240, range(100, 1600, 50)))
    assert len(quads) == 30
    assert len(finder.scales) == 1


def test_small_print_is_looked_at_larger() -> None:
    finder = Printed(16)
    _, scale = find_lines(finder, page(1754, 1240, range(100, 1600, 50)))
    assert scale * 16 >= 13


def test_print_that_is_not_seen_at_first_is_found() -> None:
    quads, _ = find_lines(Printed(12), page(3400, 2400, range(100, 3200, 40)))
    assert len(quads) == 78


def test_a_picture_is_never_enlarged() -> None:
    assert larger_scale(boxes((0, 0, 100, 5)), 0.9) == 1
    assert larger_scale(boxes((0, 0, 100, 5)), 1.0) == 1


def test_strips_lose_and_double_no_line() -> None:
    picture = page(6000, 1500, range(10, 5900, 37))
    assert len(strips(6000, 1500, 1.0)) > 1
    boxes = find_at(Printed(30), picture, 1.0)
    assert sorted(boxes[:, 0, 1].tolist()) == list(range(10, 5900, 37))
