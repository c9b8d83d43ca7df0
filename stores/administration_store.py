"""The administration of a home in SQL: a SQLite file in the home, or tables in the shared schema of PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Table, delete, insert, select, update

from stores.access_keys import AccessKey
from stores.audit import Action, AuditEntry, AuditFilter
from stores.errors import InputError, NotFoundError, UnavailableError
from stores.sql import sqlite
from stores.sql.administration_tables import access_key, audit, metadata
from stores.sql.catalog_tables import SCHEMA
from stores.sql.database import Database
from stores.suggestions import unknown

KEYS_FILE, AUDIT_FILE = "keys.db", "audit.db"  # two, so that the mark of the keys stays when an entry is added
_LOOK_S = 1.0  # how long a server may go on with keys that another host has changed, where a database is shared


class AdministrationDatabase(Protocol):
    """Where the tables, or one of them, are."""

    def existing(self) -> Database | None:
        """Return the database, None where nothing was ever kept."""

    def made(self) -> Database:
        """Return the database, with its tables."""

    def mark(self) -> Hashable:
        """As ``AccessKeyStore.mark``."""


class AdministrationFile:
    """A SQLite file with one of the tables, made by the first who has something to keep."""

    def __init__(self, path: Path, table: Table, *, pooled: bool) -> None:
        self._path, self._table, self._pooled = path, table, pooled
        self._marked = path, path.with_name(f"{path.name}-wal")
        self._database: Database | None = None
        self._opening = threading.Lock()

    def existing(self) -> Database | None:
        return self.made() if self._database or self._path.exists() else None

    def made(self) -> Database:
        with self._opening:
            if self._database is None:
                self._database = self._opened()
            return self._database

    def mark(self) -> Hashable:
        """Return size and time of the file and of its log: every commit changes one of them."""
        return tuple(map(_state_of, self._marked))

    def _opened(self) -> Database:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnavailableError(f"the folder {self._path.parent} cannot be made: {error.strerror}") from error
        sqlite.prepare_file(self._path)
        engines = [
            engine.execution_options(schema_translate_map={SCHEMA: None})
            for engine in (
                sqlite.open_writer(self._path, durable=True, pooled=self._pooled),
                sqlite.open_reader(self._path, pooled=self._pooled),
            )
        ]
        database = Database(str(self._path), sqlite, *engines)
        with database.write() as connection:
            metadata.create_all(connection, tables=[self._table])
        return database


def _state_of(path: Path) -> Hashable:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns


class SharedTables:
    """Tables of a PostgreSQL database, made at their first use. ``catalog`` opens the shared schema."""

    def __init__(self, catalog: Callable[[], Database]) -> None:
        self._catalog, self._prepared = catalog, False

    def existing(self) -> Database:
        return self.made()

    def made(self) -> Database:
        database = self._catalog()
        if not self._prepared:
            with database.write() as connection:
                metadata.create_all(connection)
            self._prepared = True
        return database

    def mark(self) -> Hashable:
        return int(time.monotonic() / _LOOK_S)


class SqlAdministration:
    """The sides of the administration over one database; implements ``stores.contracts.AdministrationStore``."""

    def __init__(self, keys: AdministrationDatabase, trail: AdministrationDatabase) -> None:
        self.access_keys = SqlAccessKeys(keys)
        self.audit = SqlAudit(trail)

    @classmethod
    def in_folder(cls, home: Path, *, pooled: bool) -> SqlAdministration:
        """Keep it in two SQLite files of a home."""
        keys = AdministrationFile(home / KEYS_FILE, access_key, pooled=pooled)
        return cls(keys, AdministrationFile(home / AUDIT_FILE, audit, pooled=pooled))

    @classmethod
    def in_catalog(cls, catalog: Callable[[], Database]) -> SqlAdministration:
        """Keep it in the shared schema of a PostgreSQL database."""
        tables = SharedTables(catalog)
        return cls(tables, tables)


class SqlAccessKeys:
    """The keys of a home."""

    def __init__(self, database: AdministrationDatabase) -> None:
        self._database = database
        self.mark = database.mark

    def all(self) -> list[AccessKey]:
        database = self._database.existing()
        if database is None:
            return []
        with database.read() as connection:
            return [_key(row) for row in connection.execute(_ALL_KEYS)]

    def add(self, key: AccessKey) -> None:
        with self._database.made().write() as connection:
            if _known(connection, key.name):
                raise InputError(
                    f"there is or was a key {key.name!r}: a name is used once, so that the audit trail stays clear",
                    code="conflict",
                )
            connection.execute(insert(access_key).values(asdict(key)))

    def revoke(self, name: str, at: float) -> AccessKey:
        database = self._database.existing()
        if database is None:
            raise unknown("key", name, (), code="not_found", error=NotFoundError)
        with database.write() as connection:
            row = _known(connection, name)
            if row is None:
                names = connection.execute(select(access_key.c.name)).scalars()
                raise unknown("key", name, names, code="not_found", error=NotFoundError)
            if row.revoked_at is None:
                connection.execute(update(access_key).where(access_key.c.name == name).values(revoked_at=at))
            return _key(_known(connection, name))

    def note_use(self, name: str, day: str) -> None:
        key = update(access_key).where(access_key.c.name == name, access_key.c.last_used_day < day)
        with self._database.made().write() as connection:
            connection.execute(key.values(last_used_day=day))


_ALL_KEYS = select(access_key).order_by(access_key.c.created_at, access_key.c.name)


def _known(connection: Connection, name: str) -> Any:
    return connection.execute(select(access_key).where(access_key.c.name == name)).one_or_none()


def _key(row: Any) -> AccessKey:
    knowledge = None if row.knowledge is None else tuple(row.knowledge)
    return AccessKey(**{**row._mapping, "knowledge": knowledge})


_ENTRY = tuple(column.key for column in audit.columns if column.key != "number")
_ADD_ENTRY = insert(audit)


class SqlAudit:
    """The audit trail of a home."""

    def __init__(self, database: AdministrationDatabase) -> None:
        self._database = database

    def add(self, entries: Sequence[AuditEntry]) -> None:
        if not entries:
            return
        rows = [{name: getattr(entry, name) for name in _ENTRY} for entry in entries]
        with self._database.made().write() as connection:
            connection.execute(_ADD_ENTRY, rows)

    def page(self, wanted: AuditFilter, before: int | None, limit: int) -> list[AuditEntry]:
        database = self._database.existing()
        if database is None:
            return []
        query = select(audit).order_by(audit.c.number.desc()).limit(limit)
        for column in ("knowledge_id", "actor", "action"):
            if value := getattr(wanted, column):
                query = query.where(audit.c[column] == value)
        if wanted.since is not None:
            query = query.where(audit.c.at >= wanted.since)
        if before is not None:
            query = query.where(audit.c.number < before)
        with database.read() as connection:
            return [AuditEntry(**{**row._mapping, "action": Action(row.action)}) for row in connection.execute(query)]

    def forget(self, before: float) -> int:
        database = self._database.existing()
        if database is None:
            return 0
        with database.write() as connection:
            return connection.execute(delete(audit).where(audit.c.at < before)).rowcount
