"""Several writes of one claim as one statement for PostgreSQL, which is one message instead of five.

A statement by itself is a transaction. It names the schema of its tables, since no search path was set before it, and
its commit does not wait for the disk: the next one that does brings it along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Connection, Insert, Table, Update, bindparam, cast, column, exists, func, insert, select

_NO_WAIT = func.set_config("synchronous_commit", "off", True) == "off"


def write_fenced(
    connection: Connection,
    fence: Update,
    then: Update | None = None,
    rows: tuple[Table, Sequence[Mapping[str, Any]]] | None = None,
) -> tuple[int, int]:
    """Implement ``Dialect.write_fenced`` by common table expressions, each of which depends on the one before it."""
    held = fence.where(_NO_WAIT).returning(fence.table.c.document).cte("held")
    counts = [select(func.count()).select_from(held).scalar_subquery()]
    if then is None:
        return int(connection.execute(select(*counts)).scalar_one()), 0
    kept = then.where(exists(select(held.c.document))).returning(then.table.c.document).cte("kept")
    counts.append(select(func.count()).select_from(kept).scalar_subquery())
    query = select(*counts)
    if rows is not None and rows[1]:
        query = query.add_cte(_insert(*rows, kept).cte("added"))
    first, second = connection.execute(query).one()
    return int(first), int(second)


def _insert(table: Table, rows: Sequence[Mapping[str, Any]], kept: Any) -> Insert:
    """Insert rows, given as one value, where ``kept`` has one."""
    names = list(rows[0])
    given = func.json_to_recordset(cast(bindparam("rows", list(rows), type_=JSON), JSON))
    values = given.table_valued(*(column(name, table.c[name].type) for name in names), name="given")
    values = values.render_derived(with_types=True)
    return insert(table).from_select(names, select(*values.c).where(exists(select(kept.c.document))))
