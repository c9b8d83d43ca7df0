"""Where a value is printed: exactly, normalised by its type, or nearly so.

Letters are compared without spaces, punctuation, case and width; numbers and dates by what they mean, so that
``1.234,50`` is 1234.5 and ``3. März 2024`` is 2024-03-03. Nearly so means 90 % alike, which allows for misread
letters, for texts of 6 letters and more, and never where digits differ.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from rapidfuzz import fuzz

from pipeline.engines.evidence.located_values import squash
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.dates import find_dates
from pipeline.engines.rules.money import read_number
from stores.models import FieldKind

FUZZY_PERCENT = 90.0
_FUZZY_LETTERS = 6, 400  # fewest and most letters of a text that is looked for nearly
_ACROSS_LINES = 4  # letters of a text that may begin on one line and end on the next
_MOST_MENTIONS = 200
_NUMBER = re.compile(r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?")
_CLOSE = 1e-9
_GAP = "\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """The characters ``start`` to ``end`` (exclusive) of a printed line."""

    line: PageLine
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.line.text[self.start : self.end]


Mention = tuple[Piece, ...]
"""One place where a value is printed: a piece of a line, or of several lines that follow each other on a page."""


class PrintedText:
    """Some printed lines of a document in their order, indexed by what can be looked for in them."""

    def __init__(self, lines: Sequence[PageLine]) -> None:
        self.lines = tuple(lines)

    def mentions(self, value: Any, kind: FieldKind, *, fuzzy: bool = True) -> list[Mention]:
        """All places where a value is printed, in reading order; none where it is nowhere."""
        if isinstance(value, bool):
            return []
        if isinstance(value, int | float):
            return self._of_number(float(value))
        if kind is FieldKind.DATE:
            return self._of_date(str(value)) or self._of_text(str(value))
        exact = self._of_text(str(value))
        return exact or (self._nearly(str(value)) if fuzzy else [])

    @cached_property
    def _letters(self) -> tuple[str, list[tuple[int, int]]]:
        """The letters and digits of all lines, pages apart, and the line and character that each came from."""
        letters: list[str] = []
        origin: list[tuple[int, int]] = []
        for page, lines in groupby(enumerate(self.lines), key=lambda item: item[1].page):
            del page
            for at, line in lines:
                for place, character in enumerate(line.text):
                    folded = _folded(character)
                    letters.append(folded)
                    origin += [(at, place)] * len(folded)
            letters.append(_GAP)
            origin.append((-1, 0))
        return "".join(letters), origin

    def _of_text(self, value: str) -> list[Mention]:
        wanted, (letters, _) = squash(value), self._letters
        if not wanted:
            return []
        mentions: list[Mention] = []
        at = letters.find(wanted)
        while at >= 0 and len(mentions) < _MOST_MENTIONS:
            mention = self._mention(at, at + len(wanted))
            if _whole_words(mention) and (len(mention) == 1 or _may_cross(value, mention)):
                mentions.append(mention)
            at = letters.find(wanted, at + 1)
        return mentions

    def _mention(self, begin: int, end: int) -> Mention:
        """The pieces of lines that hold some of the letters."""
        places = self._letters[1][begin:end]
        return tuple(
            Piece(self.lines[at], spots[0][1], spots[-1][1] + 1)
            for at, spots in ((at, list(group)) for at, group in groupby(places, key=lambda place: place[0]))
        )

    def _nearly(self, value: str) -> list[Mention]:
        wanted, (letters, _) = squash(value), self._letters
        if not _FUZZY_LETTERS[0] <= len(wanted) <= _FUZZY_LETTERS[1] or len(letters) < len(wanted):
            return []
        nearest = fuzz.partial_ratio_alignment(wanted, letters, score_cutoff=FUZZY_PERCENT)
        if nearest is None or nearest.dest_end <= nearest.dest_start:
            return []
        like = letters[nearest.dest_start : nearest.dest_end]
        if _GAP in like or _digits(like) != _digits(wanted):
            return []
        return [self._mention(nearest.dest_start, nearest.dest_end)]

    @cached_property
    def _numbers(self) -> list[tuple[Piece, frozenset[float]]]:
        return [
            (Piece(line, match.start(), match.end()), _readings(match[0]))
            for line in self.lines
            for match in _NUMBER.finditer(line.text)
        ]

    def _of_number(self, value: float) -> list[Mention]:
        size = abs(value)
        return [
            (piece,)
            for piece, readings in self._numbers
            if any(abs(reading - size) <= _CLOSE * max(1.0, size) for reading in readings)
        ]

    @cached_property
    def _dates(self) -> list[tuple[Piece, str]]:
        return [
            (Piece(line, date.start, date.end), date.value)
            for line in self.lines
            for month_first in (False, True)
            for date in find_dates(line.text, month_first, years=True)
        ]

    def _of_date(self, value: str) -> list[Mention]:
        exact = [(piece,) for piece, printed in self._dates if printed == value]
        return list(dict.fromkeys(exact or [(piece,) for piece, printed in self._dates if printed.startswith(value)]))


def _folded(character: str) -> str:
    """What a character is compared as; most are ASCII, which needs no normalising."""
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    return squash(character)


def _readings(text: str) -> frozenset[float]:
    """What a printed number may mean: ``1,234`` is 1234 or 1.234."""
    readings = {read_number(text)[0]}
    if re.fullmatch(r"\d+[.,]\d+", text):
        readings.add(float(text.replace(",", ".")))
    return frozenset(reading for reading in readings if reading is not None)


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def _whole_words(mention: Mention) -> bool:
    """Tell whether a mention begins and ends between words; scripts without spaces have no such limits."""
    first, last = mention[0], mention[-1]
    before = first.line.text[first.start - 1 : first.start] if first.start else ""
    after = last.line.text[last.end : last.end + 1]
    return not (_spaced(before) and _spaced(first.text[:1])) and not (_spaced(after) and _spaced(last.text[-1:]))


def _spaced(character: str) -> bool:
    return character.isalnum() and unicodedata.east_asian_width(character) not in "WF"


def _may_cross(value: str, mention: Mention) -> bool:
    """Tell whether a text may be printed over several lines: it has several words, or is long enough without."""
    del mention
    letters = squash(value)
    return len(letters) >= _ACROSS_LINES and (" " in value.strip() or not _spaced(letters[0]) or len(letters) > 12)


def lines_of(mentions: Sequence[Mention]) -> Iterator[int]:
    """The numbers of the lines of some mentions."""
    return (piece.line.number for mention in mentions for piece in mention)
