"""Temporary folders on the local disk that belong to a process, and are swept once that process is dead.

A folder holds a file ``.owner`` that its process keeps locked. The lock ends with the process, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from stores.errors import UnavailableError

_BIRTH_S = 60.0  # until then a folder without an owner's file is one whose process is about to write it


def own_folder(parent: Path) -> IO[str]:
    """Create a folder below ``parent`` and return its owner file, in it: the folder is ours while that file is open.

    The folders of dead processes are removed.
    """
    folder = parent / f"{os.getpid()}.{uuid.uuid4().hex[:8]}"
    with translated_disk_errors(folder):
        parent.mkdir(parents=True, exist_ok=True)
        sweep_folders(parent)
        with (parent / ".lock").open("a") as making:  # nobody sweeps a folder between its birth and its lock
            fcntl.flock(making, fcntl.LOCK_EX)
            folder.mkdir()
            owner = (folder / ".owner").open("w")
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return owner


def sweep_folders(parent: Path) -> int:
    """Remove the folders below ``parent`` whose process is dead; return how many."""
    if not parent.is_dir():
        return 0
    with (parent / ".lock").open("a") as making:
        fcntl.flock(making, fcntl.LOCK_EX)
        dead = [folder for folder in parent.glob("[0-9]*") if owner_is_dead(folder)]
        for folder in dead:
            shutil.rmtree(folder, ignore_errors=True)
    return len(dead)


def owner_is_dead(folder: Path, birth_s: float = _BIRTH_S) -> bool:
    """Tell whether the process that owns a folder is dead; without an owner's file it is after ``birth_s`` seconds."""
    try:
        with (folder / ".owner").open("r+") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except FileNotFoundError:
        return _is_older(folder, birth_s)
    except OSError:
        return False


def _is_older(folder: Path, seconds: float) -> bool:
    try:
        return folder.is_dir() and time.time() - folder.stat().st_mtime > seconds
    except OSError:
        return False  # it is gone


@contextlib.contextmanager
def translated_disk_errors(place: Path) -> Iterator[None]:
    """Raise UnavailableError, with the path, for an OSError of the block."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(f"{place} cannot be written: {error.strerror}; free some space or check it") from error
