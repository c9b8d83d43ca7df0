"""What the system tells of a worker and its children."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path


def children_of(pid: int) -> Iterator[Path]:
    """The folders in ``/proc`` of a process's children."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            yield entry


def data_limits_mb(pid: int) -> set[int]:
    """How much memory the children of a worker may use: its setting ``memory_mb``, once they have begun."""
    limits = set()
    for child in children_of(pid):
        with contextlib.suppress(OSError):  # gone while we looked
            lines = [line for line in (child / "limits").read_text().splitlines() if line.startswith("Max data size")]
            limits |= {int(line.split()[3]) >> 20 for line in lines if line.split()[3].isdigit()}
    return limits


def open_files(pid: int) -> set[Path]:
    """The files that a process has open; none where it has ended."""
    files = set()
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):  # closed while we looked
                files.add(entry.readlink())
    return files
