"""Removing the folder of a knowledge base while workers may still write to it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

_REMOVALS = 3


def remove_folder(home: Path, name: str) -> None:
    """Remove the folder ``name`` of a home; FileNotFoundError where there is none.

    It goes out of sight by one rename. What a killed process left of an earlier one goes now, too.
    """
    removed = home / "run" / "removed"
    removed.mkdir(parents=True, exist_ok=True)
    (home / name).rename(removed / f"{name}.{time.time_ns()}")
    for _ in range(_REMOVALS):  # a worker may add a file while the folder is emptied
        shutil.rmtree(removed, ignore_errors=True)
