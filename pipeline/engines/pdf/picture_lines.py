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
_CLEAR = 30  # as above, of print that OCR is to read: the texture of photos differs less
_LEAST_SIDEWAYS = 3  # lines that run up or down
_LITTLE, _FLAT = 10, 0.3  # steps of grey; share of the pixels of a picture of print, of grass and gravel 0.1
_REACH = 15  # pixels between two letters of a line
_LEAST_LETTERS = 6
_SPECKS = 1.5  # times as many other marks as letters
_LONG = 5.0  # times as long as high
_LABEL_LETTERS, _LEAST_LABELS, _FEW_SPECKS = 4, 3, 1.0  # of a label; of a diagram; as above, in a diagram


def lines_in_pictures(page: Any, pictures: Sequence[Any]) -> int:
    """How many lines of letters the ``pictures`` (boxes in points) show where no text of the layer stands."""
    import numpy as np

    grey, zoom = _drawn(page)
    seen = np.zeros_like(grey)
    for box in pictures:
        _fill(seen, box, zoom, 255, 0.0)
    for word in page.get_text("words"):
        _fill(seen, word[:4], zoom, 0, 1.0)
    return lines_of_print(grey, seen)


class PageLook:
    """A page seen in grey: how many lines of letters a part of it shows where none of ``covered`` (in points) lies."""

    def __init__(self, page: Any) -> None:
        self._grey, self._zoom = _drawn(page)

    def lines_in_outlines(self, box: Sequence[float], covered: Sequence[Sequence[float]]) -> int:
        grey, seen = self._cut(box, covered)
        return lines_of_print(grey, seen) if grey.size else 0

    def lines_in_picture(self, box: Sequence[float], covered: Sequence[Sequence[float]]) -> int:
        """The same; what looks like letters in the texture of photos is none, labels that stand alone are a line."""
        grey, seen = self._cut(box, covered)
        if not grey.size or _flat_share(grey) < _FLAT:
            return 0
        count = lines_of_print(grey, seen, darker=_CLEAR, labels=True)
        return count or _lines_sideways(grey, seen)

    def _cut(self, box: Sequence[float], covered: Sequence[Sequence[float]]) -> tuple[Any, Any]:
        """The pixels of a part, and where they count."""
        import numpy as np

        x0, y0 = (max(0, int(low * self._zoom)) for low in box[:2])
        grey = self._grey[y0 : int(box[3] * self._zoom) + 1, x0 : int(box[2] * self._zoom) + 1]
        seen = np.full_like(grey, 255)
        for text in covered:
            left, top, right, bottom = text
            moved = (left - x0 / self._zoom, top - y0 / self._zoom, right - x0 / self._zoom, bottom - y0 / self._zoom)
            if moved[2] > 0 and moved[3] > 0:
                _fill(seen, moved, self._zoom, 0, 1.0)
        return grey, seen


def _lines_sideways(grey: Any, seen: Any) -> int:
    """Lines of print that run up or down, 0 for a few: the title of an axis."""
    import numpy as np

    count = lines_of_print(np.ascontiguousarray(grey.T), np.ascontiguousarray(seen.T), darker=_CLEAR)
    return count if count >= _LEAST_SIDEWAYS else 0


def _flat_share(grey: Any) -> float:
    """Share of the pixels that differ little from those beside them: the paper between letters."""
    import cv2
    import numpy as np

    around = np.ones((3, 3), np.uint8)
    return float((cv2.subtract(cv2.dilate(grey, around), cv2.erode(grey, around)) <= _LITTLE).mean())


def _drawn(page: Any) -> tuple[Any, float]:
    """The page as a grey image, and its pixels per point."""
    import numpy as np

    zoom = _DPI / 72.0
    if page.rect.width * page.rect.height * zoom * zoom > _MOST_PIXELS:
        zoom = (_MOST_PIXELS / (page.rect.width * page.rect.height)) ** 0.5
    pymupdf = mupdf.load()
    drawn = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csGRAY, alpha=False)
    return np.frombuffer(drawn.samples, dtype=np.uint8).reshape(drawn.height, drawn.width), zoom


def lines_of_print(grey: Any, seen: Any = None, *, darker: int = _DARKER, labels: bool = False) -> int:
    """How many lines of letters a grey image shows, dark on light or light on dark; only where ``seen`` is not 0.

    ``darker``: steps of grey by which print differs from what is around it. ``labels``: words that stand alone, as in
    diagrams, count as a line where they are several.
    """
    import cv2

    marks = 0
    for kind in (cv2.THRESH_BINARY_INV, cv2.THRESH_BINARY):
        by = darker if kind == cv2.THRESH_BINARY_INV else -darker
        ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, kind, _WINDOW, by)
        marks = max(marks, _lines(ink if seen is None else cv2.bitwise_and(ink, seen), labels))
    return marks


def _fill(seen: Any, box: Sequence[float], zoom: float, value: int, around: float) -> None:
    x0, y0, x1, y1 = ((v + by) * zoom for v, by in zip(box, (-around, -around, around, around), strict=True))
    seen[max(0, int(y0)) : max(0, int(y1) + 1), max(0, int(x0)) : max(0, int(x1) + 1)] = value


def _lines(ink: Any, labels: bool) -> int:
    """Rows of several marks of the size of letters; where there is none, 1 for several ``labels``."""
    import cv2
    import numpy as np

    _, _, stats, centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    width, height, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    filled = area / np.maximum(width * height, 1)
    is_letter = (height >= _LETTER[0]) & (height <= _LETTER[1]) & (width <= _WIDEST) & (filled > 0.1) & (area > 4)
    is_letter[0] = False  # the ground
    specks = (len(stats) - 1 - is_letter.sum()) / max(1, is_letter.sum())
    if specks > _SPECKS:
        return 0  # the grain of a photo
    letters = np.zeros_like(ink)
    for x, y, w, h, _ in stats[is_letter]:
        letters[y + h // 3 : y + h - h // 3 + 1, x : x + w] = 255
    joined = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((1, _REACH), np.uint8))
    _, at_row, rows, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    at = np.rint(centres[is_letter]).astype(int)
    held = np.bincount(at_row[at[:, 1], at[:, 0]], minlength=len(rows)) if len(at) else np.zeros(len(rows))
    long = rows[:, cv2.CC_STAT_WIDTH] > _LONG * rows[:, cv2.CC_STAT_HEIGHT]
    long[0] = False
    held[0] = 0
    lines = int((long & (held >= _LEAST_LETTERS)).sum())
    return lines or int(labels and specks < _FEW_SPECKS and (held >= _LABEL_LETTERS).sum() >= _LEAST_LABELS)
