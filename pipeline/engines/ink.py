"""Whether a scanned page is blank: paper, shadow and specks, nothing that could be read. Conservative."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_LOOK_SIDE = 1000  # pixels of the longer side that is looked at
_DARKER = 24  # grey levels (of 255) below the paper around it
_BORDER = 0.02  # share of each side where scanners leave dark edges
_SPECK_PIXELS = 6  # an ink spot of fewer pixels, at that size, is a speck
_SPOTS = 3  # so many larger spots may lie on a blank page


def is_blank(picture: np.ndarray) -> bool:
    """True only where no letter can stand on the picture, uint8 (height, width) or (height, width, 3)."""
    import cv2
    import numpy as np

    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    scale = min(1.0, _LOOK_SIDE / max(grey.shape))
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(grey, np.ones((9, 9), np.uint8)), 31)
    ink = cv2.subtract(paper, grey) > _DARKER
    height, width = ink.shape
    edge_y, edge_x = int(height * _BORDER), int(width * _BORDER)
    inner = np.ascontiguousarray(ink[edge_y : height - edge_y, edge_x : width - edge_x].astype(np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(inner, connectivity=8)
    spots = stats[1:count, cv2.CC_STAT_AREA] >= _SPECK_PIXELS
    return int(spots.sum()) <= _SPOTS and float(np.abs(grey.astype(np.float32) - paper).mean()) < _DARKER
