"""Make boxes of lines out of what the detection model answers: how likely each pixel belongs to the core of a line.

The same boxes as those of rapidocr's ``DBPostProcess`` with its default settings, without the 0.7 CPU seconds that
importing it takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_CORE = 0.3  # a pixel this likely belongs to a line
_LIKELY = 0.5  # mean of the pixels of a box that is a line
_MOST = 1000  # boxes of an image
_GROWTH = 1.6  # a box grows by its area over its circumference times this: the model answers the core of a line
_LEAST_CORE, _LEAST_BOX, _LEAST_SIDE = 3, 5, 3  # pixels: of the core, of the grown box, of the box in the image


def boxes_of(likely: np.ndarray, height: int, width: int) -> np.ndarray:
    """Find boxes, float32 (n, 4, 2), in pixels of an image of this size, corners clockwise from top left.

    ``likely`` is (height, width) between 0 and 1, of the image as scaled for the model.
    """
    import numpy as np

    looked_at = np.array([likely.shape[1], likely.shape[0]], dtype=np.float32)
    size = np.array([width, height], dtype=np.float32)
    boxes = []
    for corners in _grown_boxes(likely):
        quad = _clockwise(np.clip(np.round(corners / looked_at * size), 0, size))
        quad = np.clip(quad, 0, size - 1)
        if min(_length(quad[0], quad[1]), _length(quad[0], quad[3])) > _LEAST_SIDE:
            boxes.append(quad)
    return np.array(boxes, dtype=np.float32).reshape(-1, 4, 2)


def _grown_boxes(likely: np.ndarray) -> Iterator[np.ndarray]:
    """Boxes around the lines' cores, grown to the height of the print, in pixels of the scaled image."""
    import cv2
    import numpy as np

    mask = cv2.dilate((likely > _CORE).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask * 255, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours[:_MOST]:
        corners, side = _smallest_box(contour)
        if side < _LEAST_CORE or _mean_inside(likely, corners) < _LIKELY:
            continue
        corners, side = _smallest_box(_grown(corners))
        if side >= _LEAST_BOX:
            yield corners


def _smallest_box(points: Any) -> tuple[np.ndarray, float]:
    """The corners of the smallest turned rectangle around points, in order along its sides, and its shorter side."""
    import cv2
    import numpy as np

    rectangle = cv2.minAreaRect(points)
    corners = sorted(cv2.boxPoints(rectangle), key=lambda corner: float(corner[0]))
    left, right = sorted(corners[:2], key=_height_of), sorted(corners[2:], key=_height_of)
    return np.array([left[0], right[0], right[1], left[1]]), min(rectangle[1])


def _height_of(corner: np.ndarray) -> float:
    return float(corner[1])


def _mean_inside(likely: np.ndarray, corners: np.ndarray) -> float:
    """The mean of the pixels in a box."""
    import cv2
    import numpy as np

    most = np.array([likely.shape[1] - 1, likely.shape[0] - 1])
    low = np.clip(np.floor(corners.min(axis=0)).astype(np.int32), 0, most)
    high = np.clip(np.ceil(corners.max(axis=0)).astype(np.int32), 0, most)
    mask = np.zeros((high[1] - low[1] + 1, high[0] - low[0] + 1), dtype=np.uint8)
    cv2.fillPoly(mask, [(corners - low.astype(np.float32)).astype(np.int32)], (1,))
    return float(cv2.mean(likely[low[1] : high[1] + 1, low[0] : high[0] + 1], mask)[0])


def _grown(corners: np.ndarray) -> np.ndarray:
    """The outline, int (n, 1, 2), of a box that has grown to all sides."""
    import numpy as np
    import pyclipper

    x, y = corners[:, 0].astype(float), corners[:, 1].astype(float)
    area = abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2
    around = float(np.hypot(np.roll(x, -1) - x, np.roll(y, -1) - y).sum())
    offset = pyclipper.PyclipperOffset()
    offset.AddPath(corners, pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    return np.array(offset.Execute(area * _GROWTH / around)).reshape((-1, 1, 2))


def _clockwise(quad: np.ndarray) -> np.ndarray:
    """The corners from top left, clockwise."""
    import numpy as np

    by_x = quad[np.argsort(quad[:, 0])]
    left, right = by_x[:2], by_x[2:]
    left, right = left[np.argsort(left[:, 1])], right[np.argsort(right[:, 1])]
    return np.array([left[0], right[0], right[1], left[1]])


def _length(one: np.ndarray, other: np.ndarray) -> int:
    import numpy as np

    return int(np.linalg.norm(one - other))
