"""Documents in traditional Chinese, read by rules that know the words in simplified characters."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.document_types import type_of
from pipeline.engines.evidence.located_values import locate
from pipeline.engines.evidence.page_lines import page_lines
from pipeline.engines.rules.extractors import EXTRACTORS
from pipeline.schemas.loader import load_schemas
from stores.models import Field, FieldKind, Page, Record, Schema
from tests.printed_pages import printed_page

SCHEMAS = load_schemas(None)
RESUME = """
    # 履歷表
    林曉薇
    手機：0912345678
    電子郵件：hsiaowei@example.com

    # 工作經歷
    翔鷺電子股份有限公司    軟體工程師    2019/03 ~ 2022/06
    遠見資訊股份有限公司    資深工程師    111.7~至今

    # 學歷
    國立臺灣大學    資訊工程學系    碩士    104.9~106.6
"""
INVOICE = """
    # 請款單
    海棠印刷股份有限公司
    統一編號：12345675
    請款單號：HT-2024-031
    請款日期：中華民國113年5月20日
    客戶：松濤書店    台照

    品名    數量    單價    金額
    名片印刷    10    300    3,000
    海報印刷    5    400    2,000

    小計    5,000
    營業稅    250
    總計    NT$5,250
"""
JAPANESE = """
    # 請求書
    株式会社みどり商事    御中
    請求番号：A-1045
    請求日：令和6年5月31日
    お支払期限：令和6年6月30日

    品名    数量    単価    金額
    用紙    10    ¥300    ¥3,000

    ご請求金額    ¥3,300
    青空印刷株式会社
"""
CONTRACT = """
    # 房屋租賃契約書
    出租人（甲方）：王大同
    承租人（乙方）：林曉薇
    第一條 租賃期限自民國113年1月1日起至民國114年12月31日止。
    第二條 乙方應於每月五日前給付租金。
    立契約書人簽章
"""


def extracted(name: str, page: Page) -> Record:
    return EXTRACTORS[name]().extract(SCHEMAS[name], [page], "document.pdf")


def all_values(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    return [one for part in value for one in all_values(part)] if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [(RESUME, "resume"), (INVOICE, "invoice"), (JAPANESE, "invoice"), (CONTRACT, "contract")],
)
def test_a_type_is_known_by_traditional_words_and_shows_the_printed_line(drawing: str, expected: str) -> None:
    page = printed_page(drawing)
    decided = type_of([page])
    assert decided.name == expected
    assert decided.line in [line.text for block in page.blocks for line in block.lines]


def test_a_traditional_resume_gives_its_values_as_printed() -> None:
    fields = extracted("resume", printed_page(RESUME)).fields
    assert (fields["name"], fields["phone"], fields["email"]) == ("林曉薇", "0912345678", "hsiaowei@example.com")
    jobs = [(row["company"], row["position"], row["start_date"], row["end_date"]) for row in fields["experience"]]
    assert jobs == [
        ("翔鷺電子股份有限公司", "軟體工程師", "2019-03", "2022-06"),
        ("遠見資訊股份有限公司", "資深工程師", "2022-07", "present"),
    ]
    (school,) = fields["education"]
    assert (school["institution"], school["degree"], school["start_date"]) == ("國立臺灣大學", "碩士", "2015-09")


def test_what_became_of_a_pupil_is_no_part_of_the_name_of_a_school() -> None:
    schools = "國立大甲高中畢業    2013/09 - 2016/06\n國立聯合大學就學中    2016/09 - 至今"
    page = printed_page(f"# 履歷表\n林曉薇\n\n# 學歷\n{schools}\n\n# 專長\n插畫")
    rows = extracted("resume", page).fields["education"]
    assert [row["institution"] for row in rows] == ["國立大甲高中", "國立聯合大學"]


def test_a_taiwanese_invoice_is_in_its_currency_and_counts_years_of_the_republic() -> None:
    fields = extracted("invoice", printed_page(INVOICE)).fields
    assert fields["issuer"] == "海棠印刷股份有限公司"
    assert (fields["invoice_number"], fields["date"]) == ("HT-2024-031", "2024-05-20")
    assert (fields["amount"], fields["currency"]) == (5250.0, "TWD")
    assert [(row["description"], row["amount"]) for row in fields["lines"]] == [
        ("名片印刷", 3000.0),
        ("海報印刷", 2000.0),
    ]


def test_a_japanese_invoice_is_from_the_one_who_is_not_addressed() -> None:
    fields = extracted("invoice", printed_page(JAPANESE)).fields
    assert (fields["issuer"], fields["invoice_number"]) == ("青空印刷株式会社", "A-1045")
    assert (fields["date"], fields["due_date"]) == ("2024-05-31", "2024-06-30")
    assert (fields["amount"], fields["currency"]) == (3300.0, "JPY")


@pytest.mark.parametrize(("schema", "drawing"), [("resume", RESUME), ("invoice", INVOICE), ("contract", CONTRACT)])
def test_every_value_and_quote_is_made_of_printed_characters(schema: str, drawing: str) -> None:
    page = printed_page(drawing)
    record = extracted(schema, page)
    quotes = [one.quote for one in record.evidence if one.found]
    assert quotes and all(set(quote) <= set(page.markdown) | {" "} for quote in quotes)
    texts = [value for value in all_values(dict(record.fields)) if isinstance(value, str) and not value.isascii()]
    assert texts and all(set(text) <= set(page.markdown) for text in texts)


def test_a_quote_in_simplified_characters_is_located_where_traditional_ones_are_printed() -> None:
    lines = page_lines([printed_page("公司名稱：臺灣水車股份有限公司")])
    assert locate("台湾水车股份有限公司", lines).lines == (lines[0],)


@pytest.mark.parametrize("printed", ["客戶名稱：大同書局    狀態：已結案", "客户名称：大同书局    状态：已结案"])
def test_labels_and_choices_of_a_schema_are_found_in_either_writing(printed: str) -> None:
    schema = Schema(
        name="case",
        description="",
        fields=(
            Field(name="client", kind=FieldKind.TEXT, labels=("客戶名稱",)),
            Field(name="state", kind=FieldKind.TEXT, labels=("狀態",), choices=("已結案", "處理中")),
        ),
    )
    record = EXTRACTORS["labels"]().extract(schema, [printed_page(printed)], "case.pdf")
    assert record.fields["state"] == "已結案"
    assert str(record.fields["client"]) in printed
