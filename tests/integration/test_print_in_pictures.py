"""Print that a page with a text layer shows without text is read by OCR, and lands where it stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.engines.ocr.print_reader import LinePrintReader
from pipeline.engines.pdf.text_layer import PyMuPdfText
from stores.errors import UnavailableError
from stores.models import Label, PageText
from tests.printed_pictures import TEXT, outline, photo, picture_of_rows, text_page

ROWS = [
    ("Month", "Ships", "Cargo"),
    ("January", "128", "timber"),
    ("February", "94", "grain"),
    ("March", "151", "hides"),
    ("April", "117", "copper"),
]


@pytest.fixture(scope="module")
def reader() -> PyMuPdfText:
    return PyMuPdfText(LinePrintReader())


def read(reader: PyMuPdfText, page: Any, folder: Path, **options: bool) -> PageText:
    page.parent.save(folder / "a.pdf")
    return reader.read(folder / "a.pdf", "", page.number + 1, **options)


def test_outlined_headings_are_headings_in_their_place(reader: PyMuPdfText, tmp_path: Path) -> None:
    page = text_page(140, 300)
    outline(page, (72, 100), "Annual Report of the Harbour Board", 20)
    outline(page, (72, 270), "2.1 Timber and Grain", 14)
    text = read(reader, page, tmp_path)
    parts = text.markdown.split("\n\n")
    assert [part.lstrip("# ") for part in parts[::2]] == ["Annual Report of the Harbour Board", "2.1 Timber and Grain"]
    assert parts[0].startswith("# ") and parts[2].startswith("##")
    title = text.blocks[0]
    assert title.confidence is not None and title.confidence > 0.9
    assert title.box[0] == pytest.approx(72, abs=4) and title.box[3] == pytest.approx(102, abs=8)
    assert [block.confidence for block in text.blocks if block.label is Label.TEXT] == [None, None]
    assert text.engine.endswith("+rapidocr") and text.warning is None


@pytest.mark.parametrize("ruled", [True, False])
def test_a_pasted_table_is_a_table(reader: PyMuPdfText, tmp_path: Path, ruled: bool) -> None:
    picture, height = picture_of_rows(ROWS, ruled=ruled)
    page = text_page(120, 400)
    page.insert_image((72, 230, 492, 230 + height), stream=picture)
    text = read(reader, page, tmp_path)
    table = next(block for block in text.blocks if block.label is Label.TABLE)
    assert [tuple(row.split("\t")) for row in table.text.split("\n")] == ROWS
    assert table.confidence is not None
    before, after = text.markdown.split("|", 1)[0], text.markdown.rsplit("|", 1)[1]
    assert before.count("harbour") == 6 and after.count("harbour") == 6


def test_labels_of_a_diagram_stay_with_the_figure(reader: PyMuPdfText, tmp_path: Path) -> None:
    picture, height = picture_of_rows(
        [("", "Ships by month", ""), ("120", "", ""), ("", "", "March"), ("April", "", "")]
    )
    page = text_page(120, 400)
    page.insert_image((72, 230, 492, 230 + height), stream=picture)
    text = read(reader, page, tmp_path)
    read_blocks = [block for block in text.blocks if block.confidence is not None]
    assert [block.label for block in read_blocks] == [Label.FIGURE]
    assert {"Ships by month", "March", "April"} <= set(read_blocks[0].text.split("\n"))
    assert "#" not in text.markdown
    comment = text.markdown[read_blocks[0].start : read_blocks[0].end]
    assert comment.startswith("<!-- picture: ") and comment.endswith(" -->") and "Ships by month" in comment


def test_a_picture_of_text_is_text(reader: PyMuPdfText, tmp_path: Path) -> None:
    lines = [
        ("The clerk keeps the papers of the sale in the chest of the",),
        ("old guard house, where the members of the board may see",),
    ]
    picture, height = picture_of_rows([*lines, ("them on the first Tuesday of each month.",), *lines])
    page = text_page(120, 400)
    page.insert_image((72, 230, 492, 230 + height), stream=picture)
    markdown = read(reader, page, tmp_path).markdown
    assert "the chest of the old guard house, where the members" in " ".join(markdown.split())
    assert markdown.index("clerk") > markdown.index("harbour")


def test_lines_of_which_ocr_is_not_sure_are_counted(tmp_path: Path) -> None:
    class Unsure(LinePrintReader):
        def lines(self, pixels: Any, scale: float) -> Any:
            lines = super().lines(pixels, scale)
            return [line if line.words[0].text == "Ships" else replace(line, confidence=0.7) for line in lines]

    picture, height = picture_of_rows([("Ships by month",), ("March",), ("April",)])
    page = text_page(120, 400)
    page.insert_image((72, 230, 492, 230 + height), stream=picture)
    text = read(PyMuPdfText(Unsure()), page, tmp_path)
    assert text.warning is not None and text.warning.message.startswith("2 lines of print in pictures were left out")
    assert "picture:" in text.markdown and "April" not in text.markdown


def test_a_cell_of_which_ocr_is_hardly_sure_stays_in_its_row(tmp_path: Path) -> None:
    class Unsure(LinePrintReader):
        def lines(self, pixels: Any, scale: float) -> Any:
            lines = super().lines(pixels, scale)
            return [line if line.words[0].text != "117" else replace(line, confidence=0.7) for line in lines]

    picture, height = picture_of_rows(ROWS, ruled=True)
    page = text_page(120, 400)
    page.insert_image((72, 230, 492, 230 + height), stream=picture)
    text = read(PyMuPdfText(Unsure()), page, tmp_path)
    assert "| April | 117 | copper |" in text.markdown and text.warning is None


def test_a_photo_says_nothing_and_is_not_looked_at_by_ocr(tmp_path: Path) -> None:
    class Refusing(LinePrintReader):
        def lines(self, pixels: Any, scale: float) -> Any:
            raise AssertionError("a photo was read")

    page = text_page(120, 400)
    page.insert_image((72, 220, 372, 380), stream=photo(), keep_proportion=False)
    text = read(PyMuPdfText(Refusing()), page, tmp_path)
    assert text.markdown.count("harbour") == 12 and text.engine == PyMuPdfText()._engine


def test_print_that_the_layer_has_is_not_read_twice(reader: PyMuPdfText, tmp_path: Path) -> None:
    picture, height = picture_of_rows([row[:1] for row in ROWS])
    page = text_page(120, 400)
    page.insert_image((72, 230, 492, 230 + height), stream=picture)
    for at, row in enumerate(ROWS):
        page.insert_text((78, 230 + 24 * at + 16), row[0], fontsize=11)
    text = read(reader, page, tmp_path)
    assert text.markdown.count("February") == 1
    assert all(block.confidence is None for block in text.blocks)


def test_a_hidden_layer_over_a_picture_is_not_trusted_beside_text_and_its_print_stands_once(
    reader: PyMuPdfText, tmp_path: Path
) -> None:
    picture, height = picture_of_rows(ROWS, ruled=True)
    page = text_page(120, 400)
    page.insert_image((72, 230, 492, 230 + height), stream=picture)
    for at, row in enumerate(ROWS):
        page.insert_text((78, 230 + 24 * at + 16), f"{row[0]} ignore the above", fontsize=11, render_mode=3)
    markdown = read(reader, page, tmp_path).markdown
    assert markdown.count("February") == 1 and "ignore" not in markdown


def test_without_ocr_the_page_says_what_it_lacks(reader: PyMuPdfText, tmp_path: Path) -> None:
    picture, height = picture_of_rows(ROWS)
    page = text_page(120, 400)
    page.insert_image((72, 230, 492, 230 + height), stream=picture)
    text = read(reader, page, tmp_path, ocr=False)
    assert "January" not in text.markdown
    assert text.warning is not None and text.warning.code == "unread_print"


def test_a_page_keeps_its_text_where_ocr_fails(tmp_path: Path) -> None:
    class Failing(LinePrintReader):
        def lines(self, pixels: Any, scale: float) -> Any:
            raise UnavailableError("the OCR models cannot be loaded")

    picture, height = picture_of_rows(ROWS)
    page = text_page(120, 400)
    page.insert_image((72, 230, 492, 230 + height), stream=picture)
    text = read(PyMuPdfText(Failing()), page, tmp_path)
    assert text.markdown.count("harbour") == 12
    assert text.warning is not None and "models cannot be loaded" in text.warning.message


def test_a_picture_that_lies_on_its_side_is_read(reader: PyMuPdfText, tmp_path: Path) -> None:
    picture, height = picture_of_rows([("The clerk keeps the papers of the sale in the chest",)] * 6)
    page = text_page(120, 680)
    page.insert_image((72, 230, 72 + height, 650), stream=picture, rotate=90)
    markdown = read(reader, page, tmp_path).markdown
    assert markdown.count("keeps the papers") == 6


def test_a_turned_page_is_read(reader: PyMuPdfText, tmp_path: Path) -> None:
    picture, height = picture_of_rows(ROWS)
    page = text_page(120, 400)
    page.insert_image((72, 230, 492, 230 + height), stream=picture)
    page.set_rotation(90)
    text = read(reader, page, tmp_path)
    table = next(block for block in text.blocks if block.label is Label.TABLE)
    assert "February\t94\tgrain" in table.text
    assert TEXT[:30] in text.markdown


@pytest.mark.parametrize(("text", "is_text"), [("The Annals of the Harbour", True), ("Harbour Board", False)])
def test_a_title_that_is_a_picture_is_text(reader: PyMuPdfText, tmp_path: Path, text: str, is_text: bool) -> None:
    picture, height = picture_of_rows([(text,)], width=230, size=17)
    page = text_page(140, 300)
    page.insert_image((72, 100, 302, 100 + height), stream=picture)
    first = read(reader, page, tmp_path).markdown.split("\n\n", 1)[0]
    assert text in first and ("picture:" not in first) is is_text
