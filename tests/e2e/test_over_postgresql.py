"""The command line over PostgreSQL: workers, a search, a deletion; nothing of it in SQLite files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.command import Home
from tests.in_process import fake_document

FAKES = {"text_engine": "fake", "ocr_engine": "fake", "embedder": "fake", "workers": 2}


@pytest.fixture
def there(home: Path, database_url: str) -> Iterator[Home]:
    made = Home(home, database_url=database_url, **FAKES)
    yield made
    made.down()


def test_documents_go_from_the_command_to_the_answer_through_postgresql(there: Home, tmp_path: Path) -> None:
    for number in range(4):
        fake_document(tmp_path / "d" / f"{number}.pdf", f"Herons fish here, {number}.", "[scan] Otters swim.")
    there.ingot("ingest", str(tmp_path / "d"), "-k", "birds")
    (job,) = there.ask("jobs", "list")
    assert (job["state"], job["counts"]) == ("done", {"done": 4})
    assert len(there.ask("search", "herons", "-k", "birds", "--mode", "keyword")["hits"]) == 4
    assert not list(there.folder.glob("*/kb.db"))
    there.ingot("kb", "delete", "birds", "--yes")
    assert there.ask("kb", "list") == []
