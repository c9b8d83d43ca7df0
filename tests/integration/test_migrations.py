"""A knowledge base of an older version is brought to the tables of today, and loses nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, inspect

from stores.catalog import Catalog
from stores.correction_marks import Verdict
from stores.corrections import CorrectionRequest
from stores.errors import UnavailableError
from stores.models import Field, FieldKind, Schema
from stores.sql.dialect import dialect_of
from stores.sql.migration_steps import MIGRATIONS
from stores.sql.migrations import apply, create_tables

TOTAL = Field(name="total", kind=FieldKind.NUMBER)


def database(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(home / "older" / "kb.db")


def schema_after(create: Callable[[Connection], None]) -> dict[str, Any]:
    """Tables with their columns, keys and indexes, whatever the order of their columns."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        create(connection)
        inspector = inspect(connection)
        tables = {
            table: (
                {tuple(row)[1:] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")},
                sorted(map(str, inspector.get_foreign_keys(table))),
                sorted(map(str, inspector.get_unique_constraints(table))),
            )
            for table in inspector.get_table_names()
        }
        indexes = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index'").all()
    engine.dispose()
    return {"tables": tables, "indexes": {tuple(row) for row in indexes}}


def test_all_migrations_lead_to_the_tables_of_a_new_knowledge_base() -> None:
    def migrate_step_by_step(connection: Connection) -> None:
        for migration in MIGRATIONS:
            apply(connection, migration)
            apply(connection, migration)  # each may be repeated

    assert schema_after(migrate_step_by_step) == schema_after(create_tables)


def test_a_new_knowledge_base_gets_all_tables_at_once(tmp_path: Path) -> None:
    store = Catalog(tmp_path).create("older")
    with store.database.read() as connection:
        assert dialect_of(connection).schema_version(connection) == len(MIGRATIONS)


def test_an_older_knowledge_base_gains_its_indexes(tmp_path: Path) -> None:
    Catalog(tmp_path).create("older")
    connection = database(tmp_path)
    connection.executescript("DROP INDEX source_name; DROP INDEX job_created; PRAGMA user_version=2;")
    connection.close()
    assert Catalog(tmp_path).store("older").get_meta("knowledge_id") == "older"
    connection = database(tmp_path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    connection.close()
    assert {"source_name", "job_created"} <= there


def test_an_older_knowledge_base_gains_its_profiles(tmp_path: Path) -> None:
    Catalog(tmp_path).create("older")
    connection = database(tmp_path)
    connection.executescript(
        "DROP TABLE profile; ALTER TABLE job DROP COLUMN profile; ALTER TABLE generation DROP COLUMN profile;"
        "INSERT INTO job (id, state, options, created_at, touched_at) VALUES ('older.1', 'running', '{}', 1, 1);"
        "PRAGMA user_version=3;"
    )
    connection.close()
    store = Catalog(tmp_path).store("older")
    assert store.profiles.of_job("older.1") is None
    assert [work.job for work in store.profiles.of_open_work()] == ["older.1"]
    store.profiles.keep("one", {"settings": {}, "schemas": {}})
    assert store.profiles.read() == {"one": {"settings": {}, "schemas": {}}}


def test_an_older_knowledge_base_takes_corrections(tmp_path: Path) -> None:
    Catalog(tmp_path).create("older").record_tables.prepare([Schema(name="bill", description="", fields=(TOTAL,))])
    connection = database(tmp_path)
    connection.executescript(
        "DROP TABLE correction; DROP TABLE extracted_record; ALTER TABLE record DROP COLUMN corrections;"
        "INSERT INTO document VALUES ('d', 'd', 1, 'application/pdf', 'done', 1, 1, NULL, NULL, 1, 1);"
        "INSERT INTO generation (document, number, state, options, fingerprints, pages, title, language, created_at)"
        " VALUES ('d', 1, 'done', '{}', '{}', 1, '', '', 1);"
        """INSERT INTO record (document, generation, schema, fields) VALUES ('d', 1, 'bill', '{"total": 9.5}');"""
        "PRAGMA user_version=8;"
    )
    connection.close()
    store = Catalog(tmp_path).store("older")
    assert [record.fields for record in store.record_tables.read("d", 1)] == [{"total": 9.5}]
    asked = CorrectionRequest(path="total", verdict=Verdict.CORRECTED, author="ann", value=8.0)
    assert store.corrections.add("d", 1, "bill", asked).replaced == 9.5
    assert [record.fields for record in store.record_tables.read("d", 1)] == [{"total": 8.0}]


def test_a_newer_knowledge_base_is_left_alone(tmp_path: Path) -> None:
    Catalog(tmp_path).create("older")
    connection = database(tmp_path)
    connection.execute("PRAGMA user_version=999")
    connection.close()
    with pytest.raises(UnavailableError, match="newer version"):
        Catalog(tmp_path).store("older")
