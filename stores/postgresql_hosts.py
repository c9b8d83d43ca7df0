"""What the hosts of one PostgreSQL database know of each other: who uses it, and the secrets that they share.

A secret stands there as it is: who may read this schema may read the passwords of documents, too, and a key that
every host needs in its environment would be no better than the secret in its place (INGOT_CALLBACK_SECRET).
"""

from __future__ import annotations

from dataclasses import asdict, fields

from sqlalchemy import Connection, Table, delete, insert, select

from stores.hosts import FORGET_S, FRESH_S, HostUse
from stores.sql.catalog_tables import host, metadata, secret
from stores.sql.database import Database
from stores.sql.dialect import insert as upsert


def shared_secret(catalog: Database, name: str, new: str) -> str:
    """The secret of this name; ``new`` is kept where there is none."""
    with catalog.write() as connection:
        _prepare(connection, secret)
        row = connection.execute(select(secret.c.value).where(secret.c.name == name)).scalar_one_or_none()
        if row is None:
            connection.execute(insert(secret).values(name=name, value=new))
        return new if row is None else str(row)


def announce(catalog: Database, use: HostUse, now: float) -> None:
    """Note that a process uses the database, and forget those that have gone long ago."""
    row = {**asdict(use), "seen_at": now}
    with catalog.write() as connection:
        _prepare(connection, host)
        connection.execute(delete(host).where(host.c.seen_at < now - FORGET_S))
        statement = upsert(host).values(row)
        connection.execute(statement.on_conflict_do_update(index_elements=["process"], set_=row))


def withdraw(catalog: Database, use: HostUse) -> None:
    """Note that a process uses the database no more."""
    with catalog.write() as connection:
        _prepare(connection, host)
        connection.execute(delete(host).where(host.c.process == use.process))


def hosts(catalog: Database, now: float) -> list[HostUse]:
    """The processes that were seen lately."""
    with catalog.write() as connection:
        _prepare(connection, host)
        columns = [host.c[field.name] for field in fields(HostUse)]
        rows = connection.execute(select(*columns).where(host.c.seen_at > now - FRESH_S).order_by(host.c.process))
        return [HostUse(**row._mapping) for row in rows]


def _prepare(connection: Connection, table: Table) -> None:
    """Make a table that the database of an earlier version has not."""
    metadata.create_all(connection, tables=[table])
