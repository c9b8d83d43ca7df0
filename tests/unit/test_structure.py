"""The structure of a whole document: which blocks are headings, of which level, and what goes on over page breaks."""

from __future__ import annotations

import pytest

from pipeline.stages.embed import chunk_document
from pipeline.structure.document import structured
from pipeline.structure.guides import contents_pages
from pipeline.structure.joined_markdown import JoinedMarkdown
from pipeline.structure.numbering import numbering_of
from stores.models import Label, OutlineEntry
from tests.structured_pages import body, heading, headings_in, page, put, table


@pytest.mark.parametrize(
    ("text", "kind", "depth", "value"),
    [
        ("第三章 循环网络", "chapter", 1, 3),
        ("第十二节 结论", "section", 1, 12),
        ("第二十三条 付款", "article", 1, 23),
        ("一、工程概况", "han", 1, 1),
        ("（二）工期", "han brackets", 1, 2),
        ("3.1.2 Results", "dotted", 3, 2),
        ("10.3.4.小规模数据", "dotted", 3, 4),
        ("7 Conclusion", "dotted", 1, 7),
        ("A.2 Details", "dotted", 2, 2),
        ("Chapter IV", "chapter", 1, 4),
        ("Appendix B: Tables", "appendix", 1, 2),
        ("附录A 数据", "appendix", 1, 1),
        ("Item 7. Discussion", "article", 1, 7),
        ("§ 5 Haftung", "article", 1, 5),
        ("II. METHODS", "roman", 1, 2),
        ("B. Materials", "letter", 1, 2),
    ],
)
def test_numbers_of_headings_are_read(text: str, kind: str, depth: int, value: int) -> None:
    number = numbering_of(text)
    assert number is not None
    assert (number.kind, number.depth, number.value) == (kind, depth, value)


@pytest.mark.parametrize(
    "text", ["2018 was a good year", "12.5% of it", "3.5 GB", "Abstract", "3,400 boats", "1.2.3.4"]
)
def test_other_numbers_are_none(text: str) -> None:
    number = numbering_of(text)
    assert number is None or (number.kind == "dotted" and text == "3.5 GB")


@pytest.mark.parametrize(("first", "level"), [("绪论", "#"), ("緒論", "#"), ("水車的歷史", "##")])
def test_an_introduction_is_no_title_of_what_follows_in_either_writing(first: str, level: str) -> None:
    pages = [
        page(1, heading(first, 16.0), body(), heading("一、河流", 16.0), body()),
        page(2, heading("二、測量", 16.0), body(), heading("三、方法", 16.0), body()),
    ]
    assert headings_in(pages) == [f"# {first}", *(f"{level} {text}" for text in ("一、河流", "二、測量", "三、方法"))]


def test_numbers_say_the_level_whatever_the_pages_said() -> None:
    pages = [
        page(1, heading("A survey of mills", 20.0, level=1), heading("1 Introduction", 14.0, level=4), body()),
        page(2, heading("1.1 Rivers", 12.0, level=2), body(), heading("1.1.1 Weirs", 10.0, level=2), body()),
        page(3, heading("2 Methods", 14.0, level=1), body(), heading("References", 14.0, level=3), body()),
    ]
    assert headings_in(pages) == [
        "# A survey of mills",
        "## 1 Introduction",
        "### 1.1 Rivers",
        "#### 1.1.1 Weirs",
        "## 2 Methods",
        "## References",
    ]


def test_chinese_headings_set_like_the_text_are_found_by_their_numbers() -> None:
    long = "本合同由双方在平等自愿的基础上签订，双方应当全面履行各自的义务，任何一方不得擅自变更。"
    pages = [
        page(1, put("一、工程概况"), put(long), put("（一）工程名称"), put(long), put("（二）工程地点"), put(long)),
        page(2, put("二、合同价款"), put(long), put("三、付款方式"), put(long)),
    ]
    assert headings_in(pages) == [
        "# 一、工程概况",
        "## （一）工程名称",
        "## （二）工程地点",
        "# 二、合同价款",
        "# 三、付款方式",
    ]


