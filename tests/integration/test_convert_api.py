"""``POST /convert`` over a real server: a file in, Markdown or JSON out, and nothing is kept, however it ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ingest.api.media_types import preferred
from pipeline.sender import Sender
from pipeline.service.conversion import Conversions
from stores.ids import is_temporary, new_temporary_id, slug_of
from tests.api_server import FAKE, Server, serving
from tests.in_process import fake_resources
from tests.waiting import GENEROUS_S

MARKDOWN = {"Accept": "text/markdown"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(**FAKE, max_pages=5) as up:
        yield up


def converted(server: Server, content: bytes, name: str = "a.pdf", **more: Any) -> httpx2.Response:
    return server.client.post("/convert", files={"file": (name, content)}, **more)


def left(server: Server) -> list[str]:
    """What a home holds of knowledge bases and files that arrived."""
    bases = [path.parent.name for path in server.folder.glob("*/kb.db")]
    return [*bases, *(path.name for path in server.folder.glob("run/uploads/*/*.part"))]


def test_accept_decides_and_nothing_is_kept(server: Server) -> None:
    content = b"%FAKE\n# Report\nAn otter.\f# Annex\n[scan]Order number: 7712"
    whole = converted(server, content, data={"schemas": "invoice"})
    assert whole.status_code == 200, whole.text
    told = whole.json()
    assert (told["source"], told["state"], told["page_count"]) == ("a.pdf", "done", 2)
    assert "An otter." in told["pages"][0]["markdown"] and told["pages"][0]["blocks"]
    assert {record["schema"] for record in told["records"]} == {"document", "invoice"}
    one = converted(server, content, headers=MARKDOWN, data={"pages": "1"})
    assert one.headers["content-type"].startswith("text/markdown")
    assert "# Report" in one.text and "Annex" not in one.text
    assert left(server) == []
    assert server.get("/knowledge")["items"] == server.get("/jobs")["items"] == []


@pytest.mark.parametrize(
    ("content", "more", "status", "code"),
    [
        (b"%FAKE\n[broken]", {}, 422, None),
        (b"%FAKE secret\nx", {}, 422, "encrypted"),
        (b"%FAKE\n1\f2\f3\f4\f5\f6", {}, 422, None),
        (b"\x00\x01\x02", {}, 415, "unsupported_media_type"),
        (b"%FAKE\nx", {"data": {"schemas": "invoyce"}}, 422, None),
        (b"%FAKE\nx", {"data": {"shemas": "invoice"}}, 422, "unknown_key"),
        (b"%FAKE\nx", {"data": {"timeout_s": "-1"}}, 422, "bad_request"),
        (b"%FAKE\nx", {"headers": {"Accept": "image/png"}}, 406, "not_acceptable"),
    ],
)
def test_what_cannot_be_converted_is_refused(
    server: Server, content: bytes, more: dict[str, Any], status: int, code: str | None
) -> None:
    answer = converted(server, content, **more)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"] and (code is None or answer.json()["code"] == code)
    assert left(server) == []


def test_a_page_that_is_lost_is_told_beside_the_others(server: Server) -> None:
    told = converted(server, b"%FAKE\nGood.\f[broken]").json()
    assert told["state"] == "partial" and list(told["failed_pages"]) == ["2"]


def test_two_files_or_none_are_refused(server: Server) -> None:
    two = server.client.post("/convert", files=[("file", ("a.pdf", b"%FAKE\na")), ("file", ("b.pdf", b"%FAKE\nb"))])
    assert two.status_code == 413
    assert server.client.post("/convert", json={}).status_code == 415
    assert server.client.post("/convert", files={"file": ("a.pdf", b"")}).status_code in (415, 422)


def test_while_it_is_read_nobody_else_sees_it_and_the_metrics_have_no_label_for_it(
    server: Server, tmp_path: Path
) -> None:
    gate, answers = tmp_path / "gate", []
    content = f"%FAKE\n[until {gate}] A secret otter.".encode()
    asking = threading.Thread(target=lambda: answers.append(converted(server, content)))
    asking.start()
    hidden = server.soon(lambda: [path.parent for path in server.folder.glob("convert-*/kb.db")])[0]
    assert server.get("/knowledge")["items"] == server.get("/jobs")["items"] == []
    metrics = httpx2.get(f"{server.address}/metrics", timeout=GENEROUS_S).text
    assert "convert-" not in metrics and "~" not in metrics
    name = f"~{hidden.name.rpartition('-')[0]}"
    assert is_temporary(name) and slug_of(name) == hidden.name
    for path in (f"/knowledge/{name}", f"/knowledge/{name}/documents"):
        assert server.client.get(path).status_code == 404
    assert server.client.post(f"/knowledge/{name}/ingest", json={"urls": []}).status_code in (404, 422)
    gate.touch()
    asking.join(GENEROUS_S)
    assert answers[0].status_code == 200
    assert server.soon(lambda: not left(server))


def test_what_takes_too_long_is_stopped_and_removed(server: Server, tmp_path: Path) -> None:
    content = f"%FAKE\n[until {tmp_path / 'never'}] x".encode()
    answer = converted(server, content, data={"timeout_s": "1"})
    assert (answer.status_code, answer.json()["code"]) == (504, "timed_out")
    assert "INGOT_CONVERT_TIMEOUT_S" in answer.json()["detail"]
    assert left(server) == []
    (tmp_path / "never").touch()  # the worker that still reads it finds nothing left to write to
    assert converted(server, b"%FAKE\nNext.").status_code == 200


def test_what_a_killed_server_left_is_swept(home: Path) -> None:
    resources = fake_resources(home)
    old, new = new_temporary_id(), new_temporary_id()
    for name in (old, new, "mine"):
        resources.catalog.create(name).set_meta("created_at", "1.0" if name != new else repr(resources.catalog.now()))
    Conversions(resources, Sender(resources)).sweep()
    assert sorted(resources.catalog.every_name()) == ["mine", new]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "a/json"),
        ("*/*", "a/json"),
        ("text/md", "text/md"),
        ("text/*;q=0.9, a/json;q=0.5", "text/md"),
        ("text/html, */*;q=0.1", "a/json"),
        ("a/json;q=0, text/md;q=0.2", "text/md"),
        ("image/png", None),
        ("a/json;q=x", None),
    ],
)
def test_the_media_type_that_a_client_prefers(accept: str, kind: str | None) -> None:
    assert preferred(accept, ("a/json", "text/md")) == kind


def test_temporary_ids_are_no_ids_of_users() -> None:
    from stores.errors import InputError
    from stores.models import check_knowledge_id

    with pytest.raises(InputError):
        check_knowledge_id(new_temporary_id())
