"""Submissions against a real store: what is written, which share a transaction, what names mean, what is sent first."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline import removal
from pipeline.commands.submission import Submission, SubmissionReceipt
from pipeline.priorities import QUEUES, priority_of
from pipeline.service import Service
from pipeline.settings import Settings
from stores.errors import InputError, NotFoundError, UnavailableError
from stores.models import JobState, Options, Outcome, Stage
from stores.placement import StagedFile
from tests.conftest import ROOT
from tests.in_process import KB, run_until_done, sql_store
from tests.submitter import Submitter
from tests.waiting import GENEROUS_S, eventually

FAKE = "text/x-fake-pages"


@pytest.fixture
def submitter(home: Path) -> Submitter:
    return Submitter(home)


def outcomes(receipt: SubmissionReceipt) -> list[str]:
    return [str(result.outcome) for result in receipt.documents]


def test_an_upload_becomes_a_job_whose_bytes_are_among_the_originals(submitter: Submitter) -> None:
    upload = submitter.upload("one")
    receipt = submitter.submit(upload)
    assert receipt.job.startswith(f"{KB}.")
    assert outcomes(receipt) == ["new"]
    staging = submitter.resources.workspaces.staging()
    assert submitter.resources.files.local_original(KB, upload.sha256, staging).read_bytes() == b"%FAKE\none"
    assert not upload.path.exists()
    assert submitter.resources.catalog.busy() == [KB]
    run_until_done(submitter.resources)
    view = submitter.resources.catalog.store(KB).job_queries.get(receipt.job)
    assert (view.state, [str(document.state) for document in view.documents]) == (JobState.DONE, ["done"])


def test_a_submission_of_known_bytes_has_a_job_that_is_over_at_once(submitter: Submitter) -> None:
    submitter.submit(submitter.upload("one"))
    run_until_done(submitter.resources)
    receipt = submitter.submit(submitter.upload("one"))
    assert outcomes(receipt) == ["same"]
    view = submitter.resources.catalog.store(KB).job_queries.get(receipt.job)
    assert view.state is JobState.DONE
    assert [str(document.state) for document in view.documents] == ["done"]


def test_two_uploads_of_one_name_are_two_documents(submitter: Submitter) -> None:
    first, second = submitter.submit(submitter.upload("one")), submitter.submit(submitter.upload("two"))
    assert (outcomes(first), outcomes(second)) == (["new"], ["new"])
    run_until_done(submitter.resources)
    assert (
        outcomes(submitter.submit(submitter.upload("one")))
        == outcomes(submitter.submit(submitter.upload("two")))
        == ["same"]
    )
    assert submitter.sql("SELECT count(*) FROM document WHERE visible IS NOT NULL") == [(2,)]


def test_one_name_twice_in_a_request_has_two_places_in_its_job(submitter: Submitter) -> None:
    receipt = submitter.submit(submitter.upload("one"), submitter.upload("two"), submitter.upload("one"))
    assert [result.source for result in receipt.documents] == ["a.pdf", "a.pdf (2)", "a.pdf"]
    assert outcomes(receipt) == ["new", "new", "same"]
    assert submitter.sql("SELECT source FROM job_document ORDER BY source") == [("a.pdf",), ("a.pdf (2)",)]


def test_replace_puts_the_new_bytes_in_place_of_the_old_once_they_are_made(submitter: Submitter) -> None:
    old = submitter.submit(submitter.upload("old words")).documents[0].document
    run_until_done(submitter.resources)
    receipt = submitter.submit(submitter.upload("new words"), replace=True)
    assert outcomes(receipt) == ["changed"]
    assert submitter.sql(f"SELECT visible FROM document WHERE id = '{old}'") == [(1,)]  # answers until the new one does
    run_until_done(submitter.resources)
    assert submitter.sql("SELECT id FROM document") == [(receipt.documents[0].document,)]


def test_replacing_by_bytes_that_answer_already_removes_what_lost_its_name(submitter: Submitter) -> None:
    old = submitter.submit(submitter.upload("old"), submitter.upload("known", "b.pdf")).documents[0].document
    run_until_done(submitter.resources)
    assert outcomes(submitter.submit(submitter.upload("known"), replace=True)) == ["changed"]
    eventually(lambda: old not in [row[0] for row in submitter.sql("SELECT id FROM document")])


def test_the_same_bytes_under_a_second_name_are_a_duplicate(submitter: Submitter) -> None:
    submitter.submit(submitter.upload("one"))
    run_until_done(submitter.resources)
    assert outcomes(submitter.submit(submitter.upload("one", "b.pdf"))) == ["duplicate"]


def test_other_options_for_known_bytes_make_only_what_they_ask_for(submitter: Submitter) -> None:
    submitter.submit(submitter.upload("one"))
    run_until_done(submitter.resources)
    receipt = submitter.submit(submitter.upload("one"), options=Options(schemas=("invoice",)))
    assert outcomes(receipt) == ["again"]
    steps = submitter.sql("SELECT stage, state FROM step WHERE generation = 2")
    assert ("plan", "skipped") in steps


def test_many_at_once_share_transactions_and_none_is_lost(submitter: Submitter) -> None:
    uploads = [submitter.upload(f"text {n}", f"{n}.pdf") for n in range(120)]
    futures = [submitter.queue.submit(KB, Submission(uploads=(upload,))) for upload in uploads]
    jobs = {future.result(GENEROUS_S).job for future in futures}
    assert len(jobs) == 120
    assert submitter.sql("SELECT count(*) FROM job") == submitter.sql("SELECT count(*) FROM document") == [(120,)]
    assert len(submitter.committed) < 60


def test_the_same_bytes_from_many_at_once_are_one_document(submitter: Submitter) -> None:
    uploads = [submitter.upload("the same") for _ in range(40)]
    futures = [submitter.queue.submit(KB, Submission(uploads=(upload,))) for upload in uploads]
    receipts = [future.result(GENEROUS_S) for future in futures]
    assert sorted(outcomes(receipt)[0] for receipt in receipts) == ["new", *["same"] * 39]
    assert submitter.sql("SELECT count(*) FROM generation") == [(1,)]
    assert submitter.sql("SELECT count(*) FROM job_document WHERE state = 'queued'") == [(40,)]
    run_until_done(submitter.resources)
    assert submitter.sql("SELECT count(*) FROM job WHERE state = 'done'") == [(40,)]


def test_a_submission_that_cannot_be_written_does_not_fail_those_in_its_batch(submitter: Submitter) -> None:
    good, lost = submitter.upload("good", "good.pdf"), submitter.upload("lost", "lost.pdf")
    lost.path.unlink()
    futures = [submitter.queue.submit(KB, Submission(uploads=(upload,))) for upload in (good, lost)]
    assert outcomes(futures[0].result(GENEROUS_S)) == ["new"]
    with pytest.raises(UnavailableError):
        futures[1].result(GENEROUS_S)
    assert submitter.sql("SELECT source FROM job_document") == [("good.pdf",)]


def test_a_key_that_comes_again_gets_the_same_answer(submitter: Submitter) -> None:
    first = submitter.submit(submitter.upload("one"), idempotency_key="k", digest="d")
    again = submitter.submit(submitter.upload("one"), idempotency_key="k", digest="d")
    assert (again.job, again.documents, again.replayed) == (first.job, first.documents, True)
    assert submitter.sql("SELECT count(*) FROM job") == [(1,)]
    with pytest.raises(InputError) as refused:
        submitter.submit(submitter.upload("two"), idempotency_key="k", digest="other")
    assert refused.value.code == "idempotency_mismatch"


def test_one_key_many_times_at_once_makes_one_job(submitter: Submitter) -> None:
    submissions = [Submission(uploads=(submitter.upload("x"),), idempotency_key="k", digest="d") for _ in range(30)]
    with ThreadPoolExecutor(10) as pool:
        futures = list(pool.map(lambda submission: submitter.queue.submit(KB, submission), submissions))
    jobs, conflicts = set(), 0
    for future in futures:
        try:
            jobs.add(future.result(GENEROUS_S).job)
        except InputError as error:
            assert error.code == "conflict"
            conflicts += 1
    assert len(jobs) == 1
    assert submitter.sql("SELECT count(*) FROM job") == [(1,)]


def test_a_key_is_forgotten_after_a_day(submitter: Submitter) -> None:
    submitter.submit(submitter.upload("one"), idempotency_key="k", digest="d")
    connection = sqlite3.connect(submitter.resources.settings.home / KB / "kb.db")
    with connection:
        connection.execute("UPDATE request SET created_at = created_at - 86500")
    connection.close()
    assert not submitter.submit(submitter.upload("two"), idempotency_key="k", digest="other").replayed


def test_documents_of_larger_priority_are_sent_first(submitter: Submitter) -> None:
    priorities = {"low": -5, "usual": 0, "urgent": 50, "more": 3}
    for name, priority in priorities.items():
        submitter.submit(submitter.upload(name, f"{name}.pdf"), priority=priority)
    dispatch = submitter.resources.catalog.store(KB).dispatch
    keys = dispatch.take(10, frozenset())
    names = {document: name for name, document in submitter.sql("SELECT name, document FROM source")}
    assert [names[key.document] for key in keys] == ["urgent.pdf", "more.pdf", "usual.pdf", "low.pdf"]
    given = [run.priority for run in dispatch.runs(keys, {})]
    assert given == [50, 3, 0, -5]
    order = [priority_of(Stage.PLAN, priority) for priority in given]
    assert order == sorted(order)
    assert all(priority_of(stage, 99) <= priority_of(stage, 0) <= priority_of(stage, -99) for stage in QUEUES)


def test_an_unknown_schema_is_refused_and_nothing_is_made(submitter: Submitter) -> None:
    with pytest.raises(InputError) as refused:
        submitter.submit(submitter.upload("x"), options=Options(schemas=("nonsense",)))
    assert not isinstance(refused.value, NotFoundError)
    assert submitter.resources.catalog.names() == []


def test_submissions_are_refused_while_too_many_documents_wait(home: Path) -> None:
    submitter = Submitter(home, queue_max=2)
    submitter.queue.refuse_when_full(KB)
    submitter.submit(*(submitter.upload(str(n), f"{n}.pdf") for n in range(3)))

    def refused() -> str:
        try:
            submitter.queue.refuse_when_full(KB)
        except UnavailableError as error:
            return error.code
        return ""

    assert eventually(refused) == "queue_full"


def test_staging_of_a_dead_process_is_swept(home: Path) -> None:
    folder = home / "run" / "uploads" / "1.dead"
    folder.mkdir(parents=True)
    (folder / ".owner").touch()
    (folder / "1.part").write_bytes(b"half")
    mine = Submitter(home).resources.workspaces.staging()
    assert mine.is_dir()
    assert not folder.exists()


def test_a_knowledge_base_of_the_first_tables_opens_and_takes_submissions(home: Path) -> None:
    folder = home / KB
    folder.mkdir(parents=True)
    packed = ROOT / "tests" / "data" / "kb_of_tables_1.db.gz"
    (folder / "kb.db").write_bytes(gzip.decompress(packed.read_bytes()))
    submitter = Submitter(home)
    assert submitter.sql("PRAGMA user_version") == [(1,)]
    receipt = submitter.submit(
        submitter.upload("new words"), priority=2, metadata={"a": 1}, idempotency_key="k", digest="d"
    )
    run_until_done(submitter.resources)
    store = submitter.resources.catalog.store(KB)
    assert store.job_queries.get(receipt.job).state is JobState.DONE
    assert sum(store.document_queries.counts_by_state().values()) == 3
    assert submitter.submit(submitter.upload("new words"), idempotency_key="k", digest="d").replayed
    submitter.resources.catalog.create("fresh")
    shapes = []
    for store in (sql_store(submitter.resources, KB), sql_store(submitter.resources, "fresh")):
        with store.database.read() as connection:
            tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type IN ('table', 'index')")
            names = {row[0] for row in tables if not row[0].startswith(("chunk_words", "record_", "sqlite_"))}
            shapes.append(names)
    assert shapes[0] == shapes[1]


def test_the_service_takes_paths_below_the_allowed_folder_only(home: Path, tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    (allowed / "deep").mkdir(parents=True)
    (tmp_path / "secret.pdf").write_text("%FAKE\nsecret")
    (allowed / "a.pdf").write_text("%FAKE\na")
    (allowed / "deep" / "b.pdf").write_text("%FAKE\nb")
    (allowed / "way_out.pdf").symlink_to(tmp_path / "secret.pdf")
    (allowed / "inside.pdf").symlink_to(allowed / "a.pdf")
    submitter = Submitter(home, ingest_root=allowed)

    def submit(*paths: str) -> SubmissionReceipt:
        return submitter.queue.submit(KB, Submission(paths=tuple(map(Path, paths)))).result(GENEROUS_S)

    for bad in ("..", "../secret.pdf", str(tmp_path), "way_out.pdf", "/etc/passwd", "deep/../../secret.pdf"):
        with pytest.raises(InputError) as refused:
            submit(bad)
        assert refused.value.code == "forbidden", bad
    with pytest.raises(NotFoundError):
        submit("nothing.pdf")
    receipt = submit(".")
    results = {result.source: result for result in receipt.documents}
    assert results["way_out.pdf"].outcome is Outcome.FAILED
    assert results["way_out.pdf"].error
    assert results["a.pdf"].outcome is Outcome.NEW
    assert {"a.pdf", "deep/b.pdf", "inside.pdf"} <= results.keys()
    assert not submitter.sql(
        "SELECT id FROM document WHERE sha256 = '" + hashlib.sha256(b"%FAKE\nsecret").hexdigest() + "'"
    )
    run_until_done(submitter.resources)
    assert {str(result.outcome) for result in submit("deep").documents} <= {"same", "duplicate"}
    (allowed / "a.pdf").write_text("%FAKE\nchanged")
    assert "changed" in outcomes(submit("."))


def test_without_an_allowed_folder_no_path_is_taken(submitter: Submitter, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        submitter.queue.submit(KB, Submission(paths=(tmp_path,))).result(GENEROUS_S)
    assert refused.value.code == "no_ingest_root"


def test_the_service_makes_a_knowledge_base_and_takes_submissions_without_a_broker(home: Path) -> None:
    service = Service(Settings(home=home, text_engine="fake", ocr_engine="fake", embedder="fake"))
    assert service.knowledge_bases.create("kb").documents == 0
    path = service.ingestion.staging("kb") / "1.part"
    path.write_bytes(b"%FAKE\nx")
    digest = hashlib.sha256(b"%FAKE\nx").hexdigest()
    upload = StagedFile.upload(path=path, name="x.pdf", size_bytes=7, sha256=digest, media_type=FAKE)
    receipt = service.ingestion.submit("kb", Submission(uploads=(upload,)))
    assert service.jobs.get(receipt.job).state is JobState.RUNNING
    with pytest.raises(InputError):
        service.ingestion.staging("../up")
    shutil.rmtree(home)


@pytest.mark.parametrize("orphaned", [False, True])
def test_bytes_that_come_again_while_they_are_being_removed_are_made_again(
    submitter: Submitter, orphaned: bool
) -> None:
    document = submitter.submit(submitter.upload("one")).documents[0].document
    run_until_done(submitter.resources)
    store = sql_store(submitter.resources, KB)
    vectors = submitter.resources.vectors()
    again: list[SubmissionReceipt] = []

    class Slow:
        """Somebody submits the same bytes while the vectors are being removed."""

        def delete(self, knowledge_id: str, name: str, keep: int | None = None) -> None:
            vectors.delete(knowledge_id, name, keep)
            if not again:
                again.append(submitter.submit(submitter.upload("one")))

    slow = dataclasses.replace(submitter.resources, vectors=lambda: Slow())  # type: ignore[arg-type,return-value]
    if orphaned:
        store.registration.forget_source("upload", "a.pdf")
        removal.remove_orphans(slow, store)
    else:
        removal.remove_document(slow, store, document)
    assert outcomes(again[0]) == ["new"]
    run_until_done(submitter.resources)
    assert [str(document.state) for document in store.job_queries.get(again[0].job).documents] == ["done"]
    assert submitter.sql("SELECT visible IS NOT NULL FROM document") == [(1,)]
    ((sha256,),) = submitter.sql("SELECT sha256 FROM document")
    assert submitter.resources.files.local_original(KB, str(sha256), submitter.resources.workspaces.staging()).exists()
    assert submitter.sql("SELECT DISTINCT generation FROM chunk") == submitter.sql("SELECT visible FROM document")
    assert len(vectors.ids(KB)) == len(submitter.sql("SELECT id FROM chunk"))
