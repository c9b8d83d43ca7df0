"""What is peculiar to PostgreSQL; implements ``stores.sql.dialect.Dialect``, with the rooms beside it.

A knowledge base has a schema of its own, which every transaction names as its search path.
"""

from __future__ import annotations

import hashlib
import json
import math
from functools import cache
from typing import Any

from sqlalchemy import Connection, MetaData, Select, create_mock_engine, select, text, update
from sqlalchemy import func as sql
from sqlalchemy.schema import CreateView

from stores.sql.catalog_tables import knowledge_base
from stores.sql.postgresql_errors import translated_errors
from stores.sql.postgresql_keywords import (
    any_keyword,
    compare_keywords,
    count_keyword_rows,
    create_keyword_table,
    delete_keywords,
    drop_keyword_table,
    insert_keywords,
    keyword_damage,
    keyword_rowids,
    rank_keyword_rows,
)
from stores.sql.postgresql_query import user_query
from stores.sql.postgresql_writes import write_fenced

_NAMES = {"double precision": "FLOAT", "character varying": "VARCHAR"}
_LONGEST_NAME = 63  # bytes
_WHOLE_BITS = {"BIGINT": 63, "INTEGER": 31}

# Schema


def schema_version(connection: Connection) -> int:
    """Return the number of the last migration that was applied; 0 for a new knowledge base."""
    here = select(knowledge_base.c.tables).where(knowledge_base.c.schema == sql.current_schema())
    return int(connection.execute(here).scalar_one())


def set_schema_version(connection: Connection, number: int) -> None:
    """Note the last migration that was applied, in the transaction that applied it."""
    here = update(knowledge_base).where(knowledge_base.c.schema == sql.current_schema())
    connection.execute(here.values(tables=number))


def size_bytes(connection: Connection) -> int:
    """Return the bytes of the tables and indexes of a knowledge base."""
    query = """SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class
               WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"""
    return int(connection.exec_driver_sql(query).scalar_one())


def create_tables(connection: Connection, tables: MetaData) -> None:
    """Create the tables of a new knowledge base with their indexes, by one message."""
    connection.exec_driver_sql(_script(tables))


@cache
def _script(tables: MetaData) -> str:
    statements: list[str] = []

    def note(ddl: Any, *_: Any) -> None:
        statements.append(str(ddl.compile(dialect=engine.dialect)))

    engine = create_mock_engine("postgresql+psycopg://", note)
    tables.create_all(engine, checkfirst=False)
    return ";".join(statements)


def column_types(connection: Connection, table: str) -> dict[str, str]:
    """Return the columns of a table in their order with their SQL types; empty where there is no such table."""
    rows = connection.execute(
        text(
            """SELECT attname AS name, format_type(atttypid, atttypmod) AS kind FROM pg_attribute
               WHERE attrelid = (SELECT oid FROM pg_class
                                 WHERE relname = :table AND relnamespace = current_schema()::regnamespace)
               AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
        ),
        {"table": table},
    )
    return {row.name: _NAMES.get(row.kind, row.kind.upper()) for row in rows}


def column_value(value: Any, kind: str) -> Any:
    """Return a value as a column of an SQL type takes it; None where it cannot."""
    if value is None or (kind == "FLOAT" and isinstance(value, int | float)):
        return value
    if kind == "FLOAT":
        return _number(value)
    if kind == "BOOLEAN":
        return value if isinstance(value, bool) else None
    if kind in _WHOLE_BITS:
        number = value if isinstance(value, int) else _number(value)
        fits = number is not None and number == int(number) and abs(number) < 1 << _WHOLE_BITS[kind]
        return int(number) if number is not None and fits else None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def table_name(name: str) -> str:
    """Return the name itself where it has no more than 63 bytes, else its beginning and a hash."""
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def replace_view(connection: Connection, name: str, query: Select[Any]) -> None:
    """Create a view, or add columns to it; views that somebody made of it stay."""
    connection.execute(CreateView(query, name, or_replace=True))


# Consistency


def file_damage(connection: Connection) -> list[str]:
    """Return nothing: a server looks after its files, and says so in every query that meets a damaged one."""
    return []


def rows_without_parent(connection: Connection, most: int) -> list[str]:
    """Return nothing: foreign keys hold at every moment."""
    return []


def drop_rows_without_parent(connection: Connection, most: int) -> int:
    """Return 0: there are none."""
    return 0


def restart_ids(connection: Connection, table: str, column: str) -> None:
    """Let new rows of a table have numbers after those that were written with theirs."""
    sequence = f"pg_get_serial_sequence('{table}', '{column}')"
    connection.exec_driver_sql(
        f"SELECT setval({sequence}, (SELECT coalesce(max({column}), 0) + 1 FROM {table}), false)"
    )


__all__ = [
    "any_keyword",
    "column_types",
    "column_value",
    "compare_keywords",
    "count_keyword_rows",
    "create_keyword_table",
    "create_tables",
    "delete_keywords",
    "drop_keyword_table",
    "drop_rows_without_parent",
    "file_damage",
    "insert_keywords",
    "keyword_damage",
    "keyword_rowids",
    "rank_keyword_rows",
    "replace_view",
    "restart_ids",
    "rows_without_parent",
    "schema_version",
    "set_schema_version",
    "size_bytes",
    "table_name",
    "translated_errors",
    "user_query",
    "write_fenced",
]
