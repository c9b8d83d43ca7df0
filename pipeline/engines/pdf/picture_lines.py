"""Counts lines of print in the pictures of a page that its text layer does not have: 10 to 20 ms a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.engines.pdf import mupdf

_DPI = 100
_MOST_PIXELS = 4_000_000
_LETTER = (3, 40)  # pixels of height
_WIDEST = 60  # pixels of a letter, or of letters that touch
_WINDOW, _DARKER = 31, 15  # pixels around, and steps of grey by which print differs from the mean of them
_REACH = 15  # pixels between two letters of a line
_LEAST_LETTERS = 6
_SPECKS = 1.5  # times as many other marks as letters
_LONG = 5.0  # times as long as high


def lines_in_pictures(page: Any, pictures: Sequence[Any]) -> int:
    """How many lines of letters the ``pictures`` (boxes in points) show where no text of the layer stands."""
    import numpy as np

    zoom = _DPI / 72.0
    if page.rect.width * page.rect.height * zoom * zoom > _MOST_PIXELS:
        zoom = (_MOST_PIXELS / (page.rect.width * page.rect.height)) ** 0.5
    pymupdf = mupdf.load()
    drawn = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csGRAY, alpha=False)
    grey: Any = np.frombuffer(drawn.samples, dtype=np.uint8).reshape(drawn.height, drawn.width)
    seen = np.zeros_like(grey)
    for box in pictures:
        _fill(seen, box, zoom, 255, 0.0)
    for word in page.get_text("words"):
        _fill(seen, word[:4], zoom, 0, 1.0)
    return lines_of_print(grey, seen)


def lines_of_print(grey: Any, seen: Any = None) -> int:
    """How many lines of letters a grey image shows, dark on light or light on dark; only where ``seen`` is not 0."""
    import cv2

    marks = 0
    for kind in (cv2.THRESH_BINARY_INV, cv2.THRESH_BINARY):
        by = _DARKER if kind == cv2.THRESH_BINARY_INV else -_DARKER
        ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, kind, _WINDOW, by)
        marks = max(marks, _lines(ink if seen is None else cv2.bitwise_and(ink, seen)))
    return marks


def _fill(seen: Any, box: Sequence[float], zoom: float, value: int, around: float) -> None:
    x0, y0, x1, y1 = ((v + by) * zoom for v, by in zip(box, (-around, -around, around, around), strict=True))
    seen[max(0, int(y0)) : max(0, int(y1) + 1), max(0, int(x0)) : max(0, int(x1) + 1)] = value


def _lines(ink: Any) -> int:
    """Rows of several marks of the size of letters."""
    import cv2
    import numpy as np

    _, _, stats, centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    width, height, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    filled = area / np.maximum(width * height, 1)
    is_letter = (height >= _LETTER[0]) & (height <= _LETTER[1]) & (width <= _WIDEST) & (filled > 0.1) & (area > 4)
    is_letter[0] = False  # the ground
    if len(stats) - 1 - is_letter.sum() > _SPECKS * max(1, is_letter.sum()):
        return 0  # the grain of a photo
    letters = np.zeros_like(ink)
    for x, y, w, h, _ in stats[is_letter]:
        letters[y + h // 3 : y + h - h // 3 + 1, x : x + w] = 255
    joined = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((1, _REACH), np.uint8))
    _, labels, rows, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    at = np.rint(centres[is_letter]).astype(int)
    held = np.bincount(labels[at[:, 1], at[:, 0]], minlength=len(rows)) if len(at) else np.zeros(len(rows))
    long = rows[:, cv2.CC_STAT_WIDTH] > _LONG * rows[:, cv2.CC_STAT_HEIGHT]
    long[0] = False
    return int((long & (held >= _LEAST_LETTERS)).sum())