def test_numbers_of_formulas_in_chinese_headings_make_no_formula_of_them() -> None:
    long = "已知模型的参数可以由极大似然法求得，下面给出完整的推导过程，并说明每一步的依据和用到的定理。"
    texts = ["3.2.1 式(3.4) 的解释", "3.2.2 式(3.27) 的推导", "3.2.3 式(3.37) 到式(3.39) 的推导"]
    pages = [
        page(1, heading("3.2 线性回归", 14.0), *(one for text in texts for one in (heading(text, 11.0), put(long))))
    ]
    assert [line.lstrip("# ") for line in headings_in(pages)] == ["3.2 线性回归", *texts]
    signs = page(2, heading("3.3 结论", 14.0), put(long), heading("3.3.1 f(x)=2a+b 且 y=1", 11.0), put(long))
    assert len(headings_in([*pages, signs])) == 1 + len(texts) + 1
    dated = page(2, heading("3.3 结论", 14.0), put(long), heading("2022年08月30日", 11.0), put(long))
    assert len(headings_in([*pages, dated])) == 1 + len(texts) + 1


def test_what_is_set_like_the_text_is_no_heading_beside_real_ones() -> None:
    real = [heading(f"{n}.{m} Part of it", 16.0) for n in (1, 2) for m in (1, 2)]
    false = heading("Variance", 10.0, bold=False)
    pages = [page(1, real[0], body(), false, body(), real[1], body()), page(2, real[2], body(), real[3], body())]
    assert [line.split(" ", 1)[1] for line in headings_in(pages)] == [one.text for one in real]
    assert "\n\nVariance\n\n" in structured(pages)[0].markdown


def test_without_real_ones_the_reader_of_the_page_is_believed() -> None:
    pages = [page(1, heading("Introduction", 10.0, bold=False), body())]
    assert headings_in(pages) == ["# Introduction"]


@pytest.mark.parametrize(
    "text",
    [
        "Figure 3: Mills along the river",
        "图 2-1 网络结构",
        "The mill was sold to the town.",
        "WARNING",
        "f(x) = ∑ (a+b)/2",
        "如下图所示：",
    ],
)
def test_captions_sentences_and_signs_are_no_headings(text: str) -> None:
    pages = [
        page(1, heading("1 Mills"), body(), heading(text, 10.0), body(), heading("2 Weirs"), body(), heading("3 Locks"))
    ]
    assert all(text not in line for line in headings_in(pages))


def test_items_one_behind_the_other_are_a_list() -> None:
    items = [heading(f"{n}. Open the valve", 10.0, bold=False) for n in (1, 2, 3)]
    pages = [page(1, heading("Start", 16.0), body(), *items, heading("Stop", 16.0), body(), heading("End", 16.0))]
    assert [line.strip("# ") for line in headings_in(pages)] == ["Start", "Stop", "End"]


def test_the_outline_names_headings_and_their_levels() -> None:
    outline = [
        OutlineEntry(level=1, title="Getting started", page=1),
        OutlineEntry(level=2, title="Unpacking", page=1),
        OutlineEntry(level=1, title="Care", page=2),
    ]
    pages = [
        page(1, put("Getting started"), body(), put("Unpacking"), body()),
        page(2, put("Care"), body(), heading("Tip of the day", 9.0, bold=False), body()),
    ]
    assert headings_in(pages, outline) == ["# Getting started", "## Unpacking", "# Care"]


def test_pages_of_contents_have_no_headings_and_name_those_that_follow() -> None:
    titles = ["Mills", "Weirs and locks", "The harbour", "Trade", "Toll"]
    entries = [put(f"{title} … {at + 3}", label=Label.HEADING, level=2, size=11.0) for at, title in enumerate(titles)]
    pages = [page(1, heading("Contents"), *entries)]
    pages += [page(at + 2, put(title), body()) for at, title in enumerate(titles)]
    assert contents_pages(pages) == {1: titles}
    assert [line.strip("# ") for line in headings_in(pages)] == titles


