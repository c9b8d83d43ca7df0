"""Several writes of one claim as one statement for PostgreSQL, which is one message instead of five.

A statement by itself is a transaction. It names the schema of its tables, since no search path was set before it, and
its commit does not wait for the disk: the next one that does brings it along.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import JSON, Connection, Insert, Select, Table, bindparam, cast, column, exists, func, insert, select

from stores.sql.fenced_write import FencedWrite

_NO_WAIT = func.set_config("synchronous_commit", "off", True) == "off"


def write_fenced(connection: Connection, write: FencedWrite) -> tuple[int, int]:
    """Implement ``Dialect.write_fenced`` by common table expressions, each of which depends on the one before it."""
    values = {**write.fence.values, **(write.then.values if write.then else {})}
    if write.rows:
        values["rows"] = list(write.rows)
    names = tuple(write.rows[0]) if write.rows else ()
    then = write.then.statement if write.then else None
    row = connection.execute(_combined(write.fence.statement, then, write.table, names), values).one()
    return int(row[0]), int(row[1])


@cache
def _combined(fence: Any, then: Any, table: Table | None, names: tuple[str, ...]) -> Select[Any]:
    """One statement for a few that are made once: building it each time would cost more than executing it."""
    held = fence.where(_NO_WAIT).returning(fence.table.c.document).cte("held")
    held_rows = select(func.count()).select_from(held).scalar_subquery()
    if then is None:
        return select(held_rows, func.abs(0))
    kept = then.where(exists(select(held.c.document))).returning(then.table.c.document).cte("kept")
    query = select(held_rows, select(func.count()).select_from(kept).scalar_subquery())
    return query.add_cte(_insert(table, names, kept).cte("added")) if table is not None and names else query


def _insert(table: Table, names: tuple[str, ...], kept: Any) -> Insert:
    """Insert rows, given as one value, where ``kept`` has one."""
    given = func.json_to_recordset(cast(bindparam("rows", type_=JSON), JSON))
    values = given.table_valued(*(column(name, table.c[name].type) for name in names), name="given")
    values = values.render_derived(with_types=True)
    return insert(table).from_select(list(names), select(*values.c).where(exists(select(kept.c.document))))
