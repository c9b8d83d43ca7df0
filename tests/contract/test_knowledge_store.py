"""What every KnowledgeStore promises, by its contracts alone. Another dialect is one more name in ``catalog``."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.search.filter_language import parse
from pipeline.stage_specs import NEEDS
from stores.catalog import Catalog
from stores.contracts import KnowledgeCatalog, KnowledgeStore
from stores.contracts.registration import NewJob
from stores.correction_marks import Verdict
from stores.corrections import CorrectionRequest
from stores.effects import Claim, Planned
from stores.errors import CancelledError, InputError, LeaseLostError, NotFoundError
from stores.ids import new_temporary_id
from stores.models import (
    Box,
    DocumentState,
    Evidence,
    Fault,
    Field,
    FieldKind,
    JobState,
    Options,
    Outcome,
    Stage,
    StepKey,
    chunk_id,
    document_id,
)
from stores.placement import PlacementDecision
from stores.postgresql_catalog import PostgresCatalog
from stores.sql.postgresql_server import PostgresServer
from tests.contract.published_document import (
    DOCUMENT,
    EMBEDDER,
    KB,
    RECORD,
    SCHEMA,
    TEXT,
    chunk,
    claimed,
    key,
    parsed,
    planned,
    published,
    staged,
    submitted,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[KnowledgeCatalog]:
    if request.param == "sqlite":
        yield Catalog(tmp_path, pooled=True)
        return
    server = PostgresServer(request.getfixturevalue("database_url"))
    yield PostgresCatalog(server, tmp_path)
    server.close()


def test_a_knowledge_base_of_a_conversion_is_seen_by_workers_alone(catalog: KnowledgeCatalog) -> None:
    name = new_temporary_id()
    catalog.create(name).set_meta("round", "1")
    catalog.create("listed")
    catalog.mark_busy(name)
    assert catalog.names() == ["listed"]
    assert sorted(catalog.every_name()) == sorted(["listed", name])
    assert catalog.busy() == [name] and catalog.store(name).get_meta("round") == "1"
    catalog.remove(name)
    assert catalog.every_name() == ["listed"]


@pytest.fixture
def store(catalog: KnowledgeCatalog) -> KnowledgeStore:
    made = catalog.create(KB)
    made.record_tables.prepare([SCHEMA])
    return made


# The catalog


def test_a_knowledge_base_is_there_from_its_creation_to_its_removal(catalog: KnowledgeCatalog) -> None:
    with pytest.raises(NotFoundError):
        catalog.store(KB)
    catalog.create(KB).set_meta("colour", "red")
    catalog.create(KB).set_meta("colour", "blue")
    assert catalog.names() == [KB]
    assert (catalog.store(KB).get_meta("colour"), catalog.store(KB).get_meta("shape")) == ("blue", "")
    assert float(catalog.store(KB).get_meta("created_at")) == pytest.approx(catalog.now(), abs=3600)
    catalog.remove(KB)
    assert catalog.names() == []
    assert catalog.create(KB).get_meta("colour") == ""


def test_marks_of_unfinished_work_are_set_and_taken_away(catalog: KnowledgeCatalog) -> None:
    catalog.create(KB)
    for _ in range(2):
        catalog.mark_busy(KB)
        catalog.mark_outbound(KB)
    assert (catalog.busy(), catalog.outbound_tasks()) == ([KB], [KB])
    catalog.rest(KB)
    catalog.rest_outbound(KB)
    assert (catalog.busy(), catalog.outbound_tasks()) == ([], [])


# Registration


def test_a_registered_file_is_known_and_its_first_step_is_due(store: KnowledgeStore) -> None:
    job = submitted(store)
    (known,) = store.registration.sources()
    assert (known.root, known.name, known.newest) == ("/docs", "a.pdf", DOCUMENT)
    assert store.registration.generations()[DOCUMENT].state is DocumentState.QUEUED
    assert store.registration.queued() == 1
    assert store.dispatch.take(10, frozenset()) == [key(Stage.PLAN)]
    assert [view.source for view in store.job_queries.get(job).documents] == ["a.pdf"]


def test_the_same_bytes_under_two_names_are_one_document(store: KnowledgeStore) -> None:
    submitted(store)
    submitted(store, 2, staged("b.pdf"))
    assert {source.newest for source in store.registration.sources()} == {DOCUMENT}
    assert list(store.registration.generations()) == [DOCUMENT]
    assert store.registration.queued() == 1, "the second request waits for the work of the first"


def test_a_transaction_that_raises_leaves_nothing(store: KnowledgeStore) -> None:
    with pytest.raises(ZeroDivisionError), store.registration.together(time.time()) as unit:
        unit.open_jobs([NewJob(job=f"{KB}.1", options=Options())])
        raise ZeroDivisionError
    assert store.job_queries.open_ids() == []


def test_answers_to_requests_are_kept_and_replaced(store: KnowledgeStore) -> None:
    for digest in ("first", "second"):
        with store.registration.together(time.time()) as unit:
            unit.keep_answers([("key", digest, 202, {"job": "x"})])
    with store.registration.snapshot() as unit:
        assert [(key, kept.digest) for key, kept in unit.answered(["key", "other"]).items()] == [("key", "second")]


def test_a_profile_is_written_once(store: KnowledgeStore) -> None:
    for content in ({"dpi": 200}, {"dpi": 300}):
        store.profiles.keep("p", content)
    assert store.profiles.read(["p", "q"]) == {"p": {"dpi": 200}}


# Steps


def test_a_step_is_claimed_once_however_many_ask(store: KnowledgeStore) -> None:
    submitted(store)
    claims: list[Claim | None] = []
    asking = [
        threading.Thread(
            target=lambda owner=f"o{number}": claims.append(store.steps.claim(key(Stage.PLAN), owner, "w"))
        )
        for number in range(8)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(claims) == 8 and len([claim for claim in claims if claim]) == 1


def test_batches_that_end_at_once_make_the_next_step_due_exactly_once(store: KnowledgeStore) -> None:
    submitted(store)
    planned(store, pages=8)
    due: list[StepKey] = []
    ending = [threading.Thread(target=lambda batch=at: due.extend(parsed(store, batch))) for at in range(1, 9)]
    for thread in ending:
        thread.start()
    for thread in ending:
        thread.join()
    assert due == [key(Stage.EXTRACT)]


def test_a_claim_that_was_taken_over_writes_nothing_more(store: KnowledgeStore) -> None:
    submitted(store)
    late = claimed(store, Stage.PLAN, owner="dead/1")
    assert store.steps.release("other/") == 0 and store.steps.release("dead/") == 1
    again = claimed(store, Stage.PLAN, owner="alive/1")
    assert (again.attempt, again.lost_attempts) == (2, 1)
    assert not store.steps.beat(late)
    with pytest.raises(LeaseLostError):
        store.steps.finish(late, Planned(password="", pages=(), batches=()), NEEDS, 0.0)
    assert store.steps.beat(again)


def test_a_step_that_is_tried_later_is_not_due_before(store: KnowledgeStore) -> None:
    submitted(store)
    store.steps.retry_later(claimed(store, Stage.PLAN), Fault(code="transient", message="busy"), 3600.0)
    assert store.steps.claim(key(Stage.PLAN), "o", "w") is None
    (due,) = store.work_queries.due_steps()
    assert (due.stage, due.error) == (Stage.PLAN, "busy")


def test_a_fatal_failure_is_that_of_the_document_and_ends_its_job(store: KnowledgeStore) -> None:
    job = submitted(store)
    store.steps.fail(claimed(store, Stage.PLAN), Fault(code="encrypted", message="locked"), NEEDS, fatal=True)
    (view,) = store.job_queries.get(job).documents
    assert (view.state, store.job_queries.summary(job).state) == (DocumentState.FAILED, JobState.DONE)
    assert not store.dispatch.unfinished()


def test_a_cancelled_job_ends_its_steps_and_can_be_retried(store: KnowledgeStore) -> None:
    job = submitted(store)
    claim = claimed(store, Stage.PLAN)
    assert store.job_control.cancel(job) == 1
    with pytest.raises((CancelledError, LeaseLostError)):
        store.steps.finish(claim, Planned(password="", pages=(), batches=()), NEEDS, 0.0)
    assert store.job_queries.summary(job).state is JobState.CANCELLED
    assert store.job_control.retry(job, NEEDS) == 1
    assert store.dispatch.take(10, frozenset()) != []


def test_sent_steps_are_not_sent_again_unless_that_failed(store: KnowledgeStore) -> None:
    submitted(store)
    sent = store.dispatch.take(10, frozenset())
    assert store.dispatch.take(10, frozenset()) == []
    store.dispatch.unsend(sent)
    assert store.dispatch.take(10, frozenset()) == sent


def test_the_most_wanted_document_is_sent_first(store: KnowledgeStore) -> None:
    submitted(store)
    wanted, other = staged("b.pdf", "6" * 64), f"{KB}.{9:026}"
    decision = PlacementDecision(file=wanted, outcome=Outcome.NEW, options=Options(), fingerprints={})
    with store.registration.together(time.time()) as unit:
        unit.open_jobs([NewJob(job=other, options=Options(), priority=5)])
        unit.register([(other, decision)], NEEDS)
    first = key(Stage.PLAN, document=document_id("6" * 64))
    assert store.dispatch.take(1, frozenset()) == [first]
    assert [run.priority for run in store.dispatch.runs([first, key(Stage.PLAN)], {})] == [5, 0]


# Content


def test_a_published_document_is_read_as_it_was_saved(store: KnowledgeStore) -> None:
    job = submitted(store)
    published(store)
    assert store.job_queries.summary(job).state is JobState.DONE
    assert store.document_queries.get(DOCUMENT).state is DocumentState.DONE
    assert [page.text for page in store.pages.read(DOCUMENT, 1)] == [TEXT, TEXT]
    assert store.pages.chunks(DOCUMENT, 1) == [chunk(0, "Herons fish"), chunk(1, "Otters swim")]
    assert store.record_tables.read(DOCUMENT, 1) == [RECORD]
    assert store.record_tables.visible_part("bill", "", 10) == [(DOCUMENT, "a.pdf", RECORD)]
    assert store.queries.answering() == {"pages": 2, "chunks": 2, "records": 1}


def test_print_that_ocr_was_not_sure_of_is_told(store: KnowledgeStore) -> None:
    submitted(store)
    published(store, replace(TEXT, confidence=0.8, blocks=(replace(TEXT.blocks[0], confidence=0.9),)))
    told = {(one.page, one.confidence, one.box) for one in store.page_queries.unsure_print([DOCUMENT], 0.96)[DOCUMENT]}
    assert told == {(at, *what) for at in (1, 2) for what in ((0.8, None), (0.9, TEXT.blocks[0].box))}


def test_words_are_found_only_after_the_switch(store: KnowledgeStore) -> None:
    submitted(store)
    assert store.chunks.keyword_hits("herons", 5, None).ids == []
    published(store)
    first = chunk_id(DOCUMENT, 1, 0)
    assert store.chunks.keyword_hits("heron", 5, None).ids == [first], "in another form of the word"
    assert store.chunks.keyword_hits("herons", 5, {"another"}).ids == []
    assert store.chunks.read([first]) == {first: (replace(chunk(0, "Herons fish")), "a.pdf")}
    assert store.chunks.embedders() == [EMBEDDER] and store.chunks.any_visible(EMBEDDER)
    assert [len(part) for part in store.chunks.vectors(EMBEDDER)] == [2]


def test_documents_are_filtered_by_what_was_extracted(store: KnowledgeStore) -> None:
    submitted(store)
    published(store)
    for where in (
        "issuer=ø合同",
        "total=9.50",
        "bill.total = 9..10 and language in (de, en)",
        "total < 9 or not source has b.pdf",
        f"document={DOCUMENT[:8]} and source=a.pdf and added > 1970 and updated >= 1970-01",
        "media_type != image",
    ):
        assert store.chunks.filtered(parse(where)) == {DOCUMENT}, where
    for where in ("total=9", "total > 9.5", "total != 9.50", "source=A.pdf", "nowhere != 1", "added < 1970"):
        assert store.chunks.filtered(parse(where)) == set(), where
    assert store.chunks.filtered(None) is None


def test_columns_of_a_schema_are_added_and_keep_their_first_type(store: KnowledgeStore) -> None:
    more = replace(SCHEMA, fields=(*SCHEMA.fields, Field(name="due", kind=FieldKind.DATE)))
    assert store.record_tables.prepare([more, more]) == []
    other = replace(SCHEMA, fields=(Field(name="total", kind=FieldKind.TEXT),))
    (remark,) = store.record_tables.prepare([other])
    assert "'total'" in remark


def test_a_name_or_a_part_of_the_id_finds_a_document(store: KnowledgeStore) -> None:
    submitted(store)
    assert {store.document_queries.find(name) for name in ("a.pdf", DOCUMENT, DOCUMENT[:8])} == {DOCUMENT}
    with pytest.raises(NotFoundError):
        store.document_queries.find("b.pdf")


def test_a_document_is_renamed_beside_the_name_of_its_file(store: KnowledgeStore) -> None:
    submitted(store)
    store.registration.rename(DOCUMENT, "Lease")
    published(store)
    view = store.document_queries.get(store.document_queries.find("Lease"))
    assert (view.source, view.sources, view.renamed_from) == ("Lease", ("a.pdf",), "a.pdf")
    assert [view.source for view in store.document_queries.all()] == ["Lease"]
    assert store.chunks.metadata(DOCUMENT, 1)["name"] == "Lease"
    assert [source.name for source in store.registration.sources()] == ["a.pdf"]
    store.registration.rename(DOCUMENT, "a.pdf")
    assert store.document_queries.get(DOCUMENT).renamed_from == ""
    with pytest.raises(NotFoundError):
        store.registration.rename("0" * 32, "Lease")


def test_a_document_is_not_reprocessed_while_it_is_worked_on(store: KnowledgeStore) -> None:
    submitted(store)
    with pytest.raises(InputError):
        store.reprocessing.base(DOCUMENT)
    published(store)
    base = store.reprocessing.base(DOCUMENT)
    assert (base.number, base.fingerprints) == (1, {"embedder": EMBEDDER})
    rerun, job = frozenset({Stage.EMBED, Stage.PUBLISH}), f"{KB}.{2:026}"
    store.reprocessing.reprocess(job, base, rerun, (), {"embedder": "test/2"}, "", NEEDS, time.time())
    assert [step.stage for step in store.dispatch.take(10, frozenset())] == [Stage.EMBED]
    assert store.record_tables.read(DOCUMENT, 2) == [RECORD], "the results of other stages are copied"
    assert store.chunks.any_visible(EMBEDDER), "the old generation answers until the new one is complete"


def test_a_withdrawn_document_answers_no_more_and_leaves_nothing(store: KnowledgeStore) -> None:
    submitted(store)
    published(store)
    assert store.publication.withdraw(DOCUMENT)
    assert store.chunks.keyword_hits("herons", 5, None).ids == []
    assert store.chunks.visible([chunk_id(DOCUMENT, 1, 0)]) == {}
    with store.publication.removing(DOCUMENT) as unnamed:
        assert unnamed
    assert store.registration.sources() == [] and store.registration.generations() == {}
    with pytest.raises(NotFoundError):
        store.document_queries.get(DOCUMENT)


def test_downloads_and_callbacks_are_claimed_by_one(store: KnowledgeStore) -> None:
    job, url = f"{KB}.{3:026}", "https://files.example/a.pdf"
    with store.registration.together(time.time()) as unit:
        unit.open_jobs([NewJob(job=job, options=Options(), urls=(url,), callback_url="https://receiver.example")])
    assert [task.url for task in store.outbound_tasks.take(10, quiet=False)] == [url]
    claim = store.downloads.claim(job, url, "one", 60.0)
    assert claim is not None and store.downloads.claim(job, url, "two", 60.0) is None
    assert store.downloads.give_up(claim, Fault(code="fetch_failed", message="gone"))
    assert store.job_queries.summary(job).state is JobState.DONE
    event = store.callbacks.claim(job, "one", 60.0)
    assert event is not None and store.callbacks.claim(job, "two", 60.0) is None
    assert store.callbacks.delivered(event, 200)
    assert not store.callbacks.delivered(event, 200)


# Corrections

BOX: Box = (11.0, 21.0, 31.0, 41.0)


def test_a_correction_is_shown_kept_and_withdrawn(store: KnowledgeStore) -> None:
    submitted(store)
    published(store)
    place = Evidence(path="", page=2, boxes=(BOX,), quote="8")
    ask = CorrectionRequest(path="total", verdict=Verdict.CORRECTED, author="ann", value=8.0, evidence=place)
    made = store.corrections.add(DOCUMENT, 1, "bill", ask)
    row = CorrectionRequest(path="lines[0]", verdict=Verdict.REJECTED, author="ann")
    tag = store.etags.of_records("bill", "", None)
    store.corrections.add(DOCUMENT, 1, "bill", row)
    assert (made.number, made.replaced, store.etags.of_records("bill", "", None) == tag) == (1, 9.5, False)
    (shown,) = store.record_tables.read(DOCUMENT, 1)
    assert (shown.fields["total"], shown.fields["lines"]) == (8.0, [])
    assert {one.path: (one.page, one.boxes) for one in shown.evidence}["total"] == (2, (BOX,))
    assert store.query("select total from bill_now", 9, 9.0).rows == ((8.0,),)
    assert store.query("select count(*) from record_bill_lines", 9, 9.0).rows == ((0,),)
    store.corrections.withdraw(DOCUMENT, 2, "bob")
    store.corrections.withdraw(DOCUMENT, 1, "bob")
    (shown,) = store.record_tables.read(DOCUMENT, 1)
    assert replace(shown, evidence=RECORD.evidence) == RECORD
    assert set(shown.evidence) == set(RECORD.evidence)
    assert [one.withdrawn_by for one in store.corrections.of_document(DOCUMENT)] == ["bob", "bob"]
    with pytest.raises(NotFoundError):
        store.corrections.withdraw(DOCUMENT, 3, "bob")
    with pytest.raises(NotFoundError):
        store.corrections.add(DOCUMENT, 1, "invoice", ask)
