"""Invoices: numbers that are none, and names that are those of others."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.engines.rules.invoice import InvoiceRules, read_invoice_number
from pipeline.schemas.loader import load_schemas
from tests.printed_pages import printed_page

SCHEMA = load_schemas(None)["invoice"]


def extract(drawing: str) -> dict[str, Any]:
    return dict(InvoiceRules().extract(SCHEMA, [printed_page(drawing)], "invoice.pdf").fields)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("INV/2023/03/0008", "INV/2023/03/0008"),
        ("VF1005193039  8-9-2022", "VF1005193039"),
        ("2023-0042.", "2023-0042"),
        ("invoice_number_1", "invoice_number_1"),
        ("14/03/2023", None),
        ("49,99", None),
        ("date", None),
    ],
)
def test_numbers_are_neither_dates_nor_amounts(text: str, number: str | None) -> None:
    number_read = read_invoice_number(text)
    assert (number_read[0] if number_read else None) == number


def test_the_domain_tells_the_issuer_from_others() -> None:
    fields = extract("""
        Azure Interior                              Global Wholesaler

                                                    YourCompany, Mitchell Admin
                                                    215 Vine St
        Invoice INV/2023/03/0008

        Total                                       $ 279.84
        info@azure-interior.example    www.azure-interior.example
        """)
    assert (fields["issuer"], fields["invoice_number"], fields["amount"]) == (
        "Azure Interior",
        "INV/2023/03/0008",
        279.84,
    )


def test_a_sum_that_adds_up_wins() -> None:
    fields = extract("""
        Subtotal      100.00
        VAT            21.00
        Total         121.00
        Total paid    300.00
        """)
    assert (fields["amount"], fields["amount_untaxed"], fields["amount_tax"]) == (121.0, 100.0, 21.0)


def test_no_issuer_is_better_than_a_guess() -> None:
    assert extract("Total 5.00\n12 34")["issuer"] is None


def test_sums_that_contradict_each_other_are_not_taken() -> None:
    record = extract(
        """
        Mill Lane Paper Ltd
        Invoice no: 2024-17
        Excluding VAT      100.00      Subtotal      120.00
        VAT 20%             20.00
        Total due          120.00
        """
    )
    assert (record["amount_untaxed"], record["amount_tax"], record["amount"]) == (100, 20, 120)
