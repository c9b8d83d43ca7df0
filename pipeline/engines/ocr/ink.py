"""Detect blank scanned pages: paper, shadows, specks and punch holes, nothing that could be read.

The test is conservative: what might be a letter counts as one, since a blank page that is read costs a second, and a
page that is skipped loses its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_LOOK_SIDE = 1754  # pixels of the longer side of the examined image: A4 at 150 dpi
_PAPER_SCALE = 0.25  # at this scale the paper remains and the print disappears
_OFF_PAPER = 18  # grey levels (of 255) that ink differs from the paper around it
_PAPER_STEP = 60  # grey levels: a paper with steps like this has large dark shapes on it
_EDGE = 0.02  # share of each side where scanners leave dark edges
_HOLES = 0.08  # share of the width, left and right, where holes are punched
_MOST_HOLES = 6
_SPECK = 5  # pixels: no letter is as small both ways


def is_blank(pixels: np.ndarray) -> bool:
    """Tell whether no letter can stand on an image, uint8 (height, width) or (height, width, 3)."""
    import cv2
    import numpy as np

    grey = _seen(pixels)
    paper = cv2.medianBlur(cv2.resize(grey, None, fx=_PAPER_SCALE, fy=_PAPER_SCALE, interpolation=cv2.INTER_AREA), 21)
    if _inner(cv2.morphologyEx(paper, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))).max() > _PAPER_STEP:
        return False
    around = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    ink = _inner(cv2.absdiff(cv2.medianBlur(grey, 3), around) > _OFF_PAPER).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    return not _has_letters(stats[1:count], ink.shape[1])


def _seen(pixels: np.ndarray) -> np.ndarray:
    """The image in grey, at the size at which it is examined; tiny ones are padded for the filters."""
    import cv2
    import numpy as np

    grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    scale = min(1.0, _LOOK_SIDE / max(grey.shape))
    size = [max(32, round(length * scale)) for length in (grey.shape[1], grey.shape[0])]
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))


def _inner(pixels: np.ndarray) -> np.ndarray:
    """The image without its edges."""
    height, width = pixels.shape
    edge_y, edge_x = int(height * _EDGE), int(width * _EDGE)
    return pixels[edge_y : height - edge_y, edge_x : width - edge_x]


def _has_letters(stats: np.ndarray, width: int) -> bool:
    """Tell whether any spot (left, top, width, height, area) is neither a speck nor a punch hole."""
    spots = [spot for spot in stats if max(spot[2], spot[3]) > _SPECK]
    holes = [spot for spot in spots if spot[0] + spot[2] < _HOLES * width or spot[0] > (1 - _HOLES) * width]
    return len(spots) > len(holes) or len(holes) > _MOST_HOLES
