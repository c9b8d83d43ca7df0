"""Text that a page draws in unusual ways: as pictures of lines, spaced out."""

from __future__ import annotations

from typing import Any

from pipeline.engines.layout import reader
from pipeline.engines.pdf import mupdf

pymupdf = mupdf.load()


def markdown_of(document: Any) -> str:
    """The Markdown of the first page of a document, saved and opened again."""
    saved = pymupdf.open("pdf", document.tobytes())
    return reader.read_page(saved[0], "test", False, None).markdown


def a_page() -> tuple[Any, Any]:
    document = pymupdf.open()
    page = document.new_page(width=400, height=300)
    page.insert_text((50, 60), "The harbour keeps nine cranes and a loft for sails.", fontsize=11)
    page.insert_text((50, 120), "Its books were kept by the clerks of the salt union.", fontsize=11)
    return document, page


def test_a_line_that_a_picture_shows_is_text_of_the_page() -> None:
    document, page = a_page()
    page.insert_text((50, 90), "Alder Labs, Programmer, 2016 - 2018", fontsize=11, render_mode=3)
    picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 200, 12), False)
    picture.clear_with(120)
    page.insert_image(pymupdf.Rect(48, 80, 260, 93), pixmap=picture, keep_proportion=False)
    assert "Alder Labs, Programmer, 2016 - 2018" in markdown_of(document)


def test_an_invisible_line_without_a_picture_is_left_out() -> None:
    document, page = a_page()
    page.insert_text((50, 90), "Alder Labs, Programmer, 2016 - 2018", fontsize=11, render_mode=3)
    assert "Alder" not in markdown_of(document)


def test_a_line_spaced_out_with_its_numbers_is_put_together() -> None:
    document, page = a_page()
    x = 50.0
    for word in ("OKTOBER", "2023", "-", "MAI", "2024"):
        for char in word:
            page.insert_text((x, 90), char, fontsize=11)
            x += pymupdf.get_text_length(char, fontsize=11) + 2.0
        x += 5.0
    assert "OKTOBER 2023 - MAI 2024" in markdown_of(document)


def test_a_row_of_single_numbers_is_no_word() -> None:
    document, page = a_page()
    page.insert_text((50, 90), "1 0 0 1 1 0 1 0 0 1", fontsize=11)
    assert "1 0 0 1 1 0 1 0 0 1" in markdown_of(document)


def test_dots_that_lead_to_a_number_space_nothing_out() -> None:
    document, page = a_page()
    page.insert_text((50, 90), "Sails for i boats " + ". " * 30 + "ix", fontsize=11)
    assert "Sails for i boats" in markdown_of(document)
