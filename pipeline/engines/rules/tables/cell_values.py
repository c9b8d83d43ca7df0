"""Values of table cells: a cell is read as a whole, and the numbers of a table share one decimal mark."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipeline.engines.rules.dates import find_dates
from pipeline.engines.rules.money import find_amounts, find_currencies, read_number
from pipeline.engines.rules.month_names import month_number
from stores.models import Field, FieldKind

_NUMBER = re.compile(r"\d[\d.,'’\u00a0\u202f ]*")
_TWO_NUMBERS = re.compile(r"\d[.,]\d\d\s+\d")
_NO_GROUP = re.compile(r"\d\s\d{1,2}(?!\d)")  # ``120 00`` is neither 12000 nor 120.00
_COMMA = re.compile(r"\d,\d{1,2}(?!\d)|\d\.\d{3},\d")
_POINT = re.compile(r"\d\.\d{1,2}(?![\d.])|\d,\d{3}\.\d")
_DEBIT = re.compile(r"(?:^|[\s\d])(?:DR|D|S|Soll)\.?\s*$", re.IGNORECASE)
_SIGNS = re.compile(r"[\s()\[\]+\-−–*]")
_BESIDE = re.compile(r"[\s()\[\]+\-−–%*]|(?<![A-Za-z])(?:CR|DR|C|D|H|S|Haben|Soll)\.?(?![A-Za-z])", re.IGNORECASE)
_SHORT_DATE = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[ .-]{1,2}(?P<month>[^\W\d_]{3,9})\.?"
    r"|(?P<month2>[^\W\d_]{3,9})\.?[ -](?P<day2>\d{1,2})"
    r"|(?P<first>\d{1,2})(?:[./-]|(?P<zh>月))(?P<second>\d{1,2})[.日]?"
)
_CLOCK = re.compile(r"[\sT]*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?[ap]\.?m\.?)?\s*$", re.IGNORECASE)
_DATE_SHARE = 0.6  # of a date cell's characters: a sentence with a date in it is no date
_MONTHS = 12
_UNIT = re.compile(r"\s*[^\W\d_]{1,3}\d{1,2}\s*")  # m2, H87
_MOST_BESIDE = 4  # characters beside a number: a unit
_TRUE = frozenset("yes y true x ✓ ✔ ☑ ☒ ja wahr oui vrai 是 有 √ sí si".split())  # noqa: SIM905
_FALSE = frozenset("no n false nein falsch non faux 否 无 ☐ □ -".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStyle:
    """How a document prints: its decimal mark, "" where that is open, and whether the month comes first in dates.

    ``period``: first and last day of what it is about; dates without a year lie in it.
    """

    decimal: str = ""
    month_first: bool = False
    period: tuple[str, str] | None = None


def style_of(texts: Iterable[str], month_first: bool) -> CellStyle:
    """Find the decimal mark by the cells in which it is beyond doubt."""
    commas = points = 0
    for text in texts:
        commas += _COMMA.search(text) is not None
        points += _POINT.search(text) is not None
    return CellStyle(decimal="," if commas > points else "." if points else "", month_first=month_first)


def cell_value(field: Field, text: str, style: CellStyle) -> object | None:
    """Read a cell as a value of a field; None where it is not one, or holds more than that."""
    text = " ".join(text.split())
    if field.kind is FieldKind.DATE:
        return cell_date(text, style)
    if field.kind in (FieldKind.NUMBER, FieldKind.INTEGER):
        number = cell_number(text, style)
        whole = field.kind is FieldKind.INTEGER
        return number if number is None or not whole else int(number) if number.is_integer() else None
    if field.kind is FieldKind.BOOLEAN:
        return truth_of(text)
    if field.choices:
        return chosen(field, text)
    return text or None


def cell_date(text: str, style: CellStyle) -> str | None:
    text = _CLOCK.sub("", text)
    dates = find_dates(text, style.month_first)
    if not dates or dates[0].end - dates[0].start < _DATE_SHARE * len(text):
        return _short_date(text, style) if style.period and not dates else None
    return dates[0].value


def is_yearless_date(text: str) -> bool:
    """Whether a cell is a day and a month without a year."""
    any_year = CellStyle(period=("2024-01-01", "2024-12-31"))
    return any(_short_date(" ".join(text.split()), replace(any_year, month_first=first)) for first in (True, False))


def days_say_month_first(texts: Iterable[str], period: tuple[str, str] | None) -> bool | None:
    """Whether the month stands first in dates without a year, None where none of them tells.

    Numbers above 12 tell, else in which order more of them lie in the period.
    """
    days = [text for text in texts if (match := _SHORT_DATE.fullmatch(text.strip())) and match["first"]]
    pairs = [tuple(map(int, re.findall(r"\d+", day))) for day in days]
    firsts, seconds = any(a > _MONTHS for a, _ in pairs), any(b > _MONTHS for _, b in pairs)
    if firsts != seconds or period is None:
        return None if firsts == seconds else seconds
    inside = [sum(_lies_in(day, period, first) for day in days) for first in (False, True)]
    return None if inside[0] == inside[1] else inside[1] > inside[0]


def _lies_in(day: str, period: tuple[str, str], month_first: bool) -> bool:
    date = _short_date(day, CellStyle(period=period, month_first=month_first))
    return date is not None and period[0] <= date <= period[1]


def _short_date(text: str, style: CellStyle) -> str | None:
    """A day and a month, with the year that puts it into the period of the document."""
    match = _SHORT_DATE.fullmatch(text.strip())
    if not match or style.period is None:
        return None
    first, second = match["first"], match["second"]
    if match["month"] or match["month2"]:
        month, day = month_number(match["month"] or match["month2"]), int(match["day"] or match["day2"])
    else:
        month, day = (int(first), int(second)) if style.month_first or match["zh"] else (int(second), int(first))
    start, end = style.period
    if not month or not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    years = [year for year in range(int(start[:4]), int(end[:4]) + 1) if day <= monthrange(year, month)[1]]
    candidates = [f"{year}-{month:02d}-{day:02d}" for year in years]
    if not candidates:
        return None
    inside = [candidate for candidate in candidates if start <= candidate <= end]
    return (inside or candidates)[-1 if not inside else 0]


def cell_number(text: str, style: CellStyle) -> float | None:
    """Read a number with its sign: a minus on either side, brackets, or a mark of debit behind it."""
    match = _NUMBER.search(text)
    if not match:
        return None
    digits = match[0].rstrip(" .,'’\u00a0\u202f")
    before, after = text[: match.start()], text[match.start() + len(digits) :]
    value = None if _TWO_NUMBERS.search(digits) or _NO_GROUP.search(digits) else _valued(digits, style)
    another = _NUMBER.search(after) and not _UNIT.fullmatch(after)
    if value is None or another or not (_only_currency(before) and _only_beside(after)):
        return None
    negative = re.search(r"[-−–]\s*\S{0,3}\s*$", before) or re.match(r"\s*[-−–]", after) or _DEBIT.search(after)
    bracketed = "(" in before and ")" in after
    return -value if negative or bracketed else value


def _valued(digits: str, style: CellStyle) -> float | None:
    groups = re.sub(r"[\s'’\u00a0\u202f]", "", digits)
    other = {",": ".", ".": ","}.get(style.decimal)
    if other is None or groups.count(style.decimal) > 1:
        return read_number(digits)[0]
    # Groups may have two digits, as in India, but for the last one: two digits behind a mark are cents, misread by OCR.
    grouped = rf"\d{{1,3}}(?:[{other}]\d{{2,3}})*[{other}]\d{{3}}(?:[{style.decimal}]\d+)?"
    if other in groups and not re.fullmatch(grouped, groups):
        return read_number(digits)[0]
    whole, _, fraction = groups.replace(other, "").partition(style.decimal)
    plain = f"{whole}.{fraction or 0}"
    return read_number(plain)[0] if len(fraction) != 3 else float(plain)


def _only_currency(text: str) -> bool:
    """Whether nothing but signs and a currency stand before a number: ``A-1`` is no number."""
    words = _SIGNS.sub(" ", text).strip()
    return not words or (len(words.split()) == 1 and bool(find_currencies(words)))


def _only_beside(text: str) -> bool:
    """Whether nothing but signs, a currency or a short unit stands behind a number."""
    words = _BESIDE.sub(" ", text)
    if not words.strip():
        return True
    if find_currencies(words) or any(amount.currency for amount in find_amounts("1 " + words.strip())):
        return len(words.split()) <= 2
    return len("".join(words.split())) <= _MOST_BESIDE


def truth_of(text: str) -> bool | None:
    word = text.strip().casefold().strip(".:")
    return True if word in _TRUE else False if word in _FALSE else None


def chosen(field: Field, text: str) -> str | None:
    """The choice of a field that a text names, in the words of the schema."""
    by_word = {"".join(choice.casefold().split()): choice for choice in field.choices}
    return by_word.get("".join(text.casefold().split()).strip(".:;,"))
