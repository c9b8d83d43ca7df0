"""Parts are killed in the middle of a run: in the end the stores hold what an undisturbed run leaves, once."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from stores.models import DocumentState
from tests.e2e.faults import KB, Running, contents, processes_of, run_with, running, write_documents
from tests.in_process import fake_document
from tests.waiting import eventually

COUNT = 24


@pytest.fixture(scope="module")
def documents() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ingot-docs-"))
    write_documents(folder, COUNT, slow_s=0.1)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def undisturbed(documents: Path) -> Iterator[dict[str, object]]:
    home = Path(tempfile.mkdtemp(prefix="ingot-"))
    run_with(home, documents, lambda under_test: None)
    yield contents(home)
    shutil.rmtree(home, ignore_errors=True)


def assert_same(home: Path, expected: dict[str, object]) -> None:
    kept = contents(home)
    for name, rows in expected.items():
        assert kept[name] == rows, name
    assert_swept(home)


def assert_swept(home: Path) -> None:
    """No task leaves its folder; those of killed ones are removed within moments of the end."""
    left = lambda: list((home / KB / "work").iterdir())  # noqa: E731
    eventually(lambda: not left(), told=left)


def assert_gone(home: Path) -> None:
    """The runtime leaves no process behind."""
    eventually(lambda: not processes_of(home), told=lambda: processes_of(home))


def test_children_killed_in_each_stage(home: Path, documents: Path, undisturbed: dict[str, object]) -> None:
    killed = []

    def disturb(under_test: Running) -> None:
        for stage in ("plan", "render", "parse", "ocr", "extract", "embed", "publish"):
            os.kill(under_test.child_at(stage), signal.SIGKILL)
            killed.append(stage)

    job = run_with(home, documents, disturb)
    assert len(killed) == 7
    assert {document.state for document in job.documents} == {DocumentState.DONE}
    assert_same(home, undisturbed)
    assert_gone(home)


def test_worker_parent_killed(
    home: Path, documents: Path, undisturbed: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it leave anything in the system's temp folder."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def disturb(under_test: Running) -> None:
        under_test.child_at("ocr")
        under_test.kill("worker")

    run_with(home, documents, disturb)
    assert_same(home, undisturbed)
    assert_gone(home)
    assert not list(tmp_path.iterdir())
    assert not [path for path in (home / "run" / "tmp").iterdir() if path.is_dir()]


def test_redis_killed_flushed_and_restarted_empty(home: Path, documents: Path, undisturbed: dict[str, object]) -> None:
    def disturb(under_test: Running) -> None:
        under_test.child_at("parse")
        under_test.kill("redis")
        under_test.child_at("ocr")
        socket = under_test.broker_url.removeprefix("redis+socket://").partition("?")[0]
        redis.Redis(unix_socket_path=socket).flushall()
        under_test.child_at("publish")
        for path in (home / "run" / "redis").glob("*"):
            path.unlink() if path.is_file() else shutil.rmtree(path)
        under_test.kill("redis")

    run_with(home, documents, disturb)
    assert_same(home, undisturbed)


def test_chroma_killed(home: Path, documents: Path, undisturbed: dict[str, object]) -> None:
    def disturb(under_test: Running) -> None:
        for _ in range(2):
            under_test.child_at("publish")
            old = under_test.child("chroma")
            under_test.kill("chroma")
            eventually(lambda old=old: under_test.child("chroma") not in (0, old))

    run_with(home, documents, disturb)
    assert_same(home, undisturbed)


def test_everything_killed_at_once_goes_on_at_the_next_command(
    home: Path, documents: Path, undisturbed: dict[str, object]
) -> None:
    from ingest.runtime import embedded
    from pipeline.commands.ingest_request import IngestRequest

    with running(home) as under_test:
        report = under_test.service.ingestion.ingest(KB, IngestRequest(paths=(documents,)))
        under_test.child_at("ocr")
        os.kill(embedded.status(under_test.settings).pid, signal.SIGKILL)
    assert_gone(home)
    with running(home) as under_test:
        under_test.wait(report.job)
    assert_same(home, undisturbed)


def test_a_file_that_kills_or_hangs_takes_nothing_with_it(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    for number in range(6):
        fake_document(folder / f"good-{number}.pdf", f"Good words {number}.")
    fake_document(folder / "crash.pdf", "[crash]")
    fake_document(folder / "partly.pdf", "Good page.", "[crash] in the middle", "Another good page.")
    fake_document(folder / "hang.pdf", "[scan] [hang]")
    fake_document(folder / "burn.pdf", "Good page.", "[scan] [burn]")
    job = run_with(home, folder, lambda under_test: None, page_timeout_s=2.0)
    states = {document.source: document.state for document in job.documents}
    assert states.pop("crash.pdf") is DocumentState.FAILED
    assert states.pop("hang.pdf") is DocumentState.FAILED
    assert states.pop("partly.pdf") is DocumentState.PARTIAL
    assert states.pop("burn.pdf") is DocumentState.PARTIAL
    assert set(states.values()) == {DocumentState.DONE}
    faults = {document.source: document.error.message for document in job.documents if document.error}
    assert "page 1" in faults["crash.pdf"] and "3 times" in faults["crash.pdf"]
    assert "page 2" in faults["partly.pdf"] and "crash" in faults["partly.pdf"]
    assert "time limit" in faults["hang.pdf"] and "time limit" in faults["burn.pdf"]
    assert_swept(home)


def test_a_file_that_eats_memory_fails_alone(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    fake_document(folder / "good.pdf", "Good words.")
    fake_document(folder / "greedy.pdf", "[memory]")
    job = run_with(home, folder, lambda under_test: None, memory_mb=700)
    states = {document.source: document.state for document in job.documents}
    assert states == {"good.pdf": DocumentState.DONE, "greedy.pdf": DocumentState.FAILED}
