"""A knowledge base over the API: out by export, in by import; and large originals by links of S3 itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from ingest.api.app import create_app
from pipeline.commands.export_knowledge_base import export
from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.service import Service
from pipeline.settings import Settings
from tests.in_process import KB, fake_document, fake_resources, ingest_now
from tests.s3_server import environment, new_bucket, s3_server

FAKE = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake"}
KEYS = "the-key-of-one-knowledge-base@other,the-key-of-everything"
TAR = {"Content-Type": "application/x-tar"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("exported")
    resources = fake_resources(folder / "home")
    fake_document(folder / "in" / "a.pdf", "# Alpha\nA text about otters.")
    ingest_now(resources, folder / "in")
    return b"".join(export(resources, KB, "1.0", lambda what, count: None))


@pytest.fixture
def client(home: Path) -> Iterator[TestClient]:
    service = Service(Settings(home=home, api_keys=KEYS, max_request_mb=1, **FAKE))  # type: ignore[arg-type]
    with TestClient(create_app(service), base_url="http://127.0.0.1") as made:
        made.headers["Authorization"] = "Bearer the-key-of-everything"
        yield made
    service.close()


def test_an_exported_file_becomes_a_knowledge_base(client: TestClient, home: Path, archive: bytes) -> None:
    path = "/api/v1/knowledge/copy/import"
    answer = client.post(path, content=archive, headers=TAR)
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"knowledge_id": "copy", "documents": 1, "chunks": 1, "missing": [], "cancelled": 0}
    assert client.get(answer.headers["Location"]).json()["counts"] == {"done": 1}
    again = client.get("/api/v1/knowledge/copy/export")
    assert (again.status_code, again.headers["Content-Type"]) == (200, "application/x-tar")
    refused = client.post(path, content=archive, headers=TAR)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    moved = client.post("/api/v1/knowledge/third/import", content=again.content, headers=TAR)
    assert moved.status_code == 201
    hits = client.get("/api/v1/knowledge/third/search", params={"q": "otters", "mode": "keyword"}).json()["hits"]
    assert [hit["source"] for hit in hits] == ["a.pdf"]
    assert not list((home / "run" / "uploads").glob("*/*.part")), "nothing is left in the staging folder"


def test_what_is_no_export_is_refused_and_leaves_nothing(client: TestClient, home: Path, archive: bytes) -> None:
    path = "/api/v1/knowledge/copy/import"
    damaged = archive[:1500] + b"\0\1\2" + archive[1503:]
    for content, headers, status in (
        (damaged, TAR, 422),
        (archive[: len(archive) // 2], TAR, 422),
        (b"", TAR, 422),
        (archive, {"Content-Type": "application/json"}, 415),
        (archive + b"\0" * (1 << 20), TAR, 413),
        (archive, {**TAR, "Authorization": "Bearer the-key-of-one-knowledge-base"}, 403),
        (archive, {**TAR, "Authorization": "Bearer nothing-of-the-kind"}, 401),
    ):
        answer = client.post(path, content=content, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.json()["detail"]
    assert client.get("/api/v1/knowledge").json()["items"] == []
    assert client.post("/api/v1/knowledge/.bad/import", content=archive, headers=TAR).status_code == 422
    assert not list((home / "run" / "uploads").glob("*/*.part")) and not list(home.glob("copy*"))


def test_a_large_original_is_downloaded_from_s3_itself(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_server() as endpoint:
        for name, value in environment(endpoint).items():
            monkeypatch.setenv(name, value)
        settings = {"files_url": f"s3://{new_bucket(endpoint)}/ingot", "links_from_mb": 1}
        large = fake_document(tmp_path / "in" / 'großer "Plan".pdf', "A page.", "x" * (1 << 20))
        fake_document(tmp_path / "in" / "small.pdf", "A page.")
        ingest(fake_resources(home, **settings), KB, IngestRequest(paths=(tmp_path / "in",)))
        service = Service(Settings(home=home, **settings, **FAKE))  # type: ignore[arg-type]
        with TestClient(create_app(service), base_url="http://127.0.0.1", follow_redirects=False) as client:
            documents = f"/api/v1/knowledge/{KB}/documents"
            listed = {one["source"]: one["document"] for one in client.get(documents).json()["items"]}
            assert client.get(f"{documents}/small.pdf/source").status_code == 200
            there = client.get(f"{documents}/{listed[large.name]}/source")
            assert (there.status_code, there.headers["Cache-Control"]) == (307, "no-store")
            link = httpx2.URL(there.headers["Location"])
            assert link.params["X-Amz-Expires"] == "300"
            answer = httpx2.get(link)
            assert answer.content == large.read_bytes()
            assert "gro%C3%9Fer%20%22Plan%22.pdf" in answer.headers["Content-Disposition"]
            assert client.get(
                f"{documents}/{listed[large.name]}/source", headers={"If-None-Match": there.headers["ETag"]}
            )
        service.close()
