"""Hostile names and texts: paths and ids that lead elsewhere, script in every word, URLs that lead inside."""

from __future__ import annotations

import base64
import csv
import http.client
import io
import json
import os
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
import pytest

from tests.api_server import FAKE, Server, serving
from tests.waiting import GENEROUS_S

SCRIPT = "<script>alert(1)</script>"
IMAGE = "<img src=x onerror=alert(1)>"
HOSTILE = f"""# {SCRIPT}
Heron {IMAGE} <svg onload=alert(1)> [go](javascript:alert(1)) [data](data:text/html;base64,PHNjcmlwdD4=)
![x](http://127.0.0.1:1/x.png) <iframe src=//evil.example></iframe> <style>*{{display:none}}</style>

<table><tr><td onclick=alert(1)>=cmd|' /C calc'!A0</td></tr></table>
Invoice number: =HYPERLINK("http://evil.example") <b onmouseover=alert(1)>bold</b> {{{{7*7}}}} ${{7*7}}
"""
NAME = f"a'\"><{SCRIPT}{IMAGE}={{{{7*7}}}}.pdf"
OUTSIDE = "words from outside"


class Running(HTMLParser):
    """What a browser would run or load from elsewhere in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag in ("iframe", "object", "embed", "base", "style") or (tag == "script" and "src" not in given):
            self.found.append(tag)
        for name, value in given.items():
            leads = name in ("href", "src", "action", "formaction", "data", "xlink:href")
            if name.startswith("on") or name == "style" or (leads and value and not value.startswith(_LEADS_TO)):
                self.found.append(f"{tag} {name}={value}")


_LEADS_TO = ("/", "#", "?", "https://www.gnu.org/", "data:,")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An allowed folder with links and pipes in it, and something beside it."""
    folder = tmp_path_factory.mktemp("attacked")
    outside, root = folder / "outside", folder / "root"
    (outside / "deep").mkdir(parents=True)
    root.mkdir()
    for path in (outside / "secret.pdf", outside / "deep" / "deeper.pdf"):
        path.write_text(f"%FAKE\n{OUTSIDE}")
    (root / "good.pdf").write_text("%FAKE\na good one")
    (root / "link.pdf").symlink_to(outside / "secret.pdf")
    (root / "folder-link").symlink_to(outside, target_is_directory=True)
    (root / "folder-link.pdf").symlink_to(outside, target_is_directory=True)
    (root / "hop").symlink_to(root / "folder-link")
    (root / "loop.pdf").symlink_to(root / "loop.pdf")
    (root / "null.pdf").symlink_to("/dev/zero")
    (root / "line\nbreak\x1b[31m.pdf").write_text("%FAKE\na name of two lines")
    os.mkfifo(root / "pipe.pdf")
    (folder / "root-beside").mkdir()
    (folder / "root-beside" / "near.pdf").write_text(f"%FAKE\n{OUTSIDE}")
    return root


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Server]:
    with serving(**FAKE, ingest_root=root) as running:
        yield running


