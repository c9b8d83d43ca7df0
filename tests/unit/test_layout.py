"""Pages with a text layer made Markdown: order, paragraphs, headings, lists, tables, what stays outside."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.engines.layout import reader as layout
from pipeline.engines.layout.cells.cells import Cell, Frame, Table, filled, frames_of_grid
from pipeline.engines.layout.lines.glyphs import PrintedLine
from pipeline.engines.layout.lines.headings import level_of, numbered_level
from pipeline.engines.layout.lines.joining import item_text, joined, words_of
from pipeline.engines.layout.lines.symbols import folded
from pipeline.engines.layout.order.order import reading_order
from pipeline.engines.pdf import mupdf
from stores.models import Label, PageText

LOREM = (
    "Reading a page means finding out which words belong together, and in what order somebody would read them aloud. "
)


def read(draw: Callable[[Any], None], *, recognised: bool = False, rotation: int = 0) -> PageText:
    """Read a page of 595 x 842 points that ``draw`` drew."""
    document = mupdf.load().open()
    try:
        page = document.new_page(width=595, height=842)
        draw(page)
        page.set_rotation(rotation)
        return layout.read_page(page, "test", recognised, None)
    finally:
        document.close()


def article(page: Any) -> None:
    page.insert_text((72, 90), "2.1 Reading pages", fontsize=18, fontname="hebo")
    page.insert_textbox((72, 120, 523, 300), LOREM * 4, fontsize=11)
    page.insert_textbox((72, 310, 523, 480), LOREM * 4, fontsize=11)
    page.insert_text((290, 820), "17", fontsize=9)


def test_blocks_point_into_the_markdown() -> None:
    page = read(article)
    assert page.markdown.startswith("### 2.1 Reading pages\n\nReading a page means")
    for block in page.blocks:
        assert (
            block.label in (Label.HEADER, Label.FOOTER)
            or block.text.split()[0] in page.markdown[block.start : block.end]
        )
        x0, y0, x1, y1 = block.box
        assert 0 <= x0 < x1 <= 595 and 0 <= y0 < y1 <= 842
    heading = page.blocks[0]
    assert (heading.label, heading.level, heading.lines[0].text) == (Label.HEADING, 3, "2.1 Reading pages")


def test_page_numbers_stand_outside() -> None:
    page = read(article)
    assert "17" not in page.markdown
    assert [block.text for block in page.blocks if block.label is Label.FOOTER] == ["17"]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_page_on_its_side_reads_the_same(rotation: int) -> None:
    page = read(article, rotation=rotation)
    assert page.markdown.startswith("### 2.1 Reading pages\n\nReading a page means")
    wide = 842 if rotation != 180 else 595
    assert all(block.box[2] <= wide for block in page.blocks)
    x0, y0, x1, y1 = page.blocks[0].box  # the heading stands at the edge that was the top
    assert {90: x0 > 700, 180: y0 > 700, 270: x1 < 142}[rotation], (x0, y0, x1, y1)


def test_a_huge_page_is_read_in_its_own_points() -> None:
    document = mupdf.load().open()
    page = document.new_page(width=14000, height=14000)
    page.insert_text((1000, 2000), "A banner of five metres", fontsize=900)
    text = layout.read_page(page, "test", False, None)
    document.close()
    assert "A banner of five metres" in text.markdown
    assert text.blocks[0].box[0] == pytest.approx(1000, abs=150)


def test_two_columns_in_order() -> None:
    def draw(page: Any) -> None:
        page.insert_textbox((60, 80, 285, 700), "First column begins. " + LOREM * 8 + "First column ends.", fontsize=10)
        page.insert_textbox((310, 80, 535, 700), "Second column begins. " + LOREM * 8, fontsize=10)

    text = read(draw).markdown
    assert text.index("First column ends.") < text.index("Second column begins.")


def test_invisible_text_is_read_where_it_was_recognised_only() -> None:
    def draw(page: Any) -> None:
        page.insert_text((72, 100), "This is printed on the page.", fontsize=12)
        page.insert_text((72, 200), "This was recognised by a machine.", fontsize=12, render_mode=3)

    assert "machine" not in read(draw).markdown
    assert "machine" in read(draw, recognised=True).markdown


def test_chinese_lines_are_joined_without_a_space() -> None:
    assert joined(["深度学习的参", "数很多，用 GPU", "训练"]) == "深度学习的参数很多，用 GPU训练"


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["an exam-", "ple of it"], "an example of it"),
        (["soft hy\u00ad", "phen"], "soft hyphen"),
        (["Jean-", "Paul"], "Jean-Paul"),
        (["pages 10-", "12"], "pages 10-12"),
        (["a word –", "a dash"], "a word – a dash"),
    ],
)
def test_hyphens_at_line_ends(lines: list[str], text: str) -> None:
    assert joined(lines) == text


def test_a_hyphen_that_the_page_knows_is_kept() -> None:
    words = words_of(["a well-known case"])
    assert joined(["it is well-", "known"], words) == "it is well-known"


def test_characters_are_made_plain() -> None:
    assert [folded(char) for char in "ﬁ⽂\u00a0\u200b"] == ["fi", "文", " ", ""]
    assert folded("\uf061", "symbolmt") == "α"
    assert folded("\uf0b7", "wingdings-regular") == "•"
    assert folded("\uf0e0", "fontawesome") == ""


def test_fonts_of_journals_have_codes_of_their_own() -> None:
    assert "".join(folded(char, "advp4c4e74") for char in "ð½¼þjÞ") == "([=+|)"
    assert [folded(char, "advp4c4e51") for char in ":;=<"] == [".", ",", "/", "<"]
    assert [folded(char, "advp4c4e59") for char in "€^~\ufffd"] == ["¨", "ˆ", "˜", "´"]
    assert folded("¼", "advp7627") == "¼", "a font that sets words"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("第三章 结论", 1),
        ("Chapter 3 Results", 1),
        ("第二节 方法", 2),
        ("一、背景", 2),
        ("（二）目标", 3),
        ("2.3 Method", 3),
        ("2.3.1 Data", 4),
        ("4 Results", 2),
        ("A.1 Proofs", 3),
        ("Results", 0),
        ("2018 was a year", 0),
    ],
)
def test_levels_of_numbered_headings(text: str, level: int) -> None:
    assert numbered_level(text) == level


def test_levels_by_size() -> None:
    levels = [level_of("Results", size, 10.0, title=False) for size in (24.0, 14.0, 11.0, 10.0)]
    assert levels == [1, 2, 3, 4]


def test_list_items_are_markdown() -> None:
    assert [item_text(text) for text in ("• one", "2) two", "1. three", "（3）四")] == [
        "- one",
        "2) two",
        "1. three",
        "- （3）四",
    ]


def test_reading_order_of_a_heading_over_two_columns() -> None:
    boxes = [
        (310.0, 100.0, 540.0, 400.0),
        (60.0, 40.0, 540.0, 70.0),
        (60.0, 260.0, 290.0, 400.0),
        (60.0, 100.0, 290.0, 250.0),
    ]
    assert reading_order(boxes) == [1, 3, 2, 0]


def test_tables_are_pipes_or_html_where_cells_span() -> None:
    def draw(page: Any) -> None:
        for row in range(4):
            page.draw_line((72, 100 + 30 * row), (372, 100 + 30 * row))
        for column in range(4):
            page.draw_line((72 + 100 * column, 100), (72 + 100 * column, 190))
        for row, texts in enumerate([("Name", "Year", "Sum"), ("Alpha", "2019", "1|5"), ("Beta", "2020", "27")]):
            for column, text in enumerate(texts):
                page.insert_text((80 + 100 * column, 120 + 30 * row), text)
        page.insert_textbox((72, 300, 523, 500), LOREM * 4, fontsize=11)

    page = read(draw)
    assert "| Name | Year | Sum |\n| --- | --- | --- |\n| Alpha | 2019 | 1\\|5 |\n| Beta | 2020 | 27 |" in page.markdown
    table = next(block for block in page.blocks if block.label is Label.TABLE)
    assert table.text.splitlines()[1] == "Alpha\t2019\t1|5"
    assert {line.text for line in table.lines} >= {"Alpha", "2020"}


def test_spanning_cells() -> None:
    from pipeline.engines.layout.lines.glyph import Glyph
    from pipeline.engines.layout.lines.glyphs import fragment
    from pipeline.engines.layout.lines.styles import Style

    style = Style(size=10.0, bold=False, mono=False, raised=False, hidden=False)

    def at(text: str, x: float, y: float) -> Any:
        return fragment([Glyph(char, x + 5 * i, y, x + 5 * i + 5, y + 10, style) for i, char in enumerate(text)])

    frames = [Frame(0, 0, 1, 2, (0, 0, 100, 20), True), *frames_of_grid([0, 50, 100], [20, 40])]
    parts = [at("both", 40, 5), at("left", 5, 25), at("<r>", 60, 25)]
    table = filled(parts, frames, frozenset())
    assert table is not None
    assert '<th colspan="2">both</th>' in table.markdown()
    assert "&lt;r&gt;" in table.markdown()


def test_own_line_breaks_are_kept_and_full_lines_run_on() -> None:
    from pipeline.engines.layout.writing.blocks import pieces

    def line(text: str, y: float, x0: float = 72.0) -> PrintedLine:
        return PrintedLine(text, (x0, y, x0 + 5.0 * len(text), y + 10), 10.0, False, False)

    address = [line("Ingot Works Ltd", 100), line("7 Mill Lane", 112), line("Sheffield S1 2AB, United Kingdom", 124)]
    assert [len(piece.parts) for piece in pieces(address, Label.TEXT, 10.0)] == [3]
    prose = [line("a line that is as full as a line of text can be here", 100), line("and goes on", 112)]
    assert [len(piece.parts) for piece in pieces(prose, Label.TEXT, 10.0)] == [1]
    items = [line("• first", 100), line("• second", 112), line("Afterwards", 130, 40.0)]
    assert [piece.label for piece in pieces(items, Label.TEXT, 10.0)] == [Label.LIST, Label.TEXT]


def setting(
    rows: list[str], x: float = 80, y: float = 80, size: float = 10.5, step: float = 18
) -> Callable[[Any], None]:
    """Draw lines of Chinese or Latin text below one another."""

    def draw(page: Any) -> None:
        for at, row in enumerate(rows):
            page.insert_text((x, y + step * at), row, fontname="china-s", fontsize=size)

    return draw


@pytest.mark.parametrize(
    "rows",
    [
        ["合同编号：HT-2024-0815甲", "甲方（委托方）：临港海图测绘", "乙方（受托方）：青鸥软件股份"],
        ["Invoice number: RE-2024-0815", "Invoice date: 03 April 2024", "Payment due: 17 April 2024."],
        ["Rechnungsnummer: RE-2024-08", "Rechnungsdatum: 03.04.2024", "Zahlbar bis: 17. April 2024"],
        ["姓名：沈未名先生", "性别：男（已婚）", "住址：临港新城一号"],
    ],
)
def test_values_behind_labels_are_lines_however_long(rows: list[str]) -> None:
    lines = read(setting(rows)).markdown.splitlines()
    assert [line.lstrip("# ") for line in lines if line] == rows


@pytest.mark.parametrize("leader", [".", "…", "⋯", "·", ". "])
def test_entries_of_a_contents_page_are_lines(leader: str) -> None:
    titles = ["前言", "第一章 绪论", "1.1 研究背景", "第二章 港口的历史", "参考文献"]

    def draw(page: Any) -> None:
        page.insert_text((270, 70), "目 录", fontname="china-s", fontsize=18)
        for at, title in enumerate(titles):
            y = 110 + 20 * at
            page.insert_text((80, y), title, fontname="china-s", fontsize=11)
            page.insert_text((220, y), leader * (24 if leader in "…⋯" else 60), fontname="china-s", fontsize=9)
            page.insert_text((505, y), str(3 + 4 * at), fontname="china-s", fontsize=11)

    entries = [re.sub(r"[-|#…\s]+", "", line) for line in read(draw).markdown.splitlines()]
    wanted = [re.sub(r"\s", "", f"{title}{3 + 4 * at}") for at, title in enumerate(titles)]
    assert [entry for entry in entries if entry][1:] == wanted


def test_options_of_a_question_are_items() -> None:
    rows = ["1．账簿始于何时（　　）", "A．账簿始于春天", "B．账簿始于秋天", "C、共有十卷", "D. 不可查阅"]
    lines = [line for line in read(setting(rows)).markdown.splitlines() if line]
    assert lines[1:] == [f"- {row}" for row in rows[1:]]


def test_a_title_over_the_middle_column_comes_first() -> None:
    title = (220.0, 47.0, 340.0, 85.0)
    columns = [
        (50.0 + 170 * n, 100.0 + 155 * row, 205.0 + 170 * n, 250.0 + 150 * row) for n in range(3) for row in (0, 1)
    ]
    assert reading_order([*columns, title]) == [6, 0, 1, 2, 3, 4, 5]


def test_lines_that_are_indented_are_no_table() -> None:
    texts = {(0, 0): "Contents", (1, 1): "1 Scope 2", (2, 1): "2 Terms 3"}
    cells = tuple(Cell(row, column, (0, 0, 1, 1), text) for (row, column), text in texts.items())
    assert Table(cells, (0, 0, 1, 1)).is_stepped
    beside = Cell(2, 2, (0, 0, 1, 1), "5")
    assert not Table((*cells, beside), (0, 0, 1, 1)).is_stepped
