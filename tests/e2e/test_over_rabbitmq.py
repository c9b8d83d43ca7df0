"""RabbitMQ as the broker: queues that outlive it, priorities, and a run in which worker and broker are killed."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kombu import Connection

from pipeline import broker_queues, remote_control, tasks
from pipeline.queries.readiness import Readiness
from pipeline.queries.worker_status import WorkerStatus
from pipeline.settings import Settings
from pipeline.wiring import build
from stores.models import Stage, StepKey
from tests import broker_servers
from tests.broker_servers import RabbitServer
from tests.chroma_server import chroma_server
from tests.e2e.command import ROOT, Home
from tests.e2e.faults import KB, contents, run_with, write_documents
from tests.waiting import GENEROUS_S, eventually

FAKES = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "workers": 2}
COUNT = 8


@pytest.fixture(scope="module")
def rabbit() -> Iterator[RabbitServer]:
    with broker_servers.rabbitmq() as server:
        yield server


@pytest.fixture
def configured(rabbit: RabbitServer, home: Path) -> Iterator[Settings]:
    """Settings with the broker, which this process uses as well."""
    settings = Settings(broker_url=rabbit.url, home=home, **FAKES)  # type: ignore[arg-type]
    tasks.configure(settings)
    yield settings
    for queue in broker_queues.NAMES:
        with tasks.app.connection_for_write() as connection:
            connection.default_channel.queue_delete(f"ingot.{queue}")
    tasks.configure(Settings(home=home))


def test_what_waits_is_counted_and_survives_a_restart(configured: Settings, rabbit: RabbitServer) -> None:
    assert tasks.quiet_stages() == frozenset(Stage), "no queue is there yet"
    key = StepKey(knowledge_id="kb", document="d", generation=1, stage=Stage.PARSE)
    for stage in (Stage.PARSE, Stage.PUBLISH, Stage.OCR):
        tasks.TASKS[stage].si(*tasks.ids_of(key)).apply_async()
    assert tasks.quiet_stages() == {Stage.EXTRACT, Stage.EMBED}
    rabbit.restart()
    assert eventually(lambda: tasks.quiet_stages() == {Stage.EXTRACT, Stage.EMBED})
    assert remote_control.call_workers(configured)["messages"]["cpu"] == 2
    with tasks.app.connection_for_read() as connection:
        first = connection.default_channel.basic_get("ingot.ocr")
        assert first.properties["priority"] == 9 - tasks.PRIORITIES[Stage.OCR]
        assert first.headers["ingot_home"]


@contextmanager
def worker(home: Home, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(ROOT / "start_worker.sh"), "all", *arguments]
    environment = {**home.environment, "INGOT_PYTHON": sys.executable}
    with (home.folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(GENEROUS_S)


def declare_queues_for_good(rabbit: RabbitServer) -> None:
    """Have the queues on the broker's disk: RabbitMQ 3.10 forgets one that it was asked for seconds before a crash."""
    with Connection(rabbit.url) as connection:
        for queue in broker_queues.declared(rabbit.url):
            queue(connection.default_channel).declare()
    rabbit.restart()


def test_a_run_ends_as_ever_though_worker_and_broker_are_killed(rabbit: RabbitServer, home: Path) -> None:
    declare_queues_for_good(rabbit)
    documents, calm = Path(tempfile.mkdtemp(prefix="ingot-docs-")), Path(tempfile.mkdtemp(prefix="ingot-"))
    write_documents(documents, COUNT, slow_s=0.2)
    run_with(calm, documents, lambda under_test: None)
    with chroma_server(home / "chroma") as url:
        there = Home(home, broker_url=rabbit.url, chroma_url=url, **FAKES)
        with worker(there) as first:
            there.ingot("ingest", str(documents), "-k", KB, "--no-wait")
            eventually(lambda: reading(home), told=(home / "worker.log").read_text)
            os.killpg(first.pid, signal.SIGKILL)
        with worker(there):
            eventually(lambda: reading(home), told=(home / "worker.log").read_text)
            rabbit.restart(crash=True)
            eventually(lambda: there.ask("jobs", "list")[0]["state"] == "done", told=(home / "worker.log").read_text)
            settings = Settings(broker_url=rabbit.url, home=home, chroma_url=url, **FAKES)  # type: ignore[arg-type]
            ready = Readiness(build(settings), WorkerStatus(settings))
            eventually(lambda: all(check.ok for check in ready.checks()), told=ready.checks)
            assert "takes messages" in there.ingot("doctor")
    assert_same(home, contents(calm))
    for folder in (documents, calm):
        shutil.rmtree(folder)


def reading(home: Path) -> bool:
    """Whether a page is being read right now."""
    connection = sqlite3.connect(f"file:{home / KB / 'kb.db'}?mode=ro", uri=True, timeout=GENEROUS_S)
    try:
        return bool(connection.execute("SELECT 1 FROM step WHERE stage = 'ocr' AND state = 'running'").fetchall())
    finally:
        connection.close()


def assert_same(home: Path, expected: dict[str, object]) -> None:
    kept = contents(home)
    for name, rows in expected.items():
        assert kept[name] == rows, name
