"""What registering documents costs, counted in SQL statements and SQLite's own work."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.commands.submission import Submission
from stores.contracts.registration import NewJob
from stores.models import JobState, Options, Outcome
from tests.in_process import KB, fake_document
from tests.submitter import Submitter
from tests.waiting import GENEROUS_S

FAKE = "text/x-fake-pages"


@pytest.fixture
def submitter(home: Path) -> Submitter:
    return Submitter(home)


@contextmanager
def sqlite_work() -> Iterator[list[int]]:
    """One entry for every ten instructions of SQLite's machine, in all databases of this process."""
    work: list[int] = []

    def count(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_progress_handler(lambda: work.append(1), 10)

    event.listen(Pool, "checkout", count)
    yield work
    event.remove(Pool, "checkout", count)


def test_the_thousandth_submission_costs_what_the_first_did(submitter: Submitter) -> None:
    def cost(begin: int) -> int:
        with sqlite_work() as work:
            for n in range(begin, begin + 20):
                submitter.submit(submitter.upload(f"text {n}", f"{n}.pdf"))
        return len(work)

    cost(0)
    first = cost(100)
    for begin in range(1000, 3000, 50):
        uploads = tuple(submitter.upload(f"text {n}", f"{n}.pdf") for n in range(begin, begin + 50))
        submitter.queue.submit(KB, Submission(uploads=uploads)).result(GENEROUS_S)
    assert 0 < first <= cost(10_000) < 2 * first


@contextmanager
def sql_statements() -> Iterator[list[str]]:
    """The statements that SQLAlchemy sends, in all databases of this process."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield statements
    event.remove(Engine, "before_cursor_execute", note)


def test_fifty_new_documents_take_as_many_statements_as_one(submitter: Submitter) -> None:
    submitter.submit(submitter.upload("first", "first.pdf"))
    with sql_statements() as for_one:
        submitter.submit(submitter.upload("one", "one.pdf"))
    uploads = [submitter.upload(f"text {n}", f"{n}.pdf") for n in range(50)]
    with sql_statements() as for_fifty:
        submitter.submit(*uploads)
    assert len(for_fifty) == len(for_one) <= 9


def test_a_folder_is_registered_a_slice_at_a_time(submitter: Submitter, tmp_path: Path) -> None:
    for n in range(64):
        fake_document(tmp_path / "folder" / f"{n}.pdf", f"text {n}")
    with sql_statements() as statements:
        report = ingest(submitter.resources, KB, IngestRequest(paths=(tmp_path / "folder",)))
    assert [result.outcome for result in report.files] == [Outcome.NEW] * 64
    assert submitter.sql("SELECT count(*) FROM job_document WHERE state = 'queued'") == [(64,)]
    writes = [statement for statement in statements if statement.startswith("INSERT INTO document ")]
    assert len(writes) == 2


def test_a_folder_without_documents_has_a_job_that_is_over_at_once(home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    submitter = Submitter(home, ingest_root=tmp_path)
    receipt = submitter.queue.submit(KB, Submission(paths=(Path("empty"),))).result(GENEROUS_S)
    assert submitter.resources.catalog.store(KB).job_queries.get(receipt.job).state is JobState.DONE


def test_a_thousand_open_jobs_with_one_profile_are_read_as_one(submitter: Submitter) -> None:
    store = submitter.resources.catalog.create(KB)
    jobs = {"test.2": "p", "test.3": "q", "test.1": "p", "test.4": None} | {f"test.5.{n}": "p" for n in range(1000)}
    with store.registration.together(time.time()) as unit:
        for name in ("p", "q"):
            unit.keep_profile(name, {"settings": {"embedder": name}})
        unit.open_jobs([NewJob(job=job, options=Options(), profile=name) for job, name in jobs.items()])
    told = [(work.job, work.profile and work.profile["settings"]["embedder"]) for work in store.profiles.of_open_jobs()]
    assert told == [("test.1", "p"), ("test.3", "q"), ("test.4", None)]
