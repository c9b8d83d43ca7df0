"""Names that nobody knows are refused on every door, with the nearest known ones; over a real server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api_server import FAKE, Server, serving
from tests.in_process import fake_document

KB = "/knowledge/demo"
ROUTES_AT_LEAST = 38


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("root")
    with serving(**FAKE, ingest_root=root) as running:
        running.finished(running.upload("demo", fake_document(root / "good.pdf", "# Title\nwords a@b.example")))
        yield running


def routes(server: Server) -> list[tuple[str, str, list[str]]]:
    """(method, path of real things, names of query parameters) of everything that the description tells of."""
    job = server.get("/jobs")["items"][0]["job_id"]
    known = {
        "knowledge_id": "demo",
        "document": "good.pdf",
        "number": "1",
        "schema": "document",
        "job_id": job,
        "name": "ops",
    }
    known["callback_id"] = "demo.nothing"
    description = httpx2.get(f"{server.address}/openapi.json").json()
    return [
        (
            method.upper(),
            path.format(**known),
            [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"],
        )
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    ]


def test_every_route_refuses_a_parameter_that_it_does_not_know(server: Server) -> None:
    known = routes(server)
    assert len(known) >= ROUTES_AT_LEAST
    for method, path, names in known:
        answer = httpx2.request(method, f"{server.address}{path}?xyzzy=1")
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_parameter"), (method, path)
        assert "'xyzzy'" in answer.json()["detail"]
        for name in names:
            mistyped = httpx2.request(method, f"{server.address}{path}?{name}x=1")
            assert mistyped.json()["nearest"][:1] == [name], (method, path, name)
    assert server.get(KB)["documents"] == 1  # no DELETE went through


@pytest.mark.parametrize(
    ("path", "body", "code", "near"),
    [
        (f"{KB}/search", {"query": "x", "filters": {}}, "unknown_key", []),
        (f"{KB}/search", {"query": "x", "were": {}}, "unknown_key", ["where"]),
        (f"{KB}/search", {"query": "x", "where": {"foo.bar": "1"}}, "unknown_field", []),
        (f"{KB}/search", {"query": "x", "where": {"department": "works"}}, "unknown_field", []),
        (f"{KB}/search", {"query": "x", "where": {"langauge": "en"}}, "unknown_field", ["language"]),
        (f"{KB}/search", {"query": "x", "where": {"document.titel": "x"}}, "unknown_field", ["document.title"]),
        (f"{KB}/search", {"query": "x", "where": {"invoise.amount": "1"}}, "unknown_field", ["invoice.amount"]),
        (f"{KB}/search", {"query": "x", "where": {"invoice.amount": "much"}}, "bad_where", []),
        (f"{KB}/search", {"query": "x", "mode": "hybird"}, "bad_request", ["hybrid"]),
        (f"{KB}/ingest", {"path": ["x"]}, "unknown_key", ["paths"]),
        (f"{KB}/ingest", {"urls": ["https://example.org"], "schemas": ["invoise"]}, "no_schema", ["invoice"]),
        (f"{KB}/documents/good.pdf/retry", {"from_stag": "ocr"}, "unknown_key", ["from_stage"]),
        (f"{KB}/documents/good.pdf/retry", {"from_stage": "orc"}, "bad_request", ["ocr"]),
        ("/knowledge", {"knowlege_id": "x"}, "unknown_key", ["knowledge_id"]),
    ],
)
def test_unknown_fields_of_a_body_are_refused(server: Server, path: str, body: Any, code: str, near: list[str]) -> None:
    answer = server.post(path, body, status=422)
    assert answer["code"] == code
    assert answer["nearest"][: len(near)] == near
    assert answer["detail"]


@pytest.mark.parametrize(
    ("path", "status", "code", "near"),
    [
        (f"{KB}/search?q=words&where=x", 422, "bad_where", []),
        (f"{KB}/documents?sort=souce", 422, "bad_request", ["source"]),
        (f"{KB}/documents?state=faild", 422, "bad_request", ["failed"]),
        (f"{KB}/documents?media_type=pdf", 422, "unknown_media_type", []),
        (f"{KB}/documents?page=2", 422, "unknown_parameter", []),
        (f"{KB}/records/documnt", 404, "no_schema", ["document"]),
        ("/jobs?stat=done", 422, "unknown_parameter", ["state"]),
        ("/callbacks?knowledge_id=nothing", 404, "not_found", []),
        ("/callbacks?job=demo.nothing", 404, "not_found", []),
    ],
)
def test_lists_do_not_answer_with_all_or_nothing(
    server: Server, path: str, status: int, code: str, near: list[str]
) -> None:
    response = httpx2.get(f"{server.address}/api/v1{path}")
    answer = response.json()
    assert response.status_code == status, answer
    assert (answer["code"], answer["nearest"][: len(near)]) == (code, near)


def test_known_fields_still_find(server: Server) -> None:
    for where in ({"emails": "a@b.example"}, {"document.emails": "A@b.example"}, {"source": "good.pdf"}):
        assert server.post(f"{KB}/search", {"query": "words", "where": where})["hits"], where


def test_unknown_fields_of_a_form_are_refused(server: Server) -> None:
    answer = server.client.post(f"{KB}/ingest", files=[("files", ("a.pdf", b"%FAKE"))], data={"shema": "invoice"})
    assert (answer.status_code, answer.json()["code"], answer.json()["nearest"]) == (422, "unknown_key", ["schemas"])


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/knowledge/demo?stat=failed", 422, "did you mean &#39;state&#39;?"),
        ("/knowledge/demo?state=faild", 422, "did you mean &#39;failed&#39;?"),
        ("/knowledge/demo?sort=souce", 422, "did you mean &#39;source&#39;"),
        ("/knowledge/demo/search?where=foo.bar%3D1", 422, "there is no schema &#39;foo&#39;"),
        ("/knowledge/demo/search?q=words&where=langauge%3Den", 422, "did you mean &#39;language&#39;?"),
        ("/knowledge/demo/search?q=words&mode=hybird", 422, "did you mean &#39;hybrid&#39;?"),
        ("/callbacks?state=ded", 422, "did you mean &#39;dead&#39;?"),
        ("/queues?xyzzy=1", 422, "there is no query parameter &#39;xyzzy&#39;"),
        ("/?utm_source=mail&fbclid=1", 200, "demo"),
        ("/knowledge/demo/documents/good.pdf?page=1&q=words", 200, "good.pdf"),
    ],
)
def test_pages_say_it_in_a_sentence(server: Server, path: str, status: int, sentence: str) -> None:
    answer = httpx2.get(f"{server.address}{path}", headers={"accept": "text/html"}, follow_redirects=True)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html") and sentence in answer.text


def test_what_a_folder_holds_besides_documents_is_in_the_answer(server: Server) -> None:
    root = Path(server.environment["INGOT_INGEST_ROOT"])
    folder = root / "mixed"
    folder.mkdir()
    fake_document(folder / "a.pdf", "words")
    (folder / "notes.doc").write_bytes(b"PK\x03\x04")
    (folder / os.fsdecode(b"caf\xe9.log")).write_text("text")
    (folder / ".hidden").touch()
    answer = server.post("/knowledge/mixed/ingest", {"paths": ["mixed"]}, status=202)
    assert [one["source"] for one in answer["documents"]] == ["a.pdf"]
    assert {one["source"]: one["code"] for one in answer["skipped"]} == {
        ".hidden": "hidden",
        "caf\\xe9.log": "unsupported",
        "notes.doc": "unsupported",
    }
    assert all(one["reason"] for one in answer["skipped"])
    server.finished(answer["job_id"])
