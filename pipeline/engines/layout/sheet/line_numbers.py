"""Line numbers: numbers that count the lines of running text in its margin, or those of a listing beside it. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pipeline.engines.layout.lines.styles import style_of
from stores.models import Box

TextLine = dict[str, Any]

_ALIGNED_PT = 4.0  # left or right edges of the numbers of one column differ by less
_LEAST = {1: 10, 5: 4, 10: 3}  # step from number to number -> numbers that make a column
_REGULAR = 0.8  # of the numbers count on from the one above
_PITCH = 0.3  # share by which the distances of the numbers differ from the usual one
_APART_EM = 0.4  # between a number and its line
_FULL_LINE = 30  # characters
_PROSE = 0.6  # of the lines beside the numbers are full
_RUNS_ON = 0.2  # of the lines begin with a small letter: they go on from the line above
_LEAST_OF_LISTING = 3  # numbers, from line to line
_SMALL = 0.85  # of the size of a listing: its numbers are smaller
_MARGIN_EM = 0.6  # between numbers of about the same size and a listing


@dataclass(frozen=True, slots=True)
class _Number:
    value: int
    box: Box
    spans: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class _Text:
    """What stands in a line beside its number."""

    box: Box
    text: str
    size: float
    mono: bool
    style: tuple[str, int]  # font and colour of its first letters


def line_number_spans(blocks: Iterable[dict[str, Any]]) -> set[int]:
    """Ids of the spans of MuPDF's text blocks that number lines."""
    lines = [line for block in blocks for line in block.get("lines", ()) if line["spans"] and line["dir"][0] > 0.9]
    numbers = [number for line in lines if (number := _number_of(line)) is not None]
    if len(numbers) < min(_LEAST.values()):
        return set()
    taken = {id(span) for number in numbers for span in number.spans}
    texts = [text for line in lines if (text := _rest(line, taken)) is not None]
    counting = (number for column in _columns(numbers) if _counts_lines(column, texts) for number in column)
    return {id(span) for number in counting for span in number.spans}


def _number_of(line: TextLine) -> _Number | None:
    """The number that a line is, or that it begins with before a gap."""
    spans = line["spans"]
    if not _first_printed(spans).isdecimal():
        return None
    text = _text(spans)
    if text.isdecimal() and len(text) < 5:
        return _Number(int(text), line["bbox"], tuple(spans))
    first = _text(spans[:1])
    if len(spans) > 1 and first.isdecimal() and len(first) < 5:
        later = next((span for span in spans[1:] if _text([span])), None)
        if later is not None and later["bbox"][0] - _right(spans[0]) > _APART_EM * later["size"]:
            return _Number(int(first), spans[0]["bbox"], (spans[0],))
    return None


def _first_printed(spans: Sequence[dict[str, Any]]) -> str:
    """The first character that is no blank, "" where there is none."""
    return next((char["c"] for span in spans for char in span["chars"] if char["c"].strip()), "")


def _right(span: dict[str, Any]) -> float:
    printed = [char["bbox"][2] for char in span["chars"] if not char["c"].isspace()]
    return float(max(printed, default=span["bbox"][2]))


def _text(spans: Sequence[dict[str, Any]]) -> str:
    return "".join(char["c"] for span in spans for char in span["chars"]).strip()


def _rest(line: TextLine, taken: set[int]) -> _Text | None:
    spans = [span for span in line["spans"] if id(span) not in taken]
    if not _text(spans):
        return None
    lefts, tops, rights, bottoms = zip(*(span["bbox"] for span in spans), strict=True)
    box = (min(lefts), min(tops), max(rights), max(bottoms))
    printed = next(span for span in spans if _text([span]))
    return _Text(box, _text(spans), printed["size"], style_of(printed, raised=False).mono, _style(printed))


def _style(span: dict[str, Any]) -> tuple[str, int]:
    return span["font"], span["color"]


