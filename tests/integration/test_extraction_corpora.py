"""Extraction from real documents through the real readers, where the documents are at hand."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from pipeline.engines.ocr.rapidocr_reader import RapidOcrReader
from pipeline.engines.pdf.documents import PyMuPdfDocuments
from pipeline.engines.pdf.text_layer import PyMuPdfText
from pipeline.engines.rules.invoice.extractor import InvoiceRules
from pipeline.engines.rules.receipt.extractor import ReceiptRules
from pipeline.engines.rules.resume.extractor import ResumeRules
from pipeline.schemas.loader import load_schemas
from stores.models import Page, PageText, Record, Route

pytestmark = pytest.mark.corpora
SCHEMAS = load_schemas(None)


def page_of(text: PageText, number: int = 1) -> Page:
    return Page(number=number, width_pt=600.0, height_pt=800.0, route=Route.TEXT, reason="", text=text)


def born_digital(path: Path) -> list[Page]:
    count = PyMuPdfDocuments(150, 12.0).inspect(path, "").page_count
    reader = PyMuPdfText()
    return [page_of(reader.read(path, "", number), number) for number in range(1, count + 1)]


def bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def evidence_holds(record: Record, pages: list[Page]) -> bool:
    """Whether every quote stands on its page; of one with several boxes, as of a wrapped cell, each word does."""
    printed = {page.number: bare(" ".join(line.text for b in page.blocks for line in b.lines)) for page in pages}
    return all(
        bare(part) in printed[evidence.page]
        for evidence in record.evidence
        if evidence.found
        for part in (evidence.quote.split() if len(evidence.boxes) > 1 else [evidence.quote])
    )


def test_curricula_vitae(corpora: Path) -> None:
    paths = sorted((corpora / "rendercv_history").rglob("*_CV.pdf"))
    assert paths
    for path in paths:
        pages = born_digital(path)
        record = ResumeRules().extract(SCHEMAS["resume"], pages, path.name)
        fields: dict[str, Any] = dict(record.fields)
        assert (fields["name"], fields["email"]) == ("John Doe", "john.doe@example.com"), path
        schools = [
            (row["institution"], row["degree"], row["start_date"], row["end_date"]) for row in fields["education"]
        ]
        assert schools == [
            ("Stanford University", "PhD", "2023-09", "present"),
            ("Boğaziçi University", "BS", "2018-09", "2022-06"),
        ], path
        assert evidence_holds(record, pages), path


@pytest.mark.parametrize("name", ["AzureInterior", "coolblue1"])
def test_invoices(corpora: Path, name: str) -> None:
    folder = corpora / "invoice2data" / "tests" / "compare"
    truth = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))[0]
    pages = born_digital(folder / f"{name}.pdf")
    record = InvoiceRules().extract(SCHEMAS["invoice"], pages, f"{name}.pdf")
    wanted = {field: truth[field] for field in ("issuer", "invoice_number", "date", "amount", "currency")}
    assert {field: record.fields[field] for field in wanted} == wanted
    assert evidence_holds(record, pages)


@pytest.mark.parametrize("name", ["115", "402"])
def test_receipts(corpora: Path, name: str, tmp_path: Path) -> None:
    path = corpora / "sroie" / "data" / "img" / f"{name}.jpg"
    image = PyMuPdfDocuments(150, 12.0).render(path, "", 1, tmp_path / "page.png")
    page = page_of(RapidOcrReader().read(image))
    fields = ReceiptRules().extract(SCHEMAS["receipt"], [page], path.name).fields
    truth = json.loads((corpora / "sroie" / "data" / "key" / f"{name}.json").read_text(encoding="utf-8"))
    assert bare(str(fields["company"])) == bare(truth["company"])
    assert bare(str(fields["address"])) == bare(truth["address"])
    assert fields["total"] == float(re.sub(r"[^\d.]", "", truth["total"]))
