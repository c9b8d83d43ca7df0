"""Schema ``statement``: account, period, balances and all transactions, with their sums checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import page_lines
from pipeline.engines.evidence.record_builder import build_record
from pipeline.engines.rules.dates import prefers_month_first
from pipeline.engines.rules.labelled import LabelIndex, ValueReader
from pipeline.engines.rules.labels import reader_of
from pipeline.engines.rules.money import find_currencies
from pipeline.engines.rules.statement.account import find_account
from pipeline.engines.rules.statement.balances import dated_balances, first_value, without_days
from pipeline.engines.rules.statement.columns import TRANSACTIONS
from pipeline.engines.rules.statement.period import find_period, year_before
from pipeline.engines.rules.statement.signs import signed_by_sections
from pipeline.engines.rules.tables.header import best_header
from pipeline.engines.rules.tables.rows import LocatedCells, PrintedTotal, Table, read_table
from pipeline.engines.rules.tables.sums import sum_remarks
from stores.models import Field, Page, Record, Schema
from stores.sum_remarks import closing_remark, exact

_WANTED = frozenset(("date",))
_CENT = Decimal("0.01")
_CARRIED = ("Balance carried forward", "Carried forward", "Balance c/f", "Solde à reporter")
_OWED = re.compile(r"\s*(?:[€$£¥]|[A-Z]{3})?\s*(?:S|DR|OD|D|Soll)\.?\s*$")
_SIGNED_SHARE = 0.9  # of the rows whose balance tells the sign of their amount


class StatementRules:
    """Fields of a statement of account, by rules."""

    fingerprint = "rules-statement/10"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Extract the record of ``schema``; ``source`` is not used."""
        index = LabelIndex(page_lines(pages))
        month_first = prefers_month_first(line.text for line in index.lines)
        fields = {field.name: field for field in schema.fields}
        labels = [label for field in schema.fields for label in field.labels]
        values: dict[str, object] = {
            name: first_value(index, field, without_days(reader_of(field, month_first, labels), field))
            for name, field in fields.items()
            if field.labels and name not in ("account", "period_start", "currency")
        }
        account = fields["account"]
        values["account"] = find_account(index, account.labels, reader_of(account, month_first, labels))
        values["closing_balance"] = values["closing_balance"] or _carried_forward(index, fields["closing_balance"])
        values |= _dated(index, values, reader_of(fields["closing_balance"], month_first, labels))
        values |= {name: _owed(values[name]) for name in ("opening_balance", "closing_balance")}
        header = best_header(TRANSACTIONS, index.rows, _WANTED)
        above = index.rows[: header[0]] if header else index.rows
        start, end = find_period(index, fields["period_start"].labels, month_first, above)
        span = _span(start, end) or year_before(index, month_first)
        table = read_table(TRANSACTIONS, index.rows, month_first, span, _WANTED)
        rows = _transactions(table)
        table.totals = [total for total in table.totals if not _holds_balances(total, rows, values)]
        remarks = (
            _signed(rows, values)
            + signed_by_sections(rows, index.lines)
            + _checked(rows, values)
            + sum_remarks(TRANSACTIONS, table)
        )
        values |= {"period_start": start, "period_end": end, "transactions": rows}
        values["currency"] = _currency(index, fields["currency"]) or _of_balances(values)
        return replace(build_record(schema, values), remarks=tuple(dict.fromkeys(remarks)))


def _carried_forward(index: LabelIndex, field: Field) -> LocatedValue | None:
    """The last balance that is carried forward, where none is called the closing one."""
    carried = index.find(_CARRIED, reader_of(field, False, ()))
    return max(carried, key=lambda one: one.label.number).value if carried else None


def _dated(index: LabelIndex, values: Mapping[str, object], read: ValueReader) -> dict[str, object]:
    """The balances that are called by their days, for those that no label announces."""
    dated = dated_balances(index, read)
    if dated is None:
        return {}
    names = ("opening_balance", "closing_balance")
    return {name: values[name] or balance for name, balance in zip(names, dated, strict=True)}


def _owed(balance: object) -> object:
    """A balance with a minus where a mark of debit stands behind it."""
    if not isinstance(balance, LocatedValue) or not balance.lines or balance.value < 0:
        return balance
    text = balance.lines[-1].text
    behind = text[text.rfind(balance.quote) + len(balance.quote) :]
    return replace(balance, value=-balance.value) if _OWED.fullmatch(behind) and behind.strip() else balance


