"""Bombs, polyglots and files that lie about themselves, given to real readers: each ends by name, others are done."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests import hostile_files as hostile
from tests.api_server import Server, serving
from tests.hostile_files import WORDS, pdf, png, stream, tiff, with_pages, written
from tests.waiting import GENEROUS_S

_SCRIPT = "Heron <script>alert(1)</script> [x](javascript:alert(1))"
_ACTIONS = b"/OpenAction 6 0 R/Names<</JavaScript<</Names[(a) 6 0 R]>>/EmbeddedFiles<</Names[(e.exe) 7 0 R]>>>>"
REFUSED = {
    "word.pdf": (hostile.zipped(), "unsupported_media_type"),
    "page.pdf": (b"<!doctype html><script>alert(1)</script>", "unsupported_media_type"),
    "vector.pdf": (b'<?xml version="1.0"?><svg onload="alert(1)"/>', "unsupported_media_type"),
    "program.pdf": (b"MZ\x90\0" + bytes(100), "unsupported_media_type"),
    "nothing.pdf": (b"", "empty"),
}
"""Refused at the door: what is there, and why."""
FAIL = {
    "nested.pdf": hostile.nested(),
    "flate.pdf": hostile.double_flate(),
    "head.pdf": b"%PDF-",
    "million.pdf": with_pages(b"<</Type/Pages/Kids[3 0 R]/Count 1000000>>"),
    "negative.pdf": with_pages(b"<</Type/Pages/Kids[3 0 R]/Count -5>>"),
    "many.pdf": with_pages(b"<</Type/Pages/Kids[%s]/Count 200000>>" % (b"3 0 R " * 200_000)),
    "own-child.pdf": with_pages(b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>"),
    "two-parents.pdf": with_pages(
        b"<</Type/Pages/Kids[5 0 R]/Count 1/Parent 5 0 R>>", n5=b"<</Type/Pages/Kids[2 0 R]/Count 1/Parent 2 0 R>>"
    ),
    "table-loop.pdf": b"%PDF-1.5\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 1\n0000000000 65535 f \n"
    b"trailer<</Root 1 0 R/Prev 41/Size 2>>\nstartxref\n41\n%%EOF",
    "states.pdf": pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: hostile.page(),
            4: stream(zlib.compress(b"q " * 1_000_000), b"/Filter/FlateDecode"),
        }
    ),
    "wide.png": png(60_000, 60_000, 60_000),
    "lie.png": png(2**31 - 1, 2**31 - 1, 1),
    "text.png": png(8, 8, 8, zlib.compress(bytes(100 << 20), 9)),
    "pages.tif": tiff(6000),
    "loop.tif": b"II*\0\x08\0\0\0\x01\0\0\1\3\0\1\0\0\0\x08\0\0\0\x08\0\0\0",
    "lie.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    b"\xff\xc0\0\x11\x08\xff\xff\xff\xff\3\1\x11\0\2\x11\0\3\x11\0\xff\xd9",
    "lie.webp": b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff" * 6,
}
"""Taken, and failed by the worker with one sentence."""
DONE = {
    "good.pdf": written(WORDS),
    "huge.pdf": written(WORDS, b"0 0 14400 14400", 300),
    "monstrous.pdf": written(WORDS, b"0 0 1e9 1e9", 300),
    "actions.pdf": written(_SCRIPT, catalog=_ACTIONS, page=b"/AA<</O<</S/Launch/F(/bin/sh)>>>>"),
    "elsewhere.pdf": hostile.from_elsewhere(),
    "objects.pdf": hostile.object_stream(),
    "also-html.pdf": b"<html><script>alert(1)</script>\n" + written("also " + WORDS),
    "also-zip.pdf": written("zip " + WORDS) + hostile.zipped(),
}
"""Nothing in them that harms."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(workers=2, page_timeout_s=3, document_timeout_s=20, embedder="fake") as running:
        yield running


@pytest.fixture(scope="module")
def ends(server: Server) -> dict[str, Any]:
    """What became of each file, and that pictures were asked for while they were worked on."""
    files = [("files", (name, content)) for name, content in {**FAIL, **DONE}.items()]
    files += [("files", (name, content)) for name, (content, _) in REFUSED.items()]
    answer = server.client.post("/knowledge/bombs/ingest", files=files)
    assert answer.status_code == 202, answer.text
    job = answer.json()["job_id"]
    server.finished(job, within_s=2 * GENEROUS_S)
    return {one["source"]: one for one in server.get(f"/jobs/{job}", limit=100)["documents"]}


def resident_mb(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) >> 10 for line in lines if line.startswith("VmRSS"))


def test_each_ends_by_name_and_the_others_are_done(server: Server, ends: dict[str, Any]) -> None:
    states = {name: one["state"] for name, one in ends.items()}
    assert {name for name, state in states.items() if state == "failed"} >= set(FAIL) | set(REFUSED)
    assert {name for name, state in states.items() if state == "done"} == set(DONE)
    for name, (_, code) in REFUSED.items():
        assert ends[name]["error_code"] == code
    for name in (*FAIL, *REFUSED):
        error = ends[name]["error"]
        assert 10 < len(error) < 400 and "\n" not in error and "Traceback" not in error, name


def test_the_workers_live_and_nothing_is_left(server: Server, ends: dict[str, Any]) -> None:
    job = server.client.post("/knowledge/after/ingest", files=[("files", ("a.pdf", written("after " + WORDS)))])
    assert server.finished(job.json()["job_id"])["counts"] == {"done": 1}
    assert not list((server.folder / "bombs" / "work").iterdir())
    assert not list((server.folder / "run" / "uploads").rglob("*.part"))


def test_nothing_of_this_machine_is_in_a_document(server: Server, ends: dict[str, Any]) -> None:
    text = server.client.get("/knowledge/bombs/documents/elsewhere.pdf/markdown").text
    assert "root:" not in text and "/bin" not in text
    source = server.client.get("/knowledge/bombs/documents/also-html.pdf/source", params={"inline": True})
    assert source.headers["content-type"] == "application/pdf"
    assert source.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in source.headers["content-security-policy"]


def test_script_of_a_page_is_text(server: Server, ends: dict[str, Any]) -> None:
    document = f"{server.address}/knowledge/bombs/documents/actions.pdf"
    for path in (document, f"{server.address}/knowledge/bombs/search?q=heron"):
        answer = server.client.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert 'href="javascript' not in answer.text
    hits = server.get("/knowledge/bombs/search", q="heron alert")["hits"]
    assert hits and all("<script" not in hit["snippet_html"] for hit in hits)


def test_pictures_of_bombs_end_and_hold_up_nobody(server: Server, ends: dict[str, Any]) -> None:
    def picture(name: str) -> int:
        address = f"/knowledge/bombs/documents/{name}/pages/1/image"
        return server.client.get(address, params={"dpi": 300}, timeout=2 * GENEROUS_S).status_code

    assert picture("huge.pdf") == picture("monstrous.pdf") == picture("good.pdf") == 200
    crowd = ["nested.pdf"] * 4 + ["flate.pdf"] + ["wide.png", "lie.png", "states.pdf", "own-child.pdf"] * 2
    with ThreadPoolExecutor(len(crowd)) as pool:
        asked = [pool.submit(picture, name) for name in crowd]
        server.soon(lambda: any(one.done() for one in asked))
        assert server.client.get("/knowledge/bombs").status_code == 200
        assert not all(one.done() for one in asked)
        statuses = {one.result() for one in asked}
    assert statuses <= {404, 422, 503}, statuses
    assert picture("nested.pdf") == 422
    assert resident_mb(server.process.pid) < 500
