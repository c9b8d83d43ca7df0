"""The database of a home: a knowledge store's outbox, and the tables that belong to no knowledge base."""

from __future__ import annotations

from dataclasses import dataclass

from stores.notices import Notices
from stores.schedules import Schedules
from stores.sql.database import Database
from stores.sql.home_tables import metadata


@dataclass(frozen=True, slots=True)
class SqlHomeStore:
    """The sides of that database; implements ``stores.contracts.home.HomeStore``."""

    schedules: Schedules
    notices: Notices

    @classmethod
    def over(cls, database: Database) -> SqlHomeStore:
        """Open the store, and make the tables that an earlier version has not made."""
        with database.write() as connection:
            metadata.create_all(connection)
        return cls(Schedules(database), Notices(database))
