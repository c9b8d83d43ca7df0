"""Hostile requests: heads and bodies without end, slow ones, and requests that two servers would read differently."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.api_server import FAKE, Server, heard, serving
from tests.in_process import fake_document
from tests.waiting import GENEROUS_S, eventually

_MB = 1 << 20
INGEST = "/api/v1/knowledge/attacked/ingest"
FORM = "multipart/form-data; boundary=b"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    limits = {"max_file_mb": 1, "max_request_mb": 16, "max_request_files": 20}
    with serving(**FAKE, **limits, page_timeout_s=GENEROUS_S) as running:
        yield running


@pytest.fixture(scope="module")
def hasty() -> Iterator[Server]:
    """A server that does not wait long for a body."""
    with serving(**FAKE, body_timeout_s=1.0) as running:
        yield running


def opened(server: Server) -> socket.socket:
    parts = urlsplit(server.address)
    return socket.create_connection((str(parts.hostname), parts.port or 0), timeout=GENEROUS_S)


def host(server: Server) -> str:
    return urlsplit(server.address).netloc


def head(server: Server, method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host(server)}", *lines, "", ""]).encode()


def said(server: Server, raw: bytes) -> bytes:
    with opened(server) as connection:
        connection.sendall(raw)
        return heard(connection)


def problem(answer: bytes) -> dict[str, str]:
    top, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in top and b"nosniff" in top and b"default-src 'none'" in top, answer
    details: dict[str, str] = json.loads(body)
    return details


def poured(server: Server, opening: bytes, block: bytes, most: int) -> int:
    """Send ``block`` again and again until the server has enough; how much it took."""
    with opened(server) as connection:
        connection.sendall(opening)
        for sent in range(0, most, len(block)):
            try:
                connection.sendall(block)
            except (ConnectionResetError, BrokenPipeError):
                return sent
    return most


def resident_mb(server: Server) -> int:
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) >> 10 for line in lines if line.startswith("VmRSS"))


def alive(server: Server) -> None:
    assert httpx2.get(f"{server.address}/livez", timeout=GENEROUS_S).status_code == 200


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def test_request_heads_are_bounded(server: Server) -> None:
    before = resident_mb(server)
    for opening, block in (
        (f"GET /livez HTTP/1.1\r\nHost: {host(server)}\r\nX: ".encode(), b"a" * _MB),
        (f"GET /livez HTTP/1.1\r\nHost: {host(server)}\r\n".encode(), b"x: y\r\n" * 50_000),
        (b"GET /", b"a" * _MB),
        (b"GET /?", b"a=1&" * 250_000),
        (head(server, "POST", "/login", "Transfer-Encoding: chunked") + b"1;", b"e" * _MB),
        (head(server, "POST", "/login", "Transfer-Encoding: chunked") + b"0\r\n", b"x: y\r\n" * 50_000),
    ):
        assert poured(server, opening, block, 64 * _MB) < 64 * _MB, opening
    assert resident_mb(server) - before < 40
    alive(server)


def test_a_request_head_that_is_too_long_gets_a_reason(server: Server) -> None:
    answer = said(server, head(server, "GET", "/livez", "X: " + "a" * 70_000))
    assert answer.startswith(b"HTTP/1.1 431")
    assert problem(answer)["code"] == "head_too_large"
    assert said(server, head(server, "GET", "/livez", "X: " + "a" * 30_000, "Connection: close")).startswith(
        b"HTTP/1.1 200"
    )


def test_request_bodies_are_bounded_for_every_caller(server: Server) -> None:
    before = resident_mb(server)
    json_type, form = "Content-Type: application/json", "Content-Type: application/x-www-form-urlencoded"
    for path, kind in (
        ("/api/v1/knowledge/attacked/search", json_type),
        ("/api/v1/knowledge", json_type),
        ("/api/v1/callbacks/replay", json_type),
        ("/login", form),
        ("/create", "Content-Type: " + FORM),
        ("/nowhere", form),
        (INGEST, json_type),
        (INGEST, "Content-Type: " + FORM),
        (INGEST, "Content-Type: text/plain"),
    ):
        opening = head(server, "POST", path, kind, "Transfer-Encoding: chunked")
        block = chunk(b" " * 65_000) if kind == json_type else chunk(b"a" * 65_000)
        assert poured(server, opening, block, 128 * _MB) < 128 * _MB, path
    with opened(server) as connection:  # told at once, by the length
        connection.sendall(head(server, "POST", "/login", form, "Content-Length: 99999999999"))
        answer = heard(connection)
    assert answer.startswith(b"HTTP/1.1 413") and problem(answer)["code"] == "too_large"
    assert resident_mb(server) - before < 60
    alive(server)


def test_forms_of_too_many_or_too_large_parts(server: Server) -> None:
    before = resident_mb(server)
    field = b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n%s\r\n'
    for body in (
        b"".join(field % (n, b"x") for n in range(5000)),
        b"".join(field % (n, b"x" * 60_000) for n in range(120)),
        b'--b\r\nContent-Disposition: form-data; name="' + b"n" * 500_000 + b'"\r\n\r\nx\r\n',
        b"--b\r\nX-Long: " + b"a" * 5_000_000,
        b"--b\r\n" + b"X: y\r\n" * 500_000,
        b"".join(
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="%d"\r\n\r\n\r\n' % n for n in range(5000)
        ),
        b'--b\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n' + b"[" * 60_000 + b"\r\n--b--",
        b'--b\r\nContent-Disposition: form-data; name="priority"\r\n\r\n' + b"9" * 60_000 + b"\r\n--b--",
    ):
        answer = httpx2.post(
            f"{server.address}{INGEST}", content=body, headers={"Content-Type": FORM}, timeout=GENEROUS_S
        )
        assert answer.status_code in (413, 422), answer.text
        assert len(answer.json()["detail"]) < 500
    assert resident_mb(server) - before < 60
    assert not list((server.folder / "run" / "uploads").rglob("*.part"))


def test_json_too_deep_or_of_giant_numbers(server: Server) -> None:
    for path in ("/knowledge/attacked/search", "/knowledge", "/knowledge/attacked/ingest"):
        for body in (b"[" * 60_000, b'{"a":' * 10_000, b"9" * 60_000, b'"\\ud800"', b"\xff\xfe", b"1e999999", b"NaN"):
            answer = server.client.post(path, content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code in (400, 422), (path, body[:20], answer.status_code)


def test_a_packed_body_is_not_unpacked(server: Server) -> None:
    import gzip

    body = gzip.compress(bytes(20 * _MB))
    for kind in ("application/json", FORM):
        headers = {"Content-Type": kind, "Content-Encoding": "gzip"}
        assert server.client.post("/knowledge/attacked/ingest", content=body, headers=headers).status_code == 422


def test_a_slow_body_is_given_up_wherever_it_goes(hasty: Server) -> None:
    for path in ("/login", "/api/v1/knowledge", INGEST):
        kind = FORM if path == INGEST else "application/json"
        with opened(hasty) as connection:
            connection.sendall(head(hasty, "POST", path, f"Content-Type: {kind}", "Content-Length: 1000") + b"--b\r\n")
            assert heard(connection).startswith(b"HTTP/1.1 408"), path


def test_a_body_sent_in_drops_is_given_up(hasty: Server) -> None:
    with opened(hasty) as connection:
        connection.settimeout(0.3)
        connection.sendall(head(hasty, "POST", INGEST, f"Content-Type: {FORM}", "Content-Length: 100000") + b"--b\r\n")
        connection.sendall(b'Content-Disposition: form-data; name="f"; filename="a.pdf"\r\n\r\n%FAKE')
        answer = b""
        while not answer:
            try:
                answer = connection.recv(1000)
            except TimeoutError:
                connection.sendall(b"x")
        assert answer.startswith(b"HTTP/1.1 408")
    eventually(lambda: not list((hasty.folder / "run" / "uploads").rglob("*.part")))


def test_idle_and_half_open_connections_do_not_block_others(server: Server) -> None:
    with ExitStack() as stack:
        for number in range(500):
            connection = stack.enter_context(opened(server))
            if number % 2:
                connection.sendall(b"GET /livez HTTP/1.1\r\nHo")
        for _ in range(5):
            alive(server)
        answer = server.client.post("/knowledge/calm/ingest", files=[("files", ("a.pdf", b"%FAKE\ncalm"))])
        assert answer.status_code == 202


def test_no_second_request_is_smuggled_behind_the_first(server: Server) -> None:
    hidden = "GET /api/v1/knowledge HTTP/1.1\r\nHost: x\r\n\r\n"
    for lines, body in (
        (("Content-Length: 6", "Transfer-Encoding: chunked"), "0\r\n\r\n" + hidden),
        (("Transfer-Encoding: chunked", "Content-Length: 6"), "0\r\n\r\n" + hidden),
        (("Content-Length: 6", "Content-Length: 7"), "x" * 6 + hidden),
        (("Transfer-Encoding: xchunked",), "0\r\n\r\n" + hidden),
        (("Transfer-Encoding: chunked, identity",), "0\r\n\r\n" + hidden),
        (("Content-Length: -1",), hidden),
        (("Content-Length: +6",), "x" * 6 + hidden),
        (("Content-Length : 6",), "x" * 6 + hidden),
        (("X: a\n b",), hidden),
        (("X: a\r b",), hidden),
        (("X: a\0b",), hidden),
        (("Transfer-Encoding: chunked",), "0x5\r\nabcde\r\n0\r\n\r\n"),
        (("Transfer-Encoding: chunked",), "ffffffffffffffffff\r\n"),
    ):
        answer = said(server, head(server, "POST", "/api/v1/knowledge", *lines) + body.encode())
        assert answer.startswith(b"HTTP/1.1 400"), (lines, answer)
        assert answer.count(b"HTTP/1.1") == 1, (lines, answer)


def test_bytes_that_are_no_request_are_refused(server: Server) -> None:
    for raw in (b"\x16\x03\x01\x02\0\1\0\1\xfc", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0" * 100):
        answer = said(server, raw)
        assert answer.startswith(b"HTTP/1.1 4"), (raw, answer)
        assert problem(answer)["status"] == 400
    for method in ("TRACE", "CONNECT", "PUT", "PATCH", "PROPFIND", "OPTIONS"):
        target = "localhost:80" if method == "CONNECT" else "/api/v1/knowledge"
        answer = said(server, head(server, method, target, "Connection: close", "Content-Length: 0"))
        assert answer[9:12] in (b"400", b"404", b"405"), (method, answer)
    twice = head(server, "GET", "/livez", "Host: evil.example", "Connection: close")
    assert said(server, twice).startswith(b"HTTP/1.1 403")
    socket_asked = head(
        server, "GET", "/livez", "Connection: upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"
    )
    assert b" 101 " not in said(server, socket_asked)


def test_a_line_of_the_log_stays_one_line(server: Server) -> None:
    server.client.get("/knowledge/%0d%0a2026-01-01%20INFO%20FORGED%1b%5b31m%e2%80%a8")
    said(server, head(server, "GET", "/%0AFORGED", "Connection: close"))
    lines = (server.folder / "serve.log").read_text().split("\n")
    forged = [line for line in lines if "FORGED" in line]
    assert len(forged) >= 2
    assert all(" GET /" in line and "\x1b" not in line and "\u2028" not in line for line in forged)


def test_many_who_wait_do_not_starve_others(server: Server, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    slow = fake_document(tmp_path / "s.pdf", f"a [until {gate}]")
    job = server.upload("waited", slow)
    with ExitStack() as stack:
        stack.callback(gate.touch)
        waiting = [stack.enter_context(opened(server)) for _ in range(200)]
        streams = [stack.enter_context(opened(server)) for _ in range(100)]
        for one in waiting:
            one.sendall(head(server, "GET", f"/api/v1/jobs/{job}?wait=60"))
        for one in streams:
            one.sendall(head(server, "GET", f"/api/v1/jobs/{job}/events"))
        assert all(one.recv(1) for one in streams)
        for _ in range(5):
            alive(server)
            assert server.get("/knowledge/waited")["knowledge_id"] == "waited"
        poller = select.poll()  # select() takes no descriptor above 1,023
        for one in waiting:
            poller.register(one, select.POLLIN)
        assert not poller.poll(0), "those who wait are still waiting"
    assert server.client.get(f"/jobs/{job}?wait=61").status_code == 422
    assert server.client.get(f"/jobs/{job}?wait=inf").status_code == 422
    assert server.client.get(f"/jobs/{job}?wait=nan").status_code == 422
