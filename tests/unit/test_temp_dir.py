"""Temp folders of workers: kept as long as the worker or a child of it lives, whatever killed the others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ingest.runtime import temp_dir
from ingest.runtime.run_dir import RunDir
from tests.conftest import ROOT
from tests.waiting import GENEROUS_S

#: A worker that leaves a child behind when it is killed; the child ends with its standard input.
WORKER = """
import os, signal, sys, tempfile
from pathlib import Path
from ingest.runtime import temp_dir
print(temp_dir.settle(Path(sys.argv[1])), tempfile.mkdtemp(prefix="pymp-"), flush=True)
if os.fork():
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.read()
"""


def test_a_dead_workers_folder_goes_with_its_last_child(home: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(home)}
    command = [sys.executable, "-c", WORKER, str(home)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout and worker.stdin
        folder, inside = map(Path, worker.stdout.readline().split())
        worker.wait(GENEROUS_S)
        assert inside.parent == folder and folder.is_relative_to(home / "run" / "tmp")
        assert temp_dir.sweep(home) == 0 and inside.is_dir(), "a child of it still lives"
        worker.stdin.close()
        worker.stdout.read()
    assert temp_dir.sweep(home) == 1
    assert not folder.exists()


def test_a_socket_fits_below_a_home_with_a_long_path(home: Path, tmp_path: Path) -> None:
    assert RunDir.of(home).temp_path() == home.resolve() / "run" / "tmp"
    long = RunDir.of(tmp_path / ("x" * 100))
    long.create()
    parent = long.temp_path()
    long.remove_socket()
    assert len(os.fsencode(parent / f"{2**22}.12345678" / "pymp-12345678" / "listener-12345678")) < 107
    assert not parent.parent.exists(), "nothing of it stays in the system's folder"


def test_a_worker_that_ends_well_takes_its_folder_along_without_a_word(home: Path) -> None:
    """Libraries remove what they put there first; a folder that is gone already made them print a traceback."""
    ends = (
        "import sys; from multiprocessing.util import get_temp_dir; from pathlib import Path\n"
        "from ingest.runtime import temp_dir\n"
        "print(temp_dir.settle(Path(sys.argv[1])), get_temp_dir()); temp_dir.leave()"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", ends, str(home)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=GENEROUS_S, check=True)
    folder, inside = map(Path, ran.stdout.split())
    assert inside.parent == folder and not folder.exists()
    assert ran.stderr == ""
