"""Characters whose fonts do not say what they are, though the page says it beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf

from pipeline.engines.layout.sheet.sheet import Sheet
from pipeline.engines.pdf import mupdf

PICTURES = """<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0]
    /CharProcs << /a {drawing} 0 R /b {drawing} 0 R >> /FirstChar 97 /LastChar 98 /Widths [1000 1000]
    /Encoding << /Type /Encoding /Differences [97 /a /b] >> /Resources << >> >>"""


def added(document: Any, content: str, stream: bytes | None = None) -> int:
    xref: int = document.get_new_xref()
    document.update_object(xref, content)
    if stream is not None:
        document.update_stream(xref, stream)
    return xref


def drawn(path: Path, content: str) -> Path:
    """A PDF of one page that draws with a font of pictures (P) and with Helvetica (H)."""
    document = pymupdf.open()
    page = document.new_page(width=400, height=200)
    drawing = added(document, "<<>>", b"1000 0 0 0 1000 1000 d1 0 0 900 900 re f")
    pictures = added(document, PICTURES.format(drawing=drawing))
    plain = added(document, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    document.xref_set_key(page.xref, "Resources", f"<< /Font << /P {pictures} 0 R /H {plain} 0 R >> >>")
    stream = added(document, "<<>>", f"BT 20 100 Td {content} ET".encode())
    document.xref_set_key(page.xref, "Contents", f"{stream} 0 R")
    document.save(path)
    return path


def tagged(path: Path, text: str) -> Path:
    """The same PDF with a structure tree that says a text for the marked content 0 of its page."""
    document = pymupdf.open(path)
    page = document[0]
    element = added(document, "<<>>")
    root = added(document, f"<< /Type /StructTreeRoot /K {element} 0 R /ParentTree << /Nums [0 [{element} 0 R]] >> >>")
    document.update_object(element, f"<< /S /P /P {root} 0 R /Pg {page.xref} 0 R /K 0 /ActualText {coded(text)} >>")
    document.xref_set_key(page.xref, "StructParents", "0")
    document.xref_set_key(document.pdf_catalog(), "StructTreeRoot", f"{root} 0 R")
    document.xref_set_key(document.pdf_catalog(), "MarkInfo", "<< /Marked true >>")
    document.save(path.with_name("tagged.pdf"))
    return path.with_name("tagged.pdf")


def read(path: Path) -> list[str]:
    document = mupdf.open_pdf(path, "")
    return Sheet(document[0], False).plain_texts


def coded(text: str) -> str:
    return f"<feff{text.encode('utf-16-be').hex()}>"


def said(text: str, show: str) -> str:
    return f"/Span << /ActualText {coded(text)} >> BDC {show} EMC"


def test_glyphs_of_a_font_of_pictures_are_what_stands_beside_them(tmp_path: Path) -> None:
    content = f"/P 20 Tf {said('韋', '(a) Tj')} {said('如', '(b) Tj')} (a) Tj"
    (line,) = read(drawn(tmp_path / "cv.pdf", content))
    assert line[:2] == "韋如" and len(line) == 3


def test_what_a_page_prints_is_not_replaced_by_what_it_says(tmp_path: Path) -> None:
    content = "/H 20 Tf " + said("Pay 9000 now", "(Pay 100) Tj")
    assert read(drawn(tmp_path / "bill.pdf", content)) == ["Pay 100"]


def test_the_text_of_a_structure_tree_is_not_read_beside_the_words_of_the_page(tmp_path: Path) -> None:
    content = f"/P << /MCID 0 >> BDC /H 20 Tf (Score 64) Tj /P 20 Tf {said('分', '(b) Tj')} EMC"
    plain = drawn(tmp_path / "score.pdf", content)
    assert read(plain) == ["Score 64分"]
    assert read(tagged(plain, "Score 64分")) == ["Score 64分"]
