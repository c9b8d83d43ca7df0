"""How answers travel: HEAD, gzip, ETag, other origins, and the methods that a path has; over a real server."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api_server import FAKE, Server, serving
from tests.in_process import fake_document

ORIGIN = "https://app.example.org"
_OF_ONE_ANSWER = {"date", "x-request-id", "transfer-encoding", "connection"}
_LONG = "\n".join(f"Paragraph {number} of words about herons and rivers." for number in range(200))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("documents")
    with serving(**FAKE, cors_origins=f"{ORIGIN}, http://127.0.0.1:3000") as running:
        long = fake_document(folder / "long.pdf", f"# Title\n{_LONG} a@b.example")
        running.finished(running.upload("demo", long, fake_document(folder / "short.pdf", "few words")))
        yield running


def plainly(server: Server, method: str, path: str, **headers: str) -> httpx2.Response:
    """One answer as it travels: nothing is unpacked or followed."""
    with server.client.stream(
        method, f"{server.address}{path}", headers={"accept-encoding": "identity", **headers}
    ) as answer:
        answer.extensions["raw"] = b"".join(answer.iter_raw()) if not path.endswith("/events") else b""
        return answer


def raw(answer: httpx2.Response) -> bytes:
    bytes_received: bytes = answer.extensions["raw"]
    return bytes_received


def paths_to_get(server: Server) -> list[str]:
    job = server.get("/jobs")["items"][0]["job_id"]
    known = {"knowledge_id": "demo", "document": "long.pdf", "number": "1", "schema": "document", "job_id": job}
    known |= {"callback_id": "demo.nothing", "name": "nightly"}
    description = httpx2.get(f"{server.address}/openapi.json").json()
    described = [path.format(**known) for path, operations in description["paths"].items() if "get" in operations]
    described = [f"{path}?q=words" if path.endswith("/search") else path for path in described]
    pages = ["/", "/queues", "/callbacks", "/knowledge/demo", "/knowledge/demo/search", f"/jobs/{job}", "/openapi.json"]
    return [*described, *pages]


def told(answer: httpx2.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in _OF_ONE_ANSWER}


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_head_answers_like_get_on_every_route(server: Server, encoding: str) -> None:
    """Also where the answer streams, where it is an endless one, and where it is an error."""
    for path in [*paths_to_get(server), "/nowhere", "/api/v1/knowledge/none", "/api/v1/jobs?xyzzy=1"]:
        whole = plainly(server, "GET", path, **{"accept-encoding": encoding})
        head = plainly(server, "HEAD", path, **{"accept-encoding": encoding})
        assert head.status_code == whole.status_code, path
        assert raw(head) == b"", path
        if path != "/metrics":  # whose figures are others each time
            assert told(head) == told(whole), path


def test_head_of_a_running_job_s_events_ends(tmp_path: Path, server: Server) -> None:
    job = server.upload("slow", fake_document(tmp_path / "slow.pdf", "[slow 3] words"))
    assert plainly(server, "HEAD", f"/api/v1/jobs/{job}/events").headers["content-type"].startswith("text/event-stream")
    server.finished(job)


def test_long_text_is_packed_and_nothing_else(server: Server) -> None:
    documents = "/api/v1/knowledge/demo/documents"
    packed = plainly(server, "GET", f"{documents}/long.pdf/markdown", **{"accept-encoding": "gzip, br"})
    plain = plainly(server, "GET", f"{documents}/long.pdf/markdown")
    assert packed.headers["content-encoding"] == "gzip"
    assert len(raw(packed)) < len(raw(plain)) / 3
    assert gzip.decompress(raw(packed)) == raw(plain)
    assert "accept-encoding" in plain.headers["vary"].lower() and "accept-encoding" in packed.headers["vary"].lower()
    job = server.get("/jobs")["items"][0]["job_id"]
    whole = plainly(server, "GET", f"{documents}/long.pdf/json", **{"accept-encoding": "gzip"})
    assert gzip.decompress(raw(whole)) == raw(plainly(server, "GET", f"{documents}/long.pdf/json"))
    for path in (
        f"{documents}/long.pdf/pages/1/image",
        f"{documents}/long.pdf/source",
        f"{documents}/short.pdf/markdown",
        f"/api/v1/jobs/{job}/events",
        "/source",
    ):
        assert "content-encoding" not in plainly(server, "GET", path, **{"accept-encoding": "gzip"}).headers, path


TAGGED = (
    "documents/long.pdf/markdown",
    "documents/long.pdf/json",
    "documents/long.pdf/records",
    "documents/long.pdf/source",
    "records/document",
    "records/document?limit=1",
    "records/document?format=csv",
)


@pytest.mark.parametrize("path", TAGGED)
def test_an_answer_that_the_client_has_is_not_sent_again(server: Server, path: str) -> None:
    whole = plainly(server, "GET", f"/api/v1/knowledge/demo/{path}")
    tag = whole.headers["etag"]
    assert not tag.startswith("W/") and whole.headers["cache-control"] == "private, no-cache"
    assert raw(plainly(server, "GET", f"/api/v1/knowledge/demo/{path}")) == raw(whole)
    for asked in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = plainly(server, "GET", f"/api/v1/knowledge/demo/{path}", **{"if-none-match": asked})
        assert (again.status_code, raw(again)) == (304, b""), asked
        assert again.headers["etag"] == tag
    other = plainly(server, "GET", f"/api/v1/knowledge/demo/{path}", **{"if-none-match": '"other"'})
    assert other.status_code == 200 and raw(other) == raw(whole)


def test_a_packed_answer_has_a_weak_tag_that_is_known_again(server: Server) -> None:
    path = "/api/v1/knowledge/demo/documents/long.pdf/markdown"
    packed = plainly(server, "GET", path, **{"accept-encoding": "gzip"})
    assert packed.headers["etag"].startswith('W/"')
    again = plainly(server, "GET", path, **{"accept-encoding": "gzip", "if-none-match": packed.headers["etag"]})
    assert again.status_code == 304


def tags_of(server: Server, *paths: str) -> dict[str, Any]:
    return {path: plainly(server, "GET", f"/api/v1/knowledge/{path}").headers.get("etag") for path in paths}


def test_a_tag_changes_with_what_it_stands_for(server: Server, tmp_path: Path) -> None:
    """A new generation, a second name, another document, the same bytes again after they were deleted."""
    paths = ("tags/documents/a.pdf/markdown", "tags/documents/a.pdf/json", "tags/records/document")
    first = fake_document(tmp_path / "a.pdf", "one")
    server.finished(server.upload("tags", first))
    before = tags_of(server, *paths)
    assert all(before.values())
    server.finished(server.upload("tags", first, force="true"))
    remade = tags_of(server, *paths)
    assert all(remade[path] != before[path] for path in paths)
    (tmp_path / "second").mkdir()
    other = fake_document(tmp_path / "second" / "b.pdf", "two")
    server.finished(server.upload("tags", other))
    added = tags_of(server, *paths)
    assert added[paths[0]] == remade[paths[0]] and added[paths[2]] != remade[paths[2]]
    server.delete("/knowledge/tags/documents/a.pdf")
    server.finished(server.upload("tags", first))
    again = tags_of(server, *paths)
    assert all(again[path] not in (before[path], remade[path], None) for path in paths)


def test_what_is_being_made_has_no_tag(server: Server, tmp_path: Path) -> None:
    job = server.upload("making", fake_document(tmp_path / "slow.pdf", "[slow 4] words", "more"))
    server.soon(lambda: server.get("/knowledge/making/documents")["items"])
    answer = plainly(server, "GET", "/api/v1/knowledge/making/documents/slow.pdf/json")
    if answer.status_code == 200 and answer.headers.get("etag"):
        assert server.get(f"/jobs/{job}")["state"] == "done"
    server.finished(job)


def test_pages_of_named_origins_may_read(server: Server) -> None:
    simple = plainly(server, "GET", "/api/v1/knowledge", origin=ORIGIN)
    assert simple.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-credentials" not in simple.headers
    assert {"etag", "location", "retry-after"} <= {
        name.strip().lower() for name in simple.headers["access-control-expose-headers"].split(",")
    }
    wrong = plainly(server, "GET", "/api/v1/knowledge/none", origin=ORIGIN)
    assert (wrong.status_code, wrong.headers["access-control-allow-origin"]) == (404, ORIGIN)
    asked = {"origin": ORIGIN, "access-control-request-method": "POST"}
    before = plainly(
        server,
        "OPTIONS",
        "/api/v1/knowledge/demo/search",
        **asked,
        **{"access-control-request-headers": "authorization, content-type"},
    )
    assert before.status_code == 200 and before.headers["access-control-allow-origin"] == ORIGIN
    response = server.client.post(
        "/knowledge/demo/search", json={"query": "words"}, headers={"origin": ORIGIN, "sec-fetch-site": "cross-site"}
    )
    assert response.status_code == 200 and response.headers["access-control-allow-origin"] == ORIGIN


def test_pages_of_other_origins_may_not(server: Server) -> None:
    other = {"origin": "https://evil.example"}
    assert "access-control-allow-origin" not in plainly(server, "GET", "/api/v1/knowledge", **other).headers
    assert (
        plainly(
            server, "OPTIONS", "/api/v1/knowledge", **other, **{"access-control-request-method": "POST"}
        ).status_code
        == 400
    )
    assert server.client.post("/knowledge", json={"knowledge_id": "x"}, headers=other).status_code == 403
    cookie = {"origin": ORIGIN, "cookie": "ingot_key=anything"}
    assert server.client.post("/knowledge", json={"knowledge_id": "x"}, headers=cookie).status_code == 403
    form = httpx2.post(f"{server.address}/create", data={"knowledge_id": "x"}, headers={"origin": ORIGIN})
    assert form.status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/v1/knowledge", "GET, HEAD, POST"),
        ("POST", "/api/v1/knowledge/demo", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/api/v1/knowledge/demo/ingest", "POST"),
        ("HEAD", "/api/v1/knowledge/demo/ingest", "POST"),
        ("PUT", "/api/v1/knowledge/demo/documents/long.pdf", "DELETE, GET, HEAD, PATCH"),
        ("DELETE", "/api/v1/jobs", "GET, HEAD"),
        ("POST", "/livez", "GET, HEAD"),
        ("OPTIONS", "/api/v1/jobs", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_there_names_those_that_are(server: Server, method: str, path: str, allowed: str) -> None:
    answer = plainly(server, method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.headers["content-type"] == "application/problem+json"
