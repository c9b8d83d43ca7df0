"""A job that nobody can go on with says so while it is watched: real workers, some of which are missing."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ingest.cli.exit_codes import Exit
from ingest.runtime import embedded, worker_spec
from pipeline.settings import Settings
from tests.broker_servers import redis
from tests.callback_environment import until
from tests.in_process import fake_document
from tests.waiting import GENEROUS_S

ENGINES = {"INGOT_TEXT_ENGINE": "fake", "INGOT_OCR_ENGINE": "fake", "INGOT_EMBEDDER": "fake", "INGOT_WORKERS": "1"}
AGAIN_S = 4.0  # in which a sentence would be said again


def ingot(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ingest.cli", *words]
    ran = {**os.environ, "PYTHONPATH": str(worker_spec.SOURCE), **environment}
    return subprocess.run(command, env=ran, capture_output=True, text=True, timeout=GENEROUS_S, check=False)


def told(environment: Mapping[str, str], folder: Path, sentence: str, *words: str) -> str:
    """What a command has said a while after it said this sentence; it is ended then."""
    command = [sys.executable, "-m", "ingest.cli", *words]
    said = folder / "said"
    with said.open("wb") as output:
        ran = {**os.environ, "PYTHONPATH": str(worker_spec.SOURCE), **environment}
        started = subprocess.Popen(command, env=ran, stdout=output, stderr=output)
    try:
        until(lambda: sentence in said.read_text(), GENEROUS_S)
        with pytest.raises(subprocess.TimeoutExpired):  # it goes on waiting
            started.wait(AGAIN_S)
    finally:
        started.terminate()
        started.wait(GENEROUS_S)
    return said.read_text()


@contextlib.contextmanager
def only(queue: str, environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """A worker that serves one queue."""
    member = worker_spec.WorkerSpec(kind="cpu", queues=(queue,), concurrency=1)
    with log.open("wb") as output:
        started = subprocess.Popen(
            member.command(f"{queue}@here"),
            env=member.environment({**os.environ, **environment}),
            stdout=output,
            stderr=output,
        )
    try:
        until(lambda: " is ready: " in log.read_text(), 60.0)
        yield
    finally:
        started.terminate()
        started.wait(GENEROUS_S)


def _shown(environment: Mapping[str, str], job: str) -> Any:
    return json.loads(ingot(environment, "jobs", "show", job, "--json").stdout)


def test_every_queue_that_nobody_serves_is_named(home: Path, tmp_path: Path) -> None:
    fake_document(tmp_path / "a.pdf", "One page.")
    with redis() as port:
        environment = {**ENGINES, "INGOT_HOME": str(home), "INGOT_BROKER_URL": f"redis://127.0.0.1:{port}/0"}
        with only("cpu", environment, home / "log"):
            sentence = "waiting: no worker serves the queues 'embed' and 'extract': start one with `ingot worker all`"
            said = told(environment, home, sentence, "ingest", str(tmp_path / "a.pdf"), "--nl")
            assert said.count(sentence) == said.count("no worker serves") == 1, said
            (job,) = json.loads(ingot(environment, "jobs", "list", "--json").stdout)
            why = sentence.removeprefix("waiting: ")  # a starved worker may not answer the first time
            until(lambda: _shown(environment, job["job_id"])["waiting"]["why"] == why)
            with only("extract", environment, home / "second"):
                sentence = "no worker serves the queue 'embed': start one with `ingot worker gpu` or"
                told(environment, home, sentence, "jobs", "watch", job["job_id"], "--json")


def test_in_embedded_mode_too(home: Path, tmp_path: Path) -> None:
    fake_document(tmp_path / "a.pdf", "One page.")
    environment = {**ENGINES, "INGOT_HOME": str(home)}
    assert ingot(environment, "up").returncode == Exit.WELL
    settings = Settings(home=home)
    try:
        until(lambda: " is ready: " in (home / "run" / "worker.log").read_text(), 60.0)
        pid = embedded.status(settings).processes["worker"]["pid"]
        os.kill(pid, signal.SIGSTOP)
        sentence = "waiting: no worker serves the queues 'cpu', 'embed' and 'extract': the one of "
        try:
            said = told(environment, home, sentence, "ingest", str(tmp_path / "a.pdf"))
        finally:
            os.kill(pid, signal.SIGCONT)
        assert said.count(sentence) == 1, said
        job = ingot(environment, "jobs", "list", "--nl").stdout
        watched = ingot(environment, "jobs", "watch", json.loads(job)["job_id"])
        assert watched.returncode == Exit.WELL and "no worker serves" not in watched.stderr
    finally:
        embedded.down(settings)
