"""A page that kills a worker of threads takes its neighbours along: they are read in the end, and it alone is named."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.runtime import processes
from pipeline.commands.ingest_request import IngestRequest
from pipeline.service import Service
from pipeline.settings import Settings
from stores.models import DocumentState, JobState
from stores.views import JobView
from tests.conftest import ROOT
from tests.in_process import KB, fake_document
from tests.waiting import GENEROUS_S, eventually

GOOD, MOST_DEATHS = 8, 12


@pytest.fixture
def settings(home: Path) -> Iterator[Settings]:
    """A home whose broker is a Redis of its own."""
    path = home / "redis.sock"
    command = [processes.redis_program(), "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(home)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        eventually(path.exists)
        url = f"redis+socket://{path}?virtual_host=0"
        yield Settings(home=home, broker_url=url, ocr_engine="fake", text_engine="fake", embedder="fake", workers=8)
        server.terminate()


def start(role: str, settings: Settings) -> subprocess.Popen[bytes]:
    given = {name: str(getattr(settings, name)) for name in settings.model_fields_set}
    environment = {**os.environ, **{f"INGOT_{name.upper()}": value for name, value in given.items()}}
    environment |= {"PYTHONPATH": str(ROOT), "INGOT_WORKERS": "1" if role == "cpu" else "4"}
    with (settings.home / f"{role}.log").open("ab") as log:
        command = [sys.executable, "-m", "ingest.cli", "worker", role]
        return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)


def watched(service: Service, job: str, settings: Settings) -> tuple[JobView, int]:
    """The job at its end, and how often the worker of threads died; the group starts it again."""
    plain, shared = start("cpu", settings), start("gpu", settings)

    def deaths() -> int:
        return (settings.home / "gpu.log").read_text().count("it is started again")

    def over() -> JobView | None:
        assert deaths() <= MOST_DEATHS, (settings.home / "gpu.log").read_text()
        view = service.jobs.get(job)
        return None if view.state is JobState.RUNNING else view

    try:
        return eventually(over, 2 * GENEROUS_S, 0.1), deaths()
    finally:
        for process in (plain, shared):
            process.terminate()
        for process in (plain, shared):
            process.wait(GENEROUS_S)


def test_only_the_guilty_page_is_given_up(settings: Settings, tmp_path: Path) -> None:
    for number in range(GOOD):
        fake_document(tmp_path / f"good-{number}.pdf", f"[scan] Good words {number}. [slow 0.4]")
    fake_document(tmp_path / "crash.pdf", "[scan] [crash]")
    service = Service(settings)
    report = service.ingestion.ingest(KB, IngestRequest(paths=(tmp_path,)))
    assert report.job
    view, deaths = watched(service, report.job, settings)
    states = {document.source: document.state for document in view.documents}
    assert states.pop("crash.pdf") is DocumentState.FAILED, states
    assert set(states.values()) == {DocumentState.DONE}, states
    assert deaths == 3
