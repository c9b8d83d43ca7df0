"""Brings the database of a knowledge base to the tables of this version, one numbered step after the other.

The number of the last step taken stands in SQLite's ``user_version``. Steps are never edited, only added.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from stores import keywords
from stores.errors import UnavailableError
from stores.tables import metadata


def _first_tables(connection: Connection) -> None:
    metadata.create_all(connection)
    keywords.create(connection)


STEPS: tuple[Callable[[Connection], None], ...] = (_first_tables,)


def migrate(connection: Connection) -> None:
    """Take the steps that this database has not seen; inside the caller's transaction, so all or none."""
    version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if version > len(STEPS):
        raise UnavailableError(f"this knowledge base was made by a newer version (tables {version}): upgrade Ingot")
    for number, step in enumerate(STEPS[version:], version + 1):
        step(connection)
        connection.exec_driver_sql(f"PRAGMA user_version={number}")
