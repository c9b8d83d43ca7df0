"""What each dialect of SQL does in its own way, and the choice between them.

All other modules write SQL that SQLAlchemy compiles for any dialect. A dialect is one module with the functions of
``Dialect``, its name in ``dialect_of``, and a function in ``database.py`` that opens a database of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Insert, MetaData, Row, Select, Table

# SQLAlchemy compiles the ON CONFLICT of this insert for SQLite, too; that of SQLite's insert only for SQLite.
from sqlalchemy.dialects.postgresql import insert

from stores.sql import postgresql, sqlite
from stores.sql.fenced_write import FencedWrite
from stores.views import QueryResult


class Dialect(Protocol):
    """The functions of a dialect's module. All but ``translated_errors`` run in a transaction of the caller.

    A write transaction excludes all others on its database, from its begin on; a read transaction sees one snapshot.
    """

    def translated_errors(self, place: str) -> AbstractContextManager[None]:
        """Translate errors of the database ``place`` within the block; programming errors pass unchanged.

        Raises TransientError where the write lock stays taken, UnavailableError where it cannot be reached or written.
        """

    def schema_version(self, connection: Connection) -> int:
        """Return the number of the last migration that was applied; 0 for a new database."""

    def set_schema_version(self, connection: Connection, number: int) -> None:
        """Note the last migration that was applied, in the transaction that applied it."""

    def size_bytes(self, connection: Connection) -> int:
        """Return how much of a knowledge base the database keeps outside of its folder."""

    def create_tables(self, connection: Connection, tables: MetaData) -> None:
        """Create the tables of a new database with their indexes."""

    def column_types(self, connection: Connection, table: str) -> dict[str, str]:
        """Return the columns of a table in their order with their SQL types; empty where there is no such table."""

    def column_value(self, value: Any, kind: str) -> Any:
        """Return a value as a column of an SQL type takes it, None where it cannot."""

    def table_name(self, name: str) -> str:
        """Return the name itself, or where it is too long one that stands for it."""

    def replace_view(self, connection: Connection, name: str, query: Select[Any]) -> None:
        """Create a view, or replace one with fewer columns of the same order."""

    def write_fenced(self, connection: Connection, write: FencedWrite) -> tuple[int, int]:
        """Execute a fenced write. Returns how many rows its two updates changed."""

    def user_query(self, place: str, reader: Engine, statement: str, limit: int, timeout_s: float) -> QueryResult:
        """Run one reading statement of a user on the database ``place``, outside of any transaction.

        At most ``limit`` rows and ``timeout_s`` seconds. Raises InputError where it is refused or takes longer.
        """

    def create_keyword_table(self, connection: Connection, table: str) -> None:
        """Create the keyword table where it is missing: words of text, heading and title by the id of a chunk row."""

    def insert_keywords(self, connection: Connection, table: str, rows: Sequence[tuple[int, str, str, str]]) -> None:
        """Add (row id, text, heading, title); none of the ids may be there already."""

    def delete_keywords(self, connection: Connection, table: str, rowids: Sequence[int]) -> None:
        """Remove rows by id; unknown ids are ignored."""

    def count_keyword_rows(self, connection: Connection, table: str, terms: Sequence[str]) -> dict[str, int]:
        """Return how many rows hold each quoted term."""

    def any_keyword(self, required: Sequence[str], optional: Sequence[str]) -> str:
        """Compose a search expression: one of ``required`` must match, ``optional`` terms only add to the score."""

    def rank_keyword_rows(self, connection: Connection, table: str, expression: str, limit: int) -> Sequence[Row[Any]]:
        """Return (id, score, visible) of the rows that match best, a higher score first."""

    def compare_keywords(
        self, connection: Connection, table: str, rows: Sequence[tuple[int, str, str, str]]
    ) -> dict[int, bool]:
        """Return row id -> whether its words are those of (id, text, heading, title); missing ids are left out."""

    def keyword_rowids(self, connection: Connection, table: str, after: int, limit: int) -> list[int]:
        """Return the next row ids behind ``after``, in order."""

    def drop_keyword_table(self, connection: Connection, table: str) -> None:
        """Remove the keyword table, damaged or not."""

    def keyword_damage(self, connection: Connection, table: str) -> list[str]:
        """Return what is wrong with the index of the keyword table. Needs a write transaction, and changes nothing."""

    def file_damage(self, connection: Connection) -> list[str]:
        """Return what the database says of itself that is wrong, a sentence each; empty where all is well."""

    def rows_without_parent(self, connection: Connection, most: int) -> list[str]:
        """Return ``table:id`` of rows whose foreign key names nothing; empty where that cannot be."""

    def drop_rows_without_parent(self, connection: Connection, most: int) -> int:
        """Remove such rows, as their foreign keys would have done; return how many."""

    def restart_ids(self, connection: Connection, table: str, column: str) -> None:
        """Let new rows of a table have numbers after those that were written with theirs."""


def dialect_of(connection: Connection) -> Dialect:
    """Return the dialect that a connection speaks."""
    dialects: dict[str, Dialect] = {"sqlite": sqlite, "postgresql": postgresql}
    return dialects[connection.dialect.name]


@cache
def insert_or_replace(table: Table) -> Insert:
    """Return an insert that overwrites a row with the same primary key."""
    statement = insert(table)
    values = {column.name: statement.excluded[column.key] for column in table.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)


__all__ = ["Dialect", "dialect_of", "insert", "insert_or_replace"]