def test_a_title_above_the_list_of_contents_stays_a_heading() -> None:
    titles = ["一、范围", "二、组织", "三、活动", "四、方法"]
    listing = [body(f"{title} …… {number}") for number, title in enumerate(titles, 2)]
    pages = [page(1, heading("配置管理计划", 20.0), body("目录"), *listing)]
    assert contents_pages(pages) == {1: titles}
    assert headings_in(pages) == ["# 配置管理计划"]


def test_a_table_of_rising_numbers_is_no_page_of_contents() -> None:
    rows = table(
        "| Port | Ton |", "| --- | --- |", *(f"| Port {at} | {at * 3} |" for at in range(2, 9)), top=80, bottom=300
    )
    pages = [page(1, heading("Ports"), body(), rows), page(2, heading("Ships"), body()), page(3, heading("Tolls"))]
    assert not contents_pages(pages)
    assert [line.strip("# ") for line in headings_in(pages)] == ["Ports", "Ships", "Tolls"]


def test_deciding_again_changes_nothing_and_a_new_page_is_decided_with_the_others() -> None:
    pages = [
        page(1, heading("1 Mills", level=4), body(), heading("Sum", 10.0, bold=False)),
        page(2, heading("2 Weirs")),
    ]
    pages.append(page(3, heading("3 Locks"), body()))
    once = structured(pages)
    assert structured(once) == once
    assert structured([once[0], pages[1], once[2]]) == once


def test_every_block_is_found_at_its_offsets() -> None:
    pages = [page(1, heading("1 Mills", level=5), body(), heading("2 Weirs", level=5), body("Short text"))]
    (after,) = structured(pages)
    for block in after.blocks:
        assert after.markdown[block.start : block.end].lstrip("# ") == block.text


def test_a_broken_paragraph_is_one_text_and_its_two_places_are_known() -> None:
    note = put("1 See the mill book.", size=7.0, top=790)
    first = put("The boats of spring carry tim-", top=700)
    rest = put("ber down to the harbour.", top=80)
    pages = [page(1, body(), first, note), page(2, rest, body("Another paragraph stands here."))]
    joined = JoinedMarkdown(pages)
    assert "carry timber down to the harbour.\n\n1 See the mill book.\n\nAnother" in joined.text
    at = joined.text.index("The boats")
    places = {(placed.page, placed.box) for placed in joined.boxes(at, joined.text.index(".\n\n1 See"))}
    assert places == {(1, first.box), (2, rest.box)}
    assert joined.numbers(at, at + 60) == (1, 2)


@pytest.mark.parametrize(
    ("end", "start", "joined"),
    [
        ("It was sold in", "spring to the town.", "sold in spring"),
        ("and the long-", "term plan", "long-term plan"),
        ("这种网络结构在对长序列依赖问题中非常有效并且可以用于各种任务之", "中的序列建模", "任务之中的"),
        ("It was sold.", "The town paid.", "sold.\n\nThe"),
        ("It was sold to", "2. The second item", "to\n\n2. The"),
    ],
)
def test_what_is_unfinished_goes_on(end: str, start: str, joined: str) -> None:
    pages = [page(1, body("A long-term lease."), put(end, top=700)), page(2, put(start, top=80), body())]
    assert joined in JoinedMarkdown(pages).text


def test_a_paragraph_of_three_pages_is_one() -> None:
    pages = [page(1, put("one and", top=700)), page(2, put("two and", top=80)), page(3, put("three.", top=80))]
    joined = JoinedMarkdown(pages)
    assert joined.text == "one and two and three."
    assert [placed.page for placed in joined.boxes(0, len(joined.text))] == [1, 2, 3]


