"""The knowledge bases of a home: where each one's folder is, and which have unfinished work."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from stores.administration_store import SqlAdministration
from stores.errors import NotFoundError, UnavailableError
from stores.home_store import SqlHomeStore
from stores.host_files import HostFiles
from stores.hosts import HostUse
from stores.ids import check_any_id, is_temporary
from stores.knowledge_store import SqlKnowledgeStore
from stores.models import HOME, slug_of
from stores.removed_folders import remove_folder
from stores.sql import sqlite
from stores.sql.database import open_file
from stores.write_once import write_once

_OUTBOUND_MARKS = "errands"  # a folder: its name stays, since homes of earlier versions have it
MOST_OPEN = 100
"""Stores that are kept open: each costs some file descriptors and a megabyte or two."""


@dataclass(slots=True)
class Catalog:
    """All knowledge bases below ``home``; implements ``stores.contracts.KnowledgeCatalog``.

    The most recently used stores are kept open, each as long as its file is the same.

    ``durable``: commits survive a power cut. ``pooled``: connections are kept open (a process that never forks).
    """

    home: Path
    durable: bool = False
    pooled: bool = False
    _open: dict[str, tuple[SqlKnowledgeStore, int]] = field(default_factory=dict)  # and the inode of its file
    _opening: threading.RLock = field(default_factory=threading.RLock)
    _home_store: tuple[SqlHomeStore, int] | None = None  # and the inode of its file
    administration: SqlAdministration = field(init=False)

    def __post_init__(self) -> None:
        self.administration = SqlAdministration.in_folder(self.home, pooled=self.pooled)

    def folder(self, knowledge_id: str) -> Path:
        return self.home / slug_of(knowledge_id)

    def store(self, knowledge_id: str) -> SqlKnowledgeStore:
        """The store of a knowledge base that exists; NotFoundError otherwise."""
        path = self._path(knowledge_id)
        inode = _inode_of(path)
        if inode is None:
            raise NotFoundError(f"there is no knowledge base {knowledge_id!r} in {self.home}: see `ingot kb list`")
        with self._opening:
            kept, kept_inode = self._open.get(knowledge_id, (None, None))
            if kept is not None and kept_inode == inode:
                self._open[knowledge_id] = self._open.pop(knowledge_id)  # the latest used stand last
                return kept
            if kept is not None:  # deleted and made anew: its connections would go on with the file that is gone
                kept.database.close()
            return self._keep(knowledge_id, path)

    def create(self, knowledge_id: str) -> SqlKnowledgeStore:
        """The store of a knowledge base, made if it is new."""
        check_any_id(knowledge_id)
        path = self._path(knowledge_id)
        if path.exists():
            return self.store(knowledge_id)
        store = self._keep(knowledge_id, _in_new_folder(path))
        store.set_meta("knowledge_id", knowledge_id)
        store.set_meta("created_at", repr(time.time()))
        return store

    def home_store(self) -> SqlHomeStore:
        """The store of what belongs to no knowledge base, in a file of its own beside them."""
        path = self._path(HOME)
        with self._opening:
            if self._home_store is None or self._home_store[1] != _inode_of(path):
                store = self._keep(HOME, _in_new_folder(path))
                self._home_store = SqlHomeStore.over(store.database), _inode_of(path) or 0
            return self._home_store[0]

    def outboxes(self) -> list[str]:
        """Ids of all stores with an outbox."""
        return [*self.every_name(), *([HOME] if self._path(HOME).exists() else [])]

    def _path(self, knowledge_id: str) -> Path:
        return self.home / "home.db" if knowledge_id == HOME else self.folder(knowledge_id) / "kb.db"

    def _keep(self, knowledge_id: str, path: Path) -> SqlKnowledgeStore:
        database = open_file(path, durable=self.durable, pooled=self.pooled)
        store = SqlKnowledgeStore.over(knowledge_id, database)
        with self._opening:
            self._open[knowledge_id] = store, _inode_of(path) or 0
            while len(self._open) > MOST_OPEN:
                forgotten, _ = self._open.pop(next(iter(self._open)))
                forgotten.database.close()  # whoever still works with it has its connection, and may have new ones
        return store

    def now(self) -> float:
        """This machine's time, in seconds since the epoch: SQLite is for one machine."""
        return time.time()

    def names(self) -> list[str]:
        """Ids of all knowledge bases but temporary ones, sorted."""
        return [name for name in self.every_name() if not is_temporary(name)]

    def every_name(self) -> list[str]:
        """Ids of all knowledge bases, temporary ones included, sorted."""
        return sorted(filter(None, (sqlite.read_meta(path, "knowledge_id") for path in self.home.glob("*/kb.db"))))

    def remove(self, knowledge_id: str) -> None:
        """Remove a knowledge base's folder with all that is in it; workers may be writing there still."""
        with self._opening:
            kept = self._open.pop(knowledge_id, None)
        if kept:
            kept[0].database.close()
        self.rest(knowledge_id)
        self.rest_outbound(knowledge_id)
        remove_folder(self.home, slug_of(knowledge_id))

    def mark_busy(self, knowledge_id: str) -> None:
        """Note that a knowledge base has unfinished work, for the relay."""
        self._mark("busy", knowledge_id)

    def busy(self) -> list[str]:
        """Ids of the knowledge bases that were marked busy and exist."""
        return self._marked("busy")

    def rest(self, knowledge_id: str) -> None:
        """Nothing is left to do in a knowledge base."""
        self._unmark("busy", knowledge_id)

    def mark_outbound(self, knowledge_id: str) -> None:
        """Note that callbacks or downloads are due soon: the relay looks at them, and a notify worker runs."""
        self._mark(_OUTBOUND_MARKS, knowledge_id)

    def outbound_tasks(self) -> list[str]:
        """Ids of the existing knowledge bases that are marked for outbound tasks."""
        return self._marked(_OUTBOUND_MARKS)

    def rest_outbound(self, knowledge_id: str) -> None:
        """No callback or download of a knowledge base is due soon."""
        self._unmark(_OUTBOUND_MARKS, knowledge_id)

    def shared_secret(self, name: str, new: str) -> str:
        """The secret in a file of the home."""
        path = self.home / name
        try:
            if not path.exists():
                write_once(path, f"{new}\n")
            return path.read_text().strip()
        except OSError as error:
            raise UnavailableError(f"the secret {path} cannot be read or made: {error.strerror}") from error

    def announce(self, use: HostUse) -> None:
        """Note in a file of the home that this machine uses it."""
        with suppress(OSError):  # a full disk is said by those who write more
            HostFiles(self.home / "run" / "hosts").announce(use)

    def withdraw(self, use: HostUse) -> None:
        """Take that note away; other processes of this machine write it again."""
        with suppress(OSError):
            HostFiles(self.home / "run" / "hosts").withdraw(use)

    def hosts(self) -> list[HostUse]:
        """One process of each machine that uses the folder of the home now."""
        return HostFiles(self.home / "run" / "hosts").seen()

    def _mark(self, kind: str, knowledge_id: str) -> None:
        mark = self._mark_of(kind, knowledge_id)
        try:
            if mark.exists():  # who takes it away looks for work once more afterwards
                return
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.write_text(knowledge_id)
        except OSError as error:
            raise UnavailableError(f"the folder {self.home} cannot be written: {error.strerror}") from error

    def _marked(self, kind: str) -> list[str]:
        names = []
        for mark in (self.home / "run" / kind).glob("*"):
            with suppress(OSError):
                knowledge_id = mark.read_text()
                if knowledge_id and self._path(knowledge_id).exists():
                    names.append(knowledge_id)
        return sorted(names)

    def _unmark(self, kind: str, knowledge_id: str) -> None:
        self._mark_of(kind, knowledge_id).unlink(missing_ok=True)

    def _mark_of(self, kind: str, knowledge_id: str) -> Path:
        return self.home / "run" / kind / ("home.db" if knowledge_id == HOME else slug_of(knowledge_id))


def _in_new_folder(path: Path) -> Path:
    """The path itself; the folder that it is in is made where it is not there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(f"the folder {path.parent} cannot be made: {error.strerror}") from error
    return path


def _inode_of(path: Path) -> int | None:
    """Which file stands there; None where there is none."""
    with suppress(OSError):
        return path.stat().st_ino
    return None
