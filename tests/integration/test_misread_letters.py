"""Ligatures that a text layer misreads come out as the page shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.engines.layout.pictures import line_readings
from pipeline.engines.ocr.print_reader import LinePrintReader
from pipeline.engines.pdf.text_layer import PyMuPdfText
from tests.misleading_fonts import page_of

FI, FL = "\ufb01", "\ufb02"
SENTENCES = [
    f"The con{FI}guration of the main of{FI}ce was speci{FI}ed by the board.",
    f"A {FI}nal report con{FI}rms the speci{FI}cation of twelve new ships.",
    f"Pro{FI}ts of the year re{FL}ect the in{FL}uence of the harbour.",
]
MEANT = [sentence.replace(FI, "fi").replace(FL, "fl") for sentence in SENTENCES]


@pytest.fixture(scope="module")
def reader() -> PyMuPdfText:
    return PyMuPdfText(LinePrintReader())


def read(reader: PyMuPdfText, path: Path) -> str:
    return reader.read(path, "", 1).markdown


@pytest.mark.parametrize("said", ["[", "\u019f", "\U0010019f", "\u099e", "&"])
def test_what_a_font_says_wrongly_is_put_right_everywhere(reader: PyMuPdfText, tmp_path: Path, said: str) -> None:
    path = page_of(SENTENCES[:2], tmp_path, {FI: said, FL: FL})
    assert read(reader, path).split("\n\n") == MEANT[:2]


def test_glyphs_without_a_meaning_are_told_apart_by_what_is_read(reader: PyMuPdfText, tmp_path: Path) -> None:
    path = page_of(SENTENCES, tmp_path, {FI: "?", FL: "?"})
    assert read(reader, path).split("\n\n") == MEANT


def test_what_nobody_reads_is_shown_as_unknown(tmp_path: Path) -> None:
    path = page_of(SENTENCES[:1], tmp_path, {FI: "\U0010019f", FL: FL})
    assert read(PyMuPdfText(None), path) == SENTENCES[0].replace(FI, "\ufffd")


def test_signs_that_the_page_shows_are_left_alone(
    reader: PyMuPdfText, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence = "Read the element rates[month] of the list, search?q=ships&sort=none, and a<b of the table."
    assert read(reader, page_of([sentence], tmp_path, {})) == sentence
    asked: list[Any] = []
    monkeypatch.setattr(line_readings, "pixels_of", lambda *given: asked.append(given))
    listing = ["rates[month] = sum(list[i])", "ships[port] = none", "cargo[day] = rates[day]"]
    assert "rates[month]" in read(reader, page_of(listing, tmp_path, {}, font="cour"))
    assert not asked, "listings are full of signs inside of words"


def test_a_sign_without_a_meaning_is_what_two_lines_show(reader: PyMuPdfText, tmp_path: Path) -> None:
    sentences = ["The ratio is cargo=ships of the year before.", "Of the harbour it is timber=grain in June."]
    assert read(reader, page_of(sentences, tmp_path, {"=": ""})).split("\n\n") == sentences
    alone = [sentences[0], "Of the harbour it is timber in June."]
    assert "cargo\ufffdships" in read(reader, page_of(alone, tmp_path, {"=": ""}))
