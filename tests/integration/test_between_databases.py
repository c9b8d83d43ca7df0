"""A knowledge base goes from SQLite to PostgreSQL and back, and is checked and mended there as here."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from pipeline.commands.check import CheckRequest, check
from pipeline.commands.check_report import CheckReport
from pipeline.commands.export_knowledge_base import export
from pipeline.commands.import_knowledge_base import import_archive
from pipeline.search import search
from pipeline.step_context import Resources
from stores.errors import InputError
from stores.sql.tables import metadata
from tests.in_process import KB, fake_document, fake_resources, ingest_now, sql_store

LEFT_OUT = ("meta", "request")


@pytest.fixture
def here(tmp_path: Path) -> Resources:
    """A home of SQLite files with a knowledge base, second generations among its rows."""
    docs = tmp_path / "docs"
    fake_document(docs / "alpha.pdf", "# Alpha\nThe payment term is thirty days.", "[scan] Zebra crossing rules.")
    fake_document(docs / "beta.pdf", "# Beta\nA contract about giraffes.", "付款期限为三十天。")
    fake_document(docs / "three.pdf", "First page.", "[broken]", "Third page about walrus.")
    resources = fake_resources(tmp_path / "here")
    ingest_now(resources, docs)
    ingest_now(resources, docs, options={"schemas": ("invoice",)})
    return resources


@pytest.fixture
def there(tmp_path: Path, database_url: str) -> Resources:
    """An empty home in PostgreSQL."""
    return fake_resources(tmp_path / "there", database_url=database_url)


def moved(source: Resources, target: Resources) -> None:
    content = b"".join(export(source, KB, "1.0", lambda what, count: None))
    import_archive(target, io.BytesIO(content), "", lambda what, count: None)


def rows(resources: Resources) -> dict[str, list[str]]:
    with sql_store(resources).database.read() as connection:
        return {
            name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for name, table in metadata.tables.items()
            if name not in LEFT_OUT
        }


def answers(resources: Resources) -> list[Any]:
    queries = ("giraffes contract", "zebra crossing", "payment", "walrus", "付款期限")
    hits = [search.search(resources, KB, query, 5, mode, {}) for query in queries for mode in search.MODES]
    return [[(hit.source, hit.text, hit.boxes) for hit in some] for some in hits]


def checked(resources: Resources, *, repair: bool = False) -> CheckReport:
    request = CheckRequest(deep=True, repair=repair, settle_s=0.0)
    return check(resources, KB, request, lambda what, count: None)


def codes(report: CheckReport) -> set[str]:
    return {finding.code for finding in report.findings}


def test_a_knowledge_base_goes_to_postgresql_and_back(here: Resources, there: Resources, tmp_path: Path) -> None:
    moved(here, there)
    assert (rows(there), answers(there)) == (rows(here), answers(here))
    assert there.catalog.names() == [KB] and not checked(there).findings
    with pytest.raises(InputError, match="already"):
        moved(here, there)
    assert there.catalog.names() == [KB]
    back = fake_resources(tmp_path / "back")
    moved(there, back)
    assert (rows(back), answers(back)) == (rows(here), answers(here))
    fake_document(tmp_path / "more" / "new.pdf", "A page about otters.")
    ingest_now(there, tmp_path / "more")
    assert [hit.source for hit in search.search(there, KB, "otters", 5, "keyword", {})] == ["new.pdf"]


DAMAGES = {
    "keywords_missing": "DELETE FROM chunk_words WHERE id = (SELECT min(id) FROM chunk_words)",
    "keywords_other": "UPDATE chunk_words SET words = '''other'':1A'",
    "keywords_stray": "INSERT INTO chunk_words VALUES (99999, '''stray'':1A', 1)",
    "keywords_damaged": "UPDATE chunk_words_count SET rows = rows + 1 WHERE word <> ''",
    "document_state_wrong": "UPDATE document SET state = 'running'",
    "visible_missing": "UPDATE document SET visible = 77 WHERE id = (SELECT min(id) FROM document)",
}


def test_planted_damage_is_found_and_repaired_in_postgresql(here: Resources, there: Resources) -> None:
    moved(here, there)
    wanted = answers(there)
    for code, statement in DAMAGES.items():
        with sql_store(there).database.write() as connection:
            connection.exec_driver_sql(statement)
        assert code in codes(checked(there)), code
        checked(there, repair=True)
        assert not checked(there).findings, code
    assert answers(there) == wanted
