"""Typeset recognised lines: where each word begins and ends, and the font size. Pure functions."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from pipeline.engines.ocr.ctc_text import Reading
from pipeline.engines.ocr.recognised_lines import ReadLine
from pipeline.engines.ocr.searchable_page import TextLine, Word
from stores.models import Box

_SAME_SIZE = 1.12  # lines whose sizes differ less are set in one size
_WIDE_GAP = 2.5  # a gap of so many characters inside a line is set as a gap
_LEAST_PITCH = 0.35  # of the line's height: neighbouring digits stand no closer


def set_lines(lines: Sequence[ReadLine], scale: float) -> list[TextLine]:
    """Convert recognised lines to lines in points of the upright page; ``scale`` is points per pixel."""
    sizes = common_sizes([line.size * scale for line in lines])
    return [_set_line(line, size, scale) for line, size in zip(lines, sizes, strict=True)]


def _set_line(line: ReadLine, size: float, scale: float) -> TextLine:
    x0, y0, x1, y1 = (value * scale for value in line.box)
    box: Box = (x0, y0, x1, y1)
    length = y1 - y0 if line.quarters else x1 - x0
    height = x1 - x0 if line.quarters else y1 - y0
    words = tuple(words_of(line.reading, length, height))
    return TextLine(box=box, size=size, words=words, quarters=line.quarters, confidence=line.reading.confidence)


def common_sizes(sizes: Sequence[float]) -> list[float]:
    """Make nearly equal font sizes equal, as they were printed with one size."""
    order = sorted(range(len(sizes)), key=lambda index: sizes[index])
    groups: list[list[int]] = []
    for index in order:
        if groups and sizes[index] <= sizes[groups[-1][0]] * _SAME_SIZE:
            groups[-1].append(index)
        else:
            groups.append([index])
    common = [0.0] * len(sizes)
    for group in groups:
        middle = statistics.median(sizes[index] for index in group)
        for index in group:
            common[index] = max(round(middle, 1), 1.0)
    return common


def words_of(reading: Reading, length: float, height: float = 0.0) -> list[Word]:
    """Cut a line of ``length`` points into words; ``height`` of the line in points tells the least of wide gaps."""
    words = []
    for start, end in _word_spans(reading, _LEAST_PITCH * height / length if length else 0.0):
        left, right = _edges(reading, start, end)
        words.append(Word(text=reading.text[start:end], start=left * length, end=right * length))
    return words


def _word_spans(reading: Reading, least_pitch: float) -> list[tuple[int, int]]:
    """Character ranges between spaces and wide gaps.

    The places of characters are exact to a sixth of the line's height: in a short number they may seem to stand closer
    than any are printed, and its last digit far away.
    """
    text, centres = reading.text, reading.centres
    limit = _WIDE_GAP * max(_pitch(reading), least_pitch)
    spans: list[tuple[int, int]] = []
    start = 0
    for index in range(len(text) + 1):
        ends = index == len(text) or text[index].isspace()
        if ends or (index > start and centres[index] - centres[index - 1] > limit):
            if index > start:
                spans.append((start, index))
            start = index + 1 if ends else index
    return spans


def _pitch(reading: Reading) -> float:
    """The usual distance of two neighbouring characters, as share of the line."""
    text, centres = reading.text, reading.centres
    steps = [
        centres[index + 1] - centres[index]
        for index in range(len(text) - 1)
        if not text[index].isspace() and not text[index + 1].isspace()
    ]
    return statistics.median(steps) if steps else 1.0 / max(len(text), 1)


def _edges(reading: Reading, start: int, end: int) -> tuple[float, float]:
    """Where the characters ``start`` to ``end`` begin and end, as shares of the line; never over their neighbours."""
    centres, half = reading.centres, 0.55 * _pitch(reading)
    left = centres[start] - half
    if start:
        left = max(left, (centres[start - 1] + centres[start]) / 2)
    right = centres[end - 1] + half
    if end < len(centres):
        right = min(right, (centres[end - 1] + centres[end]) / 2)
    return max(left, 0.0), min(max(right, left + 0.001), 1.0)
