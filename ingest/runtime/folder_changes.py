"""Telling when a folder or bucket is to be looked at again: after changes, and from time to time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from watchfiles import watch

_TICK_MS = 1000
_SETTLED_MS = 500  # without a further change: a file that is being copied changes all the time
_LONGEST_MS = 10_000  # of changes without a pause


def ticks(folder: Path, rescan_s: float, clock: Callable[[], float] = time.monotonic) -> Iterator[bool]:
    """Yield about once a second whether ``folder`` is to be looked at: at first, after changes, after ``rescan_s``.

    Shares on other machines report no changes; there ``rescan_s`` alone counts. A folder that goes and comes back, as
    a disk does, is looked at when it is back.
    """
    looked = float("-inf")
    while True:
        identity = _identity(folder)
        for changed in _changes(folder) if identity else ():
            due = changed or clock() - looked >= rescan_s
            looked = clock() if due else looked
            yield due
            if _identity(folder) != identity:
                break
        looked = float("-inf")
        yield False
        time.sleep(_TICK_MS / 1000 if _identity(folder) is None else 0)


def intervals(rescan_s: float, clock: Callable[[], float] = time.monotonic) -> Iterator[bool]:
    """Yield about once a second whether to look again: at first, and after ``rescan_s``; for what tells no changes."""
    looked = float("-inf")
    while True:
        due = clock() - looked >= rescan_s
        looked = clock() if due else looked
        yield due
        time.sleep(_TICK_MS / 1000)


def _changes(folder: Path) -> Iterator[bool]:
    """Yield once a second, or when changes have settled, whether there were any; end where that cannot be told."""
    try:
        for changes in watch(
            folder,
            watch_filter=None,
            rust_timeout=_TICK_MS,
            yield_on_timeout=True,
            step=_SETTLED_MS,
            debounce=_LONGEST_MS,
            ignore_permission_denied=True,
        ):
            yield bool(changes)
    except (OSError, RuntimeError):
        return  # the folder went away; what is left of it is seen by the next look


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from another of its name; None where there is none."""
    try:
        facts = folder.stat()
    except OSError:
        return None
    return (facts.st_dev, facts.st_ino) if folder.is_dir() else None
