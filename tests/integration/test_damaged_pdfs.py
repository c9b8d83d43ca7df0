"""PDFs that are damaged in part: what is there is read, and what is not is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import wiring
from pipeline.engines.pdf import mupdf
from pipeline.engines.pdf.text_layer import PyMuPdfText
from pipeline.settings import Settings
from stores.errors import InputError, PageError
from stores.models import DocumentState
from tests.in_process import KB, ingest_now

PAGES = 10


def written(path: Path, share: float) -> Path:
    """Write the first ``share`` of a document whose page tree is at its beginning, as of a broken download."""
    document = mupdf.load().open()
    for number in range(1, PAGES + 1):
        document.new_page().insert_text((72, 72), f"This is page number {number} of the report")
    whole = document.tobytes(garbage=4, deflate=True)
    path.write_bytes(whole[: int(len(whole) * share)])
    return path


def test_pages_that_a_broken_download_lacks_are_no_blank_pages(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    path = written(folder / "cut.pdf", 0.6)
    document = mupdf.open_pdf(path, "")
    read = [number for number in range(1, PAGES + 1) if _text(document, number)]
    assert read == list(range(1, len(read) + 1)) and 2 < len(read) < PAGES
    resources = wiring.build(Settings(home=tmp_path / "home", ocr_engine="fake", embedder="fake"), pooled=True)
    ingest_now(resources, folder)
    [view] = resources.catalog.store(KB).document_queries.all()
    assert view.state is DocumentState.PARTIAL and view.error is not None
    assert "pages 8, 9, 10 could not be read: Page 8 is missing in the file" in view.error.message


def _text(document: object, number: int) -> str:
    try:
        return str(mupdf.load_page(document, number).get_text())
    except PageError as error:
        assert "cut off" in error.message
        return ""


def test_a_damaged_form_field_costs_itself_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pymupdf = mupdf.load()
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 72), "Everything else on this page can be read")
    for at, name in enumerate(("whole", "damaged")):
        widget = pymupdf.Widget()
        widget.field_name, widget.field_type = name, pymupdf.PDF_WIDGET_TYPE_TEXT
        widget.field_value, widget.rect = f"value of {name}", pymupdf.Rect(72, 100 + 40 * at, 300, 120 + 40 * at)
        page.add_widget(widget)
    damaged = page.annot_xrefs()[1][0]
    path = tmp_path / "form.pdf"
    document.save(path)
    load_widget = pymupdf.Page.load_widget

    def load(page: Any, number: int) -> Any:
        if number == damaged:
            raise pymupdf.mupdf.FzErrorFormat("Cycle in field parents")
        return load_widget(page, number)

    monkeypatch.setattr(pymupdf.Page, "load_widget", load)
    text = PyMuPdfText().read(path, "", 1)
    assert "Everything else" in text.markdown and "value of whole" in text.markdown
    assert text.warning is not None and "damaged form fields were not read" in text.warning.message


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_what_is_no_pdf_any_more_is_refused(tmp_path: Path, share: float) -> None:
    with pytest.raises(InputError, match=r"PDF|empty|plain text|unknown kind"):
        mupdf.open_pdf(written(tmp_path / "cut.pdf", share), "")
