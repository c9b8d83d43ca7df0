"""Finds lines of print that a page draws as outlines: its text layer lacks them. Pure: takes MuPDF's drawings.

Programs draw a line, a word or a letter as one filled path. What stands side by side is put together, and counts as
print where it has the length of a line and the many pieces of letters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from stores.models import Box

_HEIGHT_PT = (5.0, 40.0)  # of a line
_LEAST_PT = 2.0  # of a letter
_LINE = 3.0  # times as long as high
_LETTER_PIECES = 3  # of a drawn path: a rectangle has one
_LEAST_OF_SIGN = 12  # pieces of a letter: icons and bullets have fewer
_LEAST_PIECES = 24  # of a line: two letters or three
_PIECES = 4.0  # for each height of its length
_GAP = 1.0  # of the height, between two words of a line
_LEVEL = 0.5  # of the height of the lower one, by which letters of one line overlap
_BAND_PT = 40.0  # the page is cut into strips of this height to look for lines
_MOST_PATHS, _MOST_LINES = 3000, 60  # more are a drawing


@dataclass(slots=True)
class _Row:
    """Paths side by side: their box, and of how many pieces they are made."""

    box: Box
    pieces: int


def outlines_of(paths: Sequence[dict[str, Any]]) -> tuple[list[Box], list[Box]]:
    """The boxes of what may be outlined lines of print, and of what may be single words; none where too many."""
    letters = [path for path in paths if _may_be_letters(path)]
    if len(letters) > _MOST_PATHS:
        return [], []
    rows = [row for row in _rows(letters) if _has_form_of_print(row)]
    lines = [row.box for row in rows if _length(row.box) >= _LINE]
    if len(lines) > _MOST_LINES:
        return [], []
    return lines, [row.box for row in rows if _length(row.box) < _LINE]


def signs_of(paths: Sequence[dict[str, Any]]) -> list[Box]:
    """The boxes of outlines, put together where they stand side by side, with the pieces of a letter at least."""
    letters = [path for path in paths if _may_be_letters(path)]
    return [row.box for row in _rows(letters) if row.pieces >= _LEAST_OF_SIGN] if len(letters) <= _MOST_PATHS else []


def _may_be_letters(path: dict[str, Any]) -> bool:
    box = path["rect"]
    high = _LEAST_PT <= box.height <= _HEIGHT_PT[1]
    return high and "f" in path["type"] and len(path["items"]) >= _LETTER_PIECES


def _rows(paths: Iterable[dict[str, Any]]) -> list[_Row]:
    rows: list[_Row] = []
    bands: dict[int, list[_Row]] = defaultdict(list)
    for path in sorted(paths, key=lambda path: float(path["rect"].x0)):
        box: Box = tuple(path["rect"])
        first, last = int(box[1] // _BAND_PT), int(box[3] // _BAND_PT)
        near = (row for band in range(first, last + 1) for row in reversed(bands[band][-8:]))
        row = next((row for row in near if _goes_on(row.box, box)), None)
        if row is None:
            row = _Row(box, 0)
            rows.append(row)
            for band in range(first, last + 1):
                bands[band].append(row)
        x0, y0, x1, y1 = row.box
        row.box = (min(x0, box[0]), min(y0, box[1]), max(x1, box[2]), max(y1, box[3]))
        row.pieces += len(path["items"])
    return rows


def _goes_on(line: Box, box: Box) -> bool:
    """Whether a path, which begins further right than those before it, continues their line."""
    high, low = (max(b[3] - b[1] for b in (line, box)), min(b[3] - b[1] for b in (line, box)))
    level = min(line[3], box[3]) - max(line[1], box[1]) >= _LEVEL * low
    return level and box[0] - line[2] < _GAP * high and max(line[3], box[3]) - min(line[1], box[1]) < _HEIGHT_PT[1]


def _has_form_of_print(row: _Row) -> bool:
    high = _HEIGHT_PT[0] <= row.box[3] - row.box[1] <= _HEIGHT_PT[1]
    return high and _length(row.box) >= 1 and row.pieces >= max(_LEAST_PIECES, _PIECES * _length(row.box))


def _length(box: Box) -> float:
    """How many times a box is as long as high."""
    return (box[2] - box[0]) / max(box[3] - box[1], 0.1)
