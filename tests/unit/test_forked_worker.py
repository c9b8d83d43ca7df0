"""Workers forked from the supervisor: what they take over from it, and how they end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.runtime import forked_worker

ROOT = Path(__file__).resolve().parents[2]
_IMPORTED = """
import os, sys
from ingest.runtime import forked_worker
before = dict(os.environ)
environment = {**before, "INGOT_HOME": sys.argv[1], "INGOT_BROKER_URL": "memory://", "OPENBLAS_NUM_THREADS": "1"}
assert forked_worker.import_worker(environment)
assert "celery_app" in sys.modules and dict(os.environ) == before
print(len(os.listdir("/proc/self/task")), "onnxruntime" in sys.modules, "pymupdf" in sys.modules)
"""
_FORKED = """
import os, signal, subprocess, sys, time
from pathlib import Path
from ingest.runtime import forked_worker
folder = Path(sys.argv[1])
forked_worker.getproctitle()
def started(work):
    forked_worker._run_worker = lambda _: work() or 7
    with (folder / "log").open("ab") as output:
        return forked_worker.ForkedWorker(["a", "worker"], [], folder, output, {"HERE": "yes"}, lambda: None)
"""
_OWN = """
lock = (folder / "lock").open("w")
def tell():
    print(dict(os.environ), os.getcwd(), sorted(os.listdir("/proc/self/fd")))
    print(Path("/proc/self/cmdline").read_text().rstrip(chr(0)))
worker = started(tell)
print(worker.wait(100.0), worker.poll())
"""
_FAILS = """
def fail():
    raise ValueError("no such thing")
print(started(fail).wait(100.0))
"""
_SIGNALLED = """
signal.signal(signal.SIGTERM, lambda *_: None)  # as the supervisor has a handler of its own
worker = started(lambda: time.sleep(3600))
try:
    worker.wait(0.0)
except subprocess.TimeoutExpired:
    print(worker.poll())
worker.send_signal(signal.SIGTERM)
print(worker.wait(100.0))
worker.send_signal(signal.SIGTERM)  # to nobody
"""


def printed(script: str, folder: Path) -> str:
    """What a program prints."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
    return done.stdout


def test_a_process_that_imported_what_workers_run_has_one_thread(tmp_path: Path) -> None:
    """Another thread could hold a lock at a fork, which nobody would release in the worker."""
    assert printed(_IMPORTED, tmp_path).split() == ["1", "False", "False"]


def test_what_cannot_be_imported_is_left_to_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forked_worker, "_WORKER", ("there_is_no_such_module",))
    assert not forked_worker.import_worker(os.environ)


def test_a_worker_has_its_own_environment_folder_log_command_line_and_no_other_files(tmp_path: Path) -> None:
    assert printed(_FORKED + _OWN, tmp_path) == "7 7\n"
    expected = f"{{'HERE': 'yes'}} {tmp_path} ['0', '1', '2', '3']\n"  # 3: the listing itself
    assert (tmp_path / "log").read_text() == f"{expected}a worker\n"


def test_an_error_is_told_in_the_log_and_ends_it_with_a_failure(tmp_path: Path) -> None:
    assert printed(_FORKED + _FAILS, tmp_path) == "1\n"
    assert "ValueError: no such thing" in (tmp_path / "log").read_text()


def test_it_is_waited_for_and_ended_by_signals(tmp_path: Path) -> None:
    assert printed(_FORKED + _SIGNALLED, tmp_path) == "None\n-15\n"
