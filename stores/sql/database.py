"""Opens the SQL database of a knowledge base: SQLite in WAL mode, one writer and one read-only engine.

Writes begin with ``BEGIN IMMEDIATE``: a deferred transaction that turns into a write loses updates under contention.
Connections are not pooled: none is open while a worker forks, and none outlives the work that needed it.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from stores.errors import TransientError, UnavailableError

BUSY_TIMEOUT_S = 30
_PATIENCE_MS = 3
_ASK_AGAIN_S = 0.002
PAGE_BYTES = 8192


class Database:
    """The engines of one ``kb.db``. ``durable`` makes every commit survive a power cut, not only a crash."""

    def __init__(self, path: Path, *, durable: bool = False, pooled: bool = False) -> None:
        self.path = path
        self._writer = _engine(path, "BEGIN IMMEDIATE", "FULL" if durable else "NORMAL", pooled=pooled)
        self._reader = _engine(path, "BEGIN", "NORMAL", pooled=pooled, read_only=True)

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """One write transaction, begun at once; committed on leaving, rolled back on an exception."""
        with _translated(self.path), self._writer.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot for reading."""
        with _translated(self.path), self._reader.begin() as connection:
            yield connection

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()


def _engine(path: Path, begin: str, synchronous: str, *, pooled: bool, read_only: bool = False) -> Engine:
    kept: dict[str, Any] = {"poolclass": QueuePool, "max_overflow": -1} if pooled else {"poolclass": NullPool}
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": BUSY_TIMEOUT_S, "isolation_level": None, "check_same_thread": False},
        **kept,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000 if read_only else _PATIENCE_MS}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def open_transaction(connection: Connection) -> None:
        if read_only or not _begun_soon(connection, begin):
            connection.exec_driver_sql(begin)

    return engine


def _begun_soon(connection: Connection, begin: str) -> bool:
    """Take the write lock as soon as it is free: SQLite's own waiting sleeps ever longer, up to a tenth of a second."""
    raw: Any = connection.connection.driver_connection
    end = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            raw.execute(begin)
            return True
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                return False  # the second try says what is wrong
        time.sleep(_ASK_AGAIN_S)


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn SQLite's complaints about the outside world into ours."""
    try:
        yield
    except OperationalError as error:
        raise _meaning(path, str(error.orig)) from error
    except DBAPIError as error:
        if "malformed" in str(error.orig) or "not a database" in str(error.orig):
            raise UnavailableError(f"the database {path} is damaged: restore it from a copy") from error
        raise


def _meaning(path: Path, reason: str) -> Exception:
    if "full" in reason or "disk I/O" in reason:
        return UnavailableError(f"the database {path} cannot be written: the disk is full; free some space")
    if "locked" in reason or "busy" in reason:
        return TransientError(f"the database {path} is busy")
    if "readonly" in reason or "unable to open" in reason:
        return UnavailableError(f"the database {path} cannot be opened for writing: check the folder's permissions")
    return UnavailableError(f"the database {path} failed: {reason}")


def make_ready(database: Database) -> None:
    """Create the tables, or bring those of an older version up to date."""
    from stores.sql.migrations import migrate

    raw = sqlite3.connect(database.path, timeout=BUSY_TIMEOUT_S)
    try:
        raw.execute(f"PRAGMA page_size={PAGE_BYTES}")  # of a new database; a chunk and its vector fill 4096 badly
        raw.execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()
    with database.write() as connection:
        migrate(connection)
