"""Documents that nobody here wrote: each kind takes the right route, and text layers come out in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.engines.pdf.documents import PyMuPdfDocuments
from pipeline.engines.pdf.text_layer import PyMuPdfText
from pipeline.stages.plan import decide
from stores.errors import EncryptedError, InputError
from stores.models import Label, PagePlan, Route

pytestmark = pytest.mark.corpora

DOCUMENTS = PyMuPdfDocuments(dpi=150, max_page_megapixels=12.0)
TEXT = PyMuPdfText()
CHAPTER = "dl500zh/79d70c0/ch1_数学基础/第一章_数学基础.pdf"
BENCH = "olmocr/olmocr/bench/sample_data/pdfs/"


def plan(path: Path, number: int = 1) -> PagePlan:
    (facts,) = DOCUMENTS.look(path, "", [number])
    return decide(facts, "auto")


@pytest.mark.parametrize(
    ("name", "number", "route", "reason"),
    [
        ("ocrmypdf/tests/resources/type3_font_nomapping.pdf", 1, Route.OCR, "garbled"),
        ("pdfjs/test/pdfs/issue8061.pdf", 1, Route.OCR, "garbled"),
        ("olmocr/tests/gnarly_pdfs/some_ocr1.pdf", 1, Route.OCR, "hidden"),
        (BENCH + "small_page_size.pdf", 1, Route.OCR, "hidden"),
        ("ocrmypdf/tests/resources/linn.pdf", 1, Route.OCR, "image only"),
        ("sroie/data/img/032.jpg", 1, Route.OCR, "image only"),
        ("ocrmypdf/tests/resources/blank.pdf", 1, Route.BLANK, "nothing"),
        (CHAPTER, 1, Route.TEXT, "good"),
        (CHAPTER, 6, Route.OCR, "image only"),
        ("olmocr/tests/gnarly_pdfs/edgar-rotated90.pdf", 1, Route.TEXT, "good"),
        ("pdfjs/test/pdfs/issue16063.pdf", 1, Route.TEXT, "good"),
        ("pdfjs/test/pdfs/issue11656.pdf", 1, Route.TEXT, "good"),
        ("pdfjs/test/pdfs/ArabicCIDTrueType.pdf", 1, Route.TEXT, "good"),
    ],
)
def test_routes(corpora: Path, name: str, number: int, route: Route, reason: str) -> None:
    planned = plan(corpora / name, number)
    assert planned.route is route
    assert reason in planned.reason


def test_a_mixed_document_takes_both_routes(corpora: Path) -> None:
    routes = {plan(corpora / "olmocr/tests/gnarly_pdfs/handwriting_bad_ocr.pdf", number).route for number in (1, 2)}
    assert routes == {Route.OCR}
    chapter = {plan(corpora / CHAPTER, number).route for number in (5, 6)}
    assert chapter == {Route.TEXT, Route.OCR}


def test_chinese_headings_and_paragraphs(corpora: Path) -> None:
    page = TEXT.read(corpora / CHAPTER, "", 1)
    headings = [block for block in page.blocks if block.level]
    assert [heading.level for heading in headings if heading.text.startswith(("第一章", "1.1"))] == [1, 3]
    assert "参 数" not in page.markdown


def test_a_page_that_lies_on_its_side(corpora: Path) -> None:
    page = TEXT.read(corpora / "olmocr/tests/gnarly_pdfs/edgar-rotated90.pdf", "", 1)
    assert "# Edgar, King of England" in page.markdown
    assert "Edgar mainly followed the political policies of his predecessors" in page.markdown
    assert all(block.box[0] >= 0 and block.box[2] <= 793 and block.box[3] <= 613 for block in page.blocks)


def test_running_headers_stand_outside_and_columns_in_order(corpora: Path) -> None:
    page = TEXT.read(corpora / (BENCH + "multi_column_miss.pdf"), "", 1)
    outside = [block.text for block in page.blocks if block.label in (Label.HEADER, Label.FOOTER)]
    assert "447" in outside and "www.tobaccocontrol.com" in outside
    assert "447\n" not in page.markdown
    first, second = "Tobacco industry posturing", "and the industry unblinkingly concurring"
    assert 0 < page.markdown.index(first) < page.markdown.index(second)


def test_tables_with_labels_over_several_columns(corpora: Path) -> None:
    page = TEXT.read(corpora / (BENCH + "earnings.pdf"), "", 1)
    table = next(block for block in page.blocks if block.label is Label.TABLE)
    assert "Sales, general and administrative\t1,136\t876\t680" in table.text


def test_a_page_of_pictures_is_read_at_once(corpora: Path) -> None:
    """Packing the pictures of this page as PNG would take half a minute."""
    page = TEXT.read(corpora / "pdfjs/test/pdfs/issue16263.pdf", "", 1)
    assert "OA" in page.markdown


@pytest.mark.parametrize(
    "name",
    ["ocrmypdf/tests/resources/invalid.pdf", "pdfplumber/tests/pdfs/empty.pdf", "pdfjs/test/pdfs/issue15590.pdf"],
)
def test_broken_files_are_refused(corpora: Path, name: str) -> None:
    with pytest.raises(InputError):
        DOCUMENTS.inspect(corpora / name, "")


def test_passwords(corpora: Path) -> None:
    path = corpora / "unstructured/example-docs/pdf/password.pdf"
    with pytest.raises(EncryptedError):
        DOCUMENTS.inspect(path, "")
    assert DOCUMENTS.inspect(path, "password").page_count == 1
    assert "File with password" in TEXT.read(path, "password", 1).markdown
