"""Opening and closing balances that are called by their days: ``Kontostand am 31.03.``, ``Balance on May 3``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.labelled import LabelIndex, ValueReader
from pipeline.engines.rules.month_names import month_number
from stores.models import Field, FieldKind

_WORD = r"[^\W\d_]{3,9}"
_ORDINAL = r"(?:st|nd|rd|th|er)?"
_DAY_FIRST = rf"\d{{1,2}}{_ORDINAL}\.?\s+(?P<month>{_WORD})"
_MONTH_FIRST = rf"(?P<month>{_WORD})\.?\s+\d{{1,2}}{_ORDINAL}"
_NUMBERS = r"(?:\d{1,2}[./-]\d{1,2}(?:[./-]\d{2,4})?\.?|\d{4}-\d\d-\d\d|\d{4}年\d{1,2}月\d{1,2}日)(?P<month>)"
_NAMED_DAYS = tuple(
    re.compile(rf"(?<!\w){day}(?:,?\s+\d{{4}})?(?![\d.,]\d|\w)", re.IGNORECASE) for day in (_DAY_FIRST, _MONTH_FIRST)
)
_BALANCES_ON = tuple(
    re.compile(
        rf"(?:kontostand|saldo|balance|solde|余额)(?![^\W\d_])[^\d:：]{{0,36}}?(?<!\w){day}(?:,?\s+\d{{4}})?(?![\d.,]\d|\w)",
        re.IGNORECASE,
    )
    for day in (_NUMBERS, _DAY_FIRST, _MONTH_FIRST)
)
_PRECISE = re.compile(r"[.,]\d\d(?!\d)|[€$£¥₹]|(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])")
_OTHER = re.compile(
    r"average|minimum|maximum|daily|available|interest|durchschnitt|verf[üu]gbar|zins|moyen|disponible", re.IGNORECASE
)


def dated_balances(index: LabelIndex, read: ValueReader) -> tuple[LocatedValue, LocatedValue] | None:
    """The first and the last balance that are called by a day, where there are two."""
    balances = [value for line in index.lines for value in _balance(line, index, read)]
    return (balances[0], balances[-1]) if len(balances) > 1 else None


def first_value(index: LabelIndex, field: Field, read: ValueReader) -> LocatedValue | None:
    """The value that a label of a field announces; of numbers one with cents or a currency goes before a bare one."""
    if field.kind is not FieldKind.NUMBER:
        return index.first(field.labels, read)
    return index.first(field.labels, lambda text: _amount(text, read)) or index.first(field.labels, read)


def without_days(read: ValueReader, field: Field) -> ValueReader:
    """Read numbers without those of days: ``on October 10``."""
    if field.kind is not FieldKind.NUMBER:
        return read

    def without(text: str) -> tuple[object, int, int] | None:
        for pattern in _NAMED_DAYS:
            text = pattern.sub(_blank, text)
        return read(text)

    return without


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0]) if month_number(match["month"]) else match[0]


def _balance(line: PageLine, index: LabelIndex, read: ValueReader) -> Iterator[LocatedValue]:
    matches = [match for pattern in _BALANCES_ON if (match := pattern.search(line.text)) and _is_day(match)]
    if not matches or _OTHER.search(line.text):
        return
    match = matches[0]
    rest = line.text[match.end() :]
    for text, cell in ((rest, line), *((beside.text, beside) for beside in index.beside(line))):
        if value := _amount(text, read):
            yield located_in(value[0], [cell], text[value[1] : value[2]])
            return


def _is_day(match: re.Match[str]) -> bool:
    return not match["month"] or month_number(match["month"]) is not None


def _amount(text: str, read: ValueReader) -> tuple[object, int, int] | None:
    """An amount with its cents: the number of a sheet or an hour is none."""
    value = read(text)
    return value if value and _PRECISE.search(text[max(0, value[1] - 2) : value[2] + 2]) else None
