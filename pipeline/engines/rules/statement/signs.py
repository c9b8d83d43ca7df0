"""The signs of amounts that are printed without any: by the sections in which a statement lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.engines.evidence.located_values import LocatedValue
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.tables.rows import LocatedCells

_OUT = re.compile(
    r"(?<![a-z])(?:withdrawals?|debits?|checks?\s+paid|purchases|fees|charges|payments\s+made|money\s+out)(?![a-z])",
    re.I,
)
_IN = re.compile(r"(?<![a-z])(?:deposits?|credits?|additions|money\s+in|payments\s+received)(?![a-z])", re.I)
_TOTAL = re.compile(r"^\W*total|summary", re.I)
_MOST_WORDS = 8


def signed_by_sections(rows: list[LocatedCells], lines: Sequence[PageLine]) -> list[str]:
    """Make the amounts in sections of withdrawals negative; says so where it did.

    Only where all amounts are positive, no balance runs beside them, and sections of both kinds head them.
    """
    amounts = [row["amount"] for row in rows if row["amount"]]
    if not amounts or any(amount.value < 0 for amount in amounts) or any(row["balance"] for row in rows):
        return []
    sections = [(line.number, bool(_OUT.search(line.text))) for line in lines if _is_section(line)]
    kinds = [_kind_of(row, sections) for row in rows]
    if None in kinds or len(set(kinds)) < 2:
        return []
    for row, out in zip(rows, kinds, strict=True):
        amount = row["amount"]
        row["amount"] = replace(amount, value=-amount.value) if out and amount else amount
    return ["transactions.amount: printed without signs; they follow from the sections"]


def _is_section(line: PageLine) -> bool:
    """Whether a line names what is listed below it: one kind of transactions, without a number."""
    text = line.text
    one = bool(_OUT.search(text)) != bool(_IN.search(text)) or re.match(
        r"^\W*deposits?\s+(?:and|&)\s+other\s+credits", text, re.I
    )
    return (
        bool(one) and not _TOTAL.search(text) and len(text.split()) <= _MOST_WORDS and not re.search(r"\d[.,]\d", text)
    )


def _kind_of(row: Mapping[str, LocatedValue | None], sections: Sequence[tuple[int, bool]]) -> bool | None:
    first = min(line.number for cell in row.values() if cell for line in cell.lines)
    before = [out for number, out in sections if number < first]
    return before[-1] if before else None
