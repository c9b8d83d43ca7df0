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


_LETTERS = "<</Type/Font/Subtype/Type1/BaseFont/CMMI10/Encoding/WinAnsiEncoding>>"
_SIGNS = (  # drawn, but without a map to Unicode
    "<</Type/Font/Subtype/Type3/Name/{name}/FontBBox[0 -300 500 900]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 18"
    "/LastChar 19/Widths[500 500]/Encoding<</Differences[18/odd/even]>>"
    "/CharProcs<</odd {glyph} 0 R/even {glyph} 0 R>>>>"
)
_GLYPH = b"500 0 0 -300 500 900 d1 100 -300 300 1200 re f"
_BRACKETED = (
    b"BT /Letters 10 Tf 100 {base} Td (x=) Tj /Signs 10 Tf <12> Tj /Letters 10 Tf (y+x) Tj /Signs 10 Tf <13> Tj ET\n"
)


def object_in(document: Any, source: str) -> int:
    xref = document.get_new_xref()
    document.update_object(xref, source)
    return int(xref)


def stream_in(document: Any, content: bytes) -> int:
    xref = object_in(document, "<<>>")
    document.update_stream(xref, content)
    return xref


def with_formulas(signs: str) -> Any:
    """A page with formulas in the fonts of TeX, their brackets in font ``signs``, without meanings."""
    document, page = a_page()
    letters, drawn_signs = object_in(document, _LETTERS), _SIGNS.format(name=signs, glyph=stream_in(document, _GLYPH))
    fonts = {"helv": document.get_page_fonts(0)[0][0], "Letters": letters, "Signs": object_in(document, drawn_signs)}
    listed = "".join(f"/{key} {xref} 0 R" for key, xref in fonts.items())
    document.xref_set_key(page.xref, "Resources", f"<</Font<<{listed}>>>>")
    drawn = stream_in(document, b"".join(_BRACKETED.replace(b"{base}", b"%d" % y) for y in (138, 98, 58)))
    contents = " ".join(f"{xref} 0 R" for xref in (*page.get_contents(), drawn))
    document.xref_set_key(page.xref, "Contents", f"[{contents}]")
    return pymupdf.open("pdf", document.tobytes())[0]


def test_signs_that_a_formula_gives_their_meaning_are_not_missed() -> None:
    text = reader.read_page(with_formulas("CMEX10"), "test", False, None)
    assert "\ufffd" not in text.markdown
    assert text.warning is None


def test_signs_without_a_meaning_are_told_where_no_formula_gives_it() -> None:
    text = reader.read_page(with_formulas("Ornaments"), "test", False, None)
    assert "\ufffd" in text.markdown
    assert text.warning is not None
    assert text.warning.code == "unmapped_text"
