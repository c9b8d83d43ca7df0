"""Brings the database of a knowledge base to the tables of this version, one numbered step after the other.

The number of the last step taken stands in SQLite's ``user_version``. Steps are never edited, only added. A new
database gets the tables of today at the first step, so every later one looks before it changes anything.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Table
from sqlalchemy.schema import CreateColumn

from stores.errors import UnavailableError
from stores.sql import keywords
from stores.sql.tables import callback, generation, job, metadata, page, profile, source


def _first_tables(connection: Connection) -> None:
    metadata.create_all(connection)
    keywords.create(connection)


def _world_outside(connection: Connection) -> None:
    """Callbacks, fetched URLs, repeated requests, and what a job knows of its asker."""
    if "number" not in _columns(connection, callback.name):
        callback.drop(connection)  # the first tables had one that nothing used
    metadata.create_all(connection)
    _add_columns(connection, job)


def _work_of_jobs(connection: Connection) -> None:
    """A job that has ended knows how long it was worked on."""
    _add_columns(connection, job)


def _add_columns(connection: Connection, table: Table) -> None:
    """Add the columns of today that a table lacks."""
    there = _columns(connection, table.name)
    for column in table.columns:
        if column.name not in there:
            definition = CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {definition}")


def _list_orders(connection: Connection) -> None:
    """Long lists of documents and jobs come in their order from an index."""
    for table in (source, job):
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def _profiles(connection: Connection) -> None:
    """What a job needs of its asker's settings stands in the knowledge base."""
    profile.create(connection, checkfirst=True)
    for table in (job, generation):
        _add_columns(connection, table)


def _page_warnings(connection: Connection) -> None:
    """What was given up of a page that was read."""
    _add_columns(connection, page)
    for index in page.indexes:
        index.create(connection, checkfirst=True)


def _columns(connection: Connection, table: str) -> set[str]:
    return {row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")}


STEPS: tuple[Callable[[Connection], None], ...] = (
    _first_tables,
    _world_outside,
    _list_orders,
    _work_of_jobs,
    _page_warnings,
    _profiles,
)


def migrate(connection: Connection) -> None:
    """Take the steps that this database has not seen; inside the caller's transaction, so all or none."""
    version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if version > len(STEPS):
        raise UnavailableError(f"this knowledge base was made by a newer version (tables {version}): upgrade Ingot")
    for number, step in enumerate(STEPS[version:], version + 1):
        step(connection)
        connection.exec_driver_sql(f"PRAGMA user_version={number}")
