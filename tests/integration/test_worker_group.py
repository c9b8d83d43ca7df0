"""``start_worker.sh`` with real processes: workers end together, the dead come back, who cannot work says why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.runtime import processes, worker_group
from ingest.runtime.processes import ManagedProcess
from tests.conftest import ROOT
from tests.waiting import GENEROUS_S
from tests.waiting import eventually as soon


@pytest.fixture
def broker_url(home: Path) -> Iterator[str]:
    path = home / "redis.sock"
    server = subprocess.Popen(
        [processes.redis_program(), "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(home)],
        stdout=subprocess.DEVNULL,
    )
    soon(path.exists)
    yield f"redis+socket://{path}?virtual_host=0"
    server.terminate()
    server.wait(GENEROUS_S)


def environment(home: Path, broker_url: str, **settings: str) -> dict[str, str]:
    given = {f"INGOT_{name.upper()}": value for name, value in settings.items()}
    ours = {"INGOT_BROKER_URL": broker_url, "INGOT_HOME": str(home), "INGOT_PYTHON": sys.executable}
    return {**os.environ, **ours, "INGOT_WORKERS": "1", "INGOT_OCR_ENGINE": "fake", "INGOT_EMBEDDER": "fake", **given}


def children_of(pid: int) -> dict[str, int]:
    """Node name -> process id of the Celery workers that a process started."""
    pids = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except (OSError, IndexError):
            continue
        if parent == pid and b"-n" in words:
            pids[words[words.index(b"-n") + 1].decode()] = int(entry.name)
    return pids


def alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def both(home: Path, broker_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A host's role of two workers, ready."""
    command = [str(ROOT / "start_worker.sh"), "all", "-n", "mine@here"]
    with (home / "log").open("wb") as log:
        started = subprocess.Popen(command, env=environment(home, broker_url), cwd=ROOT, stdout=log, stderr=log)
    assert soon(lambda: (home / "log").read_text().count("mine") > 1 and len(children_of(started.pid)) == 2)
    soon(lambda: (home / "log").read_text().count(" is ready: ") == 2, told=(home / "log").read_text)
    yield started
    if started.poll() is None:
        started.kill()
        started.wait(GENEROUS_S)


def test_a_role_of_two_workers(both: subprocess.Popen[bytes]) -> None:
    first = children_of(both.pid)
    assert sorted(first) == ["mine-notify@here", "mine@here"]
    os.kill(first["mine-notify@here"], signal.SIGKILL)
    assert soon(lambda: children_of(both.pid).get("mine-notify@here") not in (None, first["mine-notify@here"]))
    second = children_of(both.pid)
    assert second["mine@here"] == first["mine@here"]
    both.terminate()
    both.terminate()
    assert both.wait(GENEROUS_S) == 0
    assert not [pid for pid in (*first.values(), *second.values()) if alive(pid)]


def test_workers_end_with_their_parent(both: subprocess.Popen[bytes]) -> None:
    pids = children_of(both.pid)
    both.kill()
    assert soon(lambda: not any(alive(pid) for pid in pids.values()))


@pytest.mark.torch
def test_a_worker_that_cannot_work_ends_with_one_sentence(home: Path, broker_url: str) -> None:
    """Of a role that is one process it is the status of that."""
    pytest.importorskip("torch")
    told = environment(home, broker_url, ocr_engine="got", ocr_model=str(home / "nothing"))
    command = [str(ROOT / "start_worker.sh"), "gpu"]
    run = subprocess.run(command, env=told, cwd=ROOT, capture_output=True, text=True, timeout=GENEROUS_S, check=False)
    assert run.returncode == 6, run.stderr
    assert run.stderr.count("the weights of") == 1
    assert "INGOT_OCR_MODEL" in run.stderr


REFUSES = "import os, sys; sys.exit(6)"
ENDURES = "import time; time.sleep(600)"


def test_one_that_cannot_work_ends_the_others() -> None:
    pair = [ManagedProcess(code, lambda code=code: [sys.executable, "-c", code], None) for code in (ENDURES, REFUSES)]
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)}
    try:
        assert worker_group.WorkerGroup(pair).run() == 6
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert [child.pid for child in pair] == [None, None]
