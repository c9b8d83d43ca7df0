"""Who may ask, over a real server: keys and scopes, the Host header, forms of other sites, headers of every answer."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from ingest.api.keyring import caller_of_key
from ingest.api.keys import entries_of, new_entry
from ingest.api.security import COOKIE
from stores.errors import InputError
from tests.api_server import FAKE, Server, serving
from tests.e2e.command import COMMAND, ROOT
from tests.waiting import GENEROUS_S

ALL, ALL_ENTRY = new_entry()
MINE, MINE_ENTRY = new_entry(["mine", "ours"])
PLAIN = "a-plain-key-of-the-old-kind"


@pytest.fixture(scope="module")
def keyed() -> Iterator[Server]:
    with serving(**FAKE, api_keys=f"{ALL_ENTRY},{MINE_ENTRY}, {PLAIN}@theirs") as running:
        for knowledge_id in ("mine", "theirs", "ours"):
            upload(running, knowledge_id, ALL)
        yield running


@pytest.fixture(scope="module")
def opened() -> Iterator[Server]:
    with serving(**FAKE) as running:
        yield running


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def upload(server: Server, knowledge_id: str, key: str = "", **headers: str) -> httpx2.Response:
    files = [("files", ("a.pdf", f"%FAKE\n{knowledge_id}".encode()))]
    given = {**(bearer(key) if key else {}), **headers}
    return server.client.post(f"/knowledge/{knowledge_id}/ingest", files=files, headers=given)


def asked(server: Server, method: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """The status and problem of a request with exactly these headers, Host too."""
    parts = urlsplit(server.address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port or 0, timeout=GENEROUS_S)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in {"Host": parts.netloc, "Content-Length": "0", **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body) if "json" in answer.headers["content-type"] else {}


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer"}, bearer("wrong"), bearer(ALL[:-1]), {"Authorization": f"Basic {ALL}"}]
)
@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/knowledge"),
        ("GET", "/jobs"),
        ("GET", "/knowledge/mine"),
        ("GET", "/knowledge/none"),
        ("POST", "/knowledge/mine/ingest"),
        ("GET", "/jobs/mine.01J"),
        ("GET", "/schemas"),
        ("GET", "/workers"),
        ("GET", "/callbacks"),
    ],
)
def test_without_the_right_key_nothing_is_answered(
    keyed: Server, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = keyed.client.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthorized"


def test_a_key_is_for_its_knowledge_bases_alone(keyed: Server) -> None:
    assert keyed.client.get("/knowledge/mine", headers=bearer(MINE)).status_code == 200
    assert upload(keyed, "ours", MINE).status_code == 202
    job = upload(keyed, "theirs", ALL).json()["job_id"]
    for path in ("/knowledge/theirs", f"/jobs/{job}", f"/jobs/{job}/events", "/knowledge/theirs/documents"):
        assert keyed.client.get(path, headers=bearer(MINE)).status_code == 403, path
        assert keyed.client.get(path, headers=bearer(ALL)).status_code == 200 or path.endswith("events")
    assert upload(keyed, "theirs", MINE).status_code == 403
    assert keyed.client.get("/knowledge/theirs", headers=bearer(PLAIN)).status_code == 200
    assert keyed.client.get("/knowledge/mine", headers=bearer(PLAIN)).status_code == 403


def test_whether_another_knowledge_base_exists_is_not_told(keyed: Server) -> None:
    there = keyed.client.get("/knowledge/theirs", headers=bearer(MINE)).json()
    nowhere = keyed.client.get("/knowledge/nowhere", headers=bearer(MINE)).json()
    for problem in (there, nowhere):
        problem["detail"] = problem["detail"].replace("theirs", "X").replace("nowhere", "X")
        problem.pop("instance"), problem.pop("request_id")
    assert there == nowhere


def test_lists_show_what_the_key_is_for(keyed: Server) -> None:
    def names(key: str) -> set[str]:
        answer = keyed.client.get("/knowledge", headers=bearer(key))
        return {one["knowledge_id"] for one in answer.json()["items"]}

    assert names(ALL) >= {"mine", "theirs", "ours"}
    assert names(MINE) <= {"mine", "ours"}
    assert names(PLAIN) == {"theirs"}
    jobs = keyed.client.get("/jobs", headers=bearer(PLAIN)).json()["items"]
    assert {one["knowledge_id"] for one in jobs} == {"theirs"}


def test_the_idempotency_key_of_one_caller_is_not_that_of_another(keyed: Server) -> None:
    first = upload(keyed, "theirs", ALL, **{"Idempotency-Key": "same"})
    other = upload(keyed, "theirs", PLAIN, **{"Idempotency-Key": "same"})
    assert first.json()["job_id"] != other.json()["job_id"]


def test_the_cookie_of_the_pages_is_a_key_but_not_for_other_sites(keyed: Server) -> None:
    cookie = {"Cookie": f"{COOKIE}={MINE}"}
    assert asked(keyed, "GET", "/api/v1/knowledge/mine", cookie)[0] == 200
    assert asked(keyed, "GET", "/api/v1/knowledge/theirs", cookie)[0] == 403
    assert asked(keyed, "GET", "/api/v1/knowledge/mine", {"Cookie": f"{COOKIE}=wrong"})[0] == 401
    own = {**cookie, "Origin": keyed.address}
    path = "/api/v1/knowledge/mine/ingest"
    assert asked(keyed, "POST", path, own)[0] == 415  # taken, though it brings nothing
    assert asked(keyed, "POST", path, {**cookie, "Sec-Fetch-Site": "same-origin"})[0] == 415
    for foreign in (
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": keyed.address, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://["},
    ):
        status, problem = asked(keyed, "POST", path, {**cookie, **foreign})
        assert (status, problem["code"]) == (403, "forbidden"), foreign


def test_without_keys_it_answers_to_names_of_this_machine_only(opened: Server) -> None:
    port = urlsplit(opened.address).port
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", "LOCALHOST", "127.8.8.8"):
        assert asked(opened, "GET", "/api/v1/knowledge", {"Host": host})[0] == 200, host
    for host in (f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", "10.0.0.1", "", "localhost.evil", "0.0.0.0"):
        for path in ("/api/v1/knowledge", "/", "/openapi.json"):
            assert asked(opened, "GET", path, {"Host": host})[0] in (400, 403), host


def test_without_keys_no_other_site_may_upload(opened: Server) -> None:
    assert upload(opened, "plain").status_code == 202
    assert upload(opened, "plain", Origin=opened.address).status_code == 202
    for foreign in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert upload(opened, "plain", **foreign).status_code == 403, foreign


@pytest.mark.parametrize("path", ["/api/v1/knowledge", "/api/v1/none", "/livez", "/version", "/openapi.json"])
def test_every_answer_carries_its_id_and_careful_headers(opened: Server, path: str) -> None:
    answer = httpx2.get(f"{opened.address}{path}", headers={"X-Request-ID": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "referrer-policy" in answer.headers
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


def test_a_request_id_that_may_not_stand_in_a_log_is_replaced(opened: Server) -> None:
    for bad in ("a b", "x" * 65, "a;b", "<b>", ""):
        answer = httpx2.get(f"{opened.address}/livez", headers={"X-Request-ID": bad})
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]+", answer.headers["x-request-id"])


def test_entries_are_hashes_and_wrong_ones_are_said() -> None:
    entries = entries_of(f"{MINE_ENTRY},{PLAIN}")
    mine = caller_of_key(entries, MINE)
    assert mine and mine.knowledge == {"mine", "ours"}
    plain = caller_of_key(entries, PLAIN)
    assert plain and plain.knowledge is None
    assert caller_of_key(entries, MINE_ENTRY) is None  # what is kept does not open
    assert caller_of_key(entries, "\udcff") is None
    assert PLAIN not in repr(entries)
    for wrong in ("sha256:12", "sha256:zz", f"{ALL_ENTRY}@../up", f"{ALL_ENTRY}@"):
        with pytest.raises(InputError):
            entries_of(wrong)


def test_a_new_key_is_shown_with_its_entry(tmp_path: Path) -> None:
    out = subprocess.run(
        [*COMMAND, "keys", "new", "--entry", "-k", "mine", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    made = json.loads(out)
    caller = caller_of_key(entries_of(made["entry"]), made["key"])
    assert caller and caller.knowledge == {"mine"}


def test_a_large_upload_without_a_key_hears_why(keyed: Server) -> None:
    answer = keyed.client.post(
        "/knowledge/mine/ingest",
        content=b"x" * (8 << 20),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 401
    assert answer.headers["connection"] == "close"
