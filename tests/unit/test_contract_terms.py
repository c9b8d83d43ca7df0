"""What a contract is worth, when it begins and ends, its number and its Chinese parties; other sums are none of it."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.engines.formats.elements import Element
from pipeline.engines.formats.page_writer import page_text
from stores.models import Label
from tests.unit.test_rules_contract import extract, parties

LEASE = "# 房屋租赁合同\n\n甲方（出租方）：青石置业有限公司\n乙方（承租方）：远山文化有限公司\n\n"
AGREEMENT = (
    '# SERVICE AGREEMENT\n\nThis Agreement is made by and between Harbour Ltd ("Client") and Mill Inc. ("Vendor").\n\n'
)


def worth(drawing: str) -> tuple[Any, ...]:
    fields = extract(drawing)
    return fields["amount"], fields["currency"], fields["amount_name"], fields["amount_per"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Client shall pay Vendor a monthly fee of $5,000 USD.", (5000.0, "USD", "monthly fee", "monthly")),
        ("The Client shall pay a fee of $4,500 per month.", (4500.0, "USD", "fee", "month")),
        ("Total contract value: $150,000", (150000.0, "USD", "Total contract value", None)),
        ("A fee of $200 is due at once. The purchase price is $9,000.", (9000.0, "USD", "purchase price", None)),
        ("2. Rent. The Tenant shall pay £1,200 per month, in advance.", (1200.0, "GBP", "Rent", "month")),
        ("Salary\n\nThe Employee receives €54,000 a year.", (54000.0, "EUR", "Salary", "year")),
        ("Liability for fees is capped at $10,000.", (None, None, None, None)),
        ("A late fee of $50 is due after the fifth day.", (None, None, None, None)),
        ("The security deposit is $2,000.", (None, None, None, None)),
    ],
)
def test_the_amount_is_that_which_the_contract_is_about(text: str, expected: tuple[Any, ...]) -> None:
    assert worth(AGREEMENT + text + "\n") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("单价为人民币100,000元，合同总价款为人民币1,000,000元（大写：壹佰万元整）。", (1000000.0, "合同总价款", None)),
        ("月租金为人民币20,000元。押金为人民币40,000元。", (20000.0, "月租金", "月")),
        ("该房屋月租金为（人民币大写）伍千捌佰元整。", (5800.0, "月租金", "月")),
        ("9.1 合同固定总价\n\n人民币伍亿柒仟陆佰万元整（¥576000000.00）", (576000000.0, "合同固定总价", None)),
        ("软件总开发费用为100000元，首付50000元。", (100000.0, "总开发费用", None)),
        ("乙方逾期付款的，租金每日加收滞纳金100元。", (None, None, None)),
        ("月租金为人民币_____元。", (None, None, None)),
    ],
)
def test_the_amount_of_a_chinese_contract(text: str, expected: tuple[Any, ...]) -> None:
    amount, currency, name, per = worth(LEASE + text + "\n")
    assert (amount, name, per) == expected
    assert currency == ("CNY" if amount else None)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("租赁期限自2026年9月1日起至2051年8月31日止。", "2026-09-01", "2051-08-31"),
        ("租期从___2019__年__5___月___11__日起至__2021___年__5___月___31__日止。", "2019-05-11", "2021-05-31"),
        ("合作开发时间：自2024年4月21日开始至2024年7月19日结束。", "2024-04-21", "2024-07-19"),
        ("2024年8月1日至2025年2月1日的房租已支付。", None, None),
        ("The term of this lease begins on May 1, 2024 and ends on April 30, 2025.", "2024-05-01", "2025-04-30"),
        ("This Agreement is in force from 1 January 2024 until 31 December 2024.", "2024-01-01", "2024-12-31"),
        ("The lease commences on 1 May 2024 and runs for twelve months.", "2024-05-01", None),
        ("Invoices are paid from 1 May 2024 to 5 May 2024.", None, None),
        ("Das Mietverhältnis beginnt am 01.10.2024 und endet am 30.09.2026.", "2024-10-01", "2026-09-30"),
        ("Le contrat prend effet le 1 mars 2024.", "2024-03-01", None),
    ],
)
def test_when_a_contract_begins_and_ends(text: str, start: str | None, end: str | None) -> None:
    fields = extract(AGREEMENT + text + "\n")
    assert (fields["start_date"], fields["end_date"]) == (start, end)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("合同编号：GZ-MC-20260807-001", "GZ-MC-20260807-001"),
        ("合同编号：NC (2021)-401", "NC (2021)-401"),
        ("合同编号：（CHWY-2016)", "CHWY-2016"),
        ("合同编号：____________", None),
        ("Agreement No.: LA-2024-001", "LA-2024-001"),
        ("Vertragsnummer: 4711/2024", "4711/2024"),
        ("This Agreement is number one among its kind.", None),
    ],
)
def test_the_number_of_a_contract(text: str, number: str | None) -> None:
    assert extract(f"# CONTRACT 合同\n\n{text}\n")["number"] == number


def test_labels_and_blanks_are_no_chinese_parties() -> None:
    assert parties("# 租房合同\n\n甲方（出租方）： 身份证号码：\n乙方（承租方）： 身份证号码：\n") == []
    assert parties("# 租房合同\n\n甲方（签字）：____ 乙方（签字）：____\n") == []
    assert parties("# 总承包合同\n\n甲方：矿山采矿权、厂区外管网\n乙方：厂区内所有工艺、土建\n") == []


def test_the_names_of_parties_stand_behind_a_label_below_their_roles() -> None:
    text = "2.1 发包人（甲方）\n\n单位：青石水泥有限公司 地址：临港县\n\n2.2 承包人（乙方）\n\n单位：远山工程有限公司\n"
    assert parties(f"# 总承包合同\n\n{text}") == [("青石水泥有限公司", "甲方"), ("远山工程有限公司", "乙方")]


def test_a_title_is_no_sentence_and_may_be_spelt_from_top_to_bottom() -> None:
    spelt = "远山网络有限公司\n\n合\n\n作\n\n协\n\n议\n\n合同编号：CH-2016 签约日期：2016年\n"
    assert extract(spelt)["title"] == "合作协议"
    assert extract("根据《民法典》的规定，双方就租赁达成如下合同：\n\n第一条 房屋\n")["title"] is None


def test_a_line_of_chinese_in_an_office_file_breaks_in_no_number() -> None:
    text = "一" * 46 + "合同总价款为人民币1,000,000元，由甲方在收到货物后十个工作日内一次性支付给乙方，运费由乙方承担。"
    page = page_text([Element(label=Label.TEXT, text=text)], "test")
    assert any("1,000,000元" in line.text for block in page.blocks for line in block.lines)


def test_a_title_of_an_office_file_that_is_spelt_with_blanks_is_a_word() -> None:
    shown = [Element(label=Label.TEXT, text=text) for text in ("保 密 协 议", "年 月 日", "技术 开发 合同")]
    assert page_text(shown, "test").markdown == "保密协议\n\n年 月 日\n\n技术 开发 合同"
