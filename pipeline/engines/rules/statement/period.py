"""The days that a statement is about, as banks print them: both with their years, or one year for both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.rules.dates import find_dates, find_periods
from pipeline.engines.rules.labelled import LabelIndex, ValueReader
from pipeline.engines.rules.month_names import month_number
from pipeline.engines.rules.page_rows import Row

_WORD = r"[^\W\d_]{3,9}"
_ORDINAL = r"(?:st|nd|rd|th|er|\.)?"
_TO = r"\s*,?\s*(?:to|thro?ugh|thru|until|till|and|bis(?:\s+zum)?|au|[àa]l?|-{1,2}|–|—|~|至|到)\s*"
_BETWEEN = re.compile(rf"{_TO}(?:the\s+)?", re.IGNORECASE)
_FIRST = re.compile(
    rf"(?:(?P<day>\d{{1,2}}){_ORDINAL}(?:\s+(?P<month>{_WORD})\.?)?|(?P<month2>{_WORD})\.?\s+(?P<day2>\d{{1,2}}){_ORDINAL}){_TO}$",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d{6})\s*(?:-{1,2}|–|~|至|到)\s*((?:19|20)\d{6})(?!\d)")
_FULL = len("2024-12-31")
_NUMBERED = re.compile(r"(?:n°|nr\.?|no\.?|#|page|seite|blatt)\s*\d+(?:\s*(?:/|of|von|de)\s*\d+)?", re.IGNORECASE)
_STATEMENT = re.compile(
    r"statement|account|transactions?|period|summary|report|auszug|ums[äa]tze|relev[ée]|compte|对账|流水|明细|期间|日期",
    re.IGNORECASE,
)
_HEAD_ROWS = 60
_FEW_WORDS = 6  # beside a period in a title

_DATE_LABELS = ("Statement date", "Closing date", "Auszugsdatum", "Erstellt am", "Date d'arrêté", "账单日", "出账日期")

_FIRST_DAY_LABELS = ("查询开始日期", "查询起始日期", "起始日期", "开始日期", "Start date", "From date", "Date from")
_LAST_DAY_LABELS = ("查询结束日期", "查询截止日期", "截止日期", "结束日期", "End date", "To date", "Date to")

Period = tuple[LocatedValue | None, LocatedValue | None]


def find_period(index: LabelIndex, labels: Sequence[str], month_first: bool, rows: Sequence[Row]) -> Period:
    """Find the first and last day: the period that a label announces, or that stands alone or in a title.

    ``rows`` are those above the transactions: periods in these are of other things.
    """

    def read(text: str) -> tuple[object, int, int] | None:
        return next(_days(text, month_first), None)

    period = index.first(labels, read) or _alone(rows[:_HEAD_ROWS], read)
    if period is None:
        return _parted(index, month_first)
    first, last = period.value
    return located_in(first, period.lines, period.quote), located_in(last, period.lines, period.quote)


def _parted(index: LabelIndex, month_first: bool) -> Period:
    """The period whose days have labels of their own; nothing where one of them has none."""

    def read(text: str) -> tuple[object, int, int] | None:
        return _whole_day(text, month_first)

    first, last = index.first(_FIRST_DAY_LABELS, read), index.first(_LAST_DAY_LABELS, read)
    if first is None or last is None or str(first.value) > str(last.value):
        return None, None
    return first, last


def year_before(index: LabelIndex, month_first: bool) -> tuple[str, str] | None:
    """The year up to the date of the statement, for days without a year where no period is printed."""

    def read(text: str) -> tuple[object, int, int] | None:
        return _whole_day(text, month_first)

    last = max((labelled.value.value for labelled in index.find(_DATE_LABELS, read)), default="")
    if not last:
        return None
    return f"{int(last[:4]) - 1}{last[4:]}", last


def _whole_day(text: str, month_first: bool) -> tuple[object, int, int] | None:
    dates = [date for date in find_dates(text, month_first) if len(date.value) == _FULL]
    return (dates[0].value, dates[0].start, dates[0].end) if dates else None


def _days(text: str, month_first: bool) -> Iterator[tuple[tuple[str, str], int, int]]:
    """The periods of a text from day to day: ((first, last), start, end)."""
    if match := _COMPACT.search(text):
        days = [f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in match.groups()]
        yield (days[0], days[1]), match.start(), match.end()
    dates = [date for date in find_dates(text, month_first) if len(date.value) == _FULL]
    for at, date in enumerate(dates):
        before = dates[at - 1] if at else None
        if before and _BETWEEN.fullmatch(text[before.end : date.start]) and before.value <= date.value:
            yield (before.value, date.value), before.start, date.end
        elif (match := _FIRST.search(text[: date.start])) and (first := _first_day(match, date.value)):
            yield (first, date.value), match.start(), date.end
    for period in find_periods(text, month_first):
        if period.first and len(period.first) == len(period.last) == _FULL:
            yield (period.first, period.last), period.start, period.end


def _first_day(match: re.Match[str], last: str) -> str | None:
    """The first day of a period whose year, or month and year, stand with the last one only."""
    word = match["month"] or match["month2"]
    month = month_number(word) if word else int(last[5:7])
    if not month:
        return None
    day, year = int(match["day"] or match["day2"]), int(last[:4])
    first = f"{year}-{month:02d}-{day:02d}"
    return first if first <= last else f"{year - 1}-{month:02d}-{day:02d}"


def _alone(rows: Sequence[Row], read: ValueReader) -> LocatedValue | None:
    """The period in the title of a statement, or alone in a line."""
    for row in rows:
        for cell in row.cells:
            value = read(cell.text)
            rest = cell.text[: value[1]] + cell.text[value[2] :] if value else ""
            rest = _NUMBERED.sub("", rest)
            plain = not any(c.isdigit() for c in rest) or _STATEMENT.search(rest)
            if value and len(rest.split()) <= _FEW_WORDS and plain:
                return located_in(value[0], [cell], cell.text[value[1] : value[2]])
    return None
