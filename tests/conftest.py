"""Fixtures of all tests: a clean environment, a home of one's own, and the documents of ../shared/corpora if there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres_server import PostgresServer, running_postgres

ROOT = Path(__file__).resolve().parent.parent
CORPORA = ROOT.parent / "shared" / "corpora"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests see Ingot's defaults, whatever the shell that started them has set."""
    for name in [name for name in os.environ if name.startswith("INGOT_") and name != "INGOT_TEST_PROCESSES"]:
        monkeypatch.delenv(name)


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty home with a short path: the name of a Unix socket may have 107 bytes only."""
    folder = Path(tempfile.mkdtemp(prefix="ingot-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server; tests that need it are skipped where its package is not installed."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> Iterator[str]:
    """An empty PostgreSQL database of one's own."""
    url = postgres.url()
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def each_database(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _no_settings_from_outside: None
) -> None:
    """Run the test twice: with SQLite files in its home, and with a PostgreSQL database."""
    if request.param == "postgresql":
        monkeypatch.setenv("INGOT_DATABASE_URL", request.getfixturevalue("database_url"))


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the quickstart's documents, with ``truth.json``."""
    return ROOT / "ingest" / "samples"


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Documents that nobody here wrote; the test is skipped where they are not at hand."""
    if not CORPORA.is_dir():
        pytest.skip("the documents of ../shared/corpora are not here")
    return CORPORA
