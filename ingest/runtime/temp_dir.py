"""The temp folder of a worker: inside the home, and removed once the worker and its child processes are dead.

Libraries leave folders behind when they are killed (``pymp-*``), which would stay in the system's temp folder forever.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from multiprocessing.util import Finalize
from pathlib import Path
from typing import IO

from ingest.runtime.run_dir import RunDir
from stores.owned_folders import own_folder, sweep_folders

_AFTER_ALL = -1000  # multiprocessing removes its own folders at -100
_owner_files: list[IO[str]] = []  # kept open, as the lock marks the folder as used; child processes inherit it


def settle(home: Path) -> Path:
    """Give this process, and those that it starts, a temp folder of its own; return its path."""
    owner = own_folder(RunDir.of(home).temp_path())
    _owner_files.append(owner)
    folder = Path(owner.name).parent
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    return folder


def leave() -> None:
    """Arrange for this process's folder to be removed at its very end, after libraries have cleaned up in it."""
    for owner in _owner_files:
        folder, quietly = Path(owner.name).parent, {"ignore_errors": True}
        Finalize(None, shutil.rmtree, args=(folder,), kwargs=quietly, exitpriority=_AFTER_ALL)


def sweep(home: Path) -> int:
    """Remove the folders of dead workers of a home, and return how many; for a process without such a folder."""
    return sweep_folders(RunDir.of(home).temp_path())


def sweep_beside() -> int:
    """Remove the folders of dead workers beside this process's own, and return how many."""
    return sum(sweep_folders(Path(owner.name).parent.parent) for owner in _owner_files)
