"""How long work took: what was waited for is not work, what was done twice at once counts once, a retry adds itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from ingest import serializers
from ingest.cli.ingest import summary
from ingest.cli.progress import times_words
from pipeline.commands import reprocess
from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.stage_specs import NEEDS
from pipeline.step_context import Resources
from stores.knowledge_store import SqlKnowledgeStore
from stores.models import DocumentState, Fault, Stage, StepKey
from stores.queries import durations
from stores.sql.tables import step
from tests.in_process import KB, fake_document, fake_resources, run_chain, run_until_done, sql_store


class Clock:
    """The time of day, which only sleeping moves: a page that says ``[slow 4]`` takes four seconds."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    stopped = Clock()
    monkeypatch.setattr(time, "time", lambda: stopped.now)
    monkeypatch.setattr(time, "sleep", stopped.sleep)
    yield stopped


@pytest.fixture
def resources(tmp_path: Path) -> Resources:
    return fake_resources(tmp_path / "home", batch_pages=1)


@pytest.fixture
def store(resources: Resources) -> SqlKnowledgeStore:
    resources.catalog.create(KB)
    return sql_store(resources, KB)


def asked(resources: Resources, folder: Path) -> str:
    return str(ingest(resources, KB, IngestRequest(paths=(folder,))).job)


def read_first_page(resources: Resources, store: SqlKnowledgeStore) -> None:
    """Plan the document and read its first page, no more."""
    document = store.document_queries.find("a.pdf")
    for stage in (Stage.PLAN, Stage.PARSE):
        run_chain(resources, StepKey(knowledge_id=KB, document=document, generation=1, stage=stage))


def test_waiting_is_no_work(resources: Resources, store: SqlKnowledgeStore, clock: Clock, tmp_path: Path) -> None:
    fake_document(tmp_path / "docs" / "a.pdf", "[slow 4] words")
    job = asked(resources, tmp_path / "docs")
    clock.now += 51

    def others_come_first(key: StepKey) -> None:
        clock.now += 20 if key.stage is Stage.EMBED else 0

    run_until_done(resources, others_come_first)
    summary = store.job_queries.summary(job)
    assert (summary.work_s, summary.waited_s) == (4.0, 51.0)
    assert summary.finished_at and summary.finished_at - summary.created_at == 75.0, (
        "and it is told when it was asked for"
    )
    document = store.document_queries.get(store.document_queries.find("a.pdf"))
    assert (document.work_s, document.waited_s) == (4.0, 51.0)
    (place,) = store.job_queries.get(job).documents
    assert (place.work_s, place.waited_s) == (4.0, 51.0)
    assert times_words(store.job_queries.get(job)) == "; 4.0 s of work after 51.0 s of waiting"
    assert serializers.job_summary(summary)["work_s"] == serializers.document(document)["work_s"] == 4.0


def test_a_retry_takes_what_it_takes(
    resources: Resources, store: SqlKnowledgeStore, clock: Clock, tmp_path: Path
) -> None:
    fake_document(tmp_path / "docs" / "a.pdf", "[slow 4] words", "[broken]")
    job = asked(resources, tmp_path / "docs")
    run_until_done(resources)
    assert store.job_queries.summary(job).work_s == 4.0
    clock.now += 300
    store.job_control.retry(job, NEEDS)
    assert store.job_queries.summary(job).work_s is None, "it is open again"
    clock.now += 8
    run_until_done(resources)
    assert store.job_queries.summary(job).work_s == 4.0
    assert store.document_queries.get(store.document_queries.find("a.pdf")).work_s == 4.0
    clock.now += 300
    again = reprocess.retry_document(resources, store, store.document_queries.find("a.pdf"), None)
    run_until_done(resources)
    view = store.job_queries.get(again)
    assert (view.work_s, view.documents[0].work_s) == (0.0, 0.0), "this request did no more"


def test_a_job_remembers_its_work_when_its_document_is_gone(
    resources: Resources, store: SqlKnowledgeStore, clock: Clock, tmp_path: Path
) -> None:
    fake_document(tmp_path / "docs" / "a.pdf", "[slow 2] words")
    job = asked(resources, tmp_path / "docs")
    run_until_done(resources)
    reprocess.retry_document(resources, store, store.document_queries.find("a.pdf"), Stage.EMBED)
    run_until_done(resources)
    assert store.job_queries.summary(job).work_s == 2.0


