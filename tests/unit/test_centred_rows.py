"""Tables whose cells are set to the middle: texts of two lines belong to the numbers that they stand around."""

from __future__ import annotations

from typing import Any

from pipeline.engines.rules.invoice.extractor import InvoiceRules
from pipeline.schemas.loader import load_schemas
from tests.printed_pages import printed_page

SCHEMA = load_schemas(None)["invoice"]
TOP = """
# INVOICE 4711

Description                  Quantity     Unit price     Amount"""
BOTTOM = """
Total                                                    330.00
"""


def lines_of(*rows: str) -> list[tuple[Any, ...]]:
    page = printed_page("\n".join((TOP, *rows, BOTTOM)))
    lines = InvoiceRules().extract(SCHEMA, [page], "invoice.pdf").fields["lines"]
    return [(line["description"], line["amount"]) for line in lines]


def test_texts_of_two_lines_around_their_numbers() -> None:
    assert lines_of(
        "Software licence",
        "                             2            100.00         200.00",
        "for a year",
        "Consulting hours",
        "                             1            100.00         100.00",
        "of a senior",
        "Server hosting",
        "                             1            30.00          30.00",
        "in two places",
    ) == [
        ("Software licence for a year", 200.0),
        ("Consulting hours of a senior", 100.0),
        ("Server hosting in two places", 30.0),
    ]


def test_texts_that_go_on_below_their_numbers_stay_where_they_are() -> None:
    assert lines_of(
        "Software licence             2            100.00         200.00",
        "for a year",
        "Consulting hours             1            100.00         100.00",
        "of a senior",
        "Server hosting               1            30.00          30.00",
        "in two places",
    ) == [
        ("Software licence for a year", 200.0),
        ("Consulting hours of a senior", 100.0),
        ("Server hosting in two places", 30.0),
    ]
