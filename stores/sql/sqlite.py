"""What is peculiar to SQLite: engines, schema facts, full-text search and the meaning of its errors.

Implements ``stores.sql.dialect.Dialect``. Nothing else imports ``sqlite3`` to reach a knowledge base.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, MetaData, Row, Select, event, insert
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool, QueuePool
from sqlalchemy.schema import CreateView, DropView

from stores.errors import NotFoundError, TransientError, UnavailableError
from stores.sql.fenced_write import FencedWrite
from stores.sql.sqlite_query import user_query as user_query

BUSY_TIMEOUT_S = 30
PAGE_BYTES = 8192  # a chunk and its vector would fill pages of 4096 bytes badly
_LOCK_TIMEOUT_MS = 3  # of one attempt to take the write lock
_LOCK_RETRY_S = 0.002
_READ_TIMEOUT_S = 5  # to read the name of a knowledge base
_TOKENIZER = "porter unicode61 remove_diacritics 2 categories 'L* N* M* Co'"
_BM25_WEIGHTS = "1.0, 0.5, 0.2"  # of a word in text, heading, title


_MOST_FAULTS = 20


# Engines


def open_writer(path: Path, *, durable: bool, pooled: bool) -> Engine:
    """Open an engine whose transactions begin with ``BEGIN IMMEDIATE``, so that no update is lost under contention.

    ``durable``: a commit survives a power cut, not only a crash of the process.
    """
    engine = _engine(path, pooled=pooled)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute(f"PRAGMA busy_timeout={_LOCK_TIMEOUT_MS}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")

    event.listen(engine, "begin", _begin_immediate)
    return engine


def open_reader(path: Path, *, pooled: bool) -> Engine:
    """Open an engine that can only read; a transaction sees one snapshot."""
    engine = _engine(path, pooled=pooled)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _engine(path: Path, *, pooled: bool) -> Engine:
    pool: dict[str, Any] = {"poolclass": QueuePool, "max_overflow": -1} if pooled else {"poolclass": NullPool}
    connect_args = {"timeout": BUSY_TIMEOUT_S, "isolation_level": None, "check_same_thread": False}
    return sqlalchemy.create_engine(f"sqlite:///{path}", connect_args=connect_args, **pool)


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock as soon as it is free: SQLite's own waiting sleeps ever longer, up to a tenth of a second."""
    raw: Any = connection.connection.driver_connection
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                break
        time.sleep(_LOCK_RETRY_S)
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more through SQLAlchemy, which wraps the error


def prepare_file(path: Path) -> None:
    """Create the database file, or check that it is one, and set what is kept in the file: page size and WAL mode."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as connection:
            connection.execute(f"PRAGMA page_size={PAGE_BYTES}")  # without effect on a database that has tables
            connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.DatabaseError as error:
        if not path.parent.exists():
            raise _removed(path) from error
        raise UnavailableError(f"the database {path} cannot be opened: {error}") from error


def read_meta(path: Path, key: str) -> str | None:
    """Read a value of the table ``meta`` from a database file; None where it has none or is no knowledge base."""
    try:
        uri = f"file:{path}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_READ_TIMEOUT_S)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    except sqlite3.DatabaseError:
        return None
    return str(row[0]) if row else None


# Errors


@contextlib.contextmanager
def translated_errors(place: str) -> Iterator[None]:
    """Translate SQLite's errors about disk, locks and files; programming errors pass unchanged."""
    try:
        yield
    except OperationalError as error:
        raise _meaning(Path(place), str(error.orig)) from error
    except DBAPIError as error:
        if "malformed" in str(error.orig) or "not a database" in str(error.orig):
            raise UnavailableError(f"the database {place} is damaged: restore it from a copy") from error
        raise


def _meaning(place: Path, reason: str) -> Exception:
    if not place.exists():  # whatever SQLite makes of a file that goes under an open connection
        return _removed(place)
    if "full" in reason or "disk I/O" in reason:
        return UnavailableError(f"the database {place} cannot be written: the disk is full; free some space")
    if "locked" in reason or "busy" in reason:
        return TransientError(f"the database {place} is busy")
    if "readonly" in reason or "unable to open" in reason:
        return UnavailableError(f"the database {place} cannot be opened for writing: check the folder's permissions")
    return UnavailableError(f"the database {place} failed: {reason}")


def _removed(path: Path) -> NotFoundError:
    return NotFoundError(f"the database {path} was removed: see `ingot kb list`")


# Schema


