"""Temporary folders on the local disk, wherever files and rows are kept: for incoming files and for single tasks."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from stores.models import slug_of
from stores.owned_folders import own_folder, owner_is_dead, translated_disk_errors

_LOCK = threading.Lock()
_MAKING_S = 0.5  # that making a workspace takes, far from at most


@dataclass(frozen=True, slots=True)
class Workspaces:
    """Temporary folders below ``home``. Raises UnavailableError where one cannot be made."""

    home: Path
    _staged: list[IO[str]] = field(default_factory=list)  # the locked owner file of this process's staging folder

    def staging(self) -> Path:
        """Return this process's folder for files that arrive; the folders of dead processes are removed."""
        with _LOCK:
            if not self._staged:
                self._staged.append(own_folder(self.home / "run" / "uploads"))
        return Path(self._staged[0].name).parent

    def close(self) -> None:
        """Remove this process's folder for files that arrive, if it was made; the next use makes another."""
        with _LOCK:
            while self._staged:
                with self._staged.pop() as owner:
                    shutil.rmtree(Path(owner.name).parent, ignore_errors=True)

    @contextlib.contextmanager
    def workspace(self, knowledge_id: str, label: str) -> Iterator[Path]:
        """Create a folder for one task; it is removed at the end of the block, and locked until then."""
        folder = self._of(knowledge_id) / f"{label}.{uuid.uuid4().hex[:8]}"
        with translated_disk_errors(folder):
            folder.mkdir(parents=True)
            owner = (folder / ".owner").open("w")
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            owner.close()

    def sweep(self, knowledge_id: str) -> int:
        """Remove the workspaces of dead processes; return how many."""
        dead = self.left(knowledge_id)
        for name in dead:
            shutil.rmtree(self._of(knowledge_id) / name, ignore_errors=True)
        return len(dead)

    def left(self, knowledge_id: str) -> list[str]:
        """Return the names of workspaces of dead processes."""
        return [folder.name for folder in self._of(knowledge_id).glob("*") if owner_is_dead(folder)]

    def sweep_all(self) -> None:
        """Remove the workspaces of dead processes in all knowledge bases, for when no more are made here.

        Also those that were being made when their process died; that takes a moment longer.
        """
        for folder in self.home.glob("*/work/*"):
            if not (folder / ".owner").exists():
                time.sleep(_MAKING_S)
            if owner_is_dead(folder, _MAKING_S):
                shutil.rmtree(folder, ignore_errors=True)

    def _of(self, knowledge_id: str) -> Path:
        return self.home / slug_of(knowledge_id) / "work"
