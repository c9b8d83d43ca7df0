"""The hosts that use a folder, as files in it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from stores.hosts import FRESH_S, HostUse


class HostFiles:
    """The hosts that use a folder, as files in it; their age is told by the clock of its file system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def announce(self, use: HostUse) -> None:
        """Write, or write again, that a process uses the folder."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._file(use)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(asdict(use)))
        part.replace(path)

    def withdraw(self, use: HostUse) -> None:
        """Remove what was written of the machine of a process."""
        self._file(use).unlink(missing_ok=True)

    def _file(self, use: HostUse) -> Path:
        return self._folder / f"{use.machine}.json"

    def seen(self, since_s: float = FRESH_S) -> list[HostUse]:
        """The machines that use the folder now; one process of each."""
        try:
            written = {path: path.stat().st_mtime for path in sorted(self._folder.glob("*.json"))}
            now = self._now() if written else 0.0
        except OSError:
            return []
        uses = [_read(path) for path, at in written.items() if now - at < since_s]
        return [use for use in uses if use]

    def _now(self) -> float:
        """The time of the file system, which is another machine's where it is shared."""
        probe = self._folder / f".now-{os.getpid()}"
        probe.touch()
        at = probe.stat().st_mtime
        probe.unlink()
        return at


def _read(path: Path) -> HostUse | None:
    try:
        return HostUse(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
