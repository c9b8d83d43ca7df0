"""Columns of dates that stand no more than a blank away from the texts behind them, as in statements. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from pipeline.engines.layout.cells.cells import Frame, part_column

_MONTH = r"(?:jan|feb|m[aä]r|avr|apr|ma[iy]|jui?n|jui?l|aug|ao[uû]|sep|o[ck]t|nov|d[eé][cz])[a-zéû]{0,6}\.?"
_DATE = re.compile(
    rf"\d{{1,4}}[-/. ]\s?(?:\d{{1,2}}|{_MONTH})(?:[-/., ]+\d{{2,4}})?|{_MONTH}\s\d{{1,2}}(?:,?\s\d{{4}})?"
    r"|\d{4}年\d{1,2}月\d{1,2}日?",
    re.IGNORECASE,
)
_SAME_PT = 1.2  # between the beginnings of texts of one column
_LEAST_ROWS = 4
_SHARE = 0.8  # of the rows with text: so many begin with a date


class Word(Protocol):
    """A word of a table: its row, its extent in points, its text."""

    @property
    def row(self) -> int: ...
    @property
    def x0(self) -> float: ...
    @property
    def x1(self) -> float: ...
    @property
    def text(self) -> str: ...


def with_date_columns(frames: Sequence[Frame], words: Sequence[Word]) -> list[Frame]:
    """The cells of a table, every column parted that holds dates and, all at one place behind them, other texts."""
    cells = list(frames)
    column = 0
    while column <= max(frame.column for frame in cells):
        place = _place_behind_dates(cells, column, words)
        if place is not None:
            cells = _cut(cells, column, place)
        column += 1 + (place is not None)
    return cells


def _cut(frames: Sequence[Frame], column: int, place: float) -> list[Frame]:
    return part_column(frames, column, lambda _: place)


def _place_behind_dates(frames: Sequence[Frame], column: int, words: Sequence[Word]) -> float | None:
    """Where the texts behind the dates of a column begin; None where it does not hold both."""
    rows = _words_by_row([f for f in frames if f.column == column and f.columns == 1 and f.rows == 1], words)
    begins = [begin for row in rows.values() if (begin := _behind_date(row)) is not None]
    if len(begins) < max(_LEAST_ROWS, _SHARE * (len(rows) - 1)):
        return None
    left, right = max(end for end, _ in begins), min(begin for _, begin in begins)
    alike = max(begin for _, begin in begins) - right < _SAME_PT
    return (left + right) / 2 if alike and left < right else None


def _words_by_row(cells: Sequence[Frame], words: Sequence[Word]) -> Mapping[int, list[Word]]:
    places = {frame.row: frame.box for frame in cells}
    rows: dict[int, list[Word]] = {}
    for word in sorted(words, key=lambda word: word.x0):
        box = places.get(word.row)
        if box and box[0] <= (word.x0 + word.x1) / 2 <= box[2]:
            rows.setdefault(word.row, []).append(word)
    return rows


def _behind_date(row: Sequence[Word]) -> tuple[float, float] | None:
    """The end of the date that a row begins with, and where the text behind it begins; None without both."""
    for count in range(min(3, len(row) - 1), 0, -1):
        if _DATE.fullmatch(" ".join(word.text for word in row[:count])):
            return row[count - 1].x1, row[count].x0
    return None
