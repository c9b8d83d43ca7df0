"""Ligatures that a text layer misreads come out as the page shows them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from pipeline.engines.layout.pictures import misread_letters
from pipeline.engines.ocr.print_reader import LinePrintReader
from pipeline.engines.pdf.text_layer import PyMuPdfText

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


def page_of(sentences: list[str], folder: Path, meanings: dict[str, str], font: str = "tiro") -> Path:
    """A PDF whose font says that its ligatures mean something else."""
    document = pymupdf.open()
    page = document.new_page()
    writer, used = pymupdf.TextWriter(page.rect), pymupdf.Font(font)
    for at, sentence in enumerate(sentences):
        writer.append((72, 100 + 40 * at), sentence, font=used, fontsize=11)
    writer.write_text(page)
    for xref in range(1, document.xref_length()):
        if document.xref_is_stream(xref) and b"begincmap" in (stream := document.xref_stream(xref)):
            document.update_stream(
                xref, _with(stream, {used.has_glyph(ord(sign)): meanings[sign] for sign in meanings})
            )
    document.save(folder / "a.pdf")
    return folder / "a.pdf"


def _with(stream: bytes, meanings: dict[int, str]) -> bytes:
    """A table of characters in which these glyphs mean something else, or nothing."""
    ranges = re.findall(r"<(\w{4})> <(\w{4})> <(\w{4})>", stream.decode())
    ends = [[int(end, 16) for end in row] for row in ranges]
    meant = {first + step: chr(code + step) for first, last, code in ends for step in range(last - first + 1)}
    rows = [f"<{glyph:04x}> <{text.encode('utf-16-be').hex()}>" for glyph, text in (meant | meanings).items() if text]
    head = stream.decode().partition("endcodespacerange")[0]
    body = "\n".join([f"{len(rows)} beginbfchar", *rows, "endbfchar"])
    return f"{head}endcodespacerange\n{body}\nendcmap\n".encode()


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
    monkeypatch.setattr(misread_letters, "pixels_of", lambda *given: asked.append(given))
    listing = ["rates[month] = sum(list[i])", "ships[port] = none", "cargo[day] = rates[day]"]
    assert "rates[month]" in read(reader, page_of(listing, tmp_path, {}, "cour"))
    assert not asked, "listings are full of signs inside of words"


def test_a_sign_without_a_meaning_is_what_two_lines_show(reader: PyMuPdfText, tmp_path: Path) -> None:
    sentences = ["The ratio is cargo=ships of the year before.", "Of the harbour it is timber=grain in June."]
    assert read(reader, page_of(sentences, tmp_path, {"=": ""})).split("\n\n") == sentences
    alone = [sentences[0], "Of the harbour it is timber in June."]
    assert "cargo\ufffdships" in read(reader, page_of(alone, tmp_path, {"=": ""}))
