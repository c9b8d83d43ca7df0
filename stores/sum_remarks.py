"""Remarks that sums do not agree: how they are worded, and how they change when a person corrects a value.

Rules compare the rows of a table with the total printed below them, and the balances of a statement with its
transactions. What they found stands in remarks; a correction of a number changes these as it changes the sums.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from stores.models import Record

_CENT = Decimal("0.01")
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_ROWS = re.compile(
    rf"(\w+)\.(\w+): the (\d+) (?:rows add|row adds) up to {_NUMBER}, "
    rf"the total printed on page (\d+) is {_NUMBER} \(difference .*\)"
)
_CLOSING = re.compile(r"closing_balance: the opening balance and \d+ transactions give .*")

Shown = tuple[int | None, str]
"""A remark as it is shown, and its index among those of the extracted record; None for one that a correction made."""


def rows_remark(table: str, column: str, count: int, summed: Decimal, page: int, printed: Decimal) -> str:
    """Say that the rows of a table do not add up to the total that is printed on a page."""
    rows = "row adds" if count == 1 else "rows add"
    return (
        f"{table}.{column}: the {count} {rows} up to {summed:.2f}, the total printed on page {page} is {printed:.2f} "
        f"(difference {printed - summed:.2f})"
    )


def closing_remark(opening: Any, amounts: Sequence[Any], closing: Any) -> str:
    """Say that an opening balance and the transactions do not give the closing balance; "" where they do."""
    expected, printed = exact(opening) + sum(map(exact, amounts), Decimal()), exact(closing)
    if abs(printed - expected) < _CENT:
        return ""
    return (
        f"closing_balance: the opening balance and {len(amounts)} transactions give {expected:.2f}, "
        f"{printed:.2f} is printed (difference {printed - expected:.2f})"
    )


def exact(value: Any) -> Decimal:
    """A number as it is printed."""
    return Decimal(repr(value))


def recomputed(extracted: Record, fields: Mapping[str, Any]) -> list[Shown]:
    """The remarks of a record whose fields people have corrected."""
    shown: list[Shown] = []
    before, after = _closing(extracted.fields), _closing(fields)
    for at, remark in enumerate(extracted.remarks):
        if match := _ROWS.fullmatch(remark):
            remark = _with_corrected_rows(match, extracted, fields)
        elif _CLOSING.fullmatch(remark) and before != after:
            remark = after
        if remark:
            shown.append((at, remark))
    if after and after != before and not any(_CLOSING.fullmatch(remark) for remark in extracted.remarks):
        shown.append((None, after))
    return shown


def _closing(fields: Mapping[str, Any]) -> str:
    """What is to be said of the balances of a statement, "" for other records."""
    opening, closing, rows = (fields.get(name) for name in ("opening_balance", "closing_balance", "transactions"))
    if not (_is_number(opening) and _is_number(closing) and isinstance(rows, list) and rows):
        return ""
    amounts = [row["amount"] for row in rows if isinstance(row, Mapping) and _is_number(row.get("amount"))]
    return closing_remark(opening, amounts, closing)


def _with_corrected_rows(match: re.Match[str], extracted: Record, fields: Mapping[str, Any]) -> str:
    """The remark on a printed total after the corrections of its column; "" where the rows now add up to it.

    Where several totals of the column are remarked upon, it is not known whose rows were corrected: only the one that
    the corrections settle goes.
    """
    table, column, count, summed, page, printed = match.groups()
    old, new = _column(extracted.fields, table, column), _column(fields, table, column)
    if old == new:
        return match[0]
    corrected = Decimal(summed) + sum(new, Decimal()) - sum(old, Decimal())
    if abs(corrected - Decimal(printed)) < _CENT:
        return ""
    same = [one for one in map(_ROWS.fullmatch, extracted.remarks) if one and one.group(1, 2) == (table, column)]
    if len(same) > 1:
        return match[0]
    return rows_remark(table, column, int(count) + len(new) - len(old), corrected, int(page), Decimal(printed))


def _column(fields: Mapping[str, Any], table: str, column: str) -> list[Decimal]:
    rows = fields.get(table)
    cells = [row.get(column) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return [exact(cell) for cell in cells if _is_number(cell)]


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and isinstance(value, int | float) and exact(value).is_finite()
    except InvalidOperation:
        return False
