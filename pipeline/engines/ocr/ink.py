"""Whether a scanned page is blank: paper, shadows, specks and punch holes, nothing that could be read.

Conservative: what might be a letter counts as one, for a page that is read in vain costs a second, a page that is
skipped costs its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_LOOK_SIDE = 1754  # pixels of the longer side that is looked at: A4 at 150 dpi
_PAPER_SCALE = 0.25  # the paper is seen without its print at this scale
_OFF_PAPER = 18  # grey levels (of 255) that ink differs from the paper around it
_PAPER_STEP = 60  # grey levels: a paper with steps like this has large dark shapes on it
_EDGE = 0.02  # share of each side where scanners leave dark edges
_HOLES = 0.08  # share of the width, left and right, where holes are punched
_MOST_HOLES = 6
_SPECK = 5  # pixels: no letter is as small both ways


def is_blank(picture: np.ndarray) -> bool:
    """True only where no letter can stand on the picture, uint8 (height, width) or (height, width, 3)."""
    import cv2
    import numpy as np

    grey = _seen(picture)
    paper = cv2.medianBlur(cv2.resize(grey, None, fx=_PAPER_SCALE, fy=_PAPER_SCALE, interpolation=cv2.INTER_AREA), 21)
    if _inner(cv2.morphologyEx(paper, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))).max() > _PAPER_STEP:
        return False
    around = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    ink = _inner(cv2.absdiff(cv2.medianBlur(grey, 3), around) > _OFF_PAPER).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    return not _has_letters(stats[1:count], ink.shape[1])


def _seen(picture: np.ndarray) -> np.ndarray:
    """The picture in grey, as large as it is looked at; tiny ones get room for the filters."""
    import cv2
    import numpy as np

    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    scale = min(1.0, _LOOK_SIDE / max(grey.shape))
    size = [max(32, round(length * scale)) for length in (grey.shape[1], grey.shape[0])]
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))


def _inner(picture: np.ndarray) -> np.ndarray:
    """The picture without its edges."""
    height, width = picture.shape
    edge_y, edge_x = int(height * _EDGE), int(width * _EDGE)
    return picture[edge_y : height - edge_y, edge_x : width - edge_x]


def _has_letters(stats: np.ndarray, width: int) -> bool:
    """Whether spots (left, top, width, height, area) are larger than specks and others than punch holes."""
    spots = [spot for spot in stats if max(spot[2], spot[3]) > _SPECK]
    holes = [spot for spot in spots if spot[0] + spot[2] < _HOLES * width or spot[0] > (1 - _HOLES) * width]
    return len(spots) > len(holes) or len(holes) > _MOST_HOLES