def _columns(numbers: Sequence[_Number]) -> Iterator[list[_Number]]:
    """Numbers that stand below one another: in one column by their right edges, or by their left ones."""
    left = list(numbers)
    while left:
        by_edge = [
            [n for n in left if abs(n.box[side] - first.box[side]) < _ALIGNED_PT]
            for side in (0, 2)
            for first in left[:1]
        ]
        column = max(by_edge, key=len)
        yield sorted(column, key=lambda number: number.box[1])
        members = {id(number) for number in column}
        left = [number for number in left if id(number) not in members]


def _counts_lines(column: Sequence[_Number], texts: Sequence[_Text]) -> bool:
    """Whether the numbers rise evenly, at even distances, beside lines that they are no part of."""
    steps = [other.value - one.value for one, other in pairwise(column)]
    if not steps:
        return False
    step = statistics.mode(steps)
    beside = _beside(column, texts)
    listing = step == 1 and _is_beside_listing(column, beside)
    least = _LEAST_OF_LISTING if listing else _LEAST.get(step, 10_000)
    if len(column) < least or steps.count(step) < _REGULAR * len(steps):
        return False
    pitches = [other.box[1] - one.box[1] for one, other in pairwise(column)]
    usual = min(pitches) if listing else statistics.median(pitches)  # lines of a listing are wrapped
    lines = [max(round(pitch / usual), 1) if listing and usual > 0 else 1 for pitch in pitches]
    even = [abs(pitch - count * usual) < _PITCH * usual for pitch, count in zip(pitches, lines, strict=True)]
    return sum(even) >= _REGULAR * len(pitches) and (listing or _is_beside_prose(column, beside))


def _beside(column: Sequence[_Number], texts: Sequence[_Text]) -> list[_Text]:
    """The texts between the first and the last number."""
    top, bottom = column[0].box[1], column[-1].box[3]
    return [text for text in texts if top - 1 < (text.box[1] + text.box[3]) / 2 < bottom + 1]


def _is_beside_listing(column: Sequence[_Number], beside: Sequence[_Text]) -> bool:
    """Whether numbers of a smaller or another type stand before lines set in letters of one width."""
    pairs = [(number, text) for text in beside for number in column if _are_level(text, number)]
    apart = [text for number, text in pairs if text.mono and _is_set_apart(column, number, text)]
    return bool(apart) and len(apart) >= _REGULAR * len(pairs)


def _is_set_apart(column: Sequence[_Number], number: _Number, text: _Text) -> bool:
    right, span = max(other.box[2] for other in column), number.spans[0]
    if span["size"] < _SMALL * text.size:
        return text.box[0] > right
    return _style(span) != text.style and text.box[0] - right > _MARGIN_EM * text.size


def _are_level(text: _Text, number: _Number) -> bool:
    return abs(text.box[1] + text.box[3] - number.box[1] - number.box[3]) / 2 < text.size / 2


def _is_beside_prose(column: Sequence[_Number], beside: Sequence[_Text]) -> bool:
    if len(beside) < len(column) / 2 or len(beside) > 1.5 * _rows(beside):
        return False
    left, right = min(n.box[0] for n in column), max(n.box[2] for n in column)
    outside = all(text.box[0] > right or text.box[2] < left for text in beside)
    full = sum(_is_full(text.text) for text in beside)
    letters = [text.text for text in beside if text.text[0].isalpha() and text.text[0].isascii()]
    runs_on = sum(text[0].islower() for text in letters) >= _RUNS_ON * len(letters)
    return outside and full >= _PROSE * len(beside) and runs_on


def _is_full(text: str) -> bool:
    return len(text) > (_FULL_LINE if text.isascii() else _FULL_LINE / 2)


def _rows(texts: Sequence[_Text]) -> int:
    """How many rows the texts stand in."""
    return len({round((text.box[1] + text.box[3]) / 8) for text in texts})
