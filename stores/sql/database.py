"""The SQL database of one knowledge base: an engine that writes and one that only reads.

Connections are not pooled unless asked for: none is open while a worker forks, and none outlives its transaction.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine

from stores.sql import sqlite
from stores.sql.dialect import Dialect
from stores.views import QueryResult


class Database:
    """Transactions on one database; ``place`` names it in messages."""

    def __init__(self, place: str, dialect: Dialect, writer: Engine, reader: Engine) -> None:
        self.place = place
        self._dialect, self._writer, self._reader = dialect, writer, reader

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """Begin a write transaction; it is committed at the end of the block and rolled back on an exception.

        Raises TransientError when the write lock stays taken, UnavailableError when the database cannot be written.
        """
        with self._dialect.translated_errors(self.place), self._writer.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Begin a read transaction on one snapshot."""
        with self._dialect.translated_errors(self.place), self._reader.begin() as connection:
            yield connection

    def user_query(self, statement: str, limit: int, timeout_s: float) -> QueryResult:
        """Run one reading SQL statement of a user: at most ``limit`` rows, at most ``timeout_s`` seconds."""
        return self._dialect.user_query(self.place, statement, limit, timeout_s)

    def close(self) -> None:
        """Close the pooled connections; the next transaction opens new ones."""
        self._writer.dispose()
        self._reader.dispose()


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
