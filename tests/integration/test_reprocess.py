"""A document made again from a stage on: what stood before is kept, and the old version answers meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from pipeline.commands import reprocess
from pipeline.step_context import Resources
from stores.errors import InputError
from stores.knowledge_store import SqlKnowledgeStore
from stores.models import DocumentState, JobState, Stage, StepKey
from stores.sql.tables import page
from tests.in_process import KB, fake_document, fake_resources, ingest_now, run_until_done, sql_store, stages_run

pytestmark = pytest.mark.usefixtures("each_database")

PAGES = ("# One\nfirst words a@b.example", "[scan] second words", "third words")


@pytest.fixture
def resources(tmp_path: Path) -> Resources:
    built = fake_resources(tmp_path / "home", batch_pages=2)
    fake_document(tmp_path / "in" / "a.pdf", *PAGES)
    ingest_now(built, tmp_path / "in")
    return built


@pytest.fixture
def store(resources: Resources) -> SqlKnowledgeStore:
    return sql_store(resources, KB)


def reprocessed(resources: Resources, store: SqlKnowledgeStore, stage: Stage | None) -> Any:
    """Reprocess the document from ``stage`` on; return its view afterwards and the stages that ran."""
    document = store.document_queries.find("a.pdf")
    job = reprocess.retry_document(resources, store, document, stage)
    assert store.job_queries.summary(job).state is JobState.RUNNING
    assert store.document_queries.get(document).visible, "the old version answers meanwhile"
    tried = run_until_done(resources)
    assert store.job_queries.summary(job).state is JobState.DONE
    return store.document_queries.get(document), {key.stage for key in tried}


@pytest.mark.parametrize(
    ("stage", "run"),
    [
        (Stage.PLAN, set(Stage)),
        (Stage.RENDER, {Stage.RENDER, Stage.OCR, Stage.EXTRACT, Stage.EMBED, Stage.PUBLISH}),
        (Stage.OCR, {Stage.RENDER, Stage.OCR, Stage.EXTRACT, Stage.EMBED, Stage.PUBLISH}),
        (Stage.PARSE, {Stage.PARSE, Stage.EXTRACT, Stage.EMBED, Stage.PUBLISH}),
        (Stage.EXTRACT, {Stage.EXTRACT, Stage.EMBED, Stage.PUBLISH}),
        (Stage.EMBED, {Stage.EMBED, Stage.PUBLISH}),
        (Stage.PUBLISH, {Stage.PUBLISH}),
    ],
)
def test_a_stage_and_what_follows_run_again(
    resources: Resources, store: SqlKnowledgeStore, stage: Stage, run: set[Stage]
) -> None:
    before = store.document_queries.get(store.document_queries.find("a.pdf"))
    records = store.record_tables.read(before.document, before.generation)
    after, ran = reprocessed(resources, store, stage)
    assert ran == run
    assert (after.state, after.generation) == (DocumentState.DONE, before.generation + 1)
    assert (after.pages, after.chunks, after.title) == (before.pages, before.chunks, before.title)
    assert [record.fields for record in store.record_tables.read(after.document, after.generation)] == [
        record.fields for record in records
    ]
    assert all(page.text for page in store.pages.read(after.document, after.generation))
    assert store.chunks.keyword_hits("second words", 5, None).ids
    assert len(store.chunks.keyword_hits("words", 50, None).ids) == after.chunks, "the old version answers no more"
    assert resources.vectors().ids(KB) == {f"{after.document}:{after.generation}:{n}" for n in range(after.chunks)}


def test_a_document_made_again_is_running_with_its_first_step(resources: Resources, store: SqlKnowledgeStore) -> None:
    document = store.document_queries.find("a.pdf")
    job = reprocess.retry_document(resources, store, document, Stage.EMBED)
    assert store.job_queries.summary(job).counts == {DocumentState.QUEUED: 1}
    key = StepKey(knowledge_id=KB, document=document, generation=2, stage=Stage.EMBED)
    assert store.steps.claim(key, "me", "me@host#1")
    assert store.job_queries.summary(job).counts == {DocumentState.RUNNING: 1}
    (working,) = store.job_queries.progress(job).working
    assert (working.stage, working.state) == (Stage.EMBED, DocumentState.RUNNING)
    store.steps.release("me")
    run_until_done(resources)
    (ended,) = store.job_queries.ended_documents(job, 0.0)
    assert ended.work_s is not None


def test_what_is_ingested_again_finds_nothing_to_do(
    resources: Resources, store: SqlKnowledgeStore, tmp_path: Path
) -> None:
    for stage in (Stage.OCR, Stage.EXTRACT, Stage.PUBLISH):
        reprocessed(resources, store, stage)
        assert ingest_now(resources, tmp_path / "in").job is None, stage


def test_only_what_failed_is_made_again(resources: Resources, store: SqlKnowledgeStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing of it failed"):
        reprocessed(resources, store, None)
    fake_document(tmp_path / "in" / "a.pdf", "fine", "[broken] page")
    ingest_now(resources, tmp_path / "in")
    document = store.document_queries.find("a.pdf")
    assert store.document_queries.get(document).state is DocumentState.PARTIAL
    again, ran = reprocessed(resources, store, None)
    assert again.state is DocumentState.PARTIAL
    assert Stage.PLAN not in ran and Stage.PARSE not in ran
    assert Stage.OCR in ran or Stage.RENDER in ran


def test_pages_that_were_never_read_are_read(resources: Resources, store: SqlKnowledgeStore, tmp_path: Path) -> None:
    """A cancelled document that is made again from embed must not end done without its pages."""
    document = store.document_queries.find("a.pdf")
    view = store.document_queries.get(document)
    with store.database.write() as connection:
        mine = page.update().where(page.c.document == document, page.c.number == 3)
        connection.execute(mine.values(markdown=None, engine=None))
    after, ran = reprocessed(resources, store, Stage.EMBED)
    assert {Stage.PARSE, Stage.EXTRACT, Stage.EMBED} <= ran
    assert after.state is DocumentState.DONE
    with store.database.read() as connection:
        texts = connection.execute(
            select(page.c.markdown).where(page.c.document == document, page.c.generation == after.generation)
        ).scalars()
        assert all(texts)
    assert after.generation == view.generation + 1


def test_a_document_at_work_is_left_alone(resources: Resources, store: SqlKnowledgeStore) -> None:
    document = store.document_queries.find("a.pdf")
    reprocess.retry_document(resources, store, document, Stage.PLAN)
    with pytest.raises(InputError, match="being worked on") as refused:
        reprocess.retry_document(resources, store, document, Stage.EMBED)
    assert refused.value.code == "conflict"


def test_what_was_never_planned_is_made_from_the_beginning(
    resources: Resources, store: SqlKnowledgeStore, tmp_path: Path
) -> None:
    fake_document(tmp_path / "in" / "locked.pdf", "text", password="x")
    ingest_now(resources, tmp_path / "in")
    locked = store.document_queries.find("locked.pdf")
    with pytest.raises(InputError, match="never planned"):
        reprocess.retry_document(resources, store, locked, Stage.OCR)
    job = reprocess.retry_document(resources, store, locked, Stage.PLAN)
    run_until_done(resources)
    assert store.job_queries.summary(job).counts == {DocumentState.FAILED: 1}


def test_cancelled_work_can_be_made_again(resources: Resources, store: SqlKnowledgeStore) -> None:
    document = store.document_queries.find("a.pdf")
    job = reprocess.retry_document(resources, store, document, Stage.PARSE)
    store.job_control.cancel(job)
    assert run_until_done(resources) == []
    assert store.document_queries.get(document).visible
    assert stages_run(store, document, 2)["parse"] == "cancelled"
    after, _ = reprocessed(resources, store, None)
    assert after.state is DocumentState.DONE
