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


def test_the_amount_is_the_total_with_tax_whatever_was_paid() -> None:
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
    assert (fields["amount"], fields["amount_untaxed"], fields["amount_tax"]) == (108.25, 100, 8.25)


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


def test_the_seller_may_stand_in_the_foot_alone() -> None:
    fields = extract("""
        Kessler Metallbau GmbH                        Belegnummer     2024-5511
        Industriestraße 12                            Belegdatum      03.05.2024
        70565 Stuttgart                               Liefertermin    29.04.2024

        RECHNUNG

        Pos    Artikel              Menge     E-Preis     G-Preis
        10     Stahlträger 6 m      2 Stk       50,00      100,00
        Endsumme                                       EUR 119,00













        Gartenbau Hollerbach          0761 445566
        Feldweg 8                     kontakt@hollerbach.example
        79112 Freiburg                St.-Nr. 99/123/45678
    """)
    assert (fields["issuer"], fields["invoice_number"], fields["date"]) == (
        "Gartenbau Hollerbach", "2024-5511", "2024-05-03"
    )  # fmt: skip
    assert fields["lines"] == [{"description": "Stahlträger 6 m", "quantity": 2.0, "unit_price": 50.0, "amount": 100.0}]


def test_names_and_numbers_in_the_blocks_of_parties_are_told_by_their_labels() -> None:
    fields = extract("""
        Handelsrechnung (380) Nr. 471102 vom 05.03.2018

        Währung:        EUR
        Verkäufer
        Nummer:         549910
        Name:           Lieferant GmbH
        Anschrift:      Lieferantenstraße 20

        Käufer
        Nummer:         GE2020211
        Name:           Kunden AG Mitte
        Mo.-Fr. 08.30 - 12.30 Uhr
    """)
    assert (fields["invoice_number"], fields["issuer"], fields["currency"]) == ("471102", "Lieferant GmbH", "EUR")


def test_a_number_in_the_block_of_a_party_is_not_that_of_the_invoice() -> None:
    assert extract("Rechnung\n\nVerkäufer\nNummer:     549910\nName:      Lieferant GmbH")["invoice_number"] is None


def test_sums_in_columns_are_those_of_the_row_that_adds_up() -> None:
    fields = extract("""
        Lieferant GmbH
        Warenwert     Nettobetrag     MwSt-Betrag     Endbetrag
        326,50             321,40           61,07        382,47
        130,70             127,59            8,93        136,52
        457,20             448,99           70,00        518,99
    """)
    assert (fields["amount"], fields["amount_untaxed"], fields["amount_tax"]) == (518.99, 448.99, 70.0)


def test_sums_of_parts_are_not_those_of_the_whole() -> None:
    fields = extract("""
        Positionen netto                       804,35 €
        Versandkosten netto                      4,99 €
        Positionen USt. 19 % auf 804,35 €      152,83 €
        Versandkosten USt. 19 % auf 4,99 €       0,95 €
        Endsumme                               963,12 €
    """)
    assert (fields["amount"], fields["amount_untaxed"], fields["amount_tax"]) == (963.12, None, None)


def test_the_seller_of_a_chinese_tax_invoice_stands_right_of_the_buyer() -> None:
    fields = extract("""
        电子发票（增值税专用发票）     发票号码：25312000000012345678
        购     名称：临港海图测绘有限公司          销     名称：青鸥船舶用品商行
        买     统一社会信用代码：913100             售     统一社会信用代码：914400
    """)
    assert fields["issuer"] == "青鸥船舶用品商行"


def test_sums_of_a_chinese_invoice_beside_each_other_are_told_by_their_own_labels() -> None:
    fields = extract("""
        浙江通用（电子）发票     发票号码：00912345
        合计金额（大写）：壹佰零叁元整     （小写）：¥103.00
        税率：3%    税额：¥3.00   不含税金额：¥100.00
    """)
    assert (fields["amount"], fields["amount_untaxed"], fields["amount_tax"]) == (103.0, 100.0, 3.0)