def schema_version(connection: Connection) -> int:
    """Return the number of the last migration that was applied; 0 for a new database."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def set_schema_version(connection: Connection, number: int) -> None:
    """Note the last migration that was applied, in the transaction that applied it."""
    connection.exec_driver_sql(f"PRAGMA user_version={number:d}")


def size_bytes(connection: Connection) -> int:
    """Return 0: the file of the database is in the folder of the knowledge base, and counted there."""
    return 0


def create_tables(connection: Connection, tables: MetaData) -> None:
    """Create the tables of a new database with their indexes."""
    tables.create_all(connection)


def column_types(connection: Connection, table: str) -> dict[str, str]:
    """Return the columns of a table in their order with their SQL types; empty where there is no such table."""
    return {row[1]: row[2] for row in connection.exec_driver_sql(f'PRAGMA table_info("{table}")')}


def write_fenced(connection: Connection, write: FencedWrite) -> tuple[int, int]:
    """Execute the statements one after the other: SQLite is no message away."""
    if not connection.execute(write.fence.statement, write.fence.values).rowcount:
        return 0, 0
    if write.then is None or not (changed := connection.execute(write.then.statement, write.then.values).rowcount):
        return 1, 0
    if write.table is not None and write.rows:
        connection.execute(insert(write.table), list(write.rows))
    return 1, changed


def restart_ids(connection: Connection, table: str, column: str) -> None:
    """Let new rows have ids after those that were written with theirs; SQLite does so by itself."""


def column_value(value: Any, kind: str) -> Any:
    """Return the value: a column of SQLite takes any, and changes it only where nothing is lost."""
    return value


def table_name(name: str) -> str:
    """Return the name: SQLite takes any length."""
    return name


def replace_view(connection: Connection, name: str, query: Select[Any]) -> None:
    """Create a view, or replace one."""
    view = CreateView(query, name)
    connection.execute(DropView(view.table, if_exists=True))
    connection.execute(view)


# Full-text search: FTS5


def create_keyword_table(connection: Connection, table: str) -> None:
    """Create the keyword table where it is missing: words of text, heading and title by the id of a chunk row."""
    connection.exec_driver_sql(
        f'CREATE VIRTUAL TABLE IF NOT EXISTS {table} USING fts5(text, heading, title, tokenize="{_TOKENIZER}")'
    )


def insert_keywords(connection: Connection, table: str, rows: Sequence[tuple[int, str, str, str]]) -> None:
    """Add (row id, text, heading, title); none of the ids may be there already."""
    connection.exec_driver_sql(f"INSERT INTO {table}(rowid, text, heading, title) VALUES (?, ?, ?, ?)", list(rows))


def delete_keywords(connection: Connection, table: str, rowids: Sequence[int]) -> None:
    """Remove rows by id; unknown ids are ignored."""
    connection.exec_driver_sql(f"DELETE FROM {table} WHERE rowid = ?", [(rowid,) for rowid in rowids])


def count_keyword_rows(connection: Connection, table: str, terms: Sequence[str]) -> dict[str, int]:
    """Return how many rows hold each quoted term; counting is ten times as fast as scoring."""
    query = f"SELECT count(*) FROM {table} WHERE {table} MATCH ?"
    return {term: int(connection.exec_driver_sql(query, (term,)).scalar_one()) for term in terms}


def any_keyword(required: Sequence[str], optional: Sequence[str]) -> str:
    """Compose a search expression: one of ``required`` must match, ``optional`` terms only add to the score."""
    must = " OR ".join(required)
    if not optional:
        return must
    may = " OR ".join(optional)
    # BM25 counts every occurrence of a term in the expression: the required ones stand in it twice, so the others do.
    return f"({must}) AND ({must} OR {may} OR {may})"


def rank_keyword_rows(connection: Connection, table: str, expression: str, limit: int) -> Sequence[Row[Any]]:
    """Return (id, score, visible) of the rows that match best; the score is BM25, higher is better."""
    return connection.exec_driver_sql(
        f"""SELECT best.id AS id, -best.score AS score, document.visible = chunk.generation AS visible FROM (
                SELECT rowid AS id, rank AS score FROM {table}
                WHERE {table} MATCH ? AND rank MATCH 'bm25({_BM25_WEIGHTS})' ORDER BY rank LIMIT ?) AS best
            LEFT JOIN chunk ON chunk.id = best.id LEFT JOIN document ON document.id = chunk.document
            ORDER BY best.score, best.id""",
        (expression, limit),
    ).all()


def compare_keywords(connection: Connection, table: str, rows: Sequence[tuple[int, str, str, str]]) -> dict[int, bool]:
    """Return row id -> whether its words are those of (id, text, heading, title); missing ids are left out."""
    marks = ", ".join("?" for _ in rows)
    query = f"SELECT rowid AS id, text, heading, title FROM {table} WHERE rowid IN ({marks})"
    written = connection.exec_driver_sql(query, tuple(row[0] for row in rows))
    wanted = {rowid: texts for rowid, *texts in rows}
    return {int(row.id): [row.text, row.heading, row.title] == wanted[int(row.id)] for row in written}


def keyword_rowids(connection: Connection, table: str, after: int, limit: int) -> list[int]:
    """Return the next row ids behind ``after``, in order."""
    query = f"SELECT rowid FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT ?"
    return [int(row[0]) for row in connection.exec_driver_sql(query, (after, limit))]


def drop_keyword_table(connection: Connection, table: str) -> None:
    """Remove the keyword table, damaged or not."""
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")


def keyword_damage(connection: Connection, table: str) -> list[str]:
    """Return what is wrong with the index of the keyword table. Needs a write transaction, and changes nothing."""
    try:
        connection.exec_driver_sql(f"INSERT INTO {table}({table}) VALUES ('integrity-check')")
    except DBAPIError as error:
        return [f"the index of {table}: {error.orig}"]
    return []


# Consistency


def file_damage(connection: Connection) -> list[str]:
    """Return what is wrong with the file and its indices, a sentence each; empty where all is well."""
    try:
        rows = connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST_FAULTS:d})").scalars().all()
    except DBAPIError as error:
        return [str(error.orig)]
    return [str(row) for row in rows if row != "ok"]


def rows_without_parent(connection: Connection, most: int) -> list[str]:
    """Return ``table:rowid`` of rows whose foreign key names nothing."""
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check")
    return [f"{row[0]}:{row[1]}" for row, _ in zip(rows, range(most), strict=False)]


def drop_rows_without_parent(connection: Connection, most: int) -> int:
    """Remove such rows, as their foreign keys would have done; return how many."""
    items = [item.rpartition(":") for item in rows_without_parent(connection, most)]
    for table, _, rowid in items:
        connection.exec_driver_sql(f'DELETE FROM "{table}" WHERE rowid = ?', (int(rowid),))
    return len(items)
