"""The knowledge bases of a PostgreSQL database: a schema each, and one that they share with the list of them.

A schema each, rather than shared tables with the knowledge base as the first key: deleting one is one statement, an
analyst and pg_dump see it by itself, and every query is that of SQLite. Its cost for many: docs/operating.md.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import and_, delete, insert, or_, select, text, update

from stores import postgresql_hosts
from stores.administration_store import SqlAdministration
from stores.errors import NotFoundError, UnavailableError
from stores.folder_id import folder_id
from stores.home_store import SqlHomeStore
from stores.hosts import HostUse
from stores.ids import check_any_id, is_temporary
from stores.knowledge_store import SqlKnowledgeStore
from stores.models import HOME, slug_of
from stores.removed_folders import remove_folder
from stores.sql.catalog_tables import SCHEMA, home, knowledge_base, mark, metadata
from stores.sql.database import Database, make_ready
from stores.sql.dialect import insert as upsert
from stores.sql.migration_steps import MIGRATIONS
from stores.sql.migrations import migrate
from stores.sql.postgresql_server import PostgresServer
from stores.sql.tables import meta

BUSY, OUTBOUND = "busy", "outbound"
MOST_KNOWN = 1000
"""Stores that are kept: each is a few objects, and has no connection of its own."""
_HIDDEN = "~"  # begins the id of one that is being imported; no knowledge base can be called so
_ABANDONED_S = 86400.0
_REMEMBERED_S = 1.0  # a knowledge base that was there is not looked for again for so long


@dataclass(slots=True)
class _KnownStore:
    """A store, the number of its knowledge base, and when that was last seen to be there."""

    number: int
    store: SqlKnowledgeStore
    seen_at: float = 0.0


@dataclass(slots=True)
class PostgresCatalog:
    """All knowledge bases of a database; implements ``stores.contracts.KnowledgeCatalog``.

    ``folders``: the home, whose folder of a knowledge base goes with it. ``files_url``: where the files are kept
    instead, the same on every host.
    """

    server: PostgresServer
    folders: Path
    files_url: str = ""
    _home_id: str = ""
    _known: dict[str, _KnownStore] = field(default_factory=dict)
    _opening: threading.RLock = field(default_factory=threading.RLock)
    _home_store: SqlHomeStore | None = None
    administration: SqlAdministration = field(init=False)

    def __post_init__(self) -> None:
        self.administration = SqlAdministration.in_catalog(self._catalog)

    @classmethod
    def at(cls, url: str, folders: Path, files_url: str = "") -> PostgresCatalog:
        """The catalog at an address. All catalogs of a process share the connections of their server."""
        return cls(_server(url), folders, files_url)

    def folder(self, knowledge_id: str) -> Path:
        return self.folders / slug_of(knowledge_id)

    def home_id(self) -> str:
        """The id of this database as a home, made by the first to ask."""
        self._catalog()
        return self._home_id

    def now(self) -> float:
        """The server's time, in seconds since the epoch."""
        return self.server.now()

    def store(self, knowledge_id: str) -> SqlKnowledgeStore:
        """The store of a knowledge base that exists; NotFoundError otherwise, or where it was removed a moment ago."""
        if (known := self._known.get(knowledge_id)) and time.monotonic() - known.seen_at < _REMEMBERED_S:
            return known.store
        with self._catalog().read() as connection:
            row = connection.execute(_of(knowledge_id)).one_or_none()
        if row is None:
            raise NotFoundError(
                f"there is no knowledge base {knowledge_id!r} in {self.server.place}: see `ingot kb list`"
            )
        return self._store(row)

    def create(self, knowledge_id: str) -> SqlKnowledgeStore:
        """The store of a knowledge base, made if it is new."""
        return self._opened_or_made(check_any_id(knowledge_id))

    def _opened_or_made(self, knowledge_id: str) -> SqlKnowledgeStore:
        with self._catalog().read() as connection:
            row = connection.execute(_of(knowledge_id)).one_or_none()
        return self._store(row or self._created(knowledge_id, knowledge_id))

    def home_store(self) -> SqlHomeStore:
        """The store of what belongs to no knowledge base, in a schema of its own."""
        if self._home_store is None:
            self._home_store = SqlHomeStore.over(self._opened_or_made(HOME).database)
        return self._home_store

    def outboxes(self) -> list[str]:
        """Ids of all stores with an outbox."""
        with self._catalog().read() as connection:
            made = connection.execute(_of(HOME)).first() is not None
        return [*self.every_name(), *([HOME] if made else [])]

    @contextmanager
    def aside(self, knowledge_id: str) -> Iterator[tuple[SqlKnowledgeStore, Callable[[], bool]]]:
        """Make a knowledge base that nobody sees before the second value is called, False where its id is taken.

        It is removed where it does not appear; what a killed process left, after a day.
        """
        hidden, database = f"{_HIDDEN}{uuid.uuid4().hex}", self.server.catalog()
        row = self._created(knowledge_id, hidden)

        def appear() -> bool:
            mine = knowledge_base.c.id == hidden
            with database.write() as connection:
                if connection.execute(_of(knowledge_id)).first() is not None:
                    return False
                connection.execute(update(knowledge_base).where(mine).values(id=knowledge_id))
            return True

        try:
            yield SqlKnowledgeStore.over(knowledge_id, self.server.database(row.schema, row.number)), appear
        finally:
            old = knowledge_base.c.id.startswith(_HIDDEN), knowledge_base.c.created_at < self.now() - _ABANDONED_S
            with database.write() as connection:
                connection.execute(delete(knowledge_base).where(or_(knowledge_base.c.id == hidden, and_(*old))))
            self._drop_forgotten()

    def _created(self, knowledge_id: str, listed_as: str) -> Any:
        """Make the schema and the tables of a knowledge base, listed under an id."""
        now = self.server.now()
        with self._catalog().write() as connection:
            if row := connection.execute(_of(listed_as)).one_or_none():
                return row  # by somebody else, while we waited for the lock
            number = connection.execute(text(f"SELECT nextval('{SCHEMA}.knowledge_base_number_seq')")).scalar_one()
            slug = "home" if knowledge_id == HOME else slug_of(knowledge_id)
            schema = f"kb_{slug[:40].replace('-', '_')}_{number}"
            values = {"number": number, "id": listed_as, "schema": schema, "tables": 0, "created_at": now}
            connection.execute(insert(knowledge_base).values(values))
            connection.execute(text(f"CREATE SCHEMA {schema}"))
            connection.execute(text(f"SET LOCAL search_path TO {schema}"))
            migrate(connection)
            facts = {"knowledge_id": knowledge_id, "created_at": repr(now)}
            connection.execute(insert(meta), [{"key": key, "value": value} for key, value in facts.items()])
            return connection.execute(_of(listed_as)).one()

    def _store(self, row: Any) -> SqlKnowledgeStore:
        with self._opening:
            known = self._known.pop(row.id, None)
            if known is None or known.number != row.number:  # new here, or deleted and made anew
                known = _KnownStore(row.number, self._opened(row))
            known.seen_at = time.monotonic()
            self._known[row.id] = known  # the latest used stand last
            while len(self._known) > MOST_KNOWN:
                self._known.pop(next(iter(self._known)))
        return known.store

    def _opened(self, row: Any) -> SqlKnowledgeStore:
        database = self.server.database(row.schema, row.number)
        if row.tables != len(MIGRATIONS):
            make_ready(database)
        return SqlKnowledgeStore.over(row.id, database)

    def names(self) -> list[str]:
        """Ids of all knowledge bases but temporary ones, sorted."""
        return [name for name in self.every_name() if not is_temporary(name)]

    def every_name(self) -> list[str]:
        """Ids of all knowledge bases, temporary ones included, sorted."""
        with self._catalog().read() as connection:
            ids = connection.execute(select(knowledge_base.c.id)).scalars()
            return sorted(name for name in ids if is_temporary(name) or not name.startswith((_HIDDEN, HOME)))

    def remove(self, knowledge_id: str) -> None:
        """Remove a knowledge base with its rows and its folder; workers may be writing there still.

        It goes out of sight first, in a transaction of its own. What a killed process left of an earlier one goes
        now, too.
        """
        with self._opening:
            self._known.pop(knowledge_id, None)
        with self._catalog().write() as connection:
            connection.execute(delete(mark).where(mark.c.knowledge_id == knowledge_id))
            connection.execute(delete(knowledge_base).where(knowledge_base.c.id == knowledge_id))
        self._drop_forgotten()
        with suppress(FileNotFoundError):  # where its files are kept elsewhere
            remove_folder(self.folders, slug_of(knowledge_id))

    def _drop_forgotten(self) -> None:
        """Drop the schemas that no knowledge base has any more."""
        with self._catalog().read() as connection:
            gone = list(connection.execute(_FORGOTTEN).scalars())
        for schema in gone:
            self._drop(schema)

    def _drop(self, schema: str) -> None:
        """Drop a schema once those who write there are done."""
        with self.server.database(schema, int(schema.rpartition("_")[2])).write() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))

    def mark_busy(self, knowledge_id: str) -> None:
        """Note that a knowledge base has unfinished work, for the relay."""
        self._mark(BUSY, knowledge_id)

    def busy(self) -> list[str]:
        """Ids of the knowledge bases that were marked busy and exist."""
        return self._marked(BUSY)

    def rest(self, knowledge_id: str) -> None:
        """Nothing is left to do in a knowledge base."""
        self._unmark(BUSY, knowledge_id)

    def mark_outbound(self, knowledge_id: str) -> None:
        """Note that callbacks or downloads are due soon: the relay looks at them, and a notify worker runs."""
        self._mark(OUTBOUND, knowledge_id)

    def outbound_tasks(self) -> list[str]:
        """Ids of the existing knowledge bases that are marked for outbound tasks."""
        return self._marked(OUTBOUND)

    def rest_outbound(self, knowledge_id: str) -> None:
        """No callback or download of a knowledge base is due soon."""
        self._unmark(OUTBOUND, knowledge_id)

    def shared_secret(self, name: str, new: str) -> str:
        """The secret in the database, for every host; at first the one that this host had in its home, if any."""
        with suppress(OSError):
            new = (self.folders / name).read_text().strip() or new
        return postgresql_hosts.shared_secret(self._catalog(), name, new)

    def announce(self, use: HostUse) -> None:
        """Note that a process uses the database."""
        postgresql_hosts.announce(self._catalog(), use, self.now())

    def withdraw(self, use: HostUse) -> None:
        """Take that note away."""
        postgresql_hosts.withdraw(self._catalog(), use)

    def hosts(self) -> list[HostUse]:
        """The processes that use the database now."""
        return postgresql_hosts.hosts(self._catalog(), self.now())

    def _mark(self, kind: str, knowledge_id: str) -> None:
        with self._catalog().write_beside() as connection:
            connection.execute(upsert(mark).values(kind=kind, knowledge_id=knowledge_id).on_conflict_do_nothing())

    def _marked(self, kind: str) -> list[str]:
        query = select(mark.c.knowledge_id).join(knowledge_base, knowledge_base.c.id == mark.c.knowledge_id)
        with self._catalog().read() as connection:
            return sorted(connection.execute(query.where(mark.c.kind == kind)).scalars())

    def _unmark(self, kind: str, knowledge_id: str) -> None:
        with self._catalog().write_beside() as connection:
            connection.execute(delete(mark).where(mark.c.kind == kind, mark.c.knowledge_id == knowledge_id))

    def _catalog(self) -> Database:
        """The database of the shared tables, which the first process makes."""
        catalog = self.server.catalog()
        if not self._home_id:
            with catalog.read() as connection:
                there = connection.execute(text(f"SELECT to_regclass('{SCHEMA}.mark')")).scalar_one()
            if there is None:
                self._create_tables()
            with catalog.read() as connection:
                row = connection.execute(select(home)).one()
            self._check_folder(row.folder)
            self._home_id = row.id
        return catalog

    def _create_tables(self) -> None:
        now = self.server.now()
        with self.server.catalog().write() as connection:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            metadata.create_all(connection)
            if connection.execute(select(home.c.id)).first() is None:
                row = {"id": uuid.uuid4().hex, "folder": self._place_of_files(), "created_at": now}
                connection.execute(insert(home).values(row))

    def _place_of_files(self) -> str:
        return self.files_url or folder_id(self.folders)

    def _check_folder(self, known: str) -> None:
        """Raise UnavailableError where the files are in another place: a worker would not find them."""
        if "://" in (known + self.files_url) and self.files_url != known:
            place = known if "://" in known else "the home of a host, not in INGOT_FILES_URL"
            raise UnavailableError(
                f"the files of the knowledge bases in {self.server.place} are in {place}: "
                "set INGOT_FILES_URL alike wherever Ingot runs",
                code="home_unusable",
            )
        if self._place_of_files() != known:
            raise UnavailableError(
                f"the files of the knowledge bases in {self.server.place} are not in {self.folders} of this host: "
                "mount the folder that the other hosts use, and name it with INGOT_HOME",
                code="home_unusable",
            )


def _of(knowledge_id: str) -> Any:
    return select(knowledge_base).where(knowledge_base.c.id == knowledge_id)


_FORGOTTEN = text(
    f"""SELECT nspname FROM pg_namespace WHERE nspname ~ '^kb_.*_[0-9]+$'
        AND nspname NOT IN (SELECT schema FROM {SCHEMA}.knowledge_base) ORDER BY nspname"""
)


@cache
def _server(url: str) -> PostgresServer:
    return PostgresServer(url)
