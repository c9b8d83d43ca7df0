"""Dates and periods as documents print them, English, Chinese and other European languages.

Candidates are found by patterns of our own, so that "12.50" or a phone number is never a date; month names beyond our
table are read by dateparser. Values are ISO, as exact as printed: ``2018``, ``2018-09``, ``2018-09-14``; the open end
of a period is ``present``.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pipeline.engines.rules.era_years import ERA_DATES, ERA_YEAR, MONTH_OF_REPUBLIC, common_year
from pipeline.engines.rules.month_names import OPEN_END, is_season, month_number

PRESENT = "present"
_FIRST_YEAR, _LAST_YEAR = 1900, 2099
_WORD = r"[^\W\d_]{3,12}"
_ZH_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "O": 0, "元": 1, "两": 2}

_YEAR = r"(?:19|20)\d{2}"
_BEGIN = r"(?<![\d.,/])(?<![A-Za-z]-)"  # not in the middle of a number, a version, a longer date
_CLOCK = r"(?=\d{2}:\d{2})"  # a time that OCR glued to the date
_ZH_NUMBER = "[一二三四五六七八九十]"
_ORDINAL = r"(?:st|nd|rd|th|er|º)?"

_DATE_PATTERNS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        *(("era", pattern) for pattern in ERA_DATES),
        ("ymd", r"(?<!\d)(\d{4})\s*年\s*(\d{1,2})\s*月\s*(?:(\d{1,2})\s*[日号號])?"),
        (
            "zh",
            rf"([〇○零一二三四五六七八九]{{4}})\s*年\s*({_ZH_NUMBER}{{1,2}})\s*月\s*(?:({_ZH_NUMBER}{{1,3}})\s*[日号])?",
        ),
        ("y-m-d", rf"{_BEGIN}({_YEAR})\s?([-/.])\s?(\d{{1,2}})\s?\2\s?(\d{{1,2}}(?!\d)|\d{{2}}{_CLOCK})"),
        (
            "d-m-y",
            rf"{_BEGIN}(\d{{1,2}})\s?([-/.])\s?(\d{{1,2}})\s?\2\s?"
            rf"({_YEAR}(?!\d)|\d{{2}}(?![.,/%-]?\d)|{_YEAR}{_CLOCK}|\d{{2}}{_CLOCK})",
        ),
        (
            "dMy",
            rf"(?<!\d)(\d{{1,2}}){_ORDINAL}[\s./-]{{0,2}}(?:(?:day\s+)?of\s+|de\s+)?({_WORD})\.?,?[\s./'-]{{0,3}}(?:del?\s+)?"
            rf"({_YEAR}|(?<=[-/'\s])\d{{2}})(?![\d:])",
        ),
        (
            "Mdy",
            rf"(?<![^\W\d_])({_WORD})\.?\s{{0,2}}(\d{{1,2}}){_ORDINAL}(?:\s?,\s{{0,2}}|\s{{1,2}}|-)({_YEAR})(?!\d)",
        ),
        ("My", rf"(?<![^\W\d_])({_WORD})\.?,?(?:\s{{0,2}}|[-/]|\s?[’'])({_YEAR})(?!\d)"),
        ("yM", rf"{_BEGIN}({_YEAR})(?:\s|\s?[/.-]\s?)({_WORD})(?![^\W\d_])"),
        ("M'y", rf"(?<![^\W\d_])({_WORD})\.?\s?[’'](\d{{2}})(?!\d)"),
        (
            "my",
            rf"{_BEGIN}(?![1-9]\s-)(0?[1-9]|1[0-2])\s?[-/.]\s?({_YEAR})(?!-(?!\s|\d{{1,2}}[/.]{_YEAR})|[/.])(?![/.-]*\d(?<!-\d))",
        ),
        ("ym", rf"{_BEGIN}({_YEAR})\s?[-/.]\s?(0?[1-9]|1[0-2])(?![\d%])"),
        ("ymd", rf"(?<![\w.,/-])({_YEAR})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\w)"),
        ("era year", ERA_YEAR),
        ("y", rf"(?<![\d.,/$€£¥])(?<![A-Za-z]-)({_YEAR})(?!\d|[.,/%]\d|\s?年\s?\d)年?"),
    )
)
_CASUAL = ("yM", "M'y")
_YEARS = ("y", "era year")
_DASHES = r"-–—−‐\u2011\u2012\u2015\u00ad~～〜"
_DASH = (
    rf"\s*(?:[{_DASHES}至到]|\bto\b|\bbis\b|\buntil\b|\btill\b|\btot\b|\bjusqu.à\b|\bau\b|\bà\b|\bhasta\b|-{{2,3}})+\s*"
)
_OPEN = re.compile(rf"{_DASH}({OPEN_END})(?![^\W\d_\u4e00-\u9fff]{{2}})", re.IGNORECASE)
_OPEN_TAIL = re.compile(rf"\s*(?:[{_DASHES}])\s*$|\s*({OPEN_END})", re.IGNORECASE)
_BETWEEN = re.compile(_DASH, re.IGNORECASE)
_SINCE = re.compile(r"(?:\bsince|\bseit|\bdepuis|\bsinds|\bdesde|\bab)\s*$", re.IGNORECASE)
_BARE_START = re.compile(rf"(?<![\w])({_WORD})\.?{_DASH}(?=({_WORD})\.?,?\s?((?:19|20)\d{{2}}))", re.IGNORECASE)
_SHORT_YEARS = re.compile(  # only between months: "Sep 15" alone is a day
    rf"(?<![^\W\d_])({_WORD})\.?\s?['’]?(\d{{2}})(?!\d){_DASH}"
    rf"(?:({_WORD})\.?\s?['’]?(\d{{2}})(?![\d.,/:]|\s*,?\s*{_YEAR})|(?:{OPEN_END})(?![^\W\d_]))",
    re.IGNORECASE,
)
_NUMBERED = re.compile(  # "05/19 to 11/20"
    rf"(?<![\d./-])(0?[1-9]|1[0-2])/(\d{{2}})(?![\d/]){_DASH}"
    rf"(?:(0?[1-9]|1[0-2])/(\d{{2}})(?![\d/])|(?:{OPEN_END})(?![^\W\d_]))",
    re.IGNORECASE,
)
_MONTHS_OF_YEAR = re.compile(  # "03–06 2012"
    rf"(?<![\d.,/-])(0?[1-9]|1[0-2])\s?[{_DASHES}]\s?(0?[1-9]|1[0-2])\s+({_YEAR})(?![\d/.-])"
)
_OF_REPUBLIC = re.compile(  # "108.6~至今"
    rf"(?<![\d.,/]){MONTH_OF_REPUBLIC}{_DASH}(?:{MONTH_OF_REPUBLIC}(?![\d./])|(?:{OPEN_END})(?![^\W\d_]{{2}}))",
    re.IGNORECASE,
)
_SLASHED = re.compile(r"(?<![\d.,/-])(\d{1,2})[/-](\d{1,2})[/-](?:19|20)?\d{2}(?!\d)")
_AMERICAN = re.compile(r"\b(?:United States|USA|U\.S\.A\.)|\b[A-Z]{2} \d{5}(?:-\d{4})?\b")
_NO_DATE = re.compile(r"(?<![a-z])(?:sort\s*code|bank\s*code|blz)\W{0,3}\d\d-\d\d-\d\d(?!\d)", re.IGNORECASE)
_LIST_OF_DATES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DateMatch:
    """A date at ``text[start:end]``; ``value`` is ISO, as exact as printed."""

    start: int
    end: int
    value: str

    @property
    def exact(self) -> bool:
        """Whether the date names a day, not only a month or year."""
        return len(self.value) == 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodMatch:
    """A period, or a single date (``first`` empty), at ``text[start:end]``; values ISO or ``present``."""

    start: int
    end: int
    first: str
    last: str


def find_dates(text: str, month_first: bool = False, years: bool = False, casual: bool = False) -> list[DateMatch]:
    """Find dates in their order.

    ``month_first``: 3/4/2024 is 4 March; ``years``: years alone count, too; ``casual``: also ``2012/Aug``.
    """
    taken: list[DateMatch] = []
    text = _NO_DATE.sub(lambda number: "~" * len(number[0]), text)
    for kind, pattern in _DATE_PATTERNS:
        if (kind in _YEARS and not years) or (kind in _CASUAL and not casual):
            continue
        for match in pattern.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in taken):
                continue
            value = _value(kind, match, month_first)
            if value:
                taken.append(DateMatch(start=match.start(), end=match.end(), value=value))
    return sorted(taken, key=lambda date: date.start)


def prefers_month_first(texts: Iterable[str]) -> bool:
    """Whether a document writes 12/31/2024.

    Some date of it can be read no other way, its dates follow one another only so, or its addresses are American.
    """
    votes, american, ambiguous = 0, False, []
    printed = list(texts)
    for text in printed:
        for match in _SLASHED.finditer(text):
            first, second = int(match[1]), int(match[2])
            votes += (first <= 12 < second) - (second <= 12 < first)
            if first != second and first <= 12 and second <= 12:
                ambiguous.append(match[0])
        american = american or bool(_AMERICAN.search(text))
    if votes or not ambiguous:
        return votes > 0 or (votes == 0 and american)
    order = _order_by_neighbours(ambiguous, printed)
    return american if order is None else order


def _order_by_neighbours(ambiguous: Sequence[str], printed: Sequence[str]) -> bool | None:
    """Whether the month comes first in dates that can be read both ways; None where neither reading is likelier.

    A list of dates runs in one direction, and in its right reading nearer to the dates that can be read one way only.
    """
    readings = [[dates[0].value for text in ambiguous if (dates := find_dates(text, order))] for order in (False, True)]
    steps = [_steps_back(reading) for reading in readings]
    if len(ambiguous) >= _LIST_OF_DATES and 0 in steps and steps[0] != steps[1]:
        return steps[1] == 0
    certain = [date.value for text in printed if not _SLASHED.search(text) for date in find_dates(text) if date.exact]
    if not certain:
        return None
    first, last = min(certain), max(certain)
    outside = [sum(not first <= day <= last for day in reading) for reading in readings]
    return outside[1] < outside[0] if 0 in outside and outside[0] != outside[1] else None


def _steps_back(days: Sequence[str]) -> int:
    """How often a list of days turns back, whichever direction it runs in."""
    return min(sum(b < a for a, b in pairwise(days)), sum(b > a for a, b in pairwise(days)))


def find_periods(text: str, month_first: bool = False, casual: bool = False) -> list[PeriodMatch]:
    """Find periods and single dates in their order; a date that is part of a period is not listed again.

    With ``casual``, dates are as in curricula vitae: ``2012/Aug``, and ``Sep 15 - Oct 16`` is one of years.
    """
    periods = list(_periods(text, find_dates(text, month_first, years=True, casual=casual)))
    if not casual:
        return periods
    months = [*_periods_of_months(text), *_periods_of_republic(text)]
    periods = [one for one in periods if not any(_overlap(one, other) for other in months)] + months
    two_digits = [*_short_year_periods(text), *_numbered_periods(text)]
    short = [period for period in two_digits if not any(_overlap(period, other) for other in periods)]
    return sorted([*periods, *short], key=lambda period: period.start)


def _overlap(one: PeriodMatch, other: PeriodMatch) -> bool:
    return one.start < other.end and other.start < one.end


def _periods_of_months(text: str) -> Iterator[PeriodMatch]:
    for match in _MONTHS_OF_YEAR.finditer(text):
        first, last = (f"{match[3]}-{int(match[number]):02d}" for number in (1, 2))
        if first <= last:
            yield PeriodMatch(start=match.start(), end=match.end(), first=first, last=last)


def _periods_of_republic(text: str) -> Iterator[PeriodMatch]:
    for match in _OF_REPUBLIC.finditer(text):
        first = _iso(common_year(match[1]), match[2], None)
        last = _iso(common_year(match[3]), match[4], None) if match[3] else PRESENT
        if first and last and first <= last:
            yield PeriodMatch(start=match.start(), end=match.end(), first=first, last=last)


def _short_year_periods(text: str) -> Iterator[PeriodMatch]:
    for match in _SHORT_YEARS.finditer(text):
        first = _named(match[2], match[1], None)
        last = _named(match[4], match[3], None) if match[3] else PRESENT
        if first and last and first <= last:  # "present" is behind all years
            yield PeriodMatch(start=match.start(), end=match.end(), first=first, last=last)


def _numbered_periods(text: str) -> Iterator[PeriodMatch]:
    """Read ``11/20 to present``: month and year of two digits, both in a period."""
    for match in _NUMBERED.finditer(text):
        first, last = f"20{match[2]}-{int(match[1]):02}", f"20{match[4]}-{int(match[3]):02}" if match[3] else PRESENT
        if first <= last:
            yield PeriodMatch(start=match.start(), end=match.end(), first=first, last=last)


def _periods(text: str, dates: list[DateMatch]) -> Iterator[PeriodMatch]:
    index = 0
    while index < len(dates):
        first = dates[index]
        index += 1
        if index < len(dates) and _BETWEEN.fullmatch(text, first.end, dates[index].start):
            yield PeriodMatch(start=first.start, end=dates[index].end, first=first.value, last=dates[index].value)
            index += 1
            continue
        yield _open_or_single(text, first)


def _open_or_single(text: str, date: DateMatch) -> PeriodMatch:
    """Read ``2020 - present``, ``since 2020``, ``June - Sept 2020``, ``2019-21``, or a single date."""
    if match := _OPEN.match(text, date.end):
        return PeriodMatch(start=date.start, end=match.end(), first=date.value, last=PRESENT)
    if match := _SINCE.search(text, 0, date.start):
        return PeriodMatch(start=match.start(), end=date.end, first=date.value, last=PRESENT)
    for match in _BARE_START.finditer(text, 0, date.end):
        month = month_number(match[1])
        if match.end() == date.start and month and len(date.value) >= 7:
            return PeriodMatch(
                start=match.start(), end=date.end, first=f"{date.value[:4]}-{month:02d}", last=date.value
            )
    short = re.compile(r"\s?[-–—‐\u2011\u2012\u2015/]\s?(\d{2})(?![\d.,/-])").match(text, date.end)
    if short and len(date.value) == 4 and int(short[1]) > int(date.value[2:]):
        return PeriodMatch(start=date.start, end=short.end(), first=date.value, last=date.value[:2] + short[1])
    return PeriodMatch(start=date.start, end=date.end, first="", last=date.value)


def _value(kind: str, match: re.Match[str], month_first: bool) -> str | None:
    groups = match.groups()
    if kind == "y-m-d":
        return _iso(groups[0], groups[2], groups[3])
    if kind == "d-m-y":
        american = month_first and groups[1] != "."  # nobody puts the month first before points
        day, month = (groups[2], groups[0]) if american else (groups[0], groups[2])
        return _iso(groups[3], month, day) or _iso(groups[3], day, month)
    if kind in ("era", "era year"):
        return _iso(common_year(groups[1], groups[0]), *(groups[2:] or (None, None)))
    if kind == "zh":
        return _iso("".join(str(_ZH_DIGITS[c]) for c in groups[0]), _zh_number(groups[1]), _zh_number(groups[2]))
    if kind == "dMy":
        return _named(groups[2], groups[1], groups[0])
    if kind == "Mdy":
        return _named(groups[2], groups[0], groups[1])
    if kind == "My":
        return groups[1] if is_season(groups[0]) else _named(groups[1], groups[0], None)
    if kind == "M'y":
        return _named(groups[1], groups[0], None)
    if kind == "yM":
        return None if is_season(groups[1]) else _named(groups[0], groups[1], None)
    if kind == "my":
        return _iso(groups[1], groups[0], None)
    return _iso(groups[0], groups[1] if len(groups) > 1 else None, groups[2] if len(groups) > 2 else None)


def _iso(year: str, month: str | int | None, day: str | int | None) -> str | None:
    """Format a date as ISO, as exact as given; None where there is no such day."""
    y = int(year) + (2000 if int(year) < 70 else 1900) * (len(year) == 2)
    if not _FIRST_YEAR <= y <= _LAST_YEAR:
        return None
    if not month:
        return f"{y:04d}"
    m = int(month)
    if not 1 <= m <= 12:
        return None
    if not day:
        return f"{y:04d}-{m:02d}"
    d = int(day)
    return f"{y:04d}-{m:02d}-{d:02d}" if 1 <= d <= calendar.monthrange(y, m)[1] else None


def _named(year: str, word: str, day: str | None) -> str | None:
    month = month_number(word) or _foreign_month(word.casefold())
    return _iso(year, month, day) if month else None


@lru_cache(maxsize=4096)
def _foreign_month(word: str) -> int | None:
    """Return the number of a month in another language, by dateparser: slow, so once per word."""
    if len(word) < 4 or word.isascii():
        return None
    import dateparser

    parsed = dateparser.parse(
        f"15 {word} 2001", settings={"REQUIRE_PARTS": ["day", "month", "year"], "PARSERS": ["absolute-time"]}
    )
    return parsed.month if parsed and (parsed.year, parsed.day) == (2001, 15) else None


def _zh_number(text: str | None) -> int | None:
    """Read a Chinese number from 1 to 39: ``十二``, ``二十``, ``三十一``."""
    if not text:
        return None
    tens, mark, ones = text.rpartition("十")
    if not mark:
        return _ZH_DIGITS[text] if len(text) == 1 else None
    return (_ZH_DIGITS[tens[0]] if tens else 1) * 10 + (_ZH_DIGITS[ones] if ones else 0)
