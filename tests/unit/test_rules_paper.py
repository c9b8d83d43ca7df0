"""Scientific papers and contracts: what is printed plainly is found, the rest stays empty."""

from __future__ import annotations

from typing import Any

from pipeline.document_types import type_of
from pipeline.engines.rules.contract.extractor import ContractRules
from pipeline.engines.rules.paper.extractor import PaperRules
from pipeline.schemas.loader import load_schemas
from tests.printed_pages import printed_page

SCHEMAS = load_schemas(None)


def extract(name: str, drawing: str) -> dict[str, Any]:
    pages = [printed_page(drawing)]
    assert type_of(pages).name == name
    extractor = PaperRules() if name == "paper" else ContractRules()
    record = extractor.extract(SCHEMAS[name], pages, "a.pdf")
    assert all(evidence.found for evidence in record.evidence)
    return dict(record.fields)


def test_a_paper() -> None:
    fields = extract(
        "paper",
        """
# Water in small rivers

Jane A. Doe1, Karl van der Berg2* and Li Wei
1 University of Leiden, 2 Institute of Hydrology

doi: 10.1234/water.2021.17

# Abstract
Small rivers carry more water after rain than before it. We measured this for two years
in three valleys, and found that the difference is large and depends on the soil.

Keywords: rivers, rain; soil

# 1 Introduction
Rain has long been studied [1], [2].

# References
[1] A. Smith. Rain. Journal of Rain 3, 2010.
[2] B. Jones and C. Chan. On soil,
    and what is below it. 2012.
""",
    )
    assert fields["title"] == "Water in small rivers"
    assert fields["authors"] == ["Jane A. Doe", "Karl van der Berg", "Li Wei"]
    assert fields["abstract"].startswith("Small rivers carry") and fields["abstract"].endswith("on the soil.")
    assert fields["keywords"] == ["rivers", "rain", "soil"]
    assert fields["doi"] == "10.1234/water.2021.17"
    assert [entry[:8] for entry in fields["references"]] == ["A. Smith", "B. Jones"]


def test_an_english_contract() -> None:
    fields = extract(
        "contract",
        """
# CONSULTING AGREEMENT

This Agreement is made on 3 March 2024 by and between Acme Holdings Ltd, a company
registered in England ("Client"), and Jane Roe Consulting LLC (the "Consultant").

1. Term. The agreement is made for a term of twelve (12) months.
2. Confidentiality. The Consultant shall keep all information confidential.
3. Law. This Agreement shall be governed by the laws of England and Wales.
The parties shall sign below.

IN WITNESS WHEREOF the parties have signed.
""",
    )
    assert [tuple(party.values()) for party in fields["parties"]] == [
        ("Acme Holdings Ltd", "Client"),
        ("Jane Roe Consulting LLC", "Consultant"),
    ]
    assert (fields["date"], fields["term"]) == ("2024-03-03", "twelve (12) months")
    assert fields["governing_law"] == "England and Wales"


def test_a_chinese_contract() -> None:
    fields = extract(
        "contract",
        """
# 房屋租赁合同

甲方（出租方）：北京枫叶物业有限公司
乙方（承租方）：李雷
签订日期：2024年3月1日

第一条 租赁期限：三年
第二条 双方应当遵守本合同。
第三条 违约责任由违约方承担。
甲方签字：        乙方签字：
""",
    )
    assert [tuple(party.values()) for party in fields["parties"]] == [
        ("北京枫叶物业有限公司", "甲方"),
        ("李雷", "乙方"),
    ]
    assert (fields["date"], fields["term"]) == ("2024-03-01", "三年")


def test_dates_and_terms_that_were_filled_in_are_whole() -> None:
    fields = extract(
        "contract",
        """
# 技术开发合同

甲方：临港海图测绘有限公司
乙方：青鸥船舶用品有限公司
签订日期： 2020  年 2 月 29  日
有效期限： 2020  年 3 月  1 日至 2021 年 3 月 1  日

第一条 甲方委托乙方开发海图系统，乙方应当按期完成。
""",
    )
    assert (fields["date"], fields["term"]) == ("2020-02-29", "2020 年 3 月 1 日至 2021 年 3 月 1 日")
