"""Documents as a ZIP: what is in it, its names, and the routes to it."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ingest.api.app import create_app
from ingest.document_zip import _Stems, zip_documents
from pipeline.service import Service
from stores.errors import NotFoundError
from stores.views import DocumentView
from tests.in_process import KB, fake_document, fake_resources, ingest_now


@pytest.fixture
def service(home: Path, tmp_path: Path) -> Service:
    fake_document(tmp_path / "contract.pdf", "# Contract\nPayment is due.", "# Annex\nBavaria.")
    fake_document(tmp_path / "sub" / "合同.pdf", "# 合同\n付款期限")
    fake_document(tmp_path / "torn.pdf", "good", "[broken] bad")
    (tmp_path / "empty.pdf").write_bytes(b"")
    resources = fake_resources(home)
    ingest_now(resources, tmp_path)
    return Service(resources.settings)


def opened(service: Service, *names: str, originals: bool = False) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(zip_documents(service, KB, names, originals=originals))))
    assert archive.testzip() is None
    return archive


def test_every_form_of_every_document_and_an_index(service: Service, tmp_path: Path) -> None:
    archive = opened(service, originals=True)
    assert archive.read("markdown/contract.pdf.md").decode() == service.documents.markdown(KB, "contract.pdf")
    whole = json.loads(archive.read("json/sub/合同.pdf.json"))
    assert whole["source"] == "sub/合同.pdf" and whole["pages"][0]["markdown"].startswith("# 合同")
    assert whole["records"][0]["schema"] == "document"
    assert archive.read("originals/contract.pdf") == (tmp_path / "contract.pdf").read_bytes()
    records = {row["source"]: row for row in csv.DictReader(io.StringIO(archive.read("records/document.csv").decode()))}
    assert records["contract.pdf"]["title"] == "Contract"
    index = {row["source"]: row for row in csv.DictReader(io.StringIO(archive.read("index.csv").decode()))}
    assert set(index) == {"contract.pdf", "sub/合同.pdf", "torn.pdf", "empty.pdf"}
    assert index["torn.pdf"]["state"] == "partial" and "not read:" in archive.read("markdown/torn.pdf.md").decode()
    assert "0 bytes" in index["empty.pdf"]["error"] and index["empty.pdf"]["files"] == ""
    listed = {name for row in index.values() for name in row["files"].split("; ") if name}
    assert listed == set(archive.namelist()) - {"records/document.csv", "index.csv"}


def test_a_selection_holds_nothing_else(service: Service) -> None:
    archive = opened(service, "contract.pdf", "contract.pdf")
    assert set(archive.namelist()) == {
        "markdown/contract.pdf.md",
        "json/contract.pdf.json",
        "records/document.csv",
        "index.csv",
    }
    assert b"torn" not in archive.read("records/document.csv") + archive.read("index.csv")
    with pytest.raises(NotFoundError):
        zip_documents(service, KB, ["nothing.pdf"])


def test_the_same_documents_are_the_same_bytes(service: Service) -> None:
    assert b"".join(zip_documents(service, KB)) == b"".join(zip_documents(service, KB))


def test_names_are_relative_and_can_be_written_everywhere(service: Service) -> None:
    view = service.documents.get(KB, "contract.pdf")

    def stems(*sources: str) -> list[str]:
        named = _Stems()
        return [named.of(_with_source(view, source)) for source in sources]

    assert stems("../../etc/passwd", "/abs/a.pdf", "C:\\b\\c.pdf") == ["etc/passwd", "abs/a.pdf", "C_/b/c.pdf"]
    assert stems("https://example.org/a?b=1", "con.pdf", "dir./x. ") == [
        "https_/example.org/a_b=1",
        "_con.pdf",
        "dir/x",
    ]
    first, second = stems("A.pdf", "a.pdf")
    assert first == "A.pdf" and second == f"a~{view.document[:12]}.pdf"
    assert stems("..", "/") == [view.document, f"{view.document}~{view.document[:12]}"]
    (long,) = stems("x" * 300 + ".pdf")
    assert len(long) < 110 and long.endswith(".pdf")


def _with_source(view: DocumentView, source: str) -> DocumentView:
    import dataclasses

    return dataclasses.replace(view, source=source, sources=(source,))


def test_the_api_sends_it(service: Service) -> None:
    client = TestClient(create_app(service), "http://localhost")
    answer = client.get(f"/api/v1/knowledge/{KB}/zip", params={"document": "contract.pdf", "originals": True})
    assert answer.headers["content-type"] == "application/zip"
    assert "originals/contract.pdf" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert client.get(f"/api/v1/knowledge/{KB}/zip", params={"document": "none.pdf"}).status_code == 404
