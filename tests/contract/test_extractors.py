"""What every Extractor promises, whatever it reads."""

from __future__ import annotations

import pytest

from pipeline.contracts import Extractor
from pipeline.engines.model.extractor import ModelExtractor
from pipeline.engines.model.fake import FakeChat
from pipeline.engines.rules.document import DocumentRules
from pipeline.engines.rules.invoice.extractor import InvoiceRules
from pipeline.engines.rules.labels import LabelsRules
from pipeline.engines.rules.receipt.extractor import ReceiptRules
from pipeline.engines.rules.resume.extractor import ResumeRules
from pipeline.schemas.loader import load_schemas
from stores.models import Block, Field, FieldKind, Label, Page, PageText, Route, Schema
from tests.printed_pages import printed_page

NOTE = Schema(name="note", description="", fields=(Field(name="author", kind=FieldKind.TEXT, labels=("Author",)),))
BUILT_IN = load_schemas(None)
EXTRACTORS: list[tuple[Extractor, Schema]] = [
    (DocumentRules(), BUILT_IN["document"]),
    (ResumeRules(), BUILT_IN["resume"]),
    (InvoiceRules(), BUILT_IN["invoice"]),
    (ReceiptRules(), BUILT_IN["receipt"]),
    (LabelsRules(), NOTE),
    (ModelExtractor(FakeChat(['{"author": "A"}']), "fake", window_tokens=500, max_tokens=99, parallel=1), NOTE),
]
every_extractor = pytest.mark.parametrize(("extractor", "schema"), EXTRACTORS, ids=lambda it: getattr(it, "name", ""))
ODD_PAGES = {
    "none": [],
    "unread": [Page(number=1, width_pt=1.0, height_pt=1.0, route=Route.OCR, reason="", error="it cannot be read")],
    "symbols": [printed_page("%% ++ ==\n() []  --\n\ue000 \ufffd")],
    "single letters": [printed_page("A  B\n\nC 1")],
    "numbers": [printed_page("1 2 3\n2019 - 2020\n12.50  13.50\nTotal\nInvoice")],
    "letters": [printed_page("Experience\nEducation\nName:\nTotal:\nInvoice No:\nAuthor:")],
    "pages": [printed_page("Author: A\nJane Doe", 1), printed_page("Total  5.00\nEducation\nTown College 2019", 2)],
}


@every_extractor
@pytest.mark.parametrize("pages", ODD_PAGES.values(), ids=ODD_PAGES.keys())
def test_a_record_has_the_fields_of_its_schema(extractor: Extractor, schema: Schema, pages: list[Page]) -> None:
    record = extractor.extract(schema, pages, "file.pdf")
    assert record.schema == schema.name
    assert list(record.fields) == [field.name for field in schema.fields]
    for field in schema.fields:
        value = record.fields[field.name]
        if field.kind in (FieldKind.TEXTS, FieldKind.ROWS):
            assert isinstance(value, list)
        if field.kind is FieldKind.ROWS:
            assert all(list(row) == [column.name for column in field.fields] for row in value)


@every_extractor
@pytest.mark.parametrize("pages", ODD_PAGES.values(), ids=ODD_PAGES.keys())
def test_every_value_has_one_piece_of_evidence_on_its_page(
    extractor: Extractor, schema: Schema, pages: list[Page]
) -> None:
    record = extractor.extract(schema, pages, "file.pdf")
    paths = [evidence.path for evidence in record.evidence]
    assert len(paths) == len(set(paths))
    assert set(paths) == _paths_of_values(record.fields)
    texts = {page.number: "".join(block.text for block in page.blocks) for page in pages}
    for evidence in record.evidence:
        if evidence.found:
            assert _bare(evidence.quote) in _bare(texts[evidence.page]), evidence
            assert evidence.boxes


@every_extractor
def test_extracting_twice_gives_the_same(extractor: Extractor, schema: Schema) -> None:
    pages = ODD_PAGES["pages"]
    assert extractor.extract(schema, pages, "file.pdf") == extractor.extract(schema, pages, "file.pdf")


@every_extractor
def test_fields_that_a_schema_leaves_out_are_left_out(extractor: Extractor, schema: Schema) -> None:
    less = Schema(name="less", description="", fields=schema.fields[:1], engine=schema.engine)
    assert list(extractor.extract(less, ODD_PAGES["pages"], "file.pdf").fields) == [schema.fields[0].name]


@every_extractor
def test_blocks_without_lines_are_read(extractor: Extractor, schema: Schema) -> None:
    block = Block(label=Label.TEXT, box=(0.0, 0.0, 100.0, 40.0), text="Author: Jo Doe\n1 May 2024 Total 5.00")
    text = PageText(markdown=block.text, blocks=(block,), engine="drawing")
    page = Page(number=1, width_pt=100.0, height_pt=100.0, route=Route.TEXT, reason="", text=text)
    assert extractor.extract(schema, [page], "file.pdf").schema == schema.name


def test_fingerprints_tell_extractors_apart() -> None:
    fingerprints = [extractor.fingerprint for extractor, _ in EXTRACTORS]
    assert all(fingerprints) and len(set(fingerprints)) == len(fingerprints)


def _paths_of_values(fields: object, path: str = "") -> set[str]:
    if isinstance(fields, dict):
        return {
            p for name, value in fields.items() for p in _paths_of_values(value, f"{path}.{name}" if path else name)
        }
    if isinstance(fields, list):
        return {p for at, value in enumerate(fields) for p in _paths_of_values(value, f"{path}[{at}]")}
    return set() if fields is None else {path}


def _bare(text: str) -> str:
    return "".join(text.split())
