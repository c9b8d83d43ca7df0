"""Stores are opened once for all threads, and opened again where their knowledge base was deleted and made anew."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stores import catalog
from stores.catalog import Catalog
from stores.errors import NotFoundError
from tests.worker_processes import open_files


def test_a_knowledge_base_made_anew_by_another_process_is_seen(home: Path) -> None:
    """A worker that lives on keeps connections, and would go on with the file that is gone."""
    worker, service = Catalog(home, pooled=True), Catalog(home)
    service.create("kb").set_meta("round", "1")
    assert worker.store("kb").get_meta("round") == "1"
    service.remove("kb")
    with pytest.raises(NotFoundError):
        worker.store("kb")
    service.create("kb").set_meta("round", "2")
    assert worker.store("kb").get_meta("round") == "2"
    service.remove("kb")
    service.create("kb")
    assert worker.store("kb").get_meta("round") == ""


def test_threads_share_one_store(home: Path) -> None:
    Catalog(home).create("kb")
    catalog = Catalog(home, pooled=True)
    with ThreadPoolExecutor(16) as threads:
        stores = list(threads.map(lambda _: catalog.store("kb"), range(64)))
    assert len({id(store.database) for store in stores}) == 1


def test_a_home_of_many_knowledge_bases_keeps_some_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "MOST_OPEN", 3)
    many = Catalog(tmp_path, pooled=True)
    first = many.create("kb-0")
    for number in range(1, 8):
        many.create(f"kb-{number}")
        assert many.store("kb-0") is first, "what is used stays"
    databases = {path for path in open_files(os.getpid()) if path.is_relative_to(tmp_path) and path.name == "kb.db"}
    assert len(databases) <= 3
    assert many.names() == [f"kb-{number}" for number in range(8)]
    for number in range(8):
        assert many.store(f"kb-{number}").get_meta("knowledge_id") == f"kb-{number}"
