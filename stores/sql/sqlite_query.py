"""SQL that a user writes, in SQLite: one statement that only reads, with limits on rows, time and sizes."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator

from sqlalchemy import Engine

from stores.errors import InputError
from stores.views import QueryResult

_MAY = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_NEVER_CALLED = frozenset({"load_extension", "writefile", "readfile", "edit", "fts3_tokenizer"})
_MOST_BYTES = 20_000_000  # of one value or row
_MOST_STATEMENT_BYTES = 100_000
_STEPS = 2000  # of SQLite's machine between two looks at the clock


def user_query(place: str, reader: Engine, statement: str, limit: int, timeout_s: float) -> QueryResult:
    """Run a statement on the database file ``place``, by a connection of its own.

    Raises InputError where it is refused or takes too long.
    """
    with _connection(place, timeout_s) as connection, _in_words(timeout_s):
        cursor = connection.execute(statement)
        if cursor.description is None:
            raise InputError("this is no query: it gives no rows; write SELECT ...", code="bad_sql")
        rows = cursor.fetchmany(limit + 1)
        columns = tuple(str(column[0]) for column in cursor.description)
    return QueryResult(columns=columns, rows=tuple(map(tuple, rows[:limit])), more=len(rows) > limit)


@contextlib.contextmanager
def _connection(place: str, timeout_s: float) -> Iterator[sqlite3.Connection]:
    """A connection on the file, opened for reading, on which nothing but SELECT is authorised."""
    path = place.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    deadline = time.monotonic() + timeout_s
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=timeout_s)) as connection:
        connection.execute("PRAGMA query_only=ON")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_BYTES)
        connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, _MOST_STATEMENT_BYTES)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.set_progress_handler(lambda: int(time.monotonic() > deadline), _STEPS)
        connection.set_authorizer(_authorised)
        yield connection


def _authorised(action: int, first: str | None, second: str | None, database: str | None, via: str | None) -> int:
    refused = action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _NEVER_CALLED
    return sqlite3.SQLITE_OK if action in _MAY and not refused else sqlite3.SQLITE_DENY


@contextlib.contextmanager
def _in_words(timeout_s: float) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        raise InputError(_sentence(str(error), timeout_s), code="bad_sql") from error


def _sentence(reason: str, timeout_s: float) -> str:
    if "interrupted" in reason:
        return f"the query took longer than {timeout_s:g} s: ask for less, or give it more time"
    if "not authorized" in reason or "prohibited" in reason or "readonly" in reason:
        return "only reading statements are run: SELECT, or WITH and SELECT"
    if "one statement" in reason:
        return "one statement at a time: write a single SELECT"
    return f"the database does not take this statement: {reason}"
