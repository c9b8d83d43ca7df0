"""Uploads, paths and URLs over a real server: what is taken, what is refused and how, and what is left on disk."""

from __future__ import annotations

import http.client
import io
import json
import re
import socket
import sqlite3
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
import pytest

from tests.api_server import FAKE, Server, serving
from tests.waiting import GENEROUS_S

INGEST = "/knowledge/{}/ingest"
BOUNDARY = "a-boundary"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Small limits, so that each is met."""
    root = tmp_path_factory.mktemp("allowed")
    (root / "deep").mkdir()
    (root / "deep" / "a.pdf").write_text("%FAKE\nfrom a path")
    limits = {"max_file_mb": 1, "max_request_mb": 3, "max_request_files": 5}
    with serving(**FAKE, **limits, ingest_root=root, allow_private_urls=True) as running:
        yield running


def fake(text: str) -> bytes:
    return b"%FAKE\n" + text.encode()


def send(server: Server, knowledge_id: str, files: Any, headers: Any = None, **fields: Any) -> httpx2.Response:
    several = [("files", one) for one in files]
    return server.client.post(INGEST.format(knowledge_id), files=several, data=fields, headers=headers or {})


def refused(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


def parts_left(server: Server) -> list[Path]:
    return list((server.folder / "run" / "uploads").rglob("*.part"))


def part(name: str, content: bytes, field: str = "files") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n"


def raw(server: Server) -> socket.socket:
    parts = urlsplit(server.address)
    return socket.create_connection((parts.hostname, parts.port), timeout=GENEROUS_S)


def head(server: Server, length: int, knowledge_id: str = "raw") -> bytes:
    return (
        f"POST /api/v1/knowledge/{knowledge_id}/ingest HTTP/1.1\r\nHost: {urlsplit(server.address).netloc}\r\n"
        f"Content-Type: {TYPE}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def status_of(connection: socket.socket) -> int:
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer.status


def test_an_upload_is_answered_with_where_to_look_and_is_made(server: Server) -> None:
    answer = send(
        server,
        "first",
        [("brief.pdf", fake("hello")), ("second.pdf", fake("more"))],
        schemas="invoice",
        priority="5",
        metadata='{"order": "ä-7"}',
    )
    assert answer.status_code == 202
    body = answer.json()
    assert answer.headers["location"] == body["status_url"] == f"/api/v1/jobs/{body['job_id']}"
    assert body["events_url"] == f"{body['status_url']}/events"
    assert [(one["source"], one["outcome"], one["error"]) for one in body["documents"]] == [
        ("brief.pdf", "new", None),
        ("second.pdf", "new", None),
    ]
    job = server.finished(body["job_id"])
    assert job["counts"] == {"done": 2}
    assert (job["priority"], job["metadata"]) == (5, {"order": "ä-7"})
    again = send(server, "first", [("brief.pdf", fake("hello"))], schemas="invoice").json()
    assert again["documents"][0]["outcome"] == "same"
    assert server.get(f"/jobs/{again['job_id']}")["state"] == "done"
    assert not parts_left(server)


def test_options_may_come_as_one_json_and_any_file_field_is_taken(server: Server) -> None:
    options = json.dumps({"ocr": "never", "pages": "1-2", "schemas": ["receipt"], "metadata": {"a": [1]}})
    answer = server.client.post(
        INGEST.format("options"), files=[("document", ("x.pdf", fake("x")))], data={"options": options}
    )
    assert answer.status_code == 202, answer.text
    assert server.get(f"/jobs/{answer.json()['job_id']}")["metadata"] == {"a": [1]}


@pytest.mark.parametrize(
    "name, shown",
    [
        ("../../../etc/passwd.pdf", "etc/passwd.pdf"),
        ("C:\\temp\\x.pdf", "x.pdf"),
        ("/abs/olute.pdf", "abs/olute.pdf"),
        ("报告 2026.pdf", "报告 2026.pdf"),
        ("evil\u202efdp.exe.pdf", "evilfdp.exe.pdf"),
        ("<script>alert(1)</script>.pdf", "<script>alert(1)</script>.pdf"),
        ("e\u0301.pdf", "é.pdf"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("...", "unnamed"),
    ],
)
def test_a_name_is_cleaned_and_never_a_path(server: Server, name: str, shown: str) -> None:
    answer = server.client.post(
        INGEST.format("names"),
        content=part(name, fake(name)) + f"--{BOUNDARY}--".encode(),
        headers={"content-type": TYPE},
    )
    assert answer.status_code == 202, answer.text
    assert answer.json()["documents"][0]["source"] == shown
    assert not [path for path in server.folder.rglob("*") if path.name in ("etc", "passwd.pdf", "olute.pdf")]
    originals = list((server.folder / "names" / "files" / "originals").iterdir())
    assert all(re.fullmatch(r"[0-9a-f]{64}", path.name) for path in originals)


@pytest.mark.parametrize("bad", ["-x", "a b", "a%2Fb", "..", "%2e%2e", "x" * 129, "ä", "a%00b"])
def test_knowledge_ids_follow_the_rule_in_the_message(server: Server, bad: str) -> None:
    parts = urlsplit(server.address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port or 0, timeout=GENEROUS_S)
    connection.putrequest("POST", f"/api/v1/knowledge/{quote(bad, safe='%')}/ingest", skip_accept_encoding=True)
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    assert answer.status in (404, 405, 422), body
    if answer.status == 422:
        assert body["code"] == "bad_knowledge_id" or body["code"] == "bad_request", body
        assert "letters, digits" in body["detail"] or "knowledge_id" in body["detail"]
    assert not {path.name for path in server.folder.iterdir()} & {"..", "a", "-x"}


def test_an_uploaded_archive_is_a_folder(server: Server) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("../one.pdf", fake("the first"))
        archive.writestr("b/two.pdf", fake("the second"))
        archive.writestr("b/code.py", "x = 1\n")
    answer = send(server, "archives", [("all.zip", data.getvalue()), ("c.pdf", fake("the third"))]).json()
    names = {"all.zip/one.pdf", "all.zip/b/two.pdf", "c.pdf"}
    assert {one["source"] for one in answer["documents"]} == names
    assert [one["source"] for one in answer["skipped"]] == ["all.zip/b/code.py"]
    assert server.finished(answer["job_id"])["counts"] == {"done": 3}
    assert not list((server.folder / "run" / "uploads").rglob("*.member"))


def test_what_is_no_document_is_refused_alone_and_passed_over_among_others(server: Server) -> None:
    refused(send(server, "kinds", [("a.pdf", b"<html>hello</html>")]), 415, "unsupported_media_type")
    refused(send(server, "kinds", [("a.zip", b"PK\x03\x04aaaa")]), 415, "unsupported_media_type")
    refused(send(server, "kinds", [("a.pdf", b"")]), 422, "empty")
    assert server.client.get("/knowledge/kinds").status_code == 404  # nothing was made
    answer = send(server, "kinds", [("a.docx", b"PK\x03\x04"), ("b.pdf", fake("b")), ("c.pdf", b"")])
    by_source = {one["source"]: one for one in answer.json()["documents"]}
    assert (by_source["a.docx"]["outcome"], by_source["a.docx"]["error_code"]) == ("failed", "unsupported_media_type")
    assert by_source["c.pdf"]["error_code"] == "empty"
    job = server.finished(answer.json()["job_id"])
    assert job["counts"] == {"done": 1, "failed": 2}
    all_bad = send(server, "kinds", [("a.docx", b"PK\x03\x04"), ("c.pdf", b"")])
    assert all_bad.status_code == 202
    assert server.get(f"/jobs/{all_bad.json()['job_id']}")["state"] == "done"
    assert not parts_left(server)


def test_limits_of_file_request_and_count(server: Server) -> None:
    large = b"%FAKE\n" + b"x" * (1 << 20)
    refused(send(server, "limits", [("large.pdf", large)]), 413, "too_large")
    answer = send(server, "limits", [("large.pdf", large), ("small.pdf", fake("s"))])
    codes = {one["source"]: one["error_code"] for one in answer.json()["documents"]}
    assert codes == {"large.pdf": "too_large", "small.pdf": None}
    refused(send(server, "limits", [(f"{n}.pdf", fake(str(n))) for n in range(6)]), 413, "too_large")
    almost = b"%FAKE\n" + b"x" * ((1 << 20) - 10)
    refused(send(server, "limits", [(f"{n}.pdf", almost) for n in range(4)]), 413, "too_large")
    assert not parts_left(server)


def test_a_body_without_a_length_is_counted_as_it_comes(server: Server) -> None:
    def endless() -> Iterator[bytes]:
        yield part("a.pdf", b"%FAKE\n")[:-2]
        for _ in range(100):
            yield b"x" * 65536

    answer = server.client.post(INGEST.format("chunked"), content=endless(), headers={"content-type": TYPE})
    refused(answer, 413, "too_large")
    assert not parts_left(server)


@pytest.mark.parametrize(
    "content, type_, status",
    [
        (b"", TYPE, 422),
        (b"nonsense", TYPE, 422),
        (part("a.pdf", fake("x")), TYPE, 422),  # no end
        (f"--{BOUNDARY}--".encode(), TYPE, 422),
        (b"x", "multipart/form-data", 422),
        (f"--{BOUNDARY}\r\nX: y\r\n\r\nz\r\n--{BOUNDARY}--".encode(), TYPE, 422),
        (b"{", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"{}", "application/json", 422),
        (b"[" * 100_000, "application/json", 422),
        (b'{"metadata": {"a": NaN}, "urls": ["http://x.example"]}', "application/json", 422),
        (b'{"metadata": {"a": "\\ud800"}, "urls": ["http://x.example"]}', "application/json", 422),
        (b'{"paths": ["\\ud800"]}', "application/json", 422),
        (b'{"paths": ["a\\u0000b"]}', "application/json", 422),
        (b'{"urls": ["file:///etc/passwd"]}', "application/json", 422),
        (b'{"urls": ["http://user:secret@x.example/"]}', "application/json", 422),
        (b'{"paths": ["deep"], "unknown": 1}', "application/json", 422),
        (b'{"paths": ["deep"], "priority": 1e400}', "application/json", 422),
        (b'{"paths": ["deep"], "pages": "0-"}', "application/json", 422),
        (b'{"paths": ["deep"], "schemas": ["nonsense"]}', "application/json", 422),
        (b'{"paths": ["../"]}', "application/json", 403),
        (b'{"paths": ["/etc/passwd"]}', "application/json", 403),
        (b'{"paths": ["none.pdf"]}', "application/json", 404),
        (b"x", "text/plain", 415),
        (b"x", "", 415),
    ],
)
def test_bodies_that_cannot_be_understood(server: Server, content: bytes, type_: str, status: int) -> None:
    answer = server.client.post(INGEST.format("bodies"), content=content, headers={"content-type": type_})
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    assert not parts_left(server)


def test_form_fields_are_checked_like_json(server: Server) -> None:
    file = [("a.pdf", fake("fields"))]
    for fields in (
        {"ocr": "sometimes"},
        {"priority": "x"},
        {"metadata": "{"},
        {"metadata": "[1]"},
        {"metadata": json.dumps({"a": "x" * 9000})},
        {"callback_url": "ftp://x.example"},
        {"options": "[]"},
        {"nonsense": "1"},
        {"pages": "a"},
    ):
        assert send(server, "fields", file, **fields).status_code == 422, fields
    assert not parts_left(server)


def test_paths_of_the_server(server: Server) -> None:
    answer = server.client.post(INGEST.format("paths"), json={"paths": ["deep"], "metadata": {"x": 1}})
    assert answer.status_code == 202, answer.text
    assert [one["source"] for one in answer.json()["documents"]] == ["a.pdf"]
    assert server.finished(answer.json()["job_id"])["counts"] == {"done": 1}


def test_a_key_that_comes_again_and_again(server: Server) -> None:
    key = {"Idempotency-Key": "order-1"}
    first = send(server, "keys", [("a.pdf", fake("a"))], key)
    again = send(server, "keys", [("a.pdf", fake("a"))], key)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.status_code, again.json(), again.headers["location"]) == (
        202,
        first.json(),
        first.headers["location"],
    )
    refused(send(server, "keys", [("a.pdf", fake("other"))], key), 422, "idempotency_mismatch")
    refused(send(server, "keys", [("a.pdf", fake("a"))], key, priority="2"), 422, "idempotency_mismatch")
    refused(send(server, "keys", [("a.pdf", fake("a"))], {"Idempotency-Key": "x" * 300}), 422, "bad_idempotency_key")
    assert not parts_left(server)


def test_one_key_from_many_clients_at_once_makes_one_job(server: Server) -> None:
    key = {"Idempotency-Key": "race"}
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: send(server, "race", [("a.pdf", fake("a"))], key), range(24)))
    taken = [answer for answer in answers if answer.status_code == 202]
    assert taken
    assert {answer.json()["job_id"] for answer in taken} == {taken[0].json()["job_id"]}
    for answer in answers:
        if answer.status_code != 202:
            refused(answer, 409, "conflict")
    assert len(server.get("/knowledge/race/jobs")["items"]) == 1


def test_a_key_of_a_request_under_way_conflicts(server: Server) -> None:
    body = part("slow.pdf", fake("slow" * 100_000)) + f"--{BOUNDARY}--".encode()
    begun = len(body) - 1000
    with raw(server) as slow:
        opening = head(server, len(body)).replace(b"\r\n\r\n", b"\r\nIdempotency-Key: held\r\n\r\n")
        slow.sendall(opening + body[:begun])
        server.soon(lambda: parts_left(server))
        conflict = send(server, "raw", [("slow.pdf", fake("slow"))], {"Idempotency-Key": "held"})
        refused(conflict, 409, "conflict")
        slow.sendall(body[begun:])
        assert status_of(slow) == 202


def test_a_body_that_stops_coming_is_given_up() -> None:
    with serving(**FAKE, body_timeout_s=1.0) as hasty:
        with raw(hasty) as slow:
            slow.sendall(head(hasty, 100_000) + part("a.pdf", b"%FAKE" + b"x" * 1000))
            assert status_of(slow) == 408
        hasty.soon(lambda: not parts_left(hasty))


def test_a_client_that_breaks_off_leaves_nothing(server: Server) -> None:
    for _ in range(3):
        with raw(server) as broken:
            broken.sendall(head(server, 900_000) + part("a.pdf", b"%FAKE" + b"x" * 600_000))
            server.soon(lambda: parts_left(server))
    server.soon(lambda: not parts_left(server))


def test_a_refusal_reaches_who_is_still_sending(server: Server) -> None:
    with raw(server) as eager:
        eager.sendall(head(server, 50 << 20) + part("a.pdf", b"%FAKE" + b"x" * 500_000))
        assert status_of(eager) == 413


def test_one_upload_in_pieces_of_a_byte(server: Server) -> None:
    body = part("bytes.pdf", fake("byte by byte")) + f"--{BOUNDARY}--\r\n".encode()
    with raw(server) as patient:
        patient.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        patient.sendall(head(server, len(body)))
        for at in range(len(body)):
            patient.sendall(body[at : at + 1])
        assert status_of(patient) == 202


def test_large_files_of_one_request_arrive_whole(server: Server) -> None:
    contents = {f"{n}.pdf": b"%FAKE\n" + bytes([65 + n]) * 900_000 for n in range(3)}
    answer = send(server, "large", list(contents.items()))
    assert answer.status_code == 202, answer.text
    originals = server.folder / "large" / "files" / "originals"
    assert sorted(path.read_bytes() for path in originals.iterdir()) == sorted(contents.values())
    assert not parts_left(server)


def test_jobs_and_answers_are_on_disk_together(server: Server) -> None:
    answer = send(server, "safe", [("a.pdf", fake("safe"))], {"Idempotency-Key": "safe"})
    connection = sqlite3.connect(f"file:{server.folder / 'safe' / 'kb.db'}?mode=ro", uri=True)
    jobs = [row[0] for row in connection.execute("SELECT id FROM job")]
    keys = connection.execute("SELECT status, answer FROM request").fetchall()
    connection.close()
    assert jobs == [answer.json()["job_id"]]
    assert keys[0][0] == 202
    assert json.loads(keys[0][1])["job"] == jobs[0]
