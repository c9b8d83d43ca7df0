"""The SQL database of one knowledge base: an engine that writes and one that only reads.

Connections are not pooled unless asked for: none is open while a worker forks, and none outlives its transaction.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import DBAPIError

from stores.sql import sqlite
from stores.sql.dialect import Dialect
from stores.sql.fenced_write import FencedWrite
from stores.views import QueryResult


class Database:
    """Transactions on one database; ``place`` names it in messages."""

    def __init__(
        self,
        place: str,
        dialect: Dialect,
        writer: Engine,
        reader: Engine,
        *,
        beside: Engine | None = None,
        at_once: Engine | None = None,
        clock: Callable[[], float] | None = None,
        shared: bool = False,
    ) -> None:
        """``beside``, ``at_once``: the engines of ``write_beside`` and ``write_fenced``, None for that of all writes.

        ``clock``: that of the server, None for that of this machine. ``shared``: others use the engines, too.
        """
        self.place = place
        self._dialect, self._writer, self._reader = dialect, writer, reader
        self._beside, self._at_once = beside or writer, at_once or beside or writer
        self._clock, self._shared = clock, shared

    def now(self) -> float:
        """Return the time that all users of this database go by, in seconds since the epoch."""
        return self._clock() if self._clock else time.time()

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """Begin a write transaction; it is committed at the end of the block and rolled back on an exception.

        Raises TransientError when the write lock stays taken, UnavailableError when the database cannot be written.
        """
        with self._dialect.translated_errors(self.place), _transaction(self._writer) as connection:
            yield connection

    @contextlib.contextmanager
    def write_beside(self) -> Iterator[Connection]:
        """Begin a write transaction that others may run beside, where the database can do that.

        For rows that only the holder of a claim writes: its first statement must write to the claim. It may be undone
        by a crash of the database as long as no other write was committed after it.
        """
        with self._dialect.translated_errors(self.place), _transaction(self._beside) as connection:
            yield connection

    def write_fenced(self, write: FencedWrite) -> tuple[int, int]:
        """Commit a fenced write; how many rows its two updates changed.

        Other writes may run beside it, see ``write_beside``. All of it may be executed twice, where the server closed
        the connection meanwhile.
        """
        with self._dialect.translated_errors(self.place):
            try:
                return self._written(write)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
            return self._written(write)

    def _written(self, write: FencedWrite) -> tuple[int, int]:
        with _transaction(self._at_once) as connection:
            return self._dialect.write_fenced(connection, write)

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Begin a read transaction on one snapshot."""
        with self._dialect.translated_errors(self.place), _transaction(self._reader) as connection:
            yield connection

    def user_query(self, statement: str, limit: int, timeout_s: float) -> QueryResult:
        """Run one reading SQL statement of a user: at most ``limit`` rows, at most ``timeout_s`` seconds."""
        return self._dialect.user_query(self.place, self._reader, statement, limit, timeout_s)

    def close(self) -> None:
        """Close the pooled connections that are this database's own; the next transaction opens new ones."""
        if self._shared:
            return
        self._writer.dispose()
        self._reader.dispose()


@contextlib.contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    connection, transaction = _begun(engine)
    with connection, transaction:
        yield connection


def _begun(engine: Engine) -> tuple[Connection, RootTransaction]:
    """Begin a transaction. Nothing was done yet where the server closed the pooled connection: take another one then.

    A question to the server before each transaction would find that out, too, but costs one more message each.
    """
    connection = engine.connect()
    try:
        return connection, connection.begin()
    except DBAPIError as error:
        connection.close()
        if not error.connection_invalidated:
            raise
    connection = engine.connect()
    try:
        return connection, connection.begin()
    except BaseException:
        connection.close()
        raise


def now_of(connection: Connection) -> float:
    """Return the time that all users of the database of a transaction go by; see ``Database.now``."""
    clock: Callable[[], float] | None = connection.get_execution_options().get("ingot_clock")
    return clock() if clock else time.time()


def open_file(path: Path, *, durable: bool = False, pooled: bool = False) -> Database:
    """Open the SQLite database in a file, and create its tables or bring them up to date.

    ``durable``: every commit survives a power cut, not only a crash. ``pooled``: connections are kept open, for a
    process that never forks.
    """
    sqlite.prepare_file(path)
    writer = sqlite.open_writer(path, durable=durable, pooled=pooled)
    database = Database(str(path), sqlite, writer, sqlite.open_reader(path, pooled=pooled))
    make_ready(database)
    return database


def make_ready(database: Database) -> None:
    """Create the tables, or bring those of an older version up to date."""
    from stores.sql.migrations import migrate

    with database.write() as connection:
        migrate(connection)
