"""Lines that are set far apart, as in theses and briefs, are paragraphs all the same."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from pipeline.engines.layout.lines.glyphs import PrintedLine
from pipeline.engines.layout.regions.regions import Region, put_together
from pipeline.engines.pdf.text_layer import PyMuPdfText
from stores.models import Label

ENGLISH = (
    "The court finds that the agreement between the parties was made in good faith and that the delay of the delivery "
    "was caused by the carrier, who had been told of the date by the buyer in a letter of the first of May. "
)
CHINESE = "法院认为双方签订的合同合法有效，迟延交货系由承运人所致，而承运人已于五月一日收到买方关于交货日期的书面通知。"


@pytest.mark.parametrize("apart", [1.5, 2.0, 2.4])
@pytest.mark.parametrize(("text", "font", "blank"), [(ENGLISH, "tiro", " "), (CHINESE, "china-s", "")])
def test_lines_far_apart_are_paragraphs(text: str, font: str, blank: str, apart: float, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    top = 80.0
    for _ in range(2):
        box = (72, top, 540, top + 300)
        indent = "\u3000\u3000" if font == "china-s" else 8 * " "
        left = page.insert_textbox(box, indent + 3 * text, fontname=font, fontsize=12, lineheight=apart)
        assert left >= 0
        top += 300 - left
    document.save(tmp_path / "a.pdf")
    paragraphs = PyMuPdfText().read(tmp_path / "a.pdf", "", 1).markdown.split("\n\n")
    assert [part.replace(" ", "") for part in paragraphs] == 2 * [(3 * text).replace(" ", "")]


STOPS = ["the agreement was made in good faith by the parties to it in the May.", "Nobody was told of the day."]
CHINESE_STOPS = ["双方签订的合同合法有效，迟延交货系由承运人所致，承运人已收到书面通知。", "买方因此不承担责任。"]


@pytest.mark.parametrize(("lines", "indent", "paragraphs"), [(STOPS, 24, 1), (STOPS, 0, 2), (CHINESE_STOPS, 24, 1)])
def test_a_sentence_that_ends_with_its_line_ends_no_indented_paragraph(
    lines: list[str], indent: float, paragraphs: int, tmp_path: Path
) -> None:
    document = pymupdf.open()
    page = document.new_page()
    font = "tiro" if lines[0].isascii() else "china-s"
    for row, line in enumerate(lines):
        page.insert_text((72 + (0 if row else indent), 100 + 32 * row), line, fontname=font, fontsize=12)
    document.save(tmp_path / "a.pdf")
    assert len(PyMuPdfText().read(tmp_path / "a.pdf", "", 1).markdown.split("\n\n")) == paragraphs


def test_short_lines_far_apart_stand_for_themselves(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    lines = [
        "Name of the applicant and of those who live with him,",
        "address of the flat",
        "and telephone, if there is one",
    ]
    for row, line in enumerate(lines):
        page.insert_text((72, 100 + 28 * row), line, fontname="tiro", fontsize=12)
    page.insert_textbox((72, 200, 540, 500), 3 * ENGLISH, fontname="tiro", fontsize=12)
    document.save(tmp_path / "a.pdf")
    markdown = PyMuPdfText().read(tmp_path / "a.pdf", "", 1).markdown
    assert "him, address" not in markdown


@pytest.mark.parametrize(
    ("names", "texts"),
    [
        (["Ann Roe, Office of the Assistant Secretary for Preparedness and Response", "Sam Doe, Weather Office"], 2),
        (["the Office of the Assistant Secretary for Preparedness and for the", "weather of the whole country"], 1),
    ],
)
def test_names_below_one_another_stand_for_themselves(names: list[str], texts: int) -> None:
    regions = []
    for row, name in enumerate(names):
        box = (72.0, 100.0 + 28 * row, 72.0 + 5 * len(name), 112.0 + 28 * row)
        regions.append(Region(Label.TEXT, box, lines=[PrintedLine(name, box, 12.0, False, False)]))
    assert len(put_together(regions)) == texts


def test_code_far_apart_stays_in_lines(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    for row, line in enumerate(['fprintf(p1, "%s %s %s %s %f %d %d", x[n].author,', "x[n].number, x[n].name);"]):
        page.insert_text((72, 100 + 28 * row), line, fontname="tiro", fontsize=12)
    document.save(tmp_path / "a.pdf")
    assert "author,\n" in PyMuPdfText().read(tmp_path / "a.pdf", "", 1).markdown
