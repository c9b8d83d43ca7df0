"""A file that holds several invoices: the record is of the first, and says so; pages that go on belong to it."""

from __future__ import annotations

import pytest

from pipeline.engines.rules.invoice.extractor import InvoiceRules
from pipeline.schemas.loader import load_schemas
from stores.models import Record
from tests.printed_pages import printed_page

SCHEMA = load_schemas(None)["invoice"]
FIRST = """
    # Tax Invoice
    Invoice Number: AB-1001    Invoice Date: 17.08.2026
    Sold by: Harbour Ltd
    Total amount:   299.00
"""
SECOND = """
    # Tax Invoice
    Invoice Number: MK-2002    Invoice Date: 17.08.2026
    Sold by: Market Services Ltd
    Total amount:   0.75
"""


def record(*drawings: str) -> Record:
    return InvoiceRules().extract(SCHEMA, [printed_page(page, at) for at, page in enumerate(drawings, 1)], "a.pdf")


def test_values_of_two_invoices_are_not_mixed() -> None:
    read = record(FIRST, SECOND)
    assert (read.fields["invoice_number"], read.fields["amount"]) == ("AB-1001", 299.0)
    assert read.remarks[0].startswith("page 2 begins another invoice, MK-2002")


def test_chinese_invoices_are_told_by_their_numbers_too() -> None:
    page = "# 电子发票（普通发票）\n发票号码：{0}\n开票日期：2026年08月17日\n价税合计  ¥{1}"
    read = record(page.format("24312000000012345678", "110.00"), page.format("24312000000087654321", "99.00"))
    assert (read.fields["invoice_number"], read.fields["amount"]) == ("24312000000012345678", 110.0)


@pytest.mark.parametrize(
    "second",
    [
        "Invoice Number: AB-1001    Invoice Date: 17.08.2026\nTotal amount:   350.00",  # its header on each page
        "This replaces Invoice Number: AB-0999\nTotal amount:   350.00",  # of which only the number is told
        "Page 2 of AB-1001\nInvoice Number: AB-0999    Invoice Date: 01.08.2026\nTotal amount:   350.00",
    ],
)
def test_pages_that_go_on_belong_to_the_invoice(second: str) -> None:
    read = record(FIRST.replace("Total amount:   299.00", ""), second)
    assert (read.fields["invoice_number"], read.fields["amount"]) == ("AB-1001", 350.0)
    assert not read.remarks
