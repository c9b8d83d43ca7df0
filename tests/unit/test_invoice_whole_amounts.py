"""Invoices typed in whole amounts, without cents and without a currency, in columns made of blanks."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.engines.rules.invoice.extractor import InvoiceRules
from pipeline.schemas.loader import load_schemas
from tests.printed_pages import printed_page

SCHEMA = load_schemas(None)["invoice"]
TYPED = """
    Invoice No: 2024-118
    Description              Qty     Price      Total
    Website design           1       30000      30000
    Hosting per month              12      1000      12000

    {total}
    """


def extract(drawing: str) -> dict[str, Any]:
    return dict(InvoiceRules().extract(SCHEMA, [printed_page(drawing)], "invoice.pdf").fields)


def test_values_stand_under_no_column_exactly_and_are_those_of_their_order() -> None:
    rows = extract(TYPED.format(total="Thank you"))["lines"]
    assert [(row["quantity"], row["unit_price"], row["amount"]) for row in rows] == [
        (1, 30000, 30000),
        (12, 1000, 12000),
    ]


@pytest.mark.parametrize(
    ("total", "amount"),
    [
        ("TOTAL                                     42000", 42000),
        ("Total to pay: 42,000", 42000),
        ("Sub total       42000", None),  # what is to be paid is not said
        ("TOTAL                                     43000", None),  # the lines do not add up to it
        ("Total of 42000 hours is what we have worked for all our customers in all the years since we began", None),
    ],
)
def test_a_whole_number_is_the_total_where_the_lines_add_up_to_it(total: str, amount: float | None) -> None:
    assert extract(TYPED.format(total=total))["amount"] == amount
