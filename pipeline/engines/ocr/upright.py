"""The geometry of turned and skewed pages: the direction of text, and boxes on the upright page. Pure functions.

Quadrilaterals are float (n, 4, 2) in pixels: top left, top right, bottom right, bottom left as seen on the image.
Angles are degrees, positive where text falls towards the right (y grows downwards).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from stores.models import Box

LONG = 2.0  # a side this many times the other tells the direction of a line
LEVEL_DEGREES = 0.15  # less skew than this is left alone
MAX_SKEW_DEGREES = 15.0
SKEW_SPREAD_DEGREES = 1.5  # lines that disagree more than this have no common skew
_SURE_LINES = 3


def lengths(quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Widths and heights (n,) of the boxes in pixels, at least 1."""
    across = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1) + np.linalg.norm(quads[:, 2] - quads[:, 3], axis=1)
    down = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1) + np.linalg.norm(quads[:, 2] - quads[:, 1], axis=1)
    return np.maximum(across / 2, 1.0), np.maximum(down / 2, 1.0)


def runs_sideways(quads: np.ndarray) -> bool:
    """Tell whether most lines run up or down the image."""
    widths, heights = lengths(quads)
    level, sideways = widths >= LONG * heights, heights >= LONG * widths
    return float(heights[sideways].sum()) > float(widths[level].sum())


def longest(quads: np.ndarray, count: int) -> list[int]:
    """Indices of the ``count`` longest boxes, longest first."""
    sizes = np.maximum(*lengths(quads))
    return [int(index) for index in np.argsort(-sizes, kind="stable")[:count]]


def skew_of(quads: np.ndarray) -> float:
    """The common angle of the lines; 0 where they are level, too few, too short, or disagree."""
    widths, heights = lengths(quads)
    tell = widths >= 2 * LONG * heights
    if not tell.any():
        return 0.0
    edges = (quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3])[tell]
    angles, weights = np.degrees(np.arctan2(edges[:, 1], edges[:, 0])), widths[tell]
    middle = _weighted_median(angles, weights)
    spread = _weighted_median(np.abs(angles - middle), weights)
    if abs(middle) < LEVEL_DEGREES or abs(middle) > MAX_SKEW_DEGREES or spread > SKEW_SPREAD_DEGREES:
        return 0.0
    return middle if tell.sum() >= _SURE_LINES else 0.0


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The turn that makes an image upright: quarter turns clockwise, then a rotation by ``-skew`` around its centre.

    ``width`` and ``height`` are those of the image as given. Levelling a skewed image enlarges it, so that no corner
    is cut off.
    """

    width: float
    height: float
    quarters: int = 0  # 0 to 3, clockwise
    skew: float = 0.0  # degrees

    @property
    def turned_size(self) -> tuple[float, float]:
        """Width and height after the quarter turns alone."""
        return (self.height, self.width) if self.quarters % 2 else (self.width, self.height)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the upright image."""
        width, height = self.turned_size
        sin, cos = abs(math.sin(math.radians(self.skew))), abs(math.cos(math.radians(self.skew)))
        return width * cos + height * sin, width * sin + height * cos

    def levelling(self) -> np.ndarray:
        """The (2, 3) matrix that maps points of the quarter-turned image to the upright one."""
        (width, height), (wide, high) = self.turned_size, self.size
        angle = math.radians(-self.skew)
        cos, sin = math.cos(angle), math.sin(angle)
        x, y = width / 2, height / 2
        return np.array([[cos, -sin, wide / 2 - cos * x + sin * y], [sin, cos, high / 2 - sin * x - cos * y]])

    def level(self, points: np.ndarray) -> np.ndarray:
        """Map points (..., 2) of the quarter-turned image to the upright one."""
        matrix = self.levelling()
        return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])

    def scaled(self, factor: float) -> Turn:
        """The same turn for an image ``factor`` times as large."""
        return Turn(width=self.width * factor, height=self.height * factor, quarters=self.quarters, skew=self.skew)

    def back(self, box: Box) -> Box:
        """Map a box of the upright image back: the smallest box around it on the image as given, clipped to it."""
        x0, y0, x1, y1 = box
        points = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        if self.skew:
            matrix = self.levelling()
            points = (points - matrix[:, 2]) @ matrix[:, :2]  # the inverse of a turn is its transpose
        points = self._unturned(points)
        low, high = points.min(axis=0), points.max(axis=0)
        return (
            float(min(max(low[0], 0.0), self.width)),
            float(min(max(low[1], 0.0), self.height)),
            float(min(max(high[0], 0.0), self.width)),
            float(min(max(high[1], 0.0), self.height)),
        )

    def _unturned(self, points: np.ndarray) -> np.ndarray:
        x, y = points[:, 0], points[:, 1]
        match self.quarters % 4:
            case 1:
                return np.stack([y, self.height - x], axis=1)
            case 2:
                return np.stack([self.width - x, self.height - y], axis=1)
            case 3:
                return np.stack([self.width - y, x], axis=1)
        return points


def level_pixels(pixels: np.ndarray, turn: Turn) -> np.ndarray:
    """Level the quarter-turned image, uint8 (height, width, 3); new corners are white."""
    if not turn.skew:
        return pixels
    import cv2

    width, height = (round(side) for side in turn.size)
    return np.asarray(cv2.warpAffine(pixels, turn.levelling(), (width, height), borderValue=(255, 255, 255)))
