"""Removes the specks of black and white scans and faxes: above a letter, OCR takes them for accents."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_LOOK_SIDE = 1754.0  # pixels of the longer side of A4 at 150 dpi, at which the sizes below hold
_OFF_PAPER = 50  # grey levels that a speck is darker than the paper
_MOST_INK = 1.3  # pixels of black in a speck; a full stop of 7 points has 2 and more
_WIDEST = 3  # pixels
_MANY = 150  # specks far from all letters: with fewer a page is left alone
_NEAR = 15  # pixels, twice the distance from letters within which their own dots lie
_MOST_GREY = 0.6  # of the area of the ink: black and white scans are grey at the edges of letters alone
_WHITE = 235  # grey levels: the paper of black and white scans is white


def without_specks(pixels: np.ndarray) -> np.ndarray:
    """A page image, uint8 (height, width, 3), without its specks where it has many on white paper."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    paper = float(np.median(grey))
    if paper < _WHITE:
        return pixels
    ink = grey < paper - _OFF_PAPER
    grey_share = float(((grey < paper) & ~ink).mean()) / max(float(ink.mean()), 1e-6)
    return _cleaned(pixels, grey, ink) if grey_share < _MOST_GREY else pixels


def _cleaned(pixels: np.ndarray, grey: np.ndarray, ink: np.ndarray) -> np.ndarray:
    import cv2
    import numpy as np

    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8))
    times = max(1.0, max(grey.shape) / _LOOK_SIDE)
    black = np.bincount(labels.ravel(), weights=(255 - grey.ravel()) / 255, minlength=count)
    specks = (stats[:, 2:4] <= _WIDEST * times).all(axis=1) & (black <= _MOST_INK * times**2)
    specks[0] = False
    speckled = specks[labels]
    letters = ink & ~speckled
    near = cv2.dilate(letters.astype(np.uint8), np.ones((_NEAR, _NEAR), np.uint8)) > 0
    if len(np.unique(labels[speckled & ~near])) < max(_MANY, specks.sum() / 2):
        return pixels
    around = cv2.dilate(speckled.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    cleaned = pixels.copy()
    cleaned[around & ~letters] = 255
    return cleaned
