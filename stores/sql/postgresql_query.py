"""SQL that a user writes, in PostgreSQL: one statement in a reading transaction, with limits on rows and time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from stores.errors import InputError
from stores.views import QueryResult

_CANCELLED, _READ_ONLY = "57014", "25006"  # SQLSTATE


def user_query(place: str, reader: Engine, statement: str, limit: int, timeout_s: float) -> QueryResult:
    """Run a statement on a reading engine. InputError where it is refused or takes too long."""
    try:
        with reader.begin() as connection:
            connection.execute(text(f"SET LOCAL statement_timeout = {max(int(timeout_s * 1000), 1)}"))
            driver: Any = connection.connection.driver_connection
            with driver.cursor() as cursor:
                # Binary results need the extended protocol, which takes one statement: the first of several could end
                # this transaction, and the next one write. ``prepare`` would do nothing where poolers switch it off.
                cursor.execute(statement, binary=True)
                return _result(cursor, limit)
    except InputError:
        raise
    except Exception as error:
        if not _of_the_database(error):
            raise
        raise InputError(_sentence(error, timeout_s), code="bad_sql") from error


def _result(cursor: Any, limit: int) -> QueryResult:
    if cursor.description is None:
        raise InputError("this is no query: it gives no rows; write SELECT ...", code="bad_sql")
    rows = cursor.fetchmany(limit + 1)
    columns = tuple(str(column[0]) for column in cursor.description)
    return QueryResult(columns=columns, rows=tuple(map(tuple, rows[:limit])), more=len(rows) > limit)


def _of_the_database(error: Exception) -> bool:
    return isinstance(error, DBAPIError) or bool(getattr(error, "sqlstate", None))


def _sentence(error: Exception, timeout_s: float) -> str:
    cause = getattr(error, "orig", None) or error
    state = getattr(cause, "sqlstate", None)
    if state == _CANCELLED:
        return f"the query took longer than {timeout_s:g} s: ask for less, or give it more time"
    if state == _READ_ONLY:
        return "only reading statements are run: SELECT, or WITH and SELECT"
    if "multiple commands" in str(cause):
        return "one statement at a time: write a single SELECT"
    return f"the database does not take this statement: {str(cause).splitlines()[0]}"