def test_what_others_made_is_not_this_jobs_work(
    resources: Resources, store: SqlKnowledgeStore, clock: Clock, tmp_path: Path
) -> None:
    fake_document(tmp_path / "docs" / "a.pdf", "[slow 2] one", "[slow 3] two")
    first = asked(resources, tmp_path / "docs")
    read_first_page(resources, store)
    clock.now += 20  # the message of the second page is sent again
    joined = asked(resources, tmp_path / "docs")
    run_until_done(resources)
    assert store.job_queries.summary(first).work_s == 5.0
    assert store.job_queries.summary(joined).work_s == 3.0
    (place,) = store.job_queries.get(joined).documents
    assert place.work_s == 3.0 and not place.unchanged, "it was in work when it was asked for"


def test_nothing_to_do_took_nothing(
    resources: Resources, store: SqlKnowledgeStore, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.pdf").write_bytes(b"no document")
    report = ingest(resources, KB, IngestRequest(paths=(tmp_path / "docs",)))
    view = store.job_queries.get(str(report.job))
    assert (view.work_s, view.waited_s) == (0.0, None)
    assert summary(report, view, 1.0) == "1 failed in 1.0 s (0.0 s of work)."


@pytest.mark.parametrize(
    ("spans", "work_s"),
    [
        ([(0, 4), (2, 6)], 6.0),
        ([(0, 10), (2, 3), (4, 5)], 10.0),
        ([(0, 1), (50, 51)], 2.0),
        ([(0, 4), (0, 4)], 4.0),
        ([(5, 6), (0, 9), (8, 12)], 12.0),
    ],
)
def test_steps_beside_each_other_count_once(
    resources: Resources,
    store: SqlKnowledgeStore,
    clock: Clock,
    tmp_path: Path,
    spans: list[tuple[int, int]],
    work_s: float,
) -> None:
    fake_document(tmp_path / "docs" / "a.pdf", *(f"page {number}" for number in range(8)))
    job = asked(resources, tmp_path / "docs")
    run_until_done(resources)
    with store.database.write() as connection:
        connection.execute(update(step).values(started_at=None))
        for batch, (began, ended) in enumerate(spans):
            mine = step.c.stage == Stage.PARSE, step.c.batch == batch
            times = {"started_at": clock.now + began, "finished_at": clock.now + ended}
            assert connection.execute(update(step).where(*mine).values(**times)).rowcount == 1
        spent = durations.of_job(connection, job)
        document = store.document_queries.find("a.pdf")
        each = durations.of_generations(connection, [document])[(document, 1)]
    assert spent and spent.work_s == each.work_s == work_s


def test_an_attempt_that_failed_is_work_and_the_pause_after_it_is_not(
    resources: Resources, store: SqlKnowledgeStore, clock: Clock, tmp_path: Path
) -> None:
    fake_document(tmp_path / "docs" / "a.pdf", "words")
    job = asked(resources, tmp_path / "docs")
    key = StepKey(knowledge_id=KB, document=store.document_queries.find("a.pdf"), generation=1, stage=Stage.PLAN)
    claim = store.steps.claim(key, "one", "one@host#1")
    assert claim
    clock.now += 3
    store.steps.retry_later(claim, Fault(code="transient", message="not now"), 60.0)
    clock.now += 60
    claim = store.steps.claim(key, "two", "two@host#1")
    assert claim
    clock.now += 5
    assert store.steps.beat(claim)
    store.steps.release("two")  # its process died
    clock.now += 40
    run_until_done(resources)
    summary = store.job_queries.summary(job)
    assert summary.counts == {DocumentState.DONE: 1}
    assert summary.work_s == pytest.approx(8.0)


def test_a_cancelled_job_took_what_was_worked(
    resources: Resources, store: SqlKnowledgeStore, clock: Clock, tmp_path: Path
) -> None:
    fake_document(tmp_path / "docs" / "a.pdf", "[slow 2] one", "[slow 3] two", "three")
    job = asked(resources, tmp_path / "docs")
    read_first_page(resources, store)
    clock.now += 100
    store.job_control.cancel(job)
    assert store.job_queries.summary(job).work_s == 2.0
