"""Keys that are missing, wrong or for another knowledge base, on every route there is; the login of the pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from ingest.api.keys import entries_of, new_entry
from ingest.api.security import COOKIE
from ingest.web.login import MOST_WRONG
from stores.errors import InputError
from tests.api_server import FAKE, Server, serving
from tests.waiting import GENEROUS_S

ALL, ALL_ENTRY = new_entry()
MINE, MINE_ENTRY = new_entry(["mine"])
OPEN = {"/livez", "/readyz", "/version", "/source"}
"""What answers without a key, and tells nothing of what is kept here."""
_SECRET = "heronwords"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(**FAKE, api_keys=f"{ALL_ENTRY},{MINE_ENTRY}", allow_private_urls=True, callback_retries_s="0") as up:
        up.client.headers["Authorization"] = f"Bearer {ALL}"
        for name in ("mine", "theirs"):
            file = (f"{_SECRET}-{name}.pdf", f"%FAKE\n{_SECRET} of {name}".encode())
            fields = {"callback_url": "http://127.0.0.1:59999/hook", "metadata": json.dumps({"secret": _SECRET})}
            answer = up.client.post(f"/knowledge/{name}/ingest", files=[("files", file)], data=fields)
            up.finished(answer.json()["job_id"])
        yield up


@pytest.fixture(scope="module")
def theirs(server: Server) -> dict[str, str]:
    """What the parameters of a path are for another's things."""
    job = next(one["job_id"] for one in server.get("/jobs")["items"] if one["knowledge_id"] == "theirs")
    callback = server.soon(lambda: server.get("/callbacks", knowledge_id="theirs")["items"])[0]["callback_id"]
    document = server.get("/knowledge/theirs/documents")["items"][0]["document"]
    return {
        "knowledge_id": "theirs",
        "job_id": job,
        "callback_id": callback,
        "document": document,
        "number": "1",
        "schema": "document",
    }


def routes(server: Server, pages: bool = False) -> list[tuple[str, str]]:
    """Method and path of every route, of the description or of the program itself."""
    if not pages:
        described = httpx2.get(f"{server.address}/openapi.json").json()["paths"]
        return [(method.upper(), path) for path, operations in described.items() for method in operations]
    from fastapi.routing import APIRoute

    from ingest.web.site import PAGES

    return [
        (method, route.path)
        for router in PAGES
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    ]


def filled(path: str, values: dict[str, str]) -> str:
    return re.sub(r"{(\w+)(:path)?}", lambda found: values.get(found[1], values["document"]), path)


