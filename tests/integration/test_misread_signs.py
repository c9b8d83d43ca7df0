"""Signs in a font of symbols that says they are letters come out as the page shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.engines.ocr.print_reader import LinePrintReader
from pipeline.engines.pdf.text_layer import PyMuPdfText
from tests.misleading_fonts import page_of

NAMES = ["AdvP4C4E74", "MathematicalPi-One", "UniversalNewswithCommPi"]


@pytest.fixture(scope="module")
def reader() -> PyMuPdfText:
    return PyMuPdfText(LinePrintReader())


def read(reader: PyMuPdfText, lines: list[str], folder: Path, meanings: dict[str, str], name: str) -> list[str]:
    path = page_of(lines, folder, meanings, signs="".join(meanings), name=name)
    return reader.read(path, "", 1).markdown.split("\n\n")


@pytest.mark.parametrize("name", NAMES)
def test_limits_and_greek_letters_are_what_the_page_shows(reader: PyMuPdfText, tmp_path: Path, name: str) -> None:
    lines = [
        "A share of \u2265 50% of the cells was seen in May.",
        "The limit was set at < 1% in the first year.",
        "They were given 40 mg of a \u03b2 blocker each day.",
        "The mean was (+80) in the second year of the study.",
    ]
    said = {"\u2265": "$", "<": "!", "\u03b2": "b", "+": "C"}
    assert read(reader, lines, tmp_path, said, name) == lines


def test_where_the_font_says_nothing_each_is_what_is_read_there(reader: PyMuPdfText, tmp_path: Path) -> None:
    lines = [
        "The water had 25\u00b0 in the harbour at noon.",
        "The harbour is 300 \u00d7 500 metres wide and long.",
    ]
    assert read(reader, lines, tmp_path, {"\u00b0": "", "\u00d7": ""}, NAMES[0]) == lines


def test_signs_that_are_what_they_say_stay(reader: PyMuPdfText, tmp_path: Path) -> None:
    lines = ["The first \u2265 value of the list is read; *see the note below."]
    assert read(reader, lines, tmp_path, {"\u2265": "\u2265", ";": ";", "*": "*"}, NAMES[0]) == lines


def test_letters_of_other_fonts_are_not_asked_for(reader: PyMuPdfText, tmp_path: Path) -> None:
    line = "A share of \u2265 50% of the cells was seen in May."
    (text,) = read(reader, [line], tmp_path, {"\u2265": "$"}, "Helvetica-Light")
    assert text == line.replace("\u2265", "$")


def test_a_line_of_a_few_characters_is_enough(reader: PyMuPdfText, tmp_path: Path) -> None:
    text = "\n".join(read(reader, ["TC \u2265 50%", "IC \u2265 10%"], tmp_path, {"\u2265": "$"}, NAMES[0]))
    assert "TC \u2265 50%" in text and "IC \u2265 10%" in text and "$" not in text


def test_what_is_read_is_not_decoded_once_more(reader: PyMuPdfText, tmp_path: Path) -> None:
    lines = ["The cargo is = 50 in the first year.", "The limit was < 20 in the second year."]
    text = read(reader, lines, tmp_path, {"=": "Z", "<": "!"}, "AdvP4C4E51")  # in which a code "=" draws a stroke
    assert text == [lines[0].replace("=", "Z"), lines[1]]
