"""Boxes of lines out of the detection model's answer: those that rapidocr makes of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from rapidocr.ch_ppocr_det.utils import DBPostProcess

from pipeline.engines.ocr.line_boxes import boxes_of

SETTINGS = {
    "thresh": 0.3,
    "box_thresh": 0.5,
    "max_candidates": 1000,
    "unclip_ratio": 1.6,
    "use_dilation": True,
    "score_mode": "fast",
}


def answer(degrees: float, seed: int) -> np.ndarray:
    """Cores of lines of all lengths, some hardly likely, some at the edges, with noise between them; turned."""
    chance = np.random.default_rng(seed)
    likely = np.zeros((320, 480), np.float32)
    for _ in range(24):
        x, y = int(chance.integers(0, 470)), int(chance.integers(0, 310))
        width, height = int(chance.integers(1, 200)), int(chance.integers(1, 14))
        likely[y : y + height, x : x + width] = chance.uniform(0.3, 1)
    matrix = cv2.getRotationMatrix2D((240, 160), degrees, 1)
    turned = cv2.warpAffine(likely, matrix, (480, 320)) + chance.uniform(0, 0.2, likely.shape)
    return np.clip(turned, 0, 1).astype(np.float32)


@pytest.mark.parametrize("degrees", [0.0, 0.7, 12.0, 45.0, 90.0])
@pytest.mark.parametrize("size", [(320, 480), (800, 1100), (200, 333)])
def test_boxes_are_those_of_rapidocr(degrees: float, size: tuple[int, int]) -> None:
    likely = answer(degrees, seed=int(degrees) + size[0])
    usual, _ = DBPostProcess(**SETTINGS)(likely[None, None], size)
    boxes = boxes_of(likely, *size)
    assert len(boxes) > 3 and boxes.dtype == np.float32
    assert np.array_equal(boxes, np.asarray(usual, dtype=np.float32).reshape(-1, 4, 2))


def test_an_empty_image_has_no_boxes() -> None:
    assert boxes_of(np.zeros((64, 96), np.float32), 128, 192).shape == (0, 4, 2)
