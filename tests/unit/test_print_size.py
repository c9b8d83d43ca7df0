"""Font sizes out of the ink of lines."""

from __future__ import annotations

import numpy as np
import pymupdf
import pytest

from pipeline.engines.ocr.print_size import printed_size


def crop(text: str, size: float, font: str) -> np.ndarray:
    """A line as it is cut out at 150 dpi, with the white around it that a detected box has."""
    page = pymupdf.open().new_page(width=500, height=60)
    page.insert_text((10, 40), text, fontname=font, fontsize=size)
    pixels = page.get_pixmap(dpi=150, alpha=False)
    picture = np.frombuffer(pixels.samples, dtype=np.uint8).reshape(pixels.height, pixels.width, 3)
    zoom, width = 150 / 72, pymupdf.get_text_length(text, fontname=font, fontsize=size)
    rows = slice(int((40 - 0.95 * size) * zoom), int((40 + 0.4 * size) * zoom))
    return np.ascontiguousarray(picture[rows, int(8 * zoom) : int((12 + width) * zoom)])


@pytest.mark.parametrize("size", [8, 11, 16])
@pytest.mark.parametrize(
    ("text", "font"),
    [
        ("ordinary running text of some length", "helv"),
        ("Previous Experience", "helv"),
        ("TOTAL 104.50", "helv"),
        ("迁移学习的应用", "china-s"),
    ],
)
def test_the_size_is_that_of_the_print(text: str, font: str, size: float) -> None:
    assert printed_size(crop(text, size, font), text) * 72 / 150 == pytest.approx(size, rel=0.2)


def test_a_rule_or_nothing_falls_back_to_the_height() -> None:
    empty = np.full((40, 200, 3), 255, dtype=np.uint8)
    ruled = empty.copy()
    ruled[20:22] = 0
    assert 15 < printed_size(empty, "x") < 40
    assert 15 < printed_size(ruled, "x") < 40
