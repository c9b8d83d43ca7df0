"""A retry is offered where it can help, and nowhere else: one answer in lists, jobs, pages and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.api_server import FAKE, Server, serving
from tests.chroma_server import free_port
from tests.in_process import fake_document

HOPELESS = {"locked.pdf": "encrypted", "empty.pdf": "empty", "letter.pdf": "unsupported_media_type"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(**FAKE, page_timeout_s=2, allow_private_urls=True, fetch_retries_s="0.1") as running:
        yield running


@pytest.fixture(scope="module")
def hopeless(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A job all of whose documents fail by what is in their files."""
    folder = tmp_path_factory.mktemp("hopeless")
    locked = fake_document(folder / "locked.pdf", "secret", password="x")
    part = fake_document(folder / "part.pdf", "fine", "[broken] not")
    (folder / "empty.pdf").touch()
    (folder / "letter.pdf").write_bytes(b"PK\x03\x04 %PDF-1.7")
    return server.finished(server.upload("hopeless", locked, part, folder / "empty.pdf", folder / "letter.pdf"))


def page_of(server: Server, path: str) -> str:
    return httpx2.get(f"{server.address}{path}", headers={"accept": "text/html"}).text


def test_the_same_bytes_are_not_offered_again(server: Server, hopeless: Any) -> None:
    assert {one["source"]: one["state"] for one in hopeless["documents"]}["part.pdf"] == "partial"
    assert {one["source"]: one["error_code"] for one in hopeless["documents"]}.items() >= HOPELESS.items()
    assert hopeless["retryable"] is False
    assert not any(one["retryable"] for one in hopeless["documents"])
    listed = server.get("/knowledge/hopeless/documents")["items"]
    assert len(listed) == 4 and not any(one["retryable"] for one in listed)
    assert "/retry-document" not in page_of(server, "/knowledge/hopeless")
    assert "data-retry" not in page_of(server, "/knowledge/hopeless/documents/locked.pdf").replace("[data-retry]", "")
    assert 'id="retry" hidden' in page_of(server, f"/jobs/{hopeless['job_id']}")


def test_what_was_stopped_is_offered_again(server: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    slow = fake_document(tmp_path_factory.mktemp("slow") / "slow.pdf", "[slow 30] words")
    job = server.upload("stopped", slow)
    server.post(f"/jobs/{job}/cancel")
    view = server.finished(job)
    assert view["retryable"] is True and [one["retryable"] for one in view["documents"]] == [True]
    assert "/retry-document" in page_of(server, "/knowledge/stopped")
    assert 'id="retry">' in page_of(server, f"/jobs/{job}")


def test_what_could_not_be_fetched_is_offered_again(server: Server) -> None:
    body = {"urls": [f"http://127.0.0.1:{free_port()}/nothing.pdf"]}
    view = server.finished(server.post("/knowledge/fetched/ingest", body, status=202)["job_id"])
    assert view["documents"][0]["error_code"] == "fetch_failed"
    assert view["retryable"] is True and view["documents"][0]["retryable"] is True


def test_finished_documents_are_not_offered_for_retry(server: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    good = fake_document(tmp_path_factory.mktemp("good") / "good.pdf", "words")
    view = server.finished(server.upload("good", good))
    assert view["retryable"] is False and not view["documents"][0]["retryable"]
