"""A knowledge base of an older version is brought to the tables of today, and loses nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from stores.catalog import Catalog
from stores.errors import UnavailableError
from stores.sql.migrations import STEPS


def database(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(home / "older" / "kb.db")


def test_an_older_knowledge_base_gains_its_indexes(tmp_path: Path) -> None:
    Catalog(tmp_path).create("older")
    connection = database(tmp_path)
    connection.executescript("DROP INDEX source_name; DROP INDEX job_created; PRAGMA user_version=2;")
    connection.close()
    assert Catalog(tmp_path).store("older").get_meta("knowledge_id") == "older"
    connection = database(tmp_path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
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


def test_a_newer_knowledge_base_is_left_alone(tmp_path: Path) -> None:
    Catalog(tmp_path).create("older")
    connection = database(tmp_path)
    connection.execute("PRAGMA user_version=999")
    connection.close()
    with pytest.raises(UnavailableError, match="newer version"):
        Catalog(tmp_path).store("older")
