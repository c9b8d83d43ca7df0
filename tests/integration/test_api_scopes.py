"""A key for one knowledge base, asked of every resource: what is another's is neither shown nor counted."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from tests.api_server import FAKE, Server, serving
from tests.in_process import fake_document
from tests.waiting import GENEROUS_S

ALL, MINE = "key-for-all-0123456789", "key-for-mine-0123456789"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("scopes")
    with serving(**FAKE, api_keys=f"{ALL},{MINE}@mine") as running:
        running.client.headers["Authorization"] = f"Bearer {ALL}"
        for name in ("mine", "theirs"):
            running.finished(running.upload(name, fake_document(folder / f"{name}.pdf", f"words of {name}")))
        yield running


@pytest.fixture
def mine(server: Server) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {MINE}"}
    with httpx2.Client(base_url=server.client.base_url, headers=headers, timeout=GENEROUS_S) as client:
        yield client


def test_lists_hold_only_what_the_key_is_for(server: Server, mine: httpx2.Client) -> None:
    assert [one["knowledge_id"] for one in mine.get("/knowledge").json()["items"]] == ["mine"]
    assert {one["knowledge_id"] for one in mine.get("/jobs").json()["items"]} == {"mine"}
    assert len(server.get("/knowledge")["items"]) == len(server.get("/jobs")["items"]) == 2
    for path in ("/schemas", "/queues", "/workers"):
        assert mine.get(path).status_code == 200


def test_what_is_anothers_is_forbidden(server: Server, mine: httpx2.Client) -> None:
    job = next(one["job_id"] for one in server.get("/jobs")["items"] if one["knowledge_id"] == "theirs")
    document = "/knowledge/theirs/documents/theirs.pdf"
    asked = [
        ("GET", "/knowledge/theirs"),
        ("DELETE", "/knowledge/theirs"),
        ("POST", "/knowledge/theirs/check"),
        ("GET", "/knowledge/theirs/export"),
        ("GET", "/knowledge/theirs/documents"),
        ("GET", "/knowledge/theirs/jobs"),
        ("GET", "/knowledge/theirs/search?q=words"),
        ("GET", "/knowledge/theirs/records/document"),
        ("GET", "/jobs?knowledge_id=theirs"),
        ("GET", f"/jobs/{job}"),
        ("GET", f"/jobs/{job}/events"),
        ("POST", f"/jobs/{job}/cancel"),
        ("POST", f"/jobs/{job}/retry"),
        ("DELETE", document),
        ("POST", f"{document}/retry"),
        *(("GET", f"{document}/{part}") for part in ("source", "markdown", "json", "pages", "chunks", "records")),
        ("GET", f"{document}/pages/1"),
        ("GET", f"{document}/pages/1/image"),
        ("GET", "/knowledge/never-made"),
    ]
    for method, path in asked:
        answer = mine.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path
    made = mine.post("/knowledge", json={"knowledge_id": "theirs"})
    assert made.status_code == 403
    assert server.get(document)["state"] == "done"


def test_metrics_are_for_keys_of_all(server: Server) -> None:
    def ask(key: str) -> int:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx2.get(f"{server.address}/metrics", headers=headers).status_code

    assert (ask(ALL), ask(MINE), ask("")) == (200, 403, 401)
    assert httpx2.get(f"{server.address}/livez").status_code == 200
