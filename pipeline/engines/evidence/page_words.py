"""The words of a page inside a box, or at a point: what a person points at as the place of a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.engines.evidence.page_lines import PageLine, page_lines
from pipeline.engines.evidence.word_boxes import words_box
from stores.models import Box, Page

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_CJK}]|[^\s{_CJK}]+")
_WORD = re.compile(r"\S+")
_INSIDE = 0.5  # of a token that must lie in the box
_POINT_PT = 2.0  # a smaller box is a point
_NEAR_PT = 6.0  # from a point to the word that is meant


@dataclass(frozen=True, slots=True, kw_only=True)
class PickedWords:
    """Words of a page: their text, in reading order, and a box for each line that they stand on."""

    text: str
    boxes: tuple[Box, ...]


def words_in(page: Page, box: Box) -> PickedWords:
    """The words inside a box in points; of a box without area, the word at that point. Empty where there is none."""
    lines = page_lines([page])
    if max(box[2] - box[0], box[3] - box[1]) < _POINT_PT:
        return _word_at(lines, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2))
    pieces = [(line, span) for line in lines if (span := _span_inside(line, box))]
    return PickedWords(
        text=" ".join(line.text[start:end] for line, (start, end) in pieces),
        boxes=tuple(words_box(line, start, end) for line, (start, end) in pieces),
    )


def _span_inside(line: PageLine, box: Box) -> tuple[int, int] | None:
    """First and last character (exclusive) of the tokens of a line that lie in a box."""
    if _share(line.printed_box, box) <= 0:
        return None
    inside = [(start, end) for start, end, place in _tokens(line, _TOKEN) if _share(place, box) >= _INSIDE]
    return (inside[0][0], inside[-1][1]) if inside else None


def _word_at(lines: Sequence[PageLine], point: tuple[float, float]) -> PickedWords:
    words = [
        (_distance(place, point), line, start, end)
        for line in lines
        if _distance(line.printed_box, point) <= _NEAR_PT
        for start, end, place in _tokens(line, _WORD)
    ]
    distance, line, start, end = min(words, key=lambda word: word[0], default=(_NEAR_PT * 2, None, 0, 0))
    if line is None or distance > _NEAR_PT:
        return PickedWords(text="", boxes=())
    return PickedWords(text=line.text[start:end], boxes=(words_box(line, start, end),))


def _tokens(line: PageLine, pattern: re.Pattern[str]) -> Iterator[tuple[int, int, Box]]:
    for match in pattern.finditer(line.text):
        yield match.start(), match.end(), words_box(line, match.start(), match.end())


def _share(box: Box, frame: Box) -> float:
    """The share of a box that lies in a frame; thin boxes count by their length alone."""
    wide, high = (min(box[i + 2], frame[i + 2]) - max(box[i], frame[i]) for i in (0, 1))
    if wide <= 0 or high <= 0:
        return 0.0
    return wide * high / max(1e-6, (box[2] - box[0]) * (box[3] - box[1]))


def _distance(box: Box, point: tuple[float, float]) -> float:
    x, y = point
    return max(box[0] - x, x - box[2], 0.0) + max(box[1] - y, y - box[3], 0.0)
