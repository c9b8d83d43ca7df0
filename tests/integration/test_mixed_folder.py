"""A folder of mixed documents: each gets the schemas for its type, and further schemas later without being read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from ingest.api.app import create_app
from pipeline.commands.extraction import extract
from pipeline.queries.records import RecordQueries
from pipeline.schemas.loader import read_schema
from pipeline.service import Service
from pipeline.step_context import Resources
from stores.consistency.row_rules import ROW_RULES
from stores.errors import InputError
from stores.knowledge_store import SqlKnowledgeStore
from stores.models import Options, Stage
from tests.in_process import KB, fake_document, fake_resources, ingest_now, run_until_done, sql_store

INVOICE = """# INVOICE
Acme Ltd
Invoice number: INV-77
Invoice date: 3 May 2024
Bill to: Jane Roe
Total amount due: USD 120.50
Payment due by 2 June 2024"""
PAPER = """# Water in small rivers
Jane A. Doe and Li Wei
University of Leiden
doi: 10.1234/water.2021.17
Abstract
Small rivers carry more water after rain than before it, as was measured in three valleys [1], [2], [3].
# References
[1] A. Smith. Rain. 2010."""
LETTER = """Dear Jane,
the weather is fine, and we went to the lake on Sunday. The children send you their love."""


@pytest.fixture
def resources(tmp_path: Path) -> Resources:
    for name, page in (("invoice", INVOICE), ("paper", PAPER), ("letter", LETTER)):
        fake_document(tmp_path / "in" / f"{name}.pdf", page)
    return fake_resources(tmp_path / "home")


def listed(resources: Resources, schema: str, **wanted: Any) -> dict[str, Any]:
    queries = RecordQueries(resources)
    chosen = queries.filter(KB, schema, wanted.pop("where", ()), **wanted)
    return {view.source: view for view in queries.all(KB, schema, chosen)}


def rows(store: SqlKnowledgeStore, table: str) -> list[dict[str, Any]]:
    with store.database.read() as connection:
        return [dict(row._mapping) for row in connection.execute(text(f"SELECT * FROM {table}"))]


def test_a_schema_is_filled_where_it_applies(resources: Resources, tmp_path: Path) -> None:
    ingest_now(resources, tmp_path / "in", options={"schemas": ("invoice",)})
    assert set(listed(resources, "invoice")) == {"invoice.pdf"}
    everything = listed(resources, "invoice", inapplicable=True)
    assert everything["invoice.pdf"].fields["invoice_number"] == "INV-77"
    assert everything["paper.pdf"].fields == {}
    assert "paper" in everything["paper.pdf"].not_applicable
    assert everything["letter.pdf"].not_applicable == "too little in it speaks for the type invoice"
    assert [row["invoice_number"] for row in rows(sql_store(resources), "record_invoice")] == ["INV-77"]


def test_auto_takes_what_fits(resources: Resources, tmp_path: Path) -> None:
    ingest_now(resources, tmp_path / "in", options={"schemas": ("auto",)})
    assert set(listed(resources, "invoice", inapplicable=True)) == {"invoice.pdf"}
    assert set(listed(resources, "paper", inapplicable=True)) == {"paper.pdf"}
    types = {name: view.fields["type"] for name, view in listed(resources, "document").items()}
    assert types == {"invoice.pdf": "invoice", "paper.pdf": "paper", "letter.pdf": None}


def test_a_type_set_by_hand_decides(resources: Resources, tmp_path: Path) -> None:
    ingest_now(resources, tmp_path / "in", options={"schemas": ("auto",), "type": "contract"})
    assert set(listed(resources, "contract")) == {"invoice.pdf", "paper.pdf", "letter.pdf"}
    assert not listed(resources, "invoice")


def test_records_by_conditions_and_evidence(resources: Resources, tmp_path: Path) -> None:
    ingest_now(resources, tmp_path / "in", options={"schemas": ("invoice",)})
    assert listed(resources, "invoice", where=["amount>100 and invoice_number has 77", "issuer != nobody"])
    assert not listed(resources, "invoice", where=["amount>200"])
    proved = listed(resources, "invoice", proved=True)["invoice.pdf"]
    assert proved.fields["amount"] == 120.5
    for wrong in ("amount>many", "amont>1", "amount", "lines>1", "lines.nothing>1", "amount has 1"):
        with pytest.raises(InputError):
            listed(resources, "invoice", where=[wrong])


def test_extraction_later_reads_no_page(resources: Resources, tmp_path: Path) -> None:
    ingest_now(resources, tmp_path / "in")
    store = sql_store(resources)
    documents = sorted(store.registration.generations())
    report = extract(resources, store, documents, Options(schemas=("invoice",)))
    assert (report.extracted, report.unchanged, report.unread, dict(report.failed)) == (3, 0, 0, {})
    ran = {key.stage for key in run_until_done(resources)}
    assert ran == {Stage.EXTRACT, Stage.PUBLISH}
    assert set(listed(resources, "invoice")) == {"invoice.pdf"}
    again = extract(resources, store, documents, Options(schemas=("invoice",)))
    assert (again.job, again.extracted, again.unchanged) == (None, 0, 3)


def test_chinese_names_and_reserved_words_are_columns(tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text(
        json.dumps(
            {
                "properties": {
                    "发票号码": {"type": "string", "x-labels": ["Invoice number"]},
                    "select": {"type": "number", "x-labels": ["Total amount due"]},
                    "paid": {"type": "boolean", "x-labels": ["Paid"]},
                    "tags": {"type": "array", "x-labels": ["Tags"]},
                },
                "required": ["paid"],
            }
        )
    )
    schema = read_schema(tmp_path / "order.json")
    resources = fake_resources(tmp_path / "home", schema_dir=tmp_path)
    fake_document(tmp_path / "in" / "a.pdf", INVOICE + "\nTags: red, blue")
    ingest_now(resources, tmp_path / "in", options={"schemas": ("order",)})
    (row,) = rows(sql_store(resources), "record_order")
    assert (row["发票号码"], row["select"]) == ("INV-77", 120.5)
    assert [row["value"] for row in rows(sql_store(resources), "record_order_tags")] == ["red", "blue"]
    assert rows(sql_store(resources), "order_now")[0]["select"] == 120.5
    assert listed(resources, "order")["a.pdf"].remarks == ("paid is required, and was not found",)
    assert schema.types == ()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM record", "only reading"),
        ("ATTACH 'x.db' AS x", "only reading"),
        ("PRAGMA journal_mode=DELETE", "only reading"),
        ("SELECT 1; SELECT 2", "one statement"),
        ("SELECT * FROM nowhere", "no such table"),
        ("", "no query"),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n", "longer than"),
        ("SELECT zeroblob(900000000)", "too big"),
    ],
)
def test_a_query_that_does_more_than_read_is_refused(
    resources: Resources, tmp_path: Path, statement: str, says: str
) -> None:
    ingest_now(resources, tmp_path / "in")
    with pytest.raises(InputError, match=says):
        sql_store(resources).query(statement, 10, 0.3)


def test_a_query_gives_columns_and_so_many_rows(resources: Resources, tmp_path: Path) -> None:
    ingest_now(resources, tmp_path / "in", options={"schemas": ("invoice",)})
    answer = sql_store(resources).query("SELECT source, amount FROM invoice_now", 10, 10.0)
    assert (answer.columns, answer.rows, answer.more) == (("source", "amount"), (("invoice.pdf", 120.5),), False)
    assert sql_store(resources).query("SELECT * FROM document", 2, 10.0).more


def test_the_api_filters_records_and_extracts_later(resources: Resources, tmp_path: Path) -> None:
    ingest_now(resources, tmp_path / "in", options={"schemas": ("invoice",)})
    client = TestClient(create_app(Service(resources.settings)), "http://localhost")
    records = f"/api/v1/knowledge/{KB}/records/invoice"
    assert [one["source"] for one in client.get(records).json()["items"]] == ["invoice.pdf"]
    everything = client.get(records, params={"all": True}).json()["items"]
    assert sorted(bool(one["not_applicable"]) for one in everything) == [False, True, True]
    assert client.get(records, params={"where": "amount>200"}).json()["items"] == []
    assert len(client.get(records, params={"where": "amount>100", "proved": True}).json()["items"]) == 1
    refused = client.get(records, params={"where": "amount>many"})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_where")
    types = {one["name"]: one["types"] for one in client.get("/api/v1/schemas").json()}
    assert (types["invoice"], types["document"]) == (["invoice"], [])
    answer = client.post(f"/api/v1/knowledge/{KB}/extract", json={"schemas": ["paper"], "documents": ["paper.pdf"]})
    assert answer.status_code == 202
    assert {name: answer.json()[name] for name in ("extracted", "unchanged", "unread")} == {
        "extracted": 1,
        "unchanged": 0,
        "unread": 0,
    }
    run_until_done(resources)
    paper = client.get(f"/api/v1/knowledge/{KB}/records/paper").json()["items"]
    assert paper[0]["fields"]["doi"] == "10.1234/water.2021.17"


def test_a_check_agrees_with_records_that_do_not_apply(resources: Resources, tmp_path: Path) -> None:
    ingest_now(resources, tmp_path / "in", options={"schemas": ("invoice",)})
    rules = {rule.code: rule for rule in ROW_RULES}
    with sql_store(resources).database.read() as connection:
        for code in ("record_rows_missing", "record_rows_stray"):
            assert rules[code].look(connection, 10) == []
