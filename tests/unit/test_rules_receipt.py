"""Receipts: which total, which firm, which address."""

from __future__ import annotations

from typing import Any

from pipeline.engines.rules.receipt.extractor import ReceiptRules
from pipeline.schemas.loader import load_schemas
from tests.printed_pages import printed_page

SCHEMA = load_schemas(None)["receipt"]


def extract(drawing: str) -> dict[str, Any]:
    return dict(ReceiptRules().extract(SCHEMA, [printed_page(drawing)], "receipt.jpg").fields)


def test_the_total_is_the_rounded_one() -> None:
    fields = extract("""
        Uroko Cuisine Sdn Bhd
        Grand Total :              87.08
        Rounding Adjustment:        0.02
        Net Total :                87.10
        """)
    assert fields["total"] == 87.1


def test_totals_of_quantity_and_tax_do_not_count() -> None:
    fields = extract("""
        Gin Kee Hardware
        10/01/2018
        Total Qty:      1              23.32
        Total Sales (Excluding GST):   22.00
        Total GST                       1.32
        Total Sales (Inclusive of GST) 23.32
        CASH                           25.00
        Change                          1.68
        GST SUMMARY     22.00           1.32
        Total           22.00           1.32
        """)
    assert fields["total"] == 23.32


def test_the_firm_behind_a_brand() -> None:
    fields = extract("""
        PIZZA CORNER
        12 Jalan Ampang
        50450 Kuala Lumpur

        Order Time : 12:54:37
        Date :26/03/18
        Pickup Time: 13:09:37
        Qty  Menu
        1  Margherita    16.50
        1  Funghi        16.50
        Total Items  2
        Sub-Total        33.00
        Discount          0.00
        Grand Total      33.00
        Payment          50.00
        Change Due       17.00

        Owned by
        Corner Food Services Sdn Bhd
        """)
    assert fields["company"] == "Corner Food Services Sdn Bhd"
    assert fields["address"] == "12 Jalan Ampang 50450 Kuala Lumpur"


def test_a_misread_legal_form_is_mended_but_quoted_as_read() -> None:
    page = printed_page("AMANO MALAYSIA SON BHD (682288-V)\n12 JALAN PENGACARA\n40150 SHAH ALAM")
    record = ReceiptRules().extract(SCHEMA, [page], "receipt.jpg")
    assert record.fields["company"] == "AMANO MALAYSIA SDN BHD"
    assert next(p.quote for p in record.evidence if p.path == "company") == "AMANO MALAYSIA SON BHD (682288-V)"


def test_a_date_that_a_table_cut_in_two() -> None:
    assert extract("Ping Trading Sdn Bhd\nDoc No.     Da     te: 23/09     /2017")["date"] == "2017-09-23"


def test_a_sentence_above_the_name_is_no_name() -> None:
    fields = extract("""
        See back of receipt for your chance
        to win 1000 with this number 7N5N1V1X

        # Mill Market

        317 555 1102 Mgr: Jamie Brook
        882 S State Road 135
        Greenwood IN 46143
        TOTAL                          144.02
        """)
    assert fields["company"] == "Mill Market"
    assert fields["address"] == "882 S State Road 135 Greenwood IN 46143"
