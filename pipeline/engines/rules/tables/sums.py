"""Compares the sums of a table's rows with the totals that are printed below them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from pipeline.engines.rules.tables.rows import LocatedCells, PrintedTotal, Table
from stores.models import Field
from stores.sum_remarks import exact, rows_remark

_NO_SUM = re.compile(r"balance|saldo|solde|price|preis|prix|rate|余额|单价|percent|%", re.IGNORECASE)
_MOST_REMARKS = 20
_CENT = Decimal("0.01")


def sum_remarks(table: Field, content: Table) -> list[str]:
    """A sentence for each printed total that the rows above it do not add up to."""
    remarks = []
    before: dict[str, int] = {}
    for total in content.totals:
        for name, printed in total.values.items():
            if _adds_no_sum(table, name):
                continue
            sums = list(_sums(content.rows, name, total, before.get(name, 0)))
            if sums and all(abs(one - exact(printed)) >= _CENT for _, one in sums):
                remarks.append(_remark(table, name, total, sums, printed))
            before[name] = total.rows_before
    return remarks[:_MOST_REMARKS]


def _adds_no_sum(table: Field, name: str) -> bool:
    column = next(column for column in table.fields if column.name == name)
    return any(_NO_SUM.search(text) for text in (name, *column.labels))


def _sums(rows: Sequence[LocatedCells], name: str, total: PrintedTotal, since: int) -> Iterator[tuple[int, Decimal]]:
    """(number of rows, sum): of the rows since the last total, and of all rows before this one."""
    for start in dict.fromkeys((since, 0)):
        values = [exact(cell.value) for row in rows[start : total.rows_before] if (cell := row.get(name))]
        if values:
            yield len(values), sum(values, Decimal())


def _remark(table: Field, name: str, total: PrintedTotal, sums: Sequence[tuple[int, Decimal]], printed: float) -> str:
    count, nearest = min(sums, key=lambda one: abs(one[1] - exact(printed)))
    return rows_remark(table.name, name, count, nearest, total.page, exact(printed))