def asked(server: Server, method: str, path: str, key: str = "", **more: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    body = {"json": {"query": "x"}} if path.endswith("/search") and method == "POST" else {}
    return httpx2.request(method, server.address + path, headers={**headers, **more}, timeout=GENEROUS_S, **body)


def test_every_route_asks_for_a_key(server: Server, theirs: dict[str, str]) -> None:
    all_routes = [*routes(server), *routes(server, pages=True)]
    assert len(all_routes) > 50
    for method, path in all_routes:
        if path in OPEN:
            continue
        target = filled(path, theirs)
        for wrong in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"bearer{ALL}"}, {"Authorization": ALL}):
            answer = asked(server, method, target, **wrong)
            assert answer.status_code == 401, (method, path, answer.status_code)
            assert _SECRET not in answer.text
        answer = asked(server, method, target, Cookie=f"{COOKIE}=wrong", **{"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 401, (method, path)


def test_a_key_for_another_opens_no_route(server: Server, theirs: dict[str, str]) -> None:
    named = 0
    for method, path in [*routes(server), *routes(server, pages=True)]:
        if not re.search(r"{(knowledge_id|job_id|callback_id)}", path):
            continue
        named += 1
        answer = asked(server, method, filled(path, theirs), MINE)
        assert answer.status_code == 403, (method, path, answer.status_code, answer.text[:200])
        assert _SECRET not in answer.text
    assert named >= 35
    assert server.get("/knowledge/theirs")["documents"] == 1


def test_what_names_no_knowledge_base_shows_none_of_anothers(server: Server, theirs: dict[str, str]) -> None:
    unnamed = [
        (method, path)
        for method, path in [*routes(server), *routes(server, pages=True)]
        if "{" not in path and method == "GET" and path not in OPEN
    ]
    assert len(unnamed) >= 8
    for _, path in unnamed:
        for key in (ALL, MINE):
            answer = asked(server, "GET", path, key)
            assert answer.status_code in (200, 403), path
            if key == MINE:
                for word in ("theirs", theirs["job_id"], theirs["document"]):
                    assert word not in answer.text.replace("/knowledge/theirs", "theirs"), (path, word)
    assert asked(server, "GET", "/metrics", MINE).status_code == 403


def test_queries_do_not_reach_another_knowledge_base(server: Server, theirs: dict[str, str]) -> None:
    for path in (
        "/api/v1/jobs?knowledge_id=theirs",
        "/api/v1/callbacks?knowledge_id=theirs",
        "/api/v1/jobs?knowledge_id=theirs&knowledge_id=mine",
    ):
        assert asked(server, "GET", path, MINE).status_code in (200, 403), path
        assert theirs["job_id"] not in asked(server, "GET", path, MINE).text
    by_job = asked(server, "GET", f"/api/v1/callbacks?job={theirs['job_id']}", MINE)
    invented = asked(server, "GET", "/api/v1/callbacks?job=theirs.nothing", MINE)
    assert (by_job.status_code, invented.status_code) == (404, 404)
    assert by_job.json()["detail"].replace(theirs["job_id"], "theirs.nothing") == invented.json()["detail"]
    assert asked(server, "POST", "/api/v1/callbacks/replay", MINE).status_code == 403
    made = httpx2.post(
        f"{server.address}/api/v1/knowledge",
        json={"knowledge_id": "theirs"},
        headers={"Authorization": f"Bearer {MINE}"},
    )
    assert made.status_code == 403


def test_ids_that_hide_another_knowledge_base(server: Server, theirs: dict[str, str]) -> None:
    ulid = theirs["job_id"].rpartition(".")[2]
    for job in (
        f"mine.{ulid}",
        f"mine.{theirs['job_id']}",
        f"mine/../{theirs['job_id']}",
        f"{theirs['job_id']}.",
        f"THEIRS.{ulid}",
        f"theirs%00.{ulid}",
        f".{ulid}",
        ulid,
    ):
        answer = asked(server, "GET", f"/api/v1/jobs/{quote(job, safe='%')}", MINE)
        assert answer.status_code in (403, 404, 422), (job, answer.text)
        assert _SECRET not in answer.text
    for document in (f"..%2F..%2Ftheirs%2Fdocuments%2F{theirs['document']}", theirs["document"], "../theirs"):
        answer = asked(server, "GET", f"/api/v1/knowledge/mine/documents/{document}", MINE)
        assert answer.status_code in (403, 404), answer.text


def test_a_cookie_is_no_help_to_another_site(server: Server) -> None:
    for headers in (
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Authorization": "Basic eDp5", "Origin": "http://evil.example"},
        {"Authorization": "Bearer", "Origin": "http://evil.example"},
        {},
    ):
        for method, path in (("POST", "/create"), ("POST", "/samples"), ("DELETE", "/api/v1/knowledge/mine")):
            answer = asked(server, method, path, Cookie=f"{COOKIE}={ALL}", **headers)
            assert answer.status_code == 403, (headers, path)
    answer = asked(server, "GET", "/api/v1/knowledge", ALL, Origin="http://evil.example")
    assert not [name for name in answer.headers if name.startswith("access-control")]
    preflight = {"Origin": "http://evil.example", "Access-Control-Request-Method": "DELETE"}
    answer = asked(server, "OPTIONS", "/api/v1/knowledge/mine", **preflight)
    assert answer.status_code in (401, 405)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_login_gives_a_careful_cookie_and_leads_nowhere_else(server: Server) -> None:
    for following in ("/", "//evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "http://evil/"):
        answer = httpx2.post(f"{server.address}/login", data={"key": MINE, "next": following})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie
        shown = httpx2.get(f"{server.address}/login", params={"next": following})
        assert "evil" not in shown.text and "javascript:" not in shown.text
    answer = httpx2.get(f"{server.address}/login", params={"next": '/"><script>alert(1)</script>'})
    assert "<script>alert" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    answer = httpx2.post(f"{server.address}/login", data={"key": MINE, "next": "/x\r\nSet-Cookie: a=b"})
    assert answer.headers["location"] == "/"


def test_guessing_at_the_login_is_slow(server: Server) -> None:
    def guess(key: str) -> int:
        return httpx2.post(f"{server.address}/login", data={"key": key}).status_code

    assert {guess(f"guess-{n}") for n in range(MOST_WRONG)} == {401}
    answer = httpx2.post(f"{server.address}/login", data={"key": "guess"}, headers={"Accept": "text/html"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "wait a minute" in answer.text
    assert guess(MINE) == 429, "a right guess looks like a wrong one"
    assert asked(server, "GET", "/api/v1/knowledge", MINE).status_code == 200, "programs are not held up"


def test_a_key_that_can_be_guessed_is_not_taken() -> None:
    assert entries_of("twelve-chars@mine")
    for weak in ("secret", "", "admin@mine"):
        if weak:
            with pytest.raises(InputError, match="guessed"):
                entries_of(weak)
