"""What a crash can leave of Chroma's files, and that no server reads it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from stores.chroma.path import disarm, sweep_dropped, torn_collections


def index(path: Path, links_bytes: int, description: bytes) -> Path:
    """The files of one collection ``kb-a``, as Chroma lays them out."""
    folder = path / "segment-1"
    folder.mkdir()
    (folder / "data_level0.bin").write_bytes(b"x" * 1000)
    (folder / "index_metadata.pickle").write_bytes(description)
    with (folder / "link_lists.bin").open("wb") as links:
        links.truncate(links_bytes)
    with sqlite3.connect(path / "chroma.sqlite3") as connection:
        connection.execute("CREATE TABLE collections (id, name)")
        connection.execute("CREATE TABLE segments (id, collection, scope)")
        connection.execute("INSERT INTO collections VALUES ('1', 'kb-a')")
        connection.execute("INSERT INTO segments VALUES ('segment-1', '1', 'VECTOR')")
    return folder


@pytest.mark.parametrize(("links_bytes", "description", "torn"), [(100, b"x", False), (1 << 34, b"x", True)])
def test_a_torn_index_loses_its_description(tmp_path: Path, links_bytes: int, description: bytes, torn: bool) -> None:
    folder = index(tmp_path, links_bytes, description)
    assert torn_collections(tmp_path) == ({"kb-a"} if torn else set())
    disarm(tmp_path)
    assert ((folder / "index_metadata.pickle").read_bytes() == b"") == torn
    assert torn_collections(tmp_path) == ({"kb-a"} if torn else set())


def test_no_index_is_no_trouble(tmp_path: Path) -> None:
    disarm(tmp_path)
    assert torn_collections(tmp_path) == set()


def test_files_of_dropped_collections_are_removed(tmp_path: Path) -> None:
    kept = index(tmp_path, 100, b"x").rename(tmp_path / "0a1b2c3d-0000-4000-8000-000000000001")
    with sqlite3.connect(tmp_path / "chroma.sqlite3") as connection:
        connection.execute("UPDATE segments SET id = ?", (kept.name,))
    dropped = tmp_path / "0a1b2c3d-0000-4000-8000-000000000002"
    dropped.mkdir()
    (tmp_path / "other").mkdir()
    assert sweep_dropped(tmp_path) == 1
    assert kept.is_dir() and (tmp_path / "other").is_dir() and not dropped.exists()
    assert sweep_dropped(tmp_path / "nowhere") == 0
