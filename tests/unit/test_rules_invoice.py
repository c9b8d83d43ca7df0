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


def credit_note(title: str, number: str, net: str, tax: str, total: str) -> dict[str, Any]:
    return extract(f"""
        Lanternfish Supply Ltd

        # {title}

        {number}
        Date: 2 May 2024

        Description            Qty      Amount
        Rope returned          -1       £-40.00
        {net}                           -£40.00
        {tax}                           -£8.00
        {total}                         -£48.00
    """)


@pytest.mark.parametrize(
    ("title", "number"),
    [
        ("CREDIT NOTE", "Credit note no: CN-88"),
        ("Credit memo", "Credit memo # CN-88"),
        ("GUTSCHRIFT", "Gutschrift Nr. CN-88"),
        ("Avoir", "Avoir n° CN-88"),
        ("Nota de crédito", "Nota de crédito nº CN-88"),
    ],
)
def test_sums_of_a_credit_note_are_negative(title: str, number: str) -> None:
    fields = credit_note(title, number, "Net", "VAT @ 20%", "Total")
    assert fields["invoice_number"] == "CN-88"
    assert (fields["amount_untaxed"], fields["amount_tax"], fields["amount"]) == (-40, -8, -48)


def test_what_is_due_may_be_less_than_the_net_sum() -> None:
    fields = extract("""
        Lanternfish Supply Inc.

        # INVOICE

        Invoice # 10392

        Subtotal             $100.00
        Sales Tax            $8.25
        Total                $108.25
        Amount Paid          $50.00
        Balance Due          $58.25
    """)
    assert (fields["amount"], fields["amount_untaxed"], fields["amount_tax"]) == (58.25, 100, 8.25)


@pytest.mark.parametrize("label", ["销售方信息 名称：", "销售方名称：", "销售方：名称："])
def test_the_seller_of_a_chinese_invoice_has_no_label_in_its_name(label: str) -> None:
    fields = extract(f"""
        # 电子发票（普通发票）

        购买方信息 名称：临港海图测绘有限公司

        {label}青鸥船舶用品商行
    """)
    assert fields["issuer"] == "青鸥船舶用品商行"


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
