"""Blocks of Markdown placed on a page by recognised lines."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.contracts import PageImage
from pipeline.engines.got.block_boxes import NOWHERE, around, is_placed, place
from pipeline.engines.got.markdown import to_markdown
from stores.clean_text import clean
from stores.models import Block, Box, Label, Line, PageText
from tests.counting import operations

WIDTH, HEIGHT = 595.0, 842.0


def line(text: str, x0: float, y0: float, x1: float | None = None, height: float = 10.0) -> Line:
    return Line(box=(x0, y0, x1 if x1 is not None else x0 + 5.0 * len(text), y0 + height), text=text)


def placed(markdown: str, *lines: Line) -> tuple[Block, ...]:
    return place(markdown, lines, WIDTH, HEIGHT)


def test_paragraph_gets_its_lines_with_its_own_text() -> None:
    markdown = "## 1. Scope\n\nThis agreement covers every delivery of goods, and nothing else."
    heading, paragraph = placed(
        markdown,
        line("1.Scope", 50, 100),
        line("This agreernent covers every", 50, 130),
        line("delivery of g0ods,and nothing else.", 50, 145),
    )
    assert (heading.label, heading.level, heading.box, heading.text) == (
        Label.HEADING, 2, (50, 100, 85, 110), "1. Scope",
    )  # fmt: skip
    assert markdown[paragraph.start : paragraph.end] == paragraph.text
    assert [one.text for one in paragraph.lines] == [
        "This agreement covers every",
        "delivery of goods, and nothing else.",
    ]
    assert paragraph.box == (50, 130, 225, 155)


def test_order_of_lines_does_not_matter() -> None:
    markdown = "# Title here\n\nThe left column speaks first.\n\nThe right column follows later."
    lines = [
        line("The right column follows later.", 300, 100),
        line("Title here", 200, 50),
        line("The left column speaks first.", 50, 100),
    ]
    title, left, right = placed(markdown, *lines)
    assert (title.label, title.level) == (Label.TITLE, 1)
    assert (title.box[0], left.box[0], right.box[0]) == (200, 50, 300)


def test_chinese_lines() -> None:
    markdown = "## 第二条　价款\n\n甲方应当在收到发票后三十日内，向乙方支付全部价款；逾期的，按日支付违约金。"
    heading, paragraph = placed(
        markdown,
        line("第二条价款", 50, 100, 120),
        line("甲方应当在收到发票后三十日內,向乙方", 50, 120, 300),
        line("支付全部价款；逾期的，按日支付违约金。", 50, 135, 320),
    )
    assert heading.box == (50, 100, 120, 110)
    assert [one.text for one in paragraph.lines] == [
        "甲方应当在收到发票后三十日内，向乙方",
        "支付全部价款；逾期的，按日支付违约金。",
    ]


def test_cells_of_a_pipe_table_are_lines() -> None:
    markdown = "| Item | Qty | Price |\n| --- | --- | --- |\n| Bolt | 4 | 12.50 |\n| Nut | 9 | 1.25 |"
    rows = [("Item", "Qty", "Price"), ("Bolt", "4", "12.50"), ("Nut", "9", "1.25")]
    lines = [line(text, 50 + 100 * x, 100 + 20 * y) for y, row in enumerate(rows) for x, text in enumerate(row)]
    (table,) = placed(markdown, *lines)
    assert table.label is Label.TABLE
    assert table.text == "Item\tQty\tPrice\nBolt\t4\t12.50\nNut\t9\t1.25"
    assert [(one.text, one.box) for one in table.lines] == [(one.text, one.box) for one in lines]


def test_a_line_over_several_cells_is_shared_among_them() -> None:
    markdown = "<table>\n<tr><th>Name</th><th>Sum</th></tr>\n<tr><td>Bolts &amp; nuts</td><td>1234</td></tr>\n</table>"
    (table,) = placed(markdown, line("Name Sum", 50, 100, 120), line("Bolts & nuts 1234", 50, 120, 190))
    assert [one.text for one in table.lines] == ["Name", "Sum", "Bolts & nuts", "1234"]
    name, amount = table.lines[2].box, table.lines[3].box
    assert name[0] == 50 and name[2] == amount[0] and amount[2] == 190


def test_a_cell_that_ocr_missed_keeps_its_text() -> None:
    markdown = "| Item | Price |\n| --- | --- |\n| Long name of a thing | 7 |"
    (table,) = placed(markdown, line("Item", 50, 100), line("Price", 200, 100), line("Long name of a thing", 50, 120))
    assert table.lines[-1] == Line(box=(200, 120, 225, 130), text="7")


def test_a_row_that_ocr_missed_stands_between_its_neighbours() -> None:
    markdown = "| Item | Price |\n| --- | --- |\n| ? | 7 |\n| Nails | 12.50 |"
    lines = [line("Item", 50, 100), line("Price", 200, 100), line("Nails", 50, 140), line("12.50", 200, 140)]
    (table,) = placed(markdown, *lines)
    assert [one.text for one in table.lines] == ["Item", "Price", "?", "7", "Nails", "12.50"]
    assert table.lines[3].box == (200, 110, 225, 140)


def test_output_of_a_model_from_latex_to_boxes() -> None:
    text = (
        "\\section*{2 Prices}\n\\begin{tabular}{|l|c|}\n\\hline \\multicolumn{2}{|c|}{All in \\textbf{EUR}} \\\\\n"
        "\\hline Bolt & \\( 12.50 \\) \\\\\n\\hline\n\\end{tabular}\nValid until 1 May\\footnotetext{"
    )
    lines = [line("2 Prices", 50, 50), line("All in EUR", 50, 80), line("Bolt", 50, 95), line("12.50", 150, 95)]
    heading, table, paragraph = placed(to_markdown(text), *lines, line("Valid until 1 May", 50, 130))
    assert (heading.label, heading.level, heading.box[1]) == (Label.HEADING, 2, 50)
    assert [one.text for one in table.lines] == ["All in EUR", "Bolt", "12.50"]
    assert table.lines[2].box == lines[3].box
    assert paragraph.text == "Valid until 1 May" and paragraph.box[1] == 130


def test_items_of_a_list() -> None:
    markdown = "- first thing to do\n- second thing to do\n  1. detail of it"
    lines = [line(text, 60, 100 + 15 * at) for at, text in enumerate(("• first thing to do", "• second thing to do"))]
    (items,) = placed(markdown, *lines, line("1. detail of it", 70, 130))
    assert items.label is Label.LIST
    assert [one.text for one in items.lines] == ["first thing to do", "second thing to do", "1. detail of it"]
    assert items.box[1] == 100 and items.box[3] == 140


def test_what_is_not_printed_is_nowhere() -> None:
    real, invented = placed(
        "Words that are on the page.\n\nChristmas collection two thousand",
        line("Words that are on the page.", 50, 100),
    )
    assert is_placed(real)
    assert not is_placed(invented) and invented.box == NOWHERE and invented.lines == ()
    assert invented.text == "Christmas collection two thousand"


def test_the_same_words_twice_go_to_two_places() -> None:
    first, second = placed("Signature\n\nSignature", line("Signature", 50, 700), line("Signature", 300, 700))
    assert (first.box[0], second.box[0]) == (50, 300)


def test_capitals_tell_the_same_words_apart() -> None:
    title, link = placed("# John Doe\n\njohn.doe", line("john.doe", 400, 100), line("John Doe", 50, 50))
    assert (title.box[1], link.box[1]) == (50, 100)


def test_a_formula_takes_the_lines_between_its_neighbours() -> None:
    markdown = (
        "The energy of the body is then\n\n$$\nE = \\frac{m c^{2}}{\\gamma}\n$$\n\nwhere the speed of light is c."
    )
    lines = [
        line("The energy of the body is then", 50, 100),
        line("三=1", 200, 125),
        line("where the speed of light is c.", 50, 150),
    ]
    _, formula, _ = placed(markdown, *lines)
    assert formula.label is Label.FORMULA and formula.box == lines[1].box
    assert formula.lines[0].text == "E = \\frac{m c^{2}}{\\gamma}"


def test_boxes_stay_on_the_page() -> None:
    (block,) = placed("Words at the very edge", Line(box=(-5, -3, 700, 12), text="Words at the very edge"))
    assert block.box == (0, 0, WIDTH, 12)


def test_code_and_formula_blocks_are_told_apart() -> None:
    labels = [block.label for block in placed("```\na = 1\n\nb = 2\n```\n\n$$x$$\n\ntext\n- item")]
    assert labels == [Label.TEXT, Label.FORMULA, Label.TEXT, Label.LIST]


SIGNS = ["# ", "- ", "| a | b |", "| --- | --- |", "<table>", "<tr><td>", "</table>", "$$", "```", "\n", "\n\n"]
MARKDOWN = st.lists(st.sampled_from(SIGNS) | st.text(max_size=12), max_size=30).map("".join)
LINES = st.lists(
    st.builds(lambda text, x, y: line(text, x, y, x + 40), st.text(max_size=12), st.floats(0, 500), st.floats(0, 800)),
    max_size=12,
)


@given(MARKDOWN, LINES)
@settings(max_examples=200, deadline=None)
def test_offsets_and_texts_hold_for_any_input(markdown: str, lines: list[Line]) -> None:
    markdown = clean(markdown)  # as every text is that enters
    blocks = place(markdown, lines, WIDTH, HEIGHT)
    assert place(markdown, lines, WIDTH, HEIGHT) == blocks
    ends = [0, *(block.end for block in blocks)]
    for end, block in zip(ends, blocks, strict=False):
        assert end <= block.start <= block.end <= len(markdown)
        assert bool(block.lines) <= is_placed(block) or not any(block.box)
        if block.lines:
            assert _squeezed(" ".join(one.text for one in block.lines)) == _squeezed(block.text)
    covered = "".join(markdown[block.start : block.end] for block in blocks)
    assert _squeezed(covered) == _squeezed(markdown)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def large_page(size: int) -> tuple[str, list[Line]]:
    """Markdown of so many words, and its lines in another order."""
    rng = random.Random(5)
    words = ["".join(rng.choices("abcdefghijklmnop", k=rng.randint(2, 9))) for _ in range(size)]
    rows = [" ".join(words[at : at + 12]) for at in range(0, len(words), 12)]
    markdown = "\n\n".join(" ".join(rows[at : at + 6]) for at in range(0, len(rows), 6))
    lines = [line(text, 50, 10 + 6 * at, height=5) for at, text in enumerate(rows)]
    rng.shuffle(lines)
    return markdown, lines


def test_the_work_grows_as_the_page() -> None:
    small, (markdown, lines) = large_page(375), large_page(1500)
    assert operations(lambda: placed(markdown, *lines)) < 5 * operations(lambda: placed(small[0], *small[1]))
    blocks = placed(markdown, *lines)
    assert all(map(is_placed, blocks))
    assert [len(block.lines) for block in blocks] == [6] * 20 + [5]


@pytest.mark.parametrize("text", ["a" * 20000, "ab " * 8000, "\n\n".join(["Total 1"] * 800)])
def test_the_work_on_monotonous_text_is_bounded(text: str) -> None:
    same = [line("a" * 60, 50, 10 * at) for at in range(60)] + [line("Total 1", 50, at) for at in range(60)]
    assert operations(lambda: placed(text, *same)) < 30_000_000


@pytest.mark.corpora
@pytest.mark.parametrize(
    "folder, name, number", [("tabula", "eu-003.pdf", 1), ("rendercv_history", "John_Doe_ClassicTheme_CV.pdf", 1)]
)
def test_pages_read_twice(folder: str, name: str, number: int, tmp_path: Path, corpora: Path) -> None:
    """The text layer's Markdown stands for a text-only reader's; its own boxes are the truth."""
    path = min((corpora / folder).rglob(name))
    truth, read = _read_twice(path, number, tmp_path)
    lines = [one for block in read.blocks for one in block.lines]
    blocks = place(truth.markdown, lines, 2000.0, 2000.0)
    printed = [block for block in truth.blocks if block.end > block.start and block.label is not Label.FIGURE]
    right = sum(_is_right(block, blocks) for block in printed)
    assert printed and right >= 0.9 * len(printed)


def _read_twice(path: Path, number: int, folder: Path) -> tuple[PageText, PageText]:
    import pymupdf

    from pipeline.engines.ocr.rapidocr_reader import RapidOcrReader
    from pipeline.engines.pdf.text_layer import PyMuPdfText

    with pymupdf.open(path) as document:
        page = document[number - 1]
        page.get_pixmap(dpi=150).save(folder / "page.png")
        image = PageImage(path=folder / "page.png", number=number, width_pt=page.rect.width, height_pt=page.rect.height)
    return PyMuPdfText().read(path, "", number), RapidOcrReader().read(image)


def _is_right(truth: Block, blocks: tuple[Block, ...]) -> bool:
    mine = [block.box for block in blocks if block.start < truth.end and block.end > truth.start and is_placed(block)]
    return bool(mine) and _overlap(around(mine), around([one.box for one in truth.lines])) >= 0.5


def _overlap(one: Box, other: Box) -> float:
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height / max(areas - width * height, 1e-6)
