"""Corrections hold: in filters, SQL, files and vectors, through later extractions, and over every door."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.api.app import create_app
from ingest.cli import app
from ingest.cli.exit_codes import Exit
from pipeline.commands.archive import MANIFEST
from pipeline.commands.check import CheckRequest, check
from pipeline.commands.export_knowledge_base import export
from pipeline.commands.import_knowledge_base import import_archive
from pipeline.schemas.loader import check_text
from pipeline.service import Service
from pipeline.step_context import Resources
from stores.chroma.memory import MemoryVectors
from stores.errors import InputError, NotFoundError
from stores.models import Options, Stage
from tests.in_process import KB, fake_document, fake_resources, ingest_now, run_until_done
from tests.waiting import eventually

ORDER = """name = "order"
[[fields]]
name = "number"
kind = "text"
labels = ["order number"]
required = true
[[fields]]
name = "total"
kind = "number"
labels = ["total"]
[[fields]]
name = "due"
kind = "date"
labels = ["due"]
required = true
[[fields]]
name = "tags"
kind = "texts"
labels = ["tags"]
"""
PAGE = "# Order\nOrder number: 7712\n\nTotal: 12.50\n\nTags: red, green, blue"
DOC = "a.pdf"


class Base:
    """A knowledge base with one order, and its use cases."""

    def __init__(self, home: Path, folder: Path) -> None:
        schemas = folder / "schemas"
        schemas.mkdir(parents=True)
        (schemas / "order.toml").write_text(ORDER)
        fake_document(folder / "docs" / DOC, PAGE)
        self.vectors = MemoryVectors()
        self.resources: Resources = fake_resources(home, self.vectors, schema_dir=schemas)
        ingest_now(self.resources, folder / "docs", options={"schemas": ("order",)})
        self.service = Service(self.resources.settings)
        self.service.records._resources = self.resources  # the same vectors, in memory

    def correct(self, path: str, value: Any, **more: Any) -> Any:
        return self.service.records.correct(KB, DOC, "", path, value, "ann", **more)

    @property
    def record(self) -> Any:
        return next(one for one in self.service.records.of_document(KB, DOC) if one.schema == "order")

    @property
    def fields(self) -> dict[str, Any]:
        return dict(self.record.fields)

    def findings(self) -> tuple[Any, ...]:
        """What a deep check of the knowledge base finds."""
        return tuple(
            check(self.resources, KB, CheckRequest(deep=True, settle_s=0.0), lambda what, count: None).findings
        )

    def marks(self) -> dict[str, str]:
        return {mark.path: f"{mark.verdict} by {mark.author}" for mark in self.record.corrections}


@pytest.fixture
def base(home: Path, tmp_path: Path) -> Base:
    return Base(home, tmp_path)


@pytest.fixture
def corrected(base: Base) -> Base:
    """The base with a value corrected, one given, one confirmed and one taken out of its list."""
    base.correct("total", "1.250,00")
    base.correct("due", "3 March 2024")
    base.service.records.confirm(KB, DOC, "order", "number", "ann")
    base.service.records.reject(KB, DOC, "order", "tags[1]", "ann")
    return base


SHOWN = {"number": "7712", "total": 1250.0, "due": "2024-03-03", "tags": ["red", "blue"]}
MARKS = {
    "total": "corrected by ann",
    "due": "corrected by ann",
    "number": "confirmed by ann",
    "tags": "rejected by ann",
}


def test_everything_shows_the_corrected_values(corrected: Base) -> None:
    records, base = corrected.service.records, corrected
    assert base.fields == SHOWN and base.marks() == MARKS and base.record.remarks == ()
    wanted = records.filter(KB, "order", ["total > 1000"])
    assert [view.source for view in records.all(KB, "order", wanted)] == [DOC]
    assert records.query(KB, "select total, due from order_now", 9, 9.0).rows == ((1250.0, "2024-03-03"),)
    assert records.query(KB, "select value from record_order_tags", 9, 9.0).rows == (("red",), ("blue",))
    assert base.service.search.documents(KB, "due = 2024-03-03") == {base.record.document}
    (path,) = (base.resources.settings.home / KB / "files" / "json").glob("*.json")
    written = json.loads(path.read_text())["records"]["order"]
    assert written["fields"] == SHOWN and len(written["corrections"]) == 4
    eventually(lambda: {row.metadata.get("total") for row in base.vectors._rows[KB].values()} == {1250.0})


def test_corrections_survive_another_extraction_a_changed_schema_and_reading_again(corrected: Base) -> None:
    base, documents = corrected, corrected.service.documents
    documents.extract(KB, [DOC], Options(schemas=("order",)), force=True)
    run_until_done(base.resources)
    assert base.fields == SHOWN and base.marks() == MARKS
    assert base.record.evidence["number"]["found"], "the confirmed value is where it was found"
    smaller = replace(base.resources.schemas["order"], fields=base.resources.schemas["order"].fields[1:])
    changed = replace(base.resources, schemas={**base.resources.schemas, "order": smaller})
    documents._resources = changed
    documents.extract(KB, [DOC], Options(schemas=("order",)))
    run_until_done(changed)
    assert base.fields == {name: value for name, value in SHOWN.items() if name != "number"}
    assert {mark.path: mark.applied for mark in base.record.corrections}["number"] is False
    documents._resources = base.resources
    documents.retry(KB, DOC, Stage.PLAN)
    run_until_done(base.resources)
    assert base.fields["total"] == 1250.0 and base.fields["tags"] == ["red", "blue"]
    assert base.findings() == ()


def test_a_withdrawn_correction_brings_back_what_stood_there(corrected: Base) -> None:
    records = corrected.service.records
    corrected.correct("total", "9")
    records.withdraw(KB, DOC, 5, "bob")
    assert corrected.fields["total"] == 1250.0, "that of the correction before"
    for number in (1, 2, 3, 4):
        records.withdraw(KB, DOC, number, "bob")
    assert corrected.fields == {**SHOWN, "total": 12.5, "due": None, "tags": ["red", "green", "blue"]}
    assert corrected.record.remarks == ("due is required, and was not found",) and corrected.marks() == {}
    history = records.corrections(KB, DOC)
    assert [one.withdrawn_by for one in history] == ["bob"] * 5 and history[0].replaced == 12.5
    with pytest.raises(InputError, match="correction 1 was withdrawn before"):
        records.withdraw(KB, DOC, 1, "bob")
    assert corrected.findings() == ()


def test_corrections_travel_with_the_knowledge_base_and_go_with_their_document(corrected: Base, tmp_path: Path) -> None:
    archive = b"".join(export(corrected.resources, KB, "1.0", lambda what, count: None))
    assert MANIFEST.encode() in archive
    there = fake_resources(tmp_path / "there", schema_dir=corrected.resources.settings.schema_dir)
    import_archive(there, io.BytesIO(archive), "", lambda what, count: None)
    service = Service(there.settings)
    assert dict(next(service.records.all(KB, "order")).fields) == SHOWN
    service.records._resources = there
    service.records.withdraw(KB, DOC, 1, "bob")
    assert next(service.records.all(KB, "order")).fields["total"] == 12.5
    corrected.service.documents._resources = corrected.resources
    corrected.service.documents.delete(KB, DOC)
    assert corrected.service.records.query(KB, "select count(*) from correction", 9, 9.0).rows == ((0,),)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("total", "abc", "total: 'abc' is not a number, such as 1234.50"),
        ("due", "2024-02-30", "due: '2024-02-30' is not a date"),
        ("totl", "1", "there is no field 'totl'"),
        ("tags", "x", "tags is a list: name one value of it, such as tags[0]"),
        ("tags[9]", "x", "has no value at 'tags[9]'"),
        ("total[0]", "1", "total is no list: write total"),
        ("order.@remarks[0]", "x", "a remark can be confirmed, and nothing else"),
        ("total]", "1", "there is no field 'total]'"),
    ],
)
def test_what_cannot_be_corrected_is_refused_in_a_sentence(base: Base, path: str, value: str, sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        base.correct(path, value)
    assert sentence in refused.value.message
    assert base.service.records.corrections(KB, DOC) == []


def test_an_element_is_added_behind_the_last(base: Base) -> None:
    base.correct("tags[3]", "violet")
    base.correct("tags[3]", "purple")
    assert base.fields["tags"] == ["red", "green", "blue", "purple"]


def test_a_schema_of_another_type_of_document_has_nothing_to_correct(base: Base) -> None:
    base.service.documents._resources = base.resources
    base.service.documents.extract(KB, [DOC], Options(schemas=("receipt",)))
    run_until_done(base.resources)
    with pytest.raises(InputError, match="does not apply to it"):
        base.service.records.correct(KB, DOC, "receipt", "total", "1", "ann")
    with pytest.raises(NotFoundError, match="there is no record of the schema 'invoice'"):
        base.service.records.confirm(KB, DOC, "invoice", "total", "ann")


def test_the_checking_queue_is_empty_when_everything_was_said(base: Base) -> None:
    queue = base.service.records.to_check(KB)
    assert [(one.path, one.value, one.doubt) for one in queue.items] == [("due", None, 0.85)]
    assert base.service.records.to_check(KB, "document").total == 0
    assert base.service.records.to_check(KB, name=DOC).total == 1
    base.service.records.reject(KB, DOC, "order", "due", "ann")
    assert base.service.records.to_check(KB).items == ()


def test_a_preview_stores_nothing(base: Base) -> None:
    before = base.fields
    preview = base.service.records.preview(KB, DOC, ORDER.replace('"order"', '"other"'), "toml")
    assert preview.record.fields["total"] == 12.5 and preview.record.remarks == ("due is required, and was not found",)
    assert base.fields == before and "other" not in base.service.records.counts(KB)
    with pytest.raises(InputError, match=r"schema.toml: fields\[1\] \(total\).kind"):
        base.service.records.preview(KB, DOC, ORDER.replace('"number"\nlabels', '"numbr"\nlabels'), "toml")
    with pytest.raises(InputError, match="this is no valid JSON"):
        check_text("{", "json")


def test_the_api_corrects_lists_and_withdraws(base: Base) -> None:
    web = TestClient(create_app(base.service), "http://localhost")
    document, records = f"/api/v1/knowledge/{KB}/documents/{DOC}", f"/api/v1/knowledge/{KB}/records/order"
    tag = web.get(records).headers["etag"]
    words = web.get(f"{document}/pages/1/words", params={"x0": 0, "y0": 0, "x1": 595, "y1": 842}).json()
    assert "Total: 12.50" in words["text"]
    box = words["boxes"][2]
    body = {"path": "total", "value": 99, "page": 1, "box": box}
    made = web.post(f"{document}/corrections", json=body)
    assert made.status_code == 201 and made.json()["replaced"] == 12.5 and made.json()["author"]
    answer = web.get(records, headers={"If-None-Match": tag})
    assert answer.status_code == 200, "the ETag is another one"
    record = answer.json()["items"][0]
    assert record["fields"]["total"] == 99.0 and record["evidence"]["total"]["boxes"] == [pytest.approx(box)]
    assert record["corrections"][0]["path"] == "total" and record["corrections"][0]["verdict"] == "corrected"
    assert "total corrected" in web.get(records, params={"format": "csv"}).text
    assert web.get(records, params={"format": "xlsx", "evidence": True}).content.startswith(b"PK")
    refused = web.post(f"{document}/corrections", json={"path": "total", "value": "abc"})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_value")
    assert web.post(f"{document}/corrections", json={"path": "total", "value": 1, "by": "x"}).status_code == 422
    assert web.post(f"{document}/corrections", json={"path": "nothing", "value": 1}).status_code == 404
    assert [one["path"] for one in web.get(f"/api/v1/knowledge/{KB}/doubtful").json()["items"]] == ["due"]
    assert web.delete(f"{document}/corrections/1").json()["withdrawn_at"]
    assert web.get(f"{document}/corrections").json()[0]["withdrawn_by"]
    preview = {"schema": ORDER, "document": DOC}
    assert web.post(f"/api/v1/knowledge/{KB}/preview", json=preview).json()["record"]["fields"]["number"] == "7712"


def test_the_command_line_corrects_and_shows_it(
    base: Base, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = base.resources.settings
    for name in ("home", "schema_dir", "text_engine", "ocr_engine", "embedder"):
        monkeypatch.setenv(f"INGOT_{name.upper()}", str(getattr(settings, name)))
    quoted = ["--page", "1", "--quote", "12.50", "--by", "bob"]
    assert app.run(["records", "correct", DOC, "total", "99", "-k", KB, *quoted]) == Exit.WELL
    assert "corrected  order.total: 99.0  (correction 1, by bob)" in capsys.readouterr().err
    assert app.run(["records", "-k", KB, "--schema", "order", "--csv"]) == Exit.WELL
    assert "total corrected" in capsys.readouterr().out
    assert app.run(["records", "correct", DOC, "total", "much", "-k", KB]) == Exit.USAGE
    assert app.run(["records", "-k", KB, "check"]) == Exit.USAGE
    assert "write the options behind the command" in capsys.readouterr().err
    target = tmp_path / "orders.xlsx"
    assert app.run(["records", "-k", KB, "--schema", "order", "--xlsx", str(target)]) == Exit.WELL
    assert target.read_bytes().startswith(b"PK")
    assert app.run(["records", "-k", KB, "--schema", "order", "--xlsx", str(tmp_path / "no" / "x")]) == Exit.USAGE
