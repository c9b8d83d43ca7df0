"""Drawn documents of ``tests/drawings``, with their truth: many layouts, several countries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.contracts import Extractor
from pipeline.engines.rules.invoice.extractor import InvoiceRules
from pipeline.engines.rules.receipt.extractor import ReceiptRules
from pipeline.engines.rules.resume.extractor import ResumeRules
from pipeline.schemas.loader import load_schemas
from tests.printed_pages import printed_page

DRAWINGS = sorted((Path(__file__).resolve().parent.parent / "drawings").glob("*/*.txt"))
SCHEMAS = load_schemas(None)
EXTRACTORS: dict[str, Extractor] = {"resume": ResumeRules(), "invoice": InvoiceRules(), "receipt": ReceiptRules()}


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_drawn_document_is_read(path: Path) -> None:
    schema = path.parent.name
    page = printed_page(path.read_text(encoding="utf-8"))
    record = EXTRACTORS[schema].extract(SCHEMAS[schema], [page], path.name)
    fields = {name: value for name, value in record.fields.items() if value not in (None, [])}
    assert fields == json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert all(evidence.found for evidence in record.evidence)
