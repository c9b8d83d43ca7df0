"""The temp folder of a worker: in its home, its own as long as it or a child of it lives, swept when they are dead.

Libraries leave folders behind where they are killed (``pymp-*``); there nobody would ever look for them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from multiprocessing.util import Finalize
from pathlib import Path
from typing import IO

from ingest.runtime.run_dir import RunDir
from stores.files.local import own_folder, sweep_folders

_AFTER_ALL = -1000  # multiprocessing removes its own folders at -100
_kept: list[IO[str]] = []  # the locked owner file of this process's folder: its children inherit it with its lock


def settle(home: Path) -> Path:
    """From now on this process, and those that it starts, put temporary files into a folder of their own."""
    owner = own_folder(RunDir.of(home).temp_path())
    _kept.append(owner)
    folder = Path(owner.name).parent
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    return folder


def leave() -> None:
    """Remove this process's folder at its very end: before that, libraries tidy up what they put into it."""
    for owner in _kept:
        folder, quietly = Path(owner.name).parent, {"ignore_errors": True}
        Finalize(None, shutil.rmtree, args=(folder,), kwargs=quietly, exitpriority=_AFTER_ALL)


def sweep(home: Path) -> int:
    """Remove the folders of dead workers of a home; how many. For a process that has none itself."""
    return sweep_folders(RunDir.of(home).temp_path())


def sweep_beside() -> int:
    """Remove the folders of dead workers beside this process's own; how many."""
    return sum(sweep_folders(Path(owner.name).parent.parent) for owner in _kept)