def test_a_repeated_table_header_stands_once_and_a_missing_one_is_the_first() -> None:
    head, rule = "| Port | Tons |", "| --- | --- |"
    first = table(head, rule, "| Varna | 12 |", top=500, bottom=800)
    again = table(head, rule, "| Izmir | 15 |", top=60, bottom=780)
    headless = table("| Odesa | 19 |", rule, "| Triest | 4 |", top=60, bottom=200)
    joined = JoinedMarkdown([page(1, body(), first), page(2, again), page(3, headless, body())])
    rows = ["| Port | Tons |", rule, "| Varna | 12 |", "| Izmir | 15 |", "| Odesa | 19 |", "| Triest | 4 |"]
    assert "\n".join(rows) in joined.text
    at = joined.text.index("| Odesa")
    assert {placed.page for placed in joined.boxes(at, at + 10)} == {3}


def test_a_table_with_its_own_header_is_another_one() -> None:
    rule = "| --- | --- |"
    first = table("| Port | Tons |", rule, "| Varna | 12 |", top=500, bottom=800)
    other = table("| Ship | Year |", rule, "| Maria | 15 |", top=60, bottom=200)
    assert "| Varna | 12 |\n\n| Ship | Year |" in JoinedMarkdown([page(1, first), page(2, other)]).text


def test_chunks_have_the_path_of_headings_and_the_pages_of_what_goes_on() -> None:
    pages = structured(
        [
            page(1, heading("1 Mills", 16.0), body(), heading("1.1 Wheels", 13.0), put("The wheel turns and", top=700)),
            page(2, put("grinds the corn.", top=80), heading("2 Weirs", 16.0), body()),
        ]
    )
    chunks = chunk_document(pages, 40, 0, lambda texts: [len(text.split()) for text in texts])
    (wheel,) = [chunk for chunk in chunks if "turns and grinds" in chunk.text]
    assert wheel.heading == "1 Mills > 1.1 Wheels"
    assert (wheel.first_page, wheel.last_page) == (1, 2)


LONG = "本合同由双方在平等自愿的基础上签订，双方应当全面履行各自的义务，任何一方不得擅自变更。"


def test_short_chinese_titles_behind_long_numbers_are_headings() -> None:
    pages = [
        page(
            1, heading("3 术语"), put("3.1 泊位"), put(LONG), put("3.2 车位"), put(LONG), put("3.2.1 概述"), put(LONG)
        ),
        page(2, put("3.2.2 分类"), put(LONG), heading("4 要求"), put(LONG)),
    ]
    assert headings_in(pages) == [
        "# 3 术语",
        "## 3.1 泊位",
        "## 3.2 车位",
        "### 3.2.1 概述",
        "### 3.2.2 分类",
        "# 4 要求",
    ]


def test_numbered_lines_that_look_like_items_are_headings_by_their_look_or_number() -> None:
    bold = {"label": Label.LIST, "size": 12.0, "bold": True}
    pages = [
        page(1, heading("1 范围", 12.0), put(LONG), put("2 引用文件", **bold), put(LONG), heading("3 要求", 12.0)),
        page(2, put("3.1 架构", label=Label.LIST), put(LONG), put("3.2 性能", label=Label.LIST), put(LONG)),
        page(3, put(LONG), put("1. 支持断点续传", label=Label.LIST), put("2. 支持日志", label=Label.LIST), put(LONG)),
    ]
    assert headings_in(pages) == ["# 1 范围", "# 2 引用文件", "# 3 要求", "## 3.1 架构", "## 3.2 性能"]


def test_bold_numbers_below_those_that_the_contents_name_are_headings() -> None:
    outline = [OutlineEntry(level=1, title=f"第{n}节 业务", page=at) for at, n in enumerate("一二三", 1)]
    pages = [
        page(at, heading(f"第{n}节 业务", 16.0), heading(f"1、{n}部", 10.5), put(LONG), heading(f"2、{n}队", 10.5))
        for at, n in enumerate("一二三", 1)
    ]
    assert headings_in(pages, outline)[:3] == ["# 第一节 业务", "## 1、一部", "## 2、一队"]


