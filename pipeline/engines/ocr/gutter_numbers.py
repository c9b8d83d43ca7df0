"""Numbers that count the lines of recognised text, in the gutter of two columns or at a margin, as patents have. Pure.

They are taken out before the page is laid out. A line that was found over both columns, with such a number in its
middle, is cut there.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.engines.ocr.searchable_page import TextLine, Word
from stores.models import Box

_STEP, _LARGEST = 5, 95  # every fifth line is counted
_LEAST = 5  # numbers
_ASIDE_PT = 8.0  # between the middles of numbers of one gutter
_OFF = 0.6  # of the pitch of the lines: from where a number is expected
_PITCH_EM = (0.8, 2.0)
_LONGEST = 3  # characters of a number, however it was misread
_SLACK_PT = 2.0
_FULL_LINE, _FULL = 25, 0.5  # characters of a full line, and the share of them
_HIGH = 1.5  # times as high as usual: a line that was found over two columns that are not level


@dataclass(frozen=True, slots=True)
class _Number:
    value: int
    x: float
    y: float
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class _Gutter:
    """The strip in which numbers stand; where the number 0 would, and how far apart lines are, in points."""

    left: float
    right: float
    zero: float
    pitch: float
    last: float  # the height of the last number

    def counts(self, left: float, right: float, y: float) -> bool:
        """Whether something that small at this place is a number of a line."""
        inside = self.left - _SLACK_PT < left and right < self.right + _SLACK_PT
        line = (y - self.zero) / self.pitch
        return inside and line > 0 and abs(line - _STEP * round(line / _STEP)) < _OFF


def without_gutter_numbers(lines: Sequence[TextLine]) -> tuple[list[TextLine], int]:
    """The lines without the numbers that count them, and how many those were."""
    gutter = _gutter_of(lines)
    if gutter is None:
        return list(lines), 0
    kept, count = [], 0
    for line in lines:
        words = [word for word in line.words if not _is_number(word, line, gutter)]
        count += len(line.words) - len(words)
        kept += _halves(replace(line, words=tuple(words)), gutter, len(words) < len(line.words))
    return _level(kept), count


def _gutter_of(lines: Sequence[TextLine]) -> _Gutter | None:
    numbers = [number for line in lines if not line.quarters for number in _numbers_of(line)]
    if len(numbers) < _LEAST:
        return None
    members, pitch = max((_line_through(numbers, first) for first in numbers), key=lambda pair: len(pair[0]))
    if len({number.value for number in members}) < _LEAST or not _count_prose(members, lines, pitch):
        return None
    first = members[0]
    return _Gutter(
        left=min(number.left for number in members),
        right=max(number.right for number in members),
        zero=first.y - pitch * first.value,
        pitch=pitch,
        last=max(number.y for number in members),
    )


def _numbers_of(line: TextLine) -> Iterator[_Number]:
    for word in line.words:
        if word.text.isdecimal() and len(word.text) < _LONGEST:
            value = int(word.text)
            if 0 < value <= _LARGEST and value % _STEP == 0:
                left, right = line.box[0] + word.start, line.box[0] + word.end
                yield _Number(value, (left + right) / 2, _middle(line.box), left, right)


def _line_through(numbers: Sequence[_Number], first: _Number) -> tuple[list[_Number], float]:
    """The most numbers in one strip that rise from ``first`` on by as much as they stand below it, and the pitch."""
    column = [number for number in numbers if abs(number.x - first.x) < _ASIDE_PT]
    best: tuple[list[_Number], float] = ([], 0.0)
    for other in column:
        if other.value <= first.value or other.y <= first.y:
            continue
        pitch = (other.y - first.y) / (other.value - first.value)
        fit = [n for n in column if abs(n.y - first.y - pitch * (n.value - first.value)) < _OFF * pitch]
        best = max(best, ([first, *(n for n in fit if n is not first)], pitch), key=lambda pair: len(pair[0]))
    return best


def _count_prose(members: Sequence[_Number], lines: Sequence[TextLine], pitch: float) -> bool:
    """Whether the numbers stand beside full lines, as far apart as lines are."""
    top, bottom = min(number.y for number in members), max(number.y for number in members)
    beside = [line for line in lines if not line.quarters and top - pitch < _middle(line.box) < bottom + pitch]
    long = [line for line in beside if sum(len(word.text) for word in line.words) > _LONGEST]
    if not long:
        return False
    size = statistics.median(line.size for line in long)
    full = sum(sum(len(word.text) for word in line.words) > _FULL_LINE for line in long)
    return full > _FULL * len(long) and _PITCH_EM[0] * size < pitch < _PITCH_EM[1] * size


def _is_number(word: Word, line: TextLine, gutter: _Gutter) -> bool:
    left, right = line.box[0] + word.start, line.box[0] + word.end
    return len(word.text) <= _LONGEST and not line.quarters and gutter.counts(left, right, _middle(line.box))


def _halves(line: TextLine, gutter: _Gutter, counted: bool) -> list[TextLine]:
    """A line, cut where it leaves the gutter free; none of it without words."""
    if line.quarters or not line.words:
        return [line] if line.words else []
    left = [word for word in line.words if line.box[0] + word.end < gutter.left + _SLACK_PT]
    right = [word for word in line.words if line.box[0] + word.start > gutter.right - _SLACK_PT]
    beside = gutter.zero < _middle(line.box) < gutter.last + _STEP * gutter.pitch
    if not (left and right and len(left) + len(right) == len(line.words) and (counted or beside)):
        return [_around(line, line.words)] if counted else [line]
    return [_around(line, left), _around(line, right)]


def _around(line: TextLine, words: Sequence[Word]) -> TextLine:
    """The same line with these of its words alone."""
    start, end = words[0].start, words[-1].end
    box = (line.box[0] + start, line.box[1], line.box[0] + end, line.box[3])
    moved = tuple(replace(word, start=word.start - start, end=word.end - start) for word in words)
    return replace(line, box=box, words=moved)


def _level(lines: Sequence[TextLine]) -> list[TextLine]:
    """The lines, those that are too high at the height where their column leaves room for them."""
    usual = statistics.median(line.box[3] - line.box[1] for line in lines if not line.quarters)
    return [
        replace(line, box=_lowered(line, lines, usual))
        if not line.quarters and line.box[3] - line.box[1] > _HIGH * max(usual, line.size)
        else line
        for line in lines
    ]


def _lowered(line: TextLine, lines: Sequence[TextLine], height: float) -> Box:
    x0, y0, x1, y1 = line.box
    others = [
        o.box for o in lines if o is not line and o.box[0] < x1 and o.box[2] > x0 and o.box[3] - o.box[1] < y1 - y0
    ]
    places = [(y0, y0 + height), ((y0 + y1 - height) / 2, (y0 + y1 + height) / 2), (y1 - height, y1)]
    top, bottom = min(
        places, key=lambda place: sum(max(0.0, min(place[1], b[3]) - max(place[0], b[1])) for b in others)
    )
    return x0, top, x1, bottom


def _middle(box: Box) -> float:
    return (box[1] + box[3]) / 2
