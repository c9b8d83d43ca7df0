"""The SQL database of one knowledge base: an engine that writes and one that only reads.

Connections are not pooled unless asked for: none is open while a worker forks, and none outlives its transaction.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from stores.sql import dialect


class Database:
    """Transactions on one ``kb.db``.

    ``durable``: every commit survives a power cut, not only a crash. ``pooled``: connections are kept open, for a
    process that never forks.
    """

    def __init__(self, path: Path, *, durable: bool = False, pooled: bool = False) -> None:
        self.path = path
        self._writer = dialect.open_writer(path, durable=durable, pooled=pooled)
        self._reader = dialect.open_reader(path, pooled=pooled)

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """Begin a write transaction; it is committed at the end of the block and rolled back on an exception.

        Raises TransientError when the write lock stays taken, UnavailableError when the file cannot be written.
        """
        with dialect.translated_errors(self.path), self._writer.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Begin a read transaction on one snapshot."""
        with dialect.translated_errors(self.path), self._reader.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close the pooled connections; the next transaction opens new ones."""
        self._writer.dispose()
        self._reader.dispose()


def make_ready(database: Database) -> None:
    """Create the tables, or bring those of an older version up to date."""
    from stores.sql.migrations import migrate

    dialect.prepare_file(database.path)
    with database.write() as connection:
        migrate(connection)
