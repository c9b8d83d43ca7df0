"""Find print that the detection model passed over: small print beside larger, and single digits in a row of a table.

The height of its boxes tells nothing of that: around small print at a small scale they are as high as around larger.
Pure functions on arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_LOOK_SIDE = 1754  # pixels of the longer side of the examined image: A4 at 150 dpi
_AROUND, _OFF_PAPER = 31, 14  # pixels, and grey levels that ink is darker than the paper so far around it
_LOWEST, _HIGHEST = 5, 60  # pixels of a letter
_WIDEST = 8.0  # heights: the letters of a word run together in small print
_WIDEST_DIGIT = 1.3  # heights
_FULLEST, _EMPTIEST = 0.92, 0.12  # share of its box that is ink
_GROWN = 2  # pixels around the boxes that were found
_IN_A_LINE = 4  # letters or words
_LINE_GAP = 2.0  # heights between letters of a line
_LEAST_OF_ROW, _MOST_OF_ROW = 0.35, 0.95  # of the height of the boxes beside it, for a single digit
_SPARE = 1.0  # heights above and below missed print that are looked at again
_MOST_MISSED = 3000  # letters: more are the texture of a photo


def missed_bands(pixels: np.ndarray, quads: np.ndarray) -> list[tuple[int, int]]:
    """Find bands of an image, (top, bottom) in its pixels, in which print lies outside all boxes.

    ``pixels`` is uint8 (height, width, 3), ``quads`` (n, 4, 2) the boxes of lines that were found. Bands do not overlap
    and cut no box.
    """
    import numpy as np

    height, width = pixels.shape[:2]
    scale = min(1.0, _LOOK_SIDE / max(height, width))
    scaled = np.asarray(quads, dtype=np.float32) * scale
    letters = _uncovered(_letters(pixels, scale), scaled, (round(height * scale), round(width * scale)))
    if not len(letters) or len(letters) > _MOST_MISSED:
        return []
    print_ = letters[_in_lines(letters) | _in_rows(letters, scaled)]
    spans = [(y - _SPARE * h, y + h + _SPARE * h) for _, y, _, h in print_]
    bands = _whole(_joined(spans), [(float(q[:, 1].min()), float(q[:, 1].max())) for q in scaled])
    return [(max(0, int(top / scale)), min(height, int(bottom / scale) + 1)) for top, bottom in bands]


def _letters(pixels: np.ndarray, scale: float) -> np.ndarray:
    """The boxes (left, top, width, height) of spots of ink that have the form of letters and words."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    paper = cv2.ADAPTIVE_THRESH_MEAN_C
    ink = cv2.adaptiveThreshold(grey, 1, paper, cv2.THRESH_BINARY_INV, _AROUND, _OFF_PAPER)
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    _, _, width, height, area = stats[1:count].T
    share = area / (width * height)
    form = (height >= _LOWEST) & (height <= _HIGHEST) & (width <= _WIDEST * height)
    return np.asarray(stats[1:count][form & (share < _FULLEST) & (share > _EMPTIEST)][:, :4])


def _uncovered(letters: np.ndarray, quads: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The letters whose middle lies in no box."""
    import cv2
    import numpy as np

    covered: Any = np.zeros(shape, dtype=np.uint8)
    for quad in quads:
        cv2.fillConvexPoly(covered, quad.round().astype(np.int32), 1)
    covered = cv2.dilate(covered, np.ones((2 * _GROWN + 1, 2 * _GROWN + 1), np.uint8))
    x = np.clip(letters[:, 0] + letters[:, 2] // 2, 0, shape[1] - 1)
    y = np.clip(letters[:, 1] + letters[:, 3] // 2, 0, shape[0] - 1)
    return np.asarray(letters[covered[y, x] == 0])


def _in_lines(letters: np.ndarray) -> Any:
    """Which letters stand in a line with several others."""
    import numpy as np

    x, y, width, height = letters.astype(np.float32).T
    right, middle = x + width, y + height / 2
    follows = np.full(len(letters), -1)
    order = np.argsort(x)
    for at in order:
        beside = order[(x[order] > x[at]) & (x[order] - right[at] < _LINE_GAP * height[at])]
        level = beside[np.abs(middle[beside] - middle[at]) < 0.5 * height[at]]
        if len(level):
            follows[at] = level[0]
    length = np.ones(len(letters), dtype=int)
    for at in order[::-1]:
        length[at] += length[follows[at]] if follows[at] >= 0 else 0
    for at in order:
        if follows[at] >= 0:
            length[follows[at]] = max(length[follows[at]], length[at])
    return length >= _IN_A_LINE


def _in_rows(letters: np.ndarray, quads: np.ndarray) -> Any:
    """Which letters stand level with boxes on their left or right, and are as high as the print in them may be."""
    import numpy as np

    if not len(quads):
        return np.zeros(len(letters), dtype=bool)
    top, bottom = quads[:, :, 1].min(axis=1), quads[:, :, 1].max(axis=1)
    middle = (letters[:, 1] + letters[:, 3] / 2)[:, None]
    share = letters[:, 3][:, None] / np.maximum(bottom - top, 1)
    inside = np.abs(middle - (top + bottom) / 2) < 0.25 * (bottom - top)
    narrow = letters[:, 2] < _WIDEST_DIGIT * letters[:, 3]
    return narrow & ((inside & (share > _LEAST_OF_ROW) & (share < _MOST_OF_ROW)).sum(axis=1) > 1)


def _joined(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans put together where they overlap, from top to bottom."""
    joined: list[tuple[float, float]] = []
    for top, bottom in sorted(spans):
        if joined and top <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], bottom)
        else:
            joined.append((top, bottom))
    return joined


def _whole(bands: Sequence[tuple[float, float]], boxes: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The bands, grown over all boxes that reach into them, and put together again."""
    while True:
        grown = []
        for top, bottom in bands:
            inside = [box for box in boxes if box[0] < bottom and box[1] > top]
            grown.append((min([top, *(box[0] for box in inside)]), max([bottom, *(box[1] for box in inside)])))
        joined = _joined(grown)
        if joined == list(bands):
            return joined
        bands = joined
