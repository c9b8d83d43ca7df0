"""Submissions against a real store: what is written, who shares a commit, what a name means, what comes first."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from pipeline import removal
from pipeline.commands.submission import Submission, SubmissionReceipt, Upload
from pipeline.commands.submission_queue import SubmissionQueue
from pipeline.priorities import QUEUES, priority_of
from pipeline.service import Service
from pipeline.settings import Settings
from stores.errors import InputError, NotFoundError, UnavailableError
from stores.models import JobState, Options, Outcome, Stage
from tests.conftest import ROOT
from tests.in_process import KB, fake_tools, run_until_done
from tests.waiting import GENEROUS_S, eventually

FAKE = "text/x-fake-pages"


class Door:
    """A desk over fake tools, without a broker."""

    def __init__(self, home: Path, **settings: object) -> None:
        self.resources = fake_tools(home, **settings)
        self.told: list[str] = []
        self.desk = SubmissionQueue(self.resources, self.told.append)
        self.made = 0

    def upload(self, text: str, name: str = "a.pdf") -> Upload:
        """A fake document of one page that lies in the staging folder."""
        self.made += 1
        content = f"%FAKE\n{text}".encode()
        path = self.resources.files.staging() / f"{self.made}.part"
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        return Upload(path=path, name=name, size_bytes=len(content), sha256=digest, media_type=FAKE)

    def submit(self, *uploads: Upload, **wishes: object) -> SubmissionReceipt:
        return self.desk.submit(KB, Submission(uploads=uploads, **wishes)).result(GENEROUS_S)  # type: ignore[arg-type]

    def sql(self, query: str) -> list[tuple[object, ...]]:
        connection = sqlite3.connect(self.resources.catalog.folder(KB) / "kb.db")
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


@pytest.fixture
def door(home: Path) -> Door:
    return Door(home)


def outcomes(receipt: SubmissionReceipt) -> list[str]:
    return [str(one.outcome) for one in receipt.documents]


def test_an_upload_becomes_a_job_whose_bytes_are_among_the_originals(door: Door) -> None:
    upload = door.upload("one")
    receipt = door.submit(upload)
    assert receipt.job.startswith(f"{KB}.")
    assert outcomes(receipt) == ["new"]
    assert door.resources.files.original(KB, upload.sha256).read_bytes() == b"%FAKE\none"
    assert not upload.path.exists()
    assert door.resources.catalog.busy() == [KB]
    run_until_done(door.resources)
    view = door.resources.catalog.store(KB).queries.job(receipt.job)
    assert (view.state, [str(one.state) for one in view.documents]) == (JobState.DONE, ["done"])


def test_a_submission_of_known_bytes_has_a_job_that_is_over_at_once(door: Door) -> None:
    door.submit(door.upload("one"))
    run_until_done(door.resources)
    receipt = door.submit(door.upload("one"))
    assert outcomes(receipt) == ["same"]
    view = door.resources.catalog.store(KB).queries.job(receipt.job)
    assert view.state is JobState.DONE
    assert [str(one.state) for one in view.documents] == ["done"]


def test_two_uploads_of_one_name_are_two_documents(door: Door) -> None:
    first, second = door.submit(door.upload("one")), door.submit(door.upload("two"))
    assert (outcomes(first), outcomes(second)) == (["new"], ["new"])
    run_until_done(door.resources)
    assert outcomes(door.submit(door.upload("one"))) == outcomes(door.submit(door.upload("two"))) == ["same"]
    assert door.sql("SELECT count(*) FROM document WHERE visible IS NOT NULL") == [(2,)]


def test_one_name_twice_in_a_request_has_two_places_in_its_job(door: Door) -> None:
    receipt = door.submit(door.upload("one"), door.upload("two"), door.upload("one"))
    assert [one.source for one in receipt.documents] == ["a.pdf", "a.pdf (2)", "a.pdf"]
    assert outcomes(receipt) == ["new", "new", "same"]
    assert door.sql("SELECT source FROM job_document ORDER BY source") == [("a.pdf",), ("a.pdf (2)",)]


def test_replace_puts_the_new_bytes_in_place_of_the_old_once_they_are_made(door: Door) -> None:
    old = door.submit(door.upload("old words")).documents[0].document
    run_until_done(door.resources)
    receipt = door.submit(door.upload("new words"), replace=True)
    assert outcomes(receipt) == ["changed"]
    assert door.sql(f"SELECT visible FROM document WHERE id = '{old}'") == [(1,)]  # answers until the new one does
    run_until_done(door.resources)
    assert door.sql("SELECT id FROM document") == [(receipt.documents[0].document,)]


def test_replacing_by_bytes_that_answer_already_removes_what_lost_its_name(door: Door) -> None:
    old = door.submit(door.upload("old"), door.upload("known", "b.pdf")).documents[0].document
    run_until_done(door.resources)
    assert outcomes(door.submit(door.upload("known"), replace=True)) == ["changed"]
    eventually(lambda: old not in [row[0] for row in door.sql("SELECT id FROM document")])


def test_the_same_bytes_under_a_second_name_are_a_duplicate(door: Door) -> None:
    door.submit(door.upload("one"))
    run_until_done(door.resources)
    assert outcomes(door.submit(door.upload("one", "b.pdf"))) == ["duplicate"]


def test_other_options_for_known_bytes_make_only_what_they_ask_for(door: Door) -> None:
    door.submit(door.upload("one"))
    run_until_done(door.resources)
    receipt = door.submit(door.upload("one"), options=Options(schemas=("invoice",)))
    assert outcomes(receipt) == ["again"]
    steps = door.sql("SELECT stage, state FROM step WHERE generation = 2")
    assert ("plan", "skipped") in steps


def test_many_at_once_share_commits_and_lose_nobody(door: Door) -> None:
    uploads = [door.upload(f"text {n}", f"{n}.pdf") for n in range(120)]
    futures = [door.desk.submit(KB, Submission(uploads=(upload,))) for upload in uploads]
    jobs = {future.result(GENEROUS_S).job for future in futures}
    assert len(jobs) == 120
    assert door.sql("SELECT count(*) FROM job") == door.sql("SELECT count(*) FROM document") == [(120,)]
    assert len(door.told) < 60


def test_the_same_bytes_from_many_at_once_are_one_document(door: Door) -> None:
    uploads = [door.upload("the same") for _ in range(40)]
    futures = [door.desk.submit(KB, Submission(uploads=(upload,))) for upload in uploads]
    receipts = [future.result(GENEROUS_S) for future in futures]
    assert sorted(outcomes(receipt)[0] for receipt in receipts) == ["new", *["same"] * 39]
    assert door.sql("SELECT count(*) FROM generation") == [(1,)]
    assert door.sql("SELECT count(*) FROM job_document WHERE state = 'queued'") == [(40,)]
    run_until_done(door.resources)
    assert door.sql("SELECT count(*) FROM job WHERE state = 'done'") == [(40,)]


def test_one_that_cannot_be_written_does_not_harm_those_beside_it(door: Door) -> None:
    good, lost = door.upload("good", "good.pdf"), door.upload("lost", "lost.pdf")
    lost.path.unlink()
    futures = [door.desk.submit(KB, Submission(uploads=(one,))) for one in (good, lost)]
    assert outcomes(futures[0].result(GENEROUS_S)) == ["new"]
    with pytest.raises(UnavailableError):
        futures[1].result(GENEROUS_S)
    assert door.sql("SELECT source FROM job_document") == [("good.pdf",)]


@contextmanager
def sqlite_work() -> Iterator[list[int]]:
    """One entry for every ten instructions of SQLite's machine, in all databases of this process."""
    work: list[int] = []

    def count(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_progress_handler(lambda: work.append(1), 10)

    event.listen(Pool, "checkout", count)
    yield work
    event.remove(Pool, "checkout", count)


def test_the_thousandth_submission_costs_what_the_first_did(door: Door) -> None:
    def cost(begin: int) -> int:
        with sqlite_work() as work:
            for n in range(begin, begin + 20):
                door.submit(door.upload(f"text {n}", f"{n}.pdf"))
        return len(work)

    cost(0)
    first = cost(100)
    for begin in range(1000, 3000, 50):
        uploads = tuple(door.upload(f"text {n}", f"{n}.pdf") for n in range(begin, begin + 50))
        door.desk.submit(KB, Submission(uploads=uploads)).result(GENEROUS_S)
    assert 0 < first <= cost(10_000) < 2 * first


def test_a_key_that_comes_again_gets_the_same_answer(door: Door) -> None:
    first = door.submit(door.upload("one"), idempotency_key="k", digest="d")
    again = door.submit(door.upload("one"), idempotency_key="k", digest="d")
    assert (again.job, again.documents, again.replayed) == (first.job, first.documents, True)
    assert door.sql("SELECT count(*) FROM job") == [(1,)]
    with pytest.raises(InputError) as refused:
        door.submit(door.upload("two"), idempotency_key="k", digest="other")
    assert refused.value.code == "idempotency_mismatch"


def test_one_key_many_times_at_once_makes_one_job(door: Door) -> None:
    submissions = [Submission(uploads=(door.upload("x"),), idempotency_key="k", digest="d") for _ in range(30)]
    with ThreadPoolExecutor(10) as pool:
        futures = list(pool.map(lambda one: door.desk.submit(KB, one), submissions))
    jobs, conflicts = set(), 0
    for future in futures:
        try:
            jobs.add(future.result(GENEROUS_S).job)
        except InputError as error:
            assert error.code == "conflict"
            conflicts += 1
    assert len(jobs) == 1
    assert door.sql("SELECT count(*) FROM job") == [(1,)]


def test_a_key_is_forgotten_after_a_day(door: Door) -> None:
    door.submit(door.upload("one"), idempotency_key="k", digest="d")
    connection = sqlite3.connect(door.resources.catalog.folder(KB) / "kb.db")
    with connection:
        connection.execute("UPDATE request SET created_at = created_at - 86500")
    connection.close()
    assert not door.submit(door.upload("two"), idempotency_key="k", digest="other").replayed


def test_larger_priority_is_sent_first_and_passes_others_in_the_broker(door: Door) -> None:
    wishes = {"low": -5, "usual": 0, "urgent": 50, "more": 3}
    for name, priority in wishes.items():
        door.submit(door.upload(name, f"{name}.pdf"), priority=priority)
    dispatch = door.resources.catalog.store(KB).dispatch
    keys = dispatch.take(10, frozenset())
    names = {document: name for name, document in door.sql("SELECT name, document FROM source")}
    assert [names[key.document] for key in keys] == ["urgent.pdf", "more.pdf", "usual.pdf", "low.pdf"]
    given = dispatch.priorities(keys)
    assert sorted(given.values()) == [-5, 3, 50]
    order = [priority_of(Stage.PLAN, given.get((key.document, key.generation), 0)) for key in keys]
    assert order == sorted(order)
    assert all(priority_of(stage, 99) <= priority_of(stage, 0) <= priority_of(stage, -99) for stage in QUEUES)


def test_an_unknown_schema_is_refused_and_nothing_is_made(door: Door) -> None:
    with pytest.raises(InputError) as refused:
        door.submit(door.upload("x"), options=Options(schemas=("nonsense",)))
    assert not isinstance(refused.value, NotFoundError)
    assert door.resources.catalog.names() == []


def test_too_long_a_queue_takes_no_more(home: Path) -> None:
    door = Door(home, queue_max=2)
    door.desk.refuse_when_full(KB)
    door.submit(*(door.upload(str(n), f"{n}.pdf") for n in range(3)))

    def refused() -> str:
        try:
            door.desk.refuse_when_full(KB)
        except UnavailableError as error:
            return error.code
        return ""

    assert eventually(refused) == "queue_full"


def test_staging_of_a_dead_process_is_swept(home: Path) -> None:
    folder = home / "run" / "uploads" / "1.dead"
    folder.mkdir(parents=True)
    (folder / ".owner").touch()
    (folder / "1.part").write_bytes(b"half")
    mine = Door(home).resources.files.staging()
    assert mine.is_dir()
    assert not folder.exists()


def test_a_knowledge_base_of_the_first_tables_opens_and_takes_submissions(home: Path) -> None:
    folder = home / KB
    folder.mkdir(parents=True)
    packed = ROOT / "tests" / "data" / "kb_of_tables_1.db.gz"
    (folder / "kb.db").write_bytes(gzip.decompress(packed.read_bytes()))
    door = Door(home)
    assert door.sql("PRAGMA user_version") == [(1,)]
    receipt = door.submit(door.upload("new words"), priority=2, metadata={"a": 1}, idempotency_key="k", digest="d")
    run_until_done(door.resources)
    overview = door.resources.catalog.store(KB).queries
    assert overview.job(receipt.job).state is JobState.DONE
    assert sum(overview.documents_by_state().values()) == 3
    assert door.submit(door.upload("new words"), idempotency_key="k", digest="d").replayed
    fresh = door.resources.catalog.create("fresh")
    shapes = []
    for store in (door.resources.catalog.store(KB), fresh):
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
    door = Door(home, ingest_root=allowed)

    def submit(*paths: str) -> SubmissionReceipt:
        return door.desk.submit(KB, Submission(paths=tuple(map(Path, paths)))).result(GENEROUS_S)

    for bad in ("..", "../secret.pdf", str(tmp_path), "way_out.pdf", "/etc/passwd", "deep/../../secret.pdf"):
        with pytest.raises(InputError) as refused:
            submit(bad)
        assert refused.value.code == "forbidden", bad
    with pytest.raises(NotFoundError):
        submit("nothing.pdf")
    receipt = submit(".")
    found = {one.source: one for one in receipt.documents}
    assert found["way_out.pdf"].outcome is Outcome.FAILED
    assert found["way_out.pdf"].error
    assert found["a.pdf"].outcome is Outcome.NEW
    assert {"a.pdf", "deep/b.pdf", "inside.pdf"} <= found.keys()
    assert not door.sql("SELECT id FROM document WHERE sha256 = '" + hashlib.sha256(b"%FAKE\nsecret").hexdigest() + "'")
    run_until_done(door.resources)
    assert {str(one.outcome) for one in submit("deep").documents} <= {"same", "duplicate"}
    (allowed / "a.pdf").write_text("%FAKE\nchanged")
    assert "changed" in outcomes(submit("."))


def test_without_an_allowed_folder_no_path_is_taken(door: Door, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        door.desk.submit(KB, Submission(paths=(tmp_path,))).result(GENEROUS_S)
    assert refused.value.code == "no_ingest_root"


def test_the_service_makes_a_knowledge_base_and_takes_submissions_without_a_broker(home: Path) -> None:
    service = Service(Settings(home=home, text_engine="fake", ocr_engine="fake", embedder="fake"))
    assert service.knowledge_bases.create("kb").documents == 0
    path = service.ingestion.staging("kb") / "1.part"
    path.write_bytes(b"%FAKE\nx")
    digest = hashlib.sha256(b"%FAKE\nx").hexdigest()
    upload = Upload(path=path, name="x.pdf", size_bytes=7, sha256=digest, media_type=FAKE)
    receipt = service.ingestion.submit("kb", Submission(uploads=(upload,)))
    assert service.jobs.get(receipt.job).state is JobState.RUNNING
    with pytest.raises(InputError):
        service.ingestion.staging("../up")
    shutil.rmtree(home)


@pytest.mark.parametrize("orphaned", [False, True])
def test_bytes_that_come_again_while_they_are_being_removed_are_made_again(door: Door, orphaned: bool) -> None:
    document = door.submit(door.upload("one")).documents[0].document
    run_until_done(door.resources)
    store = door.resources.catalog.store(KB)
    vectors = door.resources.vectors()
    again: list[SubmissionReceipt] = []

    class Slow:
        """Somebody submits the same bytes while the vectors are being removed."""

        def delete(self, knowledge_id: str, name: str, keep: int | None = None) -> None:
            vectors.delete(knowledge_id, name, keep)
            if not again:
                again.append(door.submit(door.upload("one")))

    slow = dataclasses.replace(door.resources, vectors=lambda: Slow())  # type: ignore[arg-type,return-value]
    if orphaned:
        store.intake.forget_source("upload", "a.pdf")
        removal.remove_orphans(slow, store)
    else:
        removal.remove_document(slow, store, document)
    assert outcomes(again[0]) == ["new"]
    run_until_done(door.resources)
    assert [str(one.state) for one in store.queries.job(again[0].job).documents] == ["done"]
    assert door.sql("SELECT visible IS NOT NULL FROM document") == [(1,)]
    assert door.resources.files.original(KB, door.sql("SELECT sha256 FROM document")[0][0]).exists()  # type: ignore[arg-type]
    assert door.sql("SELECT DISTINCT generation FROM chunk") == door.sql("SELECT visible FROM document")
    assert len(vectors.ids(KB)) == len(door.sql("SELECT id FROM chunk"))
