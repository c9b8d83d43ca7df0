"""What the administration of a home promises, in SQLite files and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stores.access_keys import AccessKey, check_key_name, digest_of, new_key
from stores.audit import Action, AuditEntry, AuditFilter
from stores.catalog import Catalog
from stores.contracts import AdministrationStore
from stores.errors import InputError, NotFoundError
from stores.postgresql_catalog import PostgresCatalog
from stores.sql.postgresql_server import PostgresServer
from tests.waiting import eventually

KEY = AccessKey(name="web", digest=digest_of(new_key()).hex(), knowledge=("a", "b"), created_at=10.0, created_by="ann")


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[list[AdministrationStore]]:
    """The same administration as two processes see it."""
    if request.param == "sqlite":
        yield [Catalog(tmp_path, pooled=True).administration for _ in range(2)]
        return
    servers = [PostgresServer(request.getfixturevalue("database_url")) for _ in range(2)]
    yield [PostgresCatalog(server, tmp_path).administration for server in servers]
    for server in servers:
        server.close()


def test_keys_are_the_same_for_all_processes(stores: list[AdministrationStore]) -> None:
    mine, other = (store.access_keys for store in stores)
    assert mine.all() == other.all() == []
    before = other.mark()
    mine.add(KEY)
    mine.add(replace(KEY, name="all", digest="00", knowledge=None, created_at=20.0))
    assert eventually(lambda: other.mark() != before), "a change is noticed"
    assert [(key.name, key.knowledge) for key in other.all()] == [("web", ("a", "b")), ("all", None)]
    other.note_use("web", "2026-11-29")
    other.note_use("web", "2026-11-28")
    assert other.revoke("web", 30.0) == replace(KEY, last_used_day="2026-11-29", revoked_at=30.0)
    assert mine.revoke("web", 99.0).revoked_at == 30.0, "a second time changes nothing"
    with pytest.raises(InputError, match="there is or was a key 'web'"):
        mine.add(replace(KEY, digest="11"))
    with pytest.raises(NotFoundError, match="did you mean 'web'"):
        mine.revoke("wed", 40.0)


def test_a_home_without_keys_has_none_to_revoke(stores: list[AdministrationStore]) -> None:
    with pytest.raises(NotFoundError):
        stores[0].access_keys.revoke("web", 1.0)


def test_the_trail_is_read_from_its_end(stores: list[AdministrationStore]) -> None:
    mine, other = (store.audit for store in stores)
    assert other.page(AuditFilter(), None, 10) == []
    entries = [
        AuditEntry(at=float(number), actor=actor, door="api", action=action, knowledge_id=base, subject=f"doc-{number}")
        for number, (actor, action, base) in enumerate(
            [("web", Action.INGEST, "a"), ("ann", Action.INGEST, "b"), ("web", Action.DELETE_DOCUMENT, "a")]
        )
    ]
    mine.add(entries[:2])
    other.add(entries[2:])
    whole = mine.page(AuditFilter(), None, 10)
    assert [replace(entry, number=0) for entry in whole] == entries[::-1]
    assert mine.page(AuditFilter(), whole[0].number, 1) == whole[1:2]
    assert mine.page(AuditFilter(knowledge_id="a", actor="web"), None, 10) == [whole[0], whole[2]]
    assert mine.page(AuditFilter(action=Action.INGEST, since=1.0), None, 10) == [whole[1]]
    assert mine.forget(2.0) == 2
    assert other.page(AuditFilter(), None, 10) == whole[:1]


@pytest.mark.parametrize("name", ["", "-x", "a b", "x" * 65, "../x", "é"])
def test_a_bad_name_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(InputError, match="1 to 64 of letters"):
        check_key_name(name)