def _span(start: LocatedValue | None, end: LocatedValue | None) -> tuple[str, str] | None:
    return (start.value, end.value) if start and end else None


def _transactions(table: Table) -> list[LocatedCells]:
    """The rows with one amount each, money that leaves negative; a date that is printed once counts for all below."""
    rows: list[LocatedCells] = []
    date: LocatedValue | None = None
    for cells in table.rows:
        own = cells.get("date") or cells.get("value_date")
        date = own or date
        amount = cells.get("amount") or _of_two_columns(cells)
        if amount is None and (cells.get("description") is None or (own is None and _stands_still(cells, rows))):
            continue
        rows.append(
            {
                "date": date,
                "description": cells.get("description"),
                "amount": amount,
                "balance": cells.get("balance"),
            }
        )
    return rows


def _stands_still(cells: LocatedCells, rows: Sequence[LocatedCells]) -> bool:
    """Whether the balance of a row is that of the row before, or not printed."""
    balance, before = cells.get("balance"), rows[-1]["balance"] if rows else None
    return balance is None or (before is not None and before.value == balance.value)


def _of_two_columns(cells: Mapping[str, LocatedValue | None]) -> LocatedValue | None:
    paid_in, paid_out = cells.get("credit"), cells.get("debit")
    if paid_out and paid_out.value:
        return replace(paid_out, value=-abs(paid_out.value))
    return paid_in


def _signed(rows: list[LocatedCells], values: Mapping[str, object]) -> list[str]:
    """Give amounts that are printed without a sign that of the change of the balance; says so where it did."""
    amounts = [row["amount"] for row in rows if row["amount"]]
    if not amounts or any(amount.value < 0 for amount in amounts):
        return []
    opening = values.get("opening_balance")
    before = exact(opening.value) if isinstance(opening, LocatedValue) else None
    negative: list[int] = []
    known = 0
    for at, row in enumerate(rows):
        amount, balance = row["amount"], row["balance"]
        after = exact(balance.value) if balance else None
        if amount and before is not None and after is not None:
            known += abs(abs(after - before) - exact(amount.value)) < _CENT
            negative += [at] if abs(before - after - exact(amount.value)) < _CENT else []
        before = after if after is not None else before
    if not negative or known < _SIGNED_SHARE * (len(amounts) - 1):
        return []
    for at in negative:
        amount = rows[at]["amount"]
        rows[at]["amount"] = replace(amount, value=-amount.value) if amount else None
    return ["transactions.amount: printed without signs; they follow from the balances"]


def _checked(rows: Sequence[LocatedCells], values: Mapping[str, object]) -> list[str]:
    """Whether the opening balance and the amounts give the closing balance."""
    opening, closing = values.get("opening_balance"), values.get("closing_balance")
    if not (isinstance(opening, LocatedValue) and isinstance(closing, LocatedValue) and rows):
        return []
    amounts = [amount.value for row in rows if (amount := row["amount"])]
    remark = closing_remark(opening.value, amounts, closing.value)
    return [remark] if remark else []


def _holds_balances(total: PrintedTotal, rows: Sequence[LocatedCells], values: Mapping[str, object]) -> bool:
    """Whether a total is that of another list, which comes to nothing, or adds the opening balance to the amounts."""
    opening, printed = values.get("opening_balance"), total.values.get("amount")
    if printed is None:
        return False
    before = opening.value if isinstance(opening, LocatedValue) else 0.0
    amounts = [amount.value for row in rows[: total.rows_before] if (amount := row["amount"])]
    return not printed or (bool(before) and abs(printed - before - sum(amounts)) < float(_CENT))


def _of_balances(values: Mapping[str, object]) -> LocatedValue | None:
    """The currency that is printed with the balances."""
    for name in ("closing_balance", "opening_balance"):
        balance = values[name]
        for line in balance.lines if isinstance(balance, LocatedValue) else ():
            if codes := find_currencies(line.text):
                return located_in(codes[0], [line])
    return None


def _currency(index: LabelIndex, field: Field) -> LocatedValue | None:
    """The currency by its label, else the only one that is printed outside of the transactions."""

    def read(text: str) -> tuple[object, int, int] | None:
        codes = find_currencies(text[:40])
        return (codes[0], 0, len(text[:40])) if codes else None

    labelled = index.first(field.labels, read)
    if labelled:
        return labelled
    printed = [(codes[0], line) for line in index.lines if (codes := find_currencies(line.text))]
    if len({code for code, _ in printed}) != 1:
        return None
    code, line = printed[0]
    return located_in(code, [line])
