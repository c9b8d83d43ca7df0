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
_DAY = (
    r"(?:\d{1,2}[./-]\d{1,2}(?:[./-]\d{2,4})?\.?|\d{4}-\d\d-\d\d|\d{4}年\d{1,2}月\d{1,2}日"
    rf"|\d{{1,2}}{_ORDINAL}\.?\s+(?P<month>{_WORD})\.?(?:,?\s+\d{{4}})?|(?P<month2>{_WORD})\.?\s+\d{{1,2}}{_ORDINAL}(?:,?\s+\d{{4}})?)"
)
_BALANCE_ON = re.compile(
    rf"(?:kontostand|saldo|balance|solde|余额)(?![^\W\d_])[^\d:：]{{0,36}}?\s?{_DAY}(?![\d.,]\d)", re.IGNORECASE
)
_NAMED_DAY = re.compile(
    rf"(?<!\w)(?:\d{{1,2}}{_ORDINAL}\.?\s+(?P<month>{_WORD})|(?P<month2>{_WORD})\.?\s+\d{{1,2}}{_ORDINAL}(?![\d.,]))", re.IGNORECASE
)
_OTHER = re.compile(r"average|minimum|maximum|daily|available|interest|durchschnitt|verf[üu]gbar|zins|moyen|disponible", re.IGNORECASE)


def dated_balances(index: LabelIndex, read: ValueReader) -> tuple[LocatedValue, LocatedValue] | None:
    """The first and the last balance that are called by a day, where there are two."""
    found = [value for line in index.lines for value in _balance(line, index, read)]
    return (found[0], found[-1]) if len(found) > 1 else None


def without_days(read: ValueReader, field: Field) -> ValueReader:
    """Read numbers without those of days: ``on October 10``."""
    if field.kind is not FieldKind.NUMBER:
        return read
    return lambda text: read(_NAMED_DAY.sub(_blank, text))


def _blank(match: re.Match[str]) -> str:
    word = match["month"] or match["month2"]
    return " " * len(match[0]) if month_number(word) else match[0]


def _balance(line: PageLine, index: LabelIndex, read: ValueReader) -> Iterator[LocatedValue]:
    match = _BALANCE_ON.search(line.text)
    if not match or _OTHER.search(line.text):
        return
    word = match["month"] or match["month2"]
    if word and not month_number(word):
        return
    rest = line.text[match.end() :]
    for text, cell in ((rest, line), *((beside.text, beside) for beside in index.beside(line))):
        if value := _amount(text, read):
            yield located_in(value[0], [cell], text[value[1] : value[2]])
            return


def _amount(text: str, read: ValueReader) -> tuple[object, int, int] | None:
    """An amount with its cents: the number of a sheet or an hour is none."""
    value = read(text)
    return value if value and re.search(r"[.,]\d\d(?!\d)", text[value[1] : value[2] + 1]) else None
