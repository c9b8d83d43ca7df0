"""A document that people give another name is called so everywhere, and its file stays what it is."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingest.api.app import create_app
from pipeline.service import Service
from pipeline.settings import Settings
from pipeline.step_context import Resources
from stores.audit import Action, AuditFilter
from stores.chroma.memory import MemoryVectors
from tests.in_process import KB, fake_document, fake_resources, ingest_now, sql_store

ONE = f"/api/v1/knowledge/{KB}/documents"


@pytest.fixture
def resources(home: Path, tmp_path: Path) -> Resources:
    """Two letters that were read."""
    for name in ("scan001", "scan002"):
        fake_document(tmp_path / "docs" / f"{name}.pdf", f"# Letter {name}\nThe heron waits for {name}.")
    made = fake_resources(home, MemoryVectors())
    ingest_now(made, tmp_path / "docs", options={"schemas": ("document",)})
    return made


@pytest.fixture
def service(home: Path, resources: Resources) -> Iterator[Service]:
    settings = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "home": home}
    opened = Service(Settings(**settings))  # type: ignore[arg-type]
    yield opened
    opened.close()


@pytest.fixture
def client(service: Service) -> TestClient:
    return TestClient(create_app(service), "http://localhost")


def test_lists_hits_records_files_and_downloads_show_the_new_name(
    client: TestClient, service: Service, home: Path, resources: Resources
) -> None:
    known = client.get(f"{ONE}/scan001.pdf").json()
    renamed = client.patch(f"{ONE}/scan001.pdf", json={"name": " Lease  合同 "}).json()
    assert (renamed["source"], renamed["renamed_from"]) == ("Lease 合同", "scan001.pdf")
    assert renamed["sources"] == ["scan001.pdf"] and renamed["document"] == known["document"]
    assert client.get(f"{ONE}/Lease 合同").json() == client.get(f"{ONE}/scan001.pdf").json()
    assert [one["source"] for one in client.get(ONE).json()["items"]] == ["Lease 合同", "scan002.pdf"]
    for part in ("lease", "scan001"):
        assert [one["document"] for one in client.get(ONE, params={"q": part}).json()["items"]] == [known["document"]]
    search = f"/api/v1/knowledge/{KB}/search"
    for name in ("Lease 合同", "scan001.pdf"):
        hits = client.get(search, params={"q": "heron", "mode": "keyword", "where": f"source = '{name}'"}).json()[
            "hits"
        ]
        assert {hit["source"] for hit in hits} == {"Lease 合同"}
    records = client.get(f"/api/v1/knowledge/{KB}/records/document").json()["items"]
    assert {one["source"] for one in records} == {"Lease 合同", "scan002.pdf"}
    with closing(sqlite3.connect(home / KB / "kb.db")) as database:
        assert sorted(database.execute("SELECT source FROM document_now")) == [("Lease 合同",), ("scan002.pdf",)]
    kept = home / KB / "files" / "json"
    assert sorted(json.loads(path.read_text())["source"] for path in kept.iterdir()) == ["Lease 合同", "scan002.pdf"]
    assert len(list((home / KB / "files" / "markdown").iterdir())) == 2
    original = client.get(f"{ONE}/Lease 合同/source")
    assert "Lease%20%E5%90%88%E5%90%8C.pdf" in original.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(client.get(f"/api/v1/knowledge/{KB}/zip?originals=true").content)) as packed:
        assert {"markdown/Lease 合同.pdf.md", "originals/Lease 合同.pdf"} <= set(packed.namelist())
    trail = service.audit_trail.page(AuditFilter(action=Action.RENAME_DOCUMENT)).items
    assert [(one.subject, one.detail) for one in trail] == [(known["document"], "scan001.pdf -> Lease 合同")]


def test_ingesting_again_does_not_undo_it(service: Service, resources: Resources, tmp_path: Path) -> None:
    before = service.documents.rename(KB, "scan001.pdf", "Lease")
    ingest_now(resources, tmp_path / "docs")
    assert service.documents.get(KB, before.document).source == "Lease"
    fake_document(tmp_path / "docs" / "scan001.pdf", "# Letter\nThe heron flew away.")
    ingest_now(resources, tmp_path / "docs")
    after = service.documents.get(KB, "Lease")
    assert after.document != before.document and after.sources == ("scan001.pdf",)
    assert service.documents.rename(KB, "Lease", "").source == "scan001.pdf"


def test_a_name_that_is_taken_or_cannot_be_shown_is_refused(client: TestClient) -> None:
    for name, status, code in (
        ("scan002.pdf", 409, "conflict"),
        ("x" * 300, 422, "bad_name"),
        ("\u202e", 422, "bad_name"),
    ):
        refused = client.patch(f"{ONE}/scan001.pdf", json={"name": name})
        assert (refused.status_code, refused.json()["code"]) == (status, code), name
    assert client.patch(f"{ONE}/nothing.pdf", json={"name": "x"}).status_code == 404


def test_the_page_renames_and_shows_both_names(client: TestClient, service: Service) -> None:
    document = service.documents.get(KB, "scan001.pdf").document
    form = {"document": document, "name": "<Lease>"}
    answer = client.post(f"/knowledge/{KB}/rename-document", data=form, headers={"Accept": "text/html"})
    assert answer.url.path.endswith(document)
    assert "&lt;Lease&gt;</h1>" in answer.text and "scan001.pdf" in answer.text
    assert sql_store(fake_resources(service.settings.home)).document_queries.get(document).renamed_from == "scan001.pdf"