def test_the_title_above_articles_that_are_set_as_large_is_above_them() -> None:
    pages = [page(1, heading("房屋租赁合同"), heading("第一条 房屋"), put(LONG), heading("第二条 期限"), put(LONG))]
    assert headings_in(pages) == ["# 房屋租赁合同", "## 第一条 房屋", "## 第二条 期限"]
    chapters = [page(at, heading(f"第{n}章 总则"), put(LONG)) for at, n in enumerate("一二三四", 2)]
    assert headings_in([page(1, heading("前言"), put(LONG)), *chapters])[:2] == ["# 前言", "# 第一章 总则"]


@pytest.mark.parametrize(
    ("text", "following", "title"),
    [
        ("江城市人民政府文件", "江政发〔2024〕12号", False),
        ("江城大学招标文件", "项目编号：JC-17", True),
        ("李文华¹，王建国²", "江城大学", False),
        ("欧阳明1,2，李四*", "江城大学", False),
        ("水利，生态", "江城大学", True),
    ],
)
def test_letterheads_and_authors_are_no_titles(text: str, following: str, title: bool) -> None:
    pages = [
        page(1, heading(text, 20.0), put(following), heading("一、要求"), put(LONG), heading("二、任务"), put(LONG))
    ]
    assert (f"# {text}" in headings_in(pages)) is title


@pytest.mark.parametrize("text", ["附录A（规范性附录） 数据字典", "附录A数据字典", "附录一 说明"])
def test_appendices_need_no_blank_behind_their_number(text: str) -> None:
    number = numbering_of(text)
    assert number and (number.kind, number.value) == ("appendix", 1)


def test_a_list_of_contents_that_was_read_as_a_table_names_headings() -> None:
    rows = ("| 第一章 | 绪论 | 1 |", "| 1.1 | 背景. . . . | 1 |", "| 1.2 | 方法 . . | 2 |", "| 第二章 | 结论 | 3 |")
    listed = page(1, heading("目 录"), put("\n".join((rows[0], "| --- | --- | --- |", *rows[1:])), label=Label.TABLE))
    assert contents_pages([listed]) == {1: ["第一章 绪论", "1.1 背景", "1.2 方法", "第二章 结论"]}
    chapter = page(2, heading("第一章 绪论"), put(LONG), heading("第二章 结论"), put(LONG))
    assert headings_in([listed, chapter]) == ["# 目 录", "# 第一章 绪论", "# 第二章 结论"]


def test_appendices_of_sections_are_on_their_level_also_without_a_title() -> None:
    pages = [
        page(1, heading("1 范围"), put(LONG), heading("2 要求"), put(LONG), heading("2.1 性能"), put(LONG)),
        page(2, heading("附录A"), put(LONG), heading("附录B 示例"), put(LONG)),
    ]
    assert headings_in(pages) == ["# 1 范围", "# 2 要求", "## 2.1 性能", "# 附录A", "# 附录B 示例"]


def test_looks_that_a_long_document_has_a_few_times_open_no_level() -> None:
    rare = [heading(f"Oddly Set {n}", size) for size in (30.0, 27.0, 24.0, 22.0, 20.0, 18.0) for n in (1, 2)]
    pages = [page(1, *rare, body())]
    for part in range(1, 61):
        sections = [block for n in range(1, 7) for block in (heading(f"{part}.{n} Rivers", 13.0), body())]
        pages.append(page(part + 1, heading(f"Chapter {part} Mills", 15.0), body(), *sections))
    levels = {text.split()[-1]: len(text.split()[0]) for text in headings_in(pages)}
    assert (levels["Mills"], levels["Rivers"]) == (2, 3)
