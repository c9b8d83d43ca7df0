"""Invoices: numbers that are none, and names that are those of others."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from pipeline.engines.rules.invoice.extractor import InvoiceRules, read_invoice_number
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


def test_the_seller_of_a_tax_invoice_is_told_in_scans_as_well() -> None:
    fields = extract("""
        上海增值税电子普通发票                                     发票号码：51142414
        购 名      称：临港海图测绘有限公司     密码区 03<-2/71*+4986>0
        买方      纳税人识别号：91A
        合      计      ￥100.00      ￥3.00
        价税合计（大写）     壹佰零叁圆整     （小写）￥103.00
        销名      称：      青鸥船舶用品经营部     备
        售方      纳税人识别号：92B
        收款人：甲      复核：乙      销售方：（章）发票专用章
    """)
    assert (fields["issuer"], fields["amount"], fields["amount_tax"]) == ("青鸥船舶用品经营部", 103.0, 3.0)


def test_a_tax_invoice_that_names_no_seller_has_no_issuer() -> None:
    fields = extract("""
        # 电子发票（铁路电子客票）

        发票号码：25329165812000123456     开票日期：2025年02月14日
        南京南站     G7043     苏州站
        票价：￥99.50
        购买方名称：临港海图测绘有限公司
    """)
    assert (fields["issuer"], fields["amount"], fields["currency"]) == (None, 99.5, "CNY")


def aligned(*rows: str) -> str:
    """Rows of cells, apart by bars, in columns; Chinese characters are twice as wide as others."""
    widths = [18, 10, 18, 14, 10, 10]
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    return "\n".join(
        "".join(cell + " " * (w - _width(cell)) for cell, w in zip(row, widths, strict=False)) for row in cells
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def described(*pages: str) -> list[str]:
    printed = [printed_page(page, number) for number, page in enumerate(pages, 1)]
    fields = InvoiceRules().extract(SCHEMA, printed, "invoice.pdf").fields
    return [row["description"] for row in fields["lines"]]


def test_labels_that_are_stretched_over_their_columns_are_read() -> None:
    fields = extract(
        aligned(
            "服务名称 | 数 量 | 单 价 | 金  额 | 税率 | 税  额",
            "*纸制品*复印纸 | 5 | 40.00 | 200.00 | 13% | 26.00",
            "*文具*文件夹 | 30 | 96. 724137931 | 60.00 | 13% | 7.80",
            "合  计 | | | ¥260.00 | | ¥33.80",
        )
    )
    assert [(row["description"], row["quantity"], row["unit_price"], row["amount"]) for row in fields["lines"]] == [
        ("*纸制品*复印纸", 5.0, 40.0, 200.0),
        ("*文具*文件夹", 30.0, None, 60.0),
    ]


def test_an_amount_and_a_rate_that_were_read_as_one_are_two() -> None:
    fields = extract("""
        项目名称          数量     金额   税率     税额
        *纸制品*复印纸       5    200.00 13%      26.00
    """)
    assert [(row["quantity"], row["amount"]) for row in fields["lines"]] == [(5.0, 200.0)]


def test_lines_go_on_below_the_same_header_on_the_next_page() -> None:
    header = "项目名称 | 数量 | 单价 | 金额"
    above = "\n".join(f"第二页抬头{at}     备注" for at in range(12))
    assert described(
        aligned(header, "*轴承*球 | 2 | 5.00 | 10.00", "小计 | | | 10.00"),
        above + "\n" + aligned(header, "*轴承*滚子 | 1 | 7.00 | 7.00", "合 计 | | | 17.00"),
    ) == ["*轴承*球", "*轴承*滚子"]


def test_names_of_goods_go_on_below_wherever_they_break() -> None:
    page = aligned(
        "项目名称 | 规格 | 单价 | 金额",
        "*食品*黑色油炸 | 大 | 5.00 | 10.00",
        "豆腐1 | 号 | |",
        "20g | | |",
        "*饮料*茶 | 小 | 7.00 | 7.00",
    )
    assert described(page.replace("\n*饮料", "\n\n*饮料") + "\n收款人：甲") == ["*食品*黑色油炸豆腐120g", "*饮料*茶"]


def test_a_line_that_refers_to_a_list_gives_way_to_it() -> None:
    header = "货物名称 | 数量 | 单价 | 金额"
    invoice = aligned(header, "(详见销货清单) | 1 | 17.00 | 17.00", "合 计 | | | 17.00")
    listing = aligned("销货清单", header, "轴承 | 2 | 5.00 | 10.00", "油 | 1 | 7.00 | 7.00")
    assert described(invoice, listing) == ["轴承", "油"]
    assert described(invoice) == ["(详见销货清单)"]


def test_a_total_in_words_is_right_where_the_digits_were_misread() -> None:
    fields = extract("""
        电子发票     发票号码：1
        合 计     ￥100.00     ￥3.00
        价税合计（大写）     壹佰零叁圆整     （小写）￥108.00
    """)
    assert (fields["amount"], fields["amount_untaxed"], fields["amount_tax"]) == (103.0, 100.0, 3.0)


def test_digits_of_full_width_are_digits() -> None:
    fields = extract("""
        电子发票     发票号码：２４４４２００５
        开票日期：２０２４年０７月０１日
        合 计     ￥３２０．７５     ￥１９．２５
        价税合计（小写）     ￥３４０．００
    """)
    assert (fields["invoice_number"], fields["date"]) == ("24442005", "2024-07-01")
    assert (fields["amount"], fields["amount_untaxed"], fields["amount_tax"]) == (340.0, 320.75, 19.25)


def test_a_date_whose_characters_are_on_the_form_is_read_behind_its_label() -> None:
    assert extract("发票号码：33207675\n开票日期：2019 05 08")["date"] == "2019-05-08"


def test_an_amount_set_flush_right_belongs_to_its_own_column_though_the_next_label_is_nearer() -> None:
    fields = extract("""
        项目名称          数量     金额            税率     税额
        *运输*客运费         1              29.43   3%      0.88
    """)
    assert [(row["quantity"], row["amount"]) for row in fields["lines"]] == [(1.0, 29.43)]


def test_what_is_free_of_tax_has_a_sum_without_tax() -> None:
    fields = extract("""
        电子发票（普通发票）     发票号码：26377000000217799578
        合 计     ¥15.00     ***
        价税合计（大写）     壹拾伍元整     （小写）¥15.00
    """)
    assert (fields["amount"], fields["amount_untaxed"], fields["amount_tax"]) == (15.0, 15.0, None)


def test_a_number_that_was_read_as_one_with_the_code_of_its_form_is_told_by_its_second_print() -> None:
    form = """
        四川增值税专用发票     No 004727035100191160
        {}
        开票日期：2019年06月14日
    """
    assert extract(form.format("00472703"))["invoice_number"] == "00472703"
    assert extract(form.format("代开"))["invoice_number"] is None


def test_gross_alone_is_the_total() -> None:
    fields = extract("""
        # Rechnung
        Rechnungsnummer: RE-2026/001
        Aussteller: Hafen GmbH

        Netto: 84,03 EUR
        USt (19%): 15,97 EUR
        Brutto: 100,00 EUR
    """)
    assert (fields["amount"], fields["amount_untaxed"], fields["amount_tax"]) == (100.0, 84.03, 15.97)
    assert fields["issuer"] == "Hafen GmbH"
