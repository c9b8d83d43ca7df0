"""What can be told of a PostgreSQL database before it is used: for a check of an installation."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

LEAST_VERSION = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """A database and its server.

    ``ahead_s``: seconds that the server's clock is ahead of this machine's. ``tables``: knowledge bases by the number
    of the last migration of their tables; ``current``: that of this version. ``free``: connections left.
    """

    place: str
    version: str
    ahead_s: float
    tables: dict[int, int]
    current: int
    free: int
    read_only: bool

    @property
    def supported(self) -> bool:
        return int(self.version.partition(".")[0]) >= LEAST_VERSION


def database_facts(url: str, home: Path, files_url: str = "") -> DatabaseFacts:
    """Ask the database; makes the tables that all knowledge bases share where they are missing.

    Raises UnavailableError where it cannot be reached or used, InputError for a bad address.
    """
    from sqlalchemy import func, select, text

    from stores.ids import HOME
    from stores.postgresql_catalog import PostgresCatalog
    from stores.sql.catalog_tables import knowledge_base
    from stores.sql.migration_steps import MIGRATIONS

    catalog = PostgresCatalog.at(url, home, files_url)
    catalog.home_id()
    counted = select(knowledge_base.c.tables, func.count()).where(knowledge_base.c.id != HOME)
    query = counted.group_by(knowledge_base.c.tables)
    with catalog.server.catalog().read() as connection:
        tables = {int(number): int(count) for number, count in connection.execute(query)}
        row = connection.execute(text(_SERVER)).one()
        ahead_s = float(row.now) - time.time()
    return DatabaseFacts(
        place=catalog.server.place,
        version=row.version.partition(" ")[0],
        ahead_s=ahead_s,
        tables=tables,
        current=len(MIGRATIONS),
        free=int(row.most) - int(row.used),
        read_only=bool(row.standby),
    )


_SERVER = """SELECT current_setting('server_version') AS version, extract(epoch FROM clock_timestamp()) AS now,
    current_setting('max_connections')::int AS most, (SELECT count(*) FROM pg_stat_activity) AS used,
    pg_is_in_recovery() AS standby"""
