"""Finds the total of a receipt by its labels, checked against cash and change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.labelled import LabelIndex
from pipeline.engines.rules.money import Amount, find_amounts, has_cents
from pipeline.engines.rules.page_rows import Row

# The first pattern that matches gives the weight.
_TOTALS = tuple(
    (weight, re.compile(pattern, re.IGNORECASE))
    for weight, pattern in (
        (0, r"total\s*(?:item|qty|quant|pcs|unit|sav|disc|gst|sst|tax|vat|point|rounding|number|no\b)"),
        (
            0,
            r"(?:gst|sst|tax|vat)\s*(?:total|summary|amount|amt)|before\s*(?:tax|gst|round|disc)|item\s*count|discount",
        ),
        (0, r"excl|exc\.|without|w/o|net\s*of|ohne|hors|\bht\b|不含税|找零|优惠|折扣|数量|税额|cash\s*back"),
        (9, r"round(?:ed|ing)?\s*total|total\s*(?:\w+\s*)?(?:after\s*)?(?:rounded|after\s*rounding)|total\s*rounded"),
        (8, r"grand\s*total|amount\s*(?:due|payable)|balance\s*due"),
        (8, r"(?:total|nett?)\s*(?:amount\s*)?(?:due|payable|to\s*pay)"),
        (8, r"zu\s*zahlen|gesamtbetrag|te\s*betalen|à\s*payer|实付|实收|应付|应收|价税合计|总计|gesamt(?:summe)?\b"),
        (7, r"tota[li1]\s*(?:sales?)?\s*\(?\s*(?:amount|amt)?\s*\(?(?:incl|inc\.|inclusive|with|after|rm)"),
        (7, r"net[ti]?\s*tota"),
        (3, r"sub\s*-?\s*total|sub\s*ttl|小计|zwischensumme|subtotaal|sous.?total"),
        (6, r"total\s*(?:amount|amt|sales?|rm|bill|price|sum)|tota[li1]\b|totaal|合计|总额|总价|金额合计"),
        (6, r"\bsumme|\bbedrag|montant\s*total"),
        (2, r"\bvisa\b|\bmaster\b|\bcredit\s*card\b|\bpaid\b|\bamount\b|\bnett?\b|支付"),
    )
)
_CASH = re.compile(
    r"\bcash\b|tender|\bpaid\b|received|现金|\bbar\b|gegeben|contant|visa|master|debit|credit card", re.I
)
_CHANGE = re.compile(r"chang|找零|rückgeld|wisselgeld|kembali|\bbaki\b", re.IGNORECASE)
_SUMMARY = re.compile(r"(?:gst|sst|tax|vat)\s*summary|tax\s*code|税率", re.IGNORECASE)
_ROUNDING = re.compile(r"round|adj|舍入|抹零", re.IGNORECASE)
_MOST_ROUNDING = 0.51
_PLAIN_TOTAL = 6
_ROW_REACH = 1.0  # heights: a total in large type stands a little off its label


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sum:
    """An amount with a total's label; ``at`` is the index of its row, a higher ``weight`` a clearer label."""

    weight: float
    at: int
    amount: LocatedValue


def find_total(index: LabelIndex) -> LocatedValue | None:
    """Find the total with tax and rounding: the best labelled one, the lower on the page of equals.

    An amount that equals cash less change outweighs a slightly better label.
    """
    rows = _rows_above_summary(index.rows)
    candidates = list(_candidates(index, rows))
    if not candidates:
        return _largest(rows)
    paid = _paid_less_change(rows)
    best = max(candidates, key=lambda c: (c.weight + 2.5 * (c.amount.value in paid), c.at))
    return _rounded(best, candidates, rows).amount


def _rounded(best: _Sum, candidates: Sequence[_Sum], rows: Sequence[Row]) -> _Sum:
    """Return the total that differs by cents and follows a rounding line; ``best`` where there is none."""
    for other in candidates:
        between = rows[best.at : other.at]
        differs = 0 < abs(float(other.amount.value) - float(best.amount.value)) < _MOST_ROUNDING
        if differs and other.weight >= _PLAIN_TOTAL and any(_ROUNDING.search(row.text) for row in between):
            return other
    return best


def _rows_above_summary(rows: Sequence[Row]) -> list[Row]:
    """Return the rows above the tax summary, whose totals are not the receipt's; all rows where it comes first."""
    for at, row in enumerate(rows):
        if at > len(rows) // 3 and _SUMMARY.search(row.text):
            return list(rows[:at])
    return list(rows)


def _candidates(index: LabelIndex, rows: Sequence[Row]) -> Iterator[_Sum]:
    for at, row in enumerate(rows):
        weight = _weight(row.text)
        if weight <= 0:
            continue
        amount = _amount_of(row) or (_amount_near(index, rows, at) if weight >= 6 else None)
        if amount and amount.value > 0:
            yield _Sum(weight=weight, at=at, amount=amount)


def _weight(text: str) -> int:
    for weight, pattern in _TOTALS:
        if pattern.search(text):
            return weight
    return 0


def _amount_of(row: Row) -> LocatedValue | None:
    """Return the last amount of a row that is printed as money."""
    for cell in reversed(row.cells):
        amounts = [amount for amount in find_amounts(cell.text) if _is_money(amount)]
        if amounts:
            return _located(cell, amounts[-1])
    return None


def _is_money(amount: Amount) -> bool:
    return has_cents(amount) or bool(amount.currency)


def _located(cell: PageLine, amount: Amount) -> LocatedValue:
    return located_in(amount.value, [cell], cell.text[amount.start : amount.end])


def _amount_near(index: LabelIndex, rows: Sequence[Row], at: int) -> LocatedValue | None:
    """Return the amount of a row without words just above or below the label."""
    here = rows[at].box
    reach = _ROW_REACH * (here[3] - here[1])
    for other in (*rows[at + 1 : at + 2], *rows[max(at - 1, 0) : at]):
        distance = max(other.box[1] - here[3], here[1] - other.box[3])
        bare = other.page == rows[at].page and distance < reach and not re.search(r"[^\W\d_]{4,}", other.text)
        if bare and (amount := _amount_of(other)):
            return amount
    return None


def _paid_less_change(rows: Sequence[Row]) -> set[float]:
    """Return every amount paid less every change given."""
    paid = [
        amount.value
        for row in rows
        if _CASH.search(row.text) and not _CHANGE.search(row.text)
        if (amount := _amount_of(row))
    ]
    change = [amount.value for row in rows if _CHANGE.search(row.text) if (amount := _amount_of(row))]
    return {round(p - abs(c), 2) for p in paid for c in change}


def _largest(rows: Sequence[Row]) -> LocatedValue | None:
    amounts = [amount for row in rows if not _CASH.search(row.text) and (amount := _amount_of(row))]
    return max(amounts, key=lambda amount: float(amount.value)) if amounts else None
