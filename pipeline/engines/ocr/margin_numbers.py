"""Numbers in the margin beside lines of recognised text: the pages of another edition. Pure.

Where one is found together with its line, the line reaches past the column, and is cut at the column's edge. Like page
numbers they stand within no sentence.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import replace

from pipeline.engines.ocr.ctc_text import Reading
from pipeline.engines.ocr.recognised_lines import ReadLine

_LEAST = 6  # lines of running text that share both edges of a column
_SHARE = 0.5  # of the lines that are as long
_EDGE_EM, _OUTSIDE_EM = 0.7, 1.2  # within which lines end at an edge, and beyond which one reaches past it
_VOLUME = r"\s*[(（][ⅠⅡⅢⅣⅤIVXivx]{1,4}[)）]"
_NUMBER, _NUMBER_OF_VOLUME = re.compile(rf"\d{{2,4}}|\d{{1,4}}{_VOLUME}"), re.compile(rf"\d{{1,4}}{_VOLUME}")


def without_margin_numbers(lines: Sequence[ReadLine]) -> tuple[list[ReadLine], list[ReadLine]]:
    """The lines without the numbers beside their column, and those numbers."""
    edges = _column_of([line for line in lines if not line.quarters])
    if edges is None:
        return list(lines), []
    kept: list[ReadLine] = []
    numbers: list[ReadLine] = []
    for line in lines:
        text, number = (line, None) if line.quarters else _parted(line, *edges)
        kept += [text] if text else []
        numbers += [number] if number else []
    return kept, numbers


def _column_of(lines: Sequence[ReadLine]) -> tuple[float, float] | None:
    """The left and right edge of the one column of a page, in pixels; None where lines share no edges."""
    if len(lines) < _LEAST:
        return None
    width = max(line.box[2] - line.box[0] for line in lines)
    long = [line for line in lines if line.box[2] - line.box[0] > width / 2]
    left, right = (statistics.median(line.box[side] for line in long) for side in (0, 2))
    shared = sum(_ends_at(line, 0, left) and _ends_at(line, 2, right) for line in long)
    return (left, right) if shared >= max(_LEAST, _SHARE * len(long)) else None


def _ends_at(line: ReadLine, side: int, edge: float) -> bool:
    return abs(line.box[side] - edge) < _EDGE_EM * line.size


def _parted(line: ReadLine, left: float, right: float) -> tuple[ReadLine | None, ReadLine | None]:
    """What of a line stands in the column, and the number beside it."""
    x0, _, x1, _ = line.box
    if (x1 < left or x0 > right) and _NUMBER_OF_VOLUME.fullmatch(line.reading.text):
        return None, line
    room = _OUTSIDE_EM * line.size
    if x0 < left - room and _ends_at(line, 2, right):
        number, text = _cut(line, left)
        return (text, number) if _NUMBER.fullmatch(number.reading.text) else (line, None)
    if x1 > right + room and x0 < right - room:
        text, number = _cut(line, right)
        return (text, number) if _NUMBER.fullmatch(number.reading.text) else (line, None)
    return line, None


def _cut(line: ReadLine, edge: float) -> tuple[ReadLine, ReadLine]:
    """The line cut at ``edge``."""
    x0, y0, x1, y1 = line.box
    share = (edge - x0) / (x1 - x0)
    text, centres = line.reading.text, line.reading.centres
    at = sum(centre <= share for centre in centres)
    first = [centre / share for centre in centres[:at]]
    last = [(centre - share) / (1 - share) for centre in centres[at:]]
    return (
        replace(line, box=(x0, y0, edge, y1), reading=_reading(line, text[:at], first)),
        replace(line, box=(edge, y0, x1, y1), reading=_reading(line, text[at:], last)),
    )


def _reading(line: ReadLine, text: str, centres: Sequence[float]) -> Reading:
    """A part of the reading of a line, without blanks at its ends."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    return replace(line.reading, text=text[start:end], centres=tuple(centres[start:end]))
