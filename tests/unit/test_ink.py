"""Blank scans and pages that only look blank."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.engines.ocr.ink import is_blank


def paper() -> np.ndarray:
    noise = np.random.default_rng(1).normal(235, 5, (1754, 1240, 1))
    return np.repeat(noise.clip(0, 255).astype(np.uint8), 3, axis=2)


def test_paper_with_noise_specks_and_holes_is_blank() -> None:
    scan = paper()
    random = np.random.default_rng(2)
    for x, y in zip(random.integers(40, 1200, 50), random.integers(40, 1700, 50), strict=True):
        cv2.circle(scan, (int(x), int(y)), 1, (60, 60, 60), -1)
    for y in (600, 1150):
        cv2.circle(scan, (50, y), 20, (90, 90, 90), -1)
    assert is_blank(scan)


def test_white_and_black_pictures_are_blank() -> None:
    assert is_blank(np.full((800, 600), 255, dtype=np.uint8))
    assert is_blank(np.zeros((800, 600, 3), dtype=np.uint8))
    assert is_blank(np.full((5, 3), 255, dtype=np.uint8))


@pytest.mark.parametrize(
    ("text", "size", "grey", "width"), [("3", 0.7, 60, 2), ("one small line", 0.5, 90, 1), ("faint words", 0.8, 190, 2)]
)
def test_a_little_text_is_not_blank(text: str, size: float, grey: int, width: int) -> None:
    scan = paper()
    cv2.putText(scan, text, (500, 1650), cv2.FONT_HERSHEY_SIMPLEX, size, (grey,) * 3, width)
    assert not is_blank(scan)


def test_light_text_on_dark_and_huge_letters_are_not_blank() -> None:
    dark = np.zeros((1754, 1240, 3), dtype=np.uint8)
    cv2.putText(dark, "light on dark", (300, 800), cv2.FONT_HERSHEY_SIMPLEX, 1, (255, 255, 255), 2)
    assert not is_blank(dark)
    huge = np.full((2000, 3000, 3), 255, dtype=np.uint8)
    cv2.putText(huge, "AGENDA", (200, 1400), cv2.FONT_HERSHEY_SIMPLEX, 18, (0, 0, 0), 60)
    assert not is_blank(huge)