@pytest.fixture(scope="module")
def hostile(server: Server) -> str:
    """The job of a document whose every word is hostile."""
    parts = {"metadata": json.dumps({SCRIPT: IMAGE}), "schemas": "invoice", "type": "invoice"}
    answer = server.client.post(
        "/knowledge/hostile/ingest",
        content=form(NAME, f"%FAKE\n{HOSTILE}".encode(), parts),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 202, answer.text
    server.finished(answer.json()["job_id"])
    return str(answer.json()["job_id"])


def form(name: str, content: bytes, fields: dict[str, str]) -> bytes:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    body = f'--b\r\nContent-Disposition: form-data; name="f"; filename="{escaped}"\r\n\r\n'.encode() + content
    for field, value in fields.items():
        body += f'\r\n--b\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}'.encode()
    return body + b"\r\n--b--\r\n"


def plainly(server: Server, method: str, path: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Ask for a path exactly as it is written."""
    parts = urlsplit(server.address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port or 0, timeout=GENEROUS_S)
    connection.putrequest(method, path)
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


BAD_PARTS = [
    "..", "../..", "%2e%2e", "%2e%2e%2f%2e%2e", "..%2f..%2fetc%2fpasswd", "..%5c..%5cboot.ini", "%00", "a%00.pdf",
    "%2fetc%2fpasswd", "C:%5cboot.ini", "%c0%ae%c0%ae%2f", "%252e%252e%252f", "....//....//", "x" * 5000, "%ff%fe",
    "%e2%80%ae", "%0d%0aSet-Cookie:a=b", ";", "*", "%25", "'%20OR%201=1--", "~root", "-1", "1e9", "nan",
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_PARTS)
def test_no_path_leads_anywhere_else(server: Server, hostile: str, bad: str) -> None:
    document = server.get("/knowledge/hostile/documents")["items"][0]["document"]
    for path in (
        f"/api/v1/knowledge/{bad}",
        f"/api/v1/knowledge/{bad}/documents",
        f"/api/v1/knowledge/hostile/documents/{bad}",
        f"/api/v1/knowledge/hostile/documents/{bad}/source",
        f"/api/v1/knowledge/hostile/documents/{document}/pages/{bad}/image",
        f"/api/v1/knowledge/hostile/records/{bad}",
        f"/api/v1/jobs/{bad}",
        f"/api/v1/jobs/hostile.{bad}",
        f"/api/v1/callbacks/{bad}",
        f"/static/x/{bad}",
        f"/static/{bad}/app.js/{bad}",
        f"/knowledge/{bad}",
        f"/knowledge/hostile/documents/{bad}",
        f"/knowledge/hostile/records/{bad}",
        f"/{bad}",
    ):
        status, headers, body = plainly(server, "GET", path)
        assert status in (200, 303, 307, 400, 404, 405, 422), (path, status)
        assert b"root:" not in body and b"Traceback" not in body
        assert "set-cookie" not in headers
        assert headers["content-security-policy"] and headers["x-content-type-options"] == "nosniff"
        if status == 200:
            assert bad in (";", "*", "..", "../..", "....//....//", "%2e%2e", "%2e%2e%2f%2e%2e"), (path, bad)


def test_names_of_own_folders_and_devices_are_ordinary_ids(server: Server) -> None:
    before = {path.name for path in server.folder.iterdir()}
    for name in ("run", "chroma", "RUN", "con", "nul", "kb.db", "CON.pdf", "a." * 60):
        answer = server.client.post(f"/knowledge/{name}/ingest", files=[("f", ("a.pdf", b"%FAKE\nx"))])
        assert answer.status_code in (202, 422), name
        if answer.status_code == 202:
            server.finished(answer.json()["job_id"])
            assert server.client.delete(f"/knowledge/{name}").status_code == 204
    assert {"run", "chroma"} & before <= {path.name for path in server.folder.iterdir()}
    assert server.client.get("/knowledge").status_code == 200
    assert server.client.delete("/knowledge/run").status_code == 404


@pytest.mark.parametrize(
    "path, status",
    [
        ("../outside/secret.pdf", 403),
        ("link.pdf", 403),
        ("folder-link", 403),
        ("folder-link/deep/deeper.pdf", 403),
        ("hop/secret.pdf", 403),
        ("../root-beside/near.pdf", 403),
        ("~/.ssh", 404),
        ("~root", 404),
        ("/dev/zero", 403),
        ("/proc/self/environ", 403),
        ("null.pdf", 403),
        ("good.pdf/..", 202),
        ("*/../../*", 403),
        ("folder-*", 404),
        ("\\..\\..", 404),
        ("x" * 4096, 422),
        ("a\0b", 422),
        ("file:///etc/passwd", 404),
    ],
)
def test_paths_stay_in_their_folder(server: Server, path: str, status: int) -> None:
    answer = server.client.post("/knowledge/paths/ingest", json={"paths": [path]})
    assert answer.status_code == status, answer.text
    assert OUTSIDE not in answer.text and "deeper" not in answer.text.replace(path, "")


def test_a_walked_folder_brings_nothing_from_outside(server: Server) -> None:
    answer = server.client.post("/knowledge/walked/ingest", json={"paths": ["."]})
    assert answer.status_code == 202, answer.text
    by_source = {one["source"]: one for one in answer.json()["documents"]}
    refused = {name for name, one in by_source.items() if one["error"]}
    assert {"link.pdf", "null.pdf", "loop.pdf", "pipe.pdf", "folder-link.pdf"} == refused
    for name in ("link.pdf", "null.pdf", "folder-link.pdf"):
        assert by_source[name]["error_code"] == "forbidden", "nothing is said of what is outside, not even what it is"
    assert not [name for name in by_source if "secret" in name or "deeper" in name]
    (odd,) = [one for name, one in by_source.items() if name.startswith("line")]
    handed_out(server, "walked", odd)
    server.finished(answer.json()["job_id"])
    assert OUTSIDE not in server.client.get("/knowledge/walked/documents").text
    assert "\x1b" not in (server.folder / "serve.log").read_text()


def test_nothing_of_a_document_runs_on_any_page(server: Server, hostile: str) -> None:
    document = server.get("/knowledge/hostile/documents")["items"][0]["document"]
    pages = [
        "/", "/knowledge/hostile", f"/knowledge/hostile/documents/{document}", f"/jobs/{hostile}", "/queues",
        "/callbacks",
        f"/knowledge/hostile/documents/{document}?page=1&box={quote(SCRIPT)}&chunk={quote(SCRIPT)}&q={quote(SCRIPT)}",
        "/knowledge/hostile/search?q=heron",
        f"/knowledge/hostile/search?q={quote(SCRIPT + IMAGE)}&where={quote(SCRIPT)}",
        "/knowledge/hostile/records/invoice", f"/knowledge/hostile/records/document?q={quote(IMAGE)}",
        f"/knowledge/hostile?q={quote(IMAGE)}&state={quote(SCRIPT)}&sort={quote(SCRIPT)}&cursor={quote(SCRIPT)}",
        f"/{quote(SCRIPT)}", f"/knowledge/{quote(SCRIPT)}", f"/jobs/{quote(IMAGE)}",
        f"/callbacks?state={quote(SCRIPT)}",
        f"/login?next={quote(SCRIPT)}",
    ]  # fmt: skip
    for path in pages:
        answer = httpx2.get(
            server.address + path, headers={"Accept": "text/html"}, follow_redirects=True, timeout=GENEROUS_S
        )
        assert answer.status_code in (200, 404, 422), path
        assert not Running(answer.text).found, path
        assert "49" not in re.findall(r"a&#39;[^<]*?=(\d+)", answer.text), "templates do not read what they show"
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_answers_are_never_taken_for_html(server: Server, hostile: str) -> None:
    document = server.get("/knowledge/hostile/documents")["items"][0]["document"]
    one = f"/knowledge/hostile/documents/{document}"
    for path in ("/knowledge", one, f"{one}/markdown", f"{one}/json", f"{one}/source", f"{one}/chunks",
    f"{one}/pages/1",
                 "/knowledge/hostile/search?q=heron", f"/jobs/{hostile}", f"/jobs/{hostile}/events",
                 f"/jobs/{SCRIPT}",
                 "/knowledge/hostile/records/invoice?format=csv"):  # fmt: skip
        for accept in ("*/*", "text/html"):
            answer = server.client.get(path, headers={"Accept": accept})
            assert "html" not in answer.headers["content-type"], path
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    source = server.client.get(f"{one}/source", params={"inline": "true"})
    assert source.headers["content-disposition"].startswith("attachment")
    hit = server.get("/knowledge/hostile/search", q="heron")["hits"][0]
    assert "<script" not in hit["snippet_html"] and "<img" not in hit["snippet_html"]


@pytest.mark.parametrize(
    "name",
    ["a%0d%0aX-Evil: 1.pdf", "a\x0b\x0c\x1b[31mb.pdf", 'a"; filename="evil.exe', "a\x7f\tb.pdf", "é\u2028\u202e.pdf"],
)
def test_names_do_not_break_headers(server: Server, name: str) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    body = form(name, b"%FAKE\n" + name.encode(), {})
    answer = server.client.post("/knowledge/headers/ingest", content=body, headers=kind)
    assert answer.status_code in (202, 422), answer.text
    if answer.status_code == 202:
        handed_out(server, "headers", answer.json()["documents"][0])


def handed_out(server: Server, knowledge_id: str, made: dict[str, str]) -> None:
    assert not [sign for sign in made["source"] if ord(sign) < 32 or sign in "\x7f\u2028\u202e"]
    got = server.client.get(f"/knowledge/{knowledge_id}/documents/{made['document']}/source")
    assert got.status_code == 200
    assert "x-evil" not in got.headers
    assert got.headers["content-disposition"].startswith("attachment; ")
    assert got.headers["content-type"].startswith("text/x-fake-pages")


def test_a_spreadsheet_finds_no_formula(server: Server, hostile: str) -> None:
    for schema in ("invoice", "document"):
        text = server.client.get(f"/knowledge/hostile/records/{schema}", params={"format": "csv"}).text
        for row in csv.reader(io.StringIO(text)):
            assert not [cell for cell in row if cell.startswith(("=", "+", "@", "\t", "\r"))], row


def _cursor(value: Any) -> str:
    return (
        base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode().rstrip("=")
    )


def test_tampered_cursors_are_refused(server: Server, hostile: str) -> None:
    lists: tuple[str, ...] = ("/knowledge", "/jobs", "/callbacks", "/knowledge/hostile/documents",
    "/knowledge/hostile/records/document",
             "/knowledge/hostile/jobs", f"/jobs/{hostile}")  # fmt: skip
    document = server.get("/knowledge/hostile/documents")["items"][0]["document"]
    lists = (*lists, *(f"/knowledge/hostile/documents/{document}/{part}" for part in ("pages", "chunks")))
    cursors = [
        _cursor(b"[" * 3000), _cursor(b'{"a":' * 600), _cursor([10**400]), _cursor(b"[" + b"9" * 3000 + b"]"),
        "A" * 4097,
        _cursor(b"[NaN]"), _cursor([None]), _cursor([[]]), _cursor({}), _cursor(["'; DROP TABLE document; --"]),
        "%00", "===",
        _cursor([float("1e308"), "x"]), _cursor(["x" * 2000]), _cursor(["\0"]), _cursor(b"\xff"), SCRIPT,
    ]  # fmt: skip
    for path in lists:
        for cursor in cursors:
            answer = server.client.get(path, params={"cursor": cursor})
            assert answer.status_code in (200, 422), (path, cursor, answer.text)
        for limit in ("0", "-1", "1001", "1e3", "9" * 400, "nan"):
            assert server.client.get(path, params={"limit": limit}).status_code == 422, (path, limit)
    assert server.get("/knowledge/hostile/documents")["items"]


def test_words_of_the_search_languages_are_words(server: Server, hostile: str) -> None:
    for query in ('"', "heron AND", "NEAR(", "* OR 1=1", "a:b", "^", "-heron", "(" * 900, "heron\0",
    "'; DROP TABLE chunk;--",
                  "𐀀" * 100, "%", "_", "{}", "NOT NOT NOT", "x " * 900):  # fmt: skip
        for mode in ("hybrid", "keyword", "vector"):
            answer = server.client.post("/knowledge/hostile/search", json={"query": query, "mode": mode})
            assert answer.status_code in (200, 422), (query, answer.text)
    for where in (
        {"source": "' OR 1=1"},
        {"a' OR '1'='1": "x"},
        {"document.title; DROP": "x"},
        {"$or": "x"},
        {"__": "x"},
    ):
        answer = server.client.post("/knowledge/hostile/search", json={"query": "heron", "where": where})
        assert answer.status_code in (200, 404, 422) and not answer.json().get("hits"), (where, answer.text)


INSIDE = [
    "http://127.0.0.1:{port}/", "http://127.1:{port}/", "http://2130706433:{port}/", "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/", "http://0:{port}/", "http://0.0.0.0:{port}/", "http://localhost:{port}/",
    "http://LOCALHOST.:{port}/", "http://[::1]:{port}/", "http://[::]:{port}/", "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/", "http://[0:0:0:0:0:ffff:7f00:0001]:{port}/", "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/", "http://[fe80::1%25lo]:{port}/", "http://[fd00::1]:{port}/",
    "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://10.0.0.1/", "http://100.64.0.1/",
    "http://１２７.０.０.１:{port}/", "http://ⓛocalhost:{port}/", "http://127。0。0。1:{port}/",
    "http://good@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@good.example/", "http://127.0.0.1:{port}\\@good.example/",
    "http://good.example\\@127.0.0.1:{port}/",
    "http://127.0.0.1%00.good.example:{port}/", "http://127.0.0.1%2f.good.example/", "http:127.0.0.1:{port}",
    "http:///127.0.0.1",
    "//127.0.0.1:{port}/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_SET", "ftp://127.0.0.1/",
    "data:text/html,x",
    "dict://127.0.0.1:6379/", "http://127.0.0.1:6379/", "http://93.184.216.34:22/", "http://93.184.216.34:99999/",
    "http://127.0.0.1:{port}/\r\nSET x y", "http://127.0.0.1:{port}\t/", "http://exa mple.com/", "http://[::1",
    "http://", "x" * 3000,
]  # fmt: skip
"""However it is written, it leads inside or is no URL to be called."""


def test_urls_of_private_addresses_are_refused(server: Server) -> None:
    own = urlsplit(server.address).port
    with socket.create_server(("", 0)) as trap:
        trap.settimeout(0.2)
        for text in INSIDE:
            for port in (trap.getsockname()[1], own):
                url = text.replace("{port}", str(port))
                file = [("f", ("a.pdf", b"%FAKE\nurls"))]
                for answer in (
                    server.client.post("/knowledge/urls/ingest", json={"urls": [url]}),
                    server.client.post("/knowledge/urls/ingest", files=file, data={"callback_url": url}),
                ):
                    assert answer.status_code == 422, (url, answer.text)
                    assert answer.json()["code"] in ("url_refused", "bad_request"), url
        with pytest.raises(TimeoutError):
            trap.accept()
    assert server.client.get("/knowledge/urls").status_code == 404, "nothing was made"


def test_a_key_that_comes_from_many_at_once_and_badly(server: Server) -> None:
    for bad in ("x" * 256, "a b", "ä".encode().decode("latin-1"), "\x7f"):
        headers = {"Idempotency-Key": bad.encode("latin-1")}
        answer = server.client.post("/knowledge/again/ingest", json={"paths": ["good.pdf"]}, headers=headers)
        assert answer.status_code in (400, 422), bad
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(
                lambda _: server.client.post(
                    "/knowledge/again/ingest", json={"paths": ["good.pdf"]}, headers={"Idempotency-Key": "one"}
                ),
                range(32),
            )
        )
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert len({answer.json()["job_id"] for answer in answers if answer.status_code == 202}) == 1
    other = server.client.post(
        "/knowledge/other/ingest", json={"paths": ["good.pdf"]}, headers={"Idempotency-Key": "one"}
    )
    assert other.json()["knowledge_id"] == "other" and "idempotent-replayed" not in other.headers
