"""Choose the scale at which lines are detected: small images are fast, small print needs large ones.

Measured on 30 pages: with line boxes of 16 pixels a larger image gains nothing, with 14 a few lines in a hundred are
missed or joined, with 11 most. Detection takes 0.35 s and 300 MB per million pixels, so an image is first examined
small, again larger where its print is small, and large ones in strips.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from pipeline.engines.ocr.upright import lengths

FIRST_PIXELS = 650_000
STRIP_PIXELS = 1_300_000
STRIP_OVERLAP = 192  # pixels of the image as looked at: higher than any line of print that is small there
SMALL = 13.0  # pixels: print is small where a fifth of the boxes are lower
WANTED = 17.0
SMALL_SHARE = 20  # percentile
MOST_LOOKS = 3


class LineFinder(Protocol):
    """Finds the boxes of lines, float32 (n, 4, 2), in an image scaled by ``scale``."""

    def find(self, pixels: np.ndarray, scale: float) -> np.ndarray: ...


def first_scale(pixels: np.ndarray) -> float:
    """The scale (at most 1) of the first pass."""
    height, width = pixels.shape[:2]
    return min(1.0, math.sqrt(FIRST_PIXELS / (height * width)))


def find_lines(finder: LineFinder, pixels: np.ndarray) -> tuple[np.ndarray, float]:
    """Find the boxes of lines, in pixels of the image, and the smallest scale that suits their print."""
    scale = first_scale(pixels)
    quads = find_at(finder, pixels, scale)
    for _ in range(MOST_LOOKS - 1):
        larger = larger_scale(quads, scale)
        if larger <= scale:
            break
        quads, scale = find_at(finder, pixels, larger), larger
    return quads, scale


def larger_scale(quads: np.ndarray, scale: float) -> float:
    """The scale at which lines have the height that detection needs; ``scale`` itself where they have it."""
    if scale >= 1:
        return scale
    if not len(quads):
        return min(1.0, scale * 2)
    height = float(np.percentile(np.minimum(*lengths(quads)), SMALL_SHARE)) * scale
    return scale if height >= SMALL else min(1.0, scale * min(max(WANTED / height, 1.3), 2.5))


def find_at(finder: LineFinder, pixels: np.ndarray, scale: float) -> np.ndarray:
    """Find boxes at one scale; each box is taken from the strip in whose middle it lies."""
    kept = []
    for top, low, high, bottom in strips(pixels.shape[0], pixels.shape[1], scale):
        quads = finder.find(np.ascontiguousarray(pixels[top:bottom]), scale)
        quads = quads + np.array([0, top], dtype=np.float32)
        middles = quads[:, :, 1].mean(axis=1)
        kept.append(quads[(middles >= low) & (middles < high)])
    return np.concatenate(kept)


def strips(height: int, width: int, scale: float) -> list[tuple[int, float, float, int]]:
    """(top, first row that counts, end of those, bottom) of overlapping horizontal strips, in pixels of the image."""
    count = math.ceil(height * width * scale**2 / STRIP_PIXELS)
    if count <= 1:
        return [(0, -math.inf, math.inf, height)]
    step, margin = height / count, STRIP_OVERLAP / scale / 2
    cuts = [-math.inf, *(step * index for index in range(1, count)), math.inf]
    return [
        (
            max(0, math.floor(step * index - margin)),
            cuts[index],
            cuts[index + 1],
            min(height, math.ceil(step * (index + 1) + margin)),
        )
        for index in range(count)
    ]
