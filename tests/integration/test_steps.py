"""Steps under leases: one owner at a time, late results thrown away, deaths counted before the work begins."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from threading import Lock

import pytest
from sqlalchemy import select, update

from pipeline import flow, lost_attempts
from pipeline.commands.ingest_folder import ingest
from pipeline.commands.ingest_request import IngestRequest
from pipeline.stage_specs import NEEDS
from stores.chroma.memory import MemoryVectors
from stores.effects import Nothing, PageResult
from stores.errors import CancelledError, LeaseLostError, UnavailableError
from stores.models import DocumentState, Fault, JobState, Stage, StepKey
from stores.sql.tables import step
from tests.in_process import KB, fake_document, fake_resources, run_chain, run_until_done, sql_store

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def resources(home: Path, tmp_path: Path):
    fake_document(tmp_path / "d" / "one.pdf", "A page about herons.", "[scan] Another about otters.")
    return fake_resources(home)


@pytest.fixture
def job(resources, tmp_path: Path) -> str:
    report = ingest(resources, KB, IngestRequest(paths=(tmp_path / "d",)))
    assert report.job
    return report.job


def first_key(resources) -> StepKey:
    (key,) = resources.catalog.store(KB).dispatch.take(10, frozenset())
    return key


def expire(resources, key: StepKey, at: float = 0.0) -> None:
    """Let the lease of a step run out now; 0: as it does when its worker is known to be dead."""
    with resources.catalog.store(KB).database.write() as connection:
        connection.execute(update(step).where(step.c.stage == key.stage).values(lease_until=at))


def test_only_one_of_two_workers_gets_a_step(resources, job: str) -> None:
    store, key = resources.catalog.store(KB), first_key(resources)
    assert store.steps.claim(key, "a", "w") is not None
    assert store.steps.claim(key, "b", "w") is None


def test_what_is_sent_is_not_sent_again_at_once(resources, job: str) -> None:
    store = sql_store(resources, KB)
    assert len(store.dispatch.take(10, frozenset())) == 1
    assert store.dispatch.take(10, frozenset(Stage)) == []


def test_a_lost_message_is_sent_again_where_the_queue_is_empty(resources, job: str, monkeypatch) -> None:
    store = sql_store(resources, KB)
    (key,) = store.dispatch.take(10, frozenset())
    monkeypatch.setattr("stores.sql.database.Database.now", lambda _: 4e9)
    assert store.dispatch.take(10, frozenset(Stage)) == [key]


def test_late_result_of_a_lost_lease_is_thrown_away(resources, job: str) -> None:
    store, key = resources.catalog.store(KB), first_key(resources)
    late = store.steps.claim(key, "late", "w")
    expire(resources, key)
    quick = store.steps.claim(key, "quick", "w")
    assert quick is not None and quick.lost_attempts == 1 and quick.attempt == 2
    with pytest.raises(LeaseLostError):
        store.steps.finish(late, Nothing(), NEEDS, 0.0)
    store.steps.finish(quick, Nothing(), NEEDS, 0.0)


def test_released_steps_of_a_dead_worker_are_due(resources, job: str) -> None:
    store, key = resources.catalog.store(KB), first_key(resources)
    store.steps.claim(key, "host-1/task-9/x", "w")
    assert store.steps.release("host-2/") == 0
    assert store.steps.release("host-1/") == 1
    assert store.dispatch.take(10, frozenset()) == [key]


def test_a_worker_that_lives_has_lost_its_lease_and_is_no_death(resources, job: str) -> None:
    """It was stopped, or starved for longer than a lease; what it brings later is thrown away."""
    store, key = resources.catalog.store(KB), first_key(resources)
    with subprocess.Popen(["true"]) as gone:
        pass
    for number, (process, lost) in enumerate([(os.getpid(), 0), (gone.pid, 0), (os.getpid(), 1)]):
        claim = store.steps.claim(key, f"o{number}", f"cpu@here#{process}")
        assert claim and claim.lost_attempts == lost, "the one before lived, or did not"
        expire(resources, key, at=1.0)
    elsewhere = store.steps.claim(key, "o3", f"cpu@elsewhere#{os.getpid()}")
    assert elsewhere and elsewhere.lost_attempts == 2, "nobody here knows whether a process of another machine lives"
    with pytest.raises(LeaseLostError):
        store.steps.finish(claim, Nothing(), NEEDS, 0.0)


def test_kills_from_outside_count_against_a_step_only_when_repeated(resources, job: str) -> None:
    store, key = resources.catalog.store(KB), first_key(resources)
    for number in range(lost_attempts.MOST_TRIES):
        claim = store.steps.claim(key, f"w/{number}", "w")
        assert claim and claim.lost_attempts == 0
        assert store.steps.release("w/", blameless=True) == 1
        assert store.dispatch.take(10, frozenset()) == [key], "it is due at once"
    assert not flow.run_stage(resources, key, owner="w/last", worker="w").ended
    assert store.job_queries.get(job).documents[0].state is DocumentState.FAILED, "but not for ever"


def test_what_a_worker_died_of_is_told(resources, job: str) -> None:
    store, key = resources.catalog.store(KB), first_key(resources)
    for number in range(lost_attempts.MOST_LOST_ATTEMPTS):
        store.steps.claim(key, f"w/{number}", "w")
        store.steps.release("w/", Fault(code="time_limit", message="it took longer than its time limit"))
    flow.run_stage(resources, key, owner="alive", worker="w")
    assert "3 times (the last time it took longer than its time limit)" in store.document_queries.all()[0].error.message


def test_a_starved_worker_that_is_seen_to_work_keeps_its_lease(resources, job: str) -> None:
    store, key = resources.catalog.store(KB), first_key(resources)
    claim = store.steps.claim(key, "o", "cpu@here#7")
    assert store.steps.vouch(["cpu@here#7"]) == 0, "its own heartbeat is in time"
    expire(resources, key, at=1.0)
    assert store.steps.vouch(["cpu@here#8"]) == 0
    assert store.steps.vouch(["cpu@here#7"]) == 1
    assert store.steps.claim(key, "thief", "w") is None
    store.steps.release("o")
    assert store.steps.vouch(["cpu@here#7"]) == 0, "who is known to be dead keeps nothing"
    assert store.steps.claim(key, "heir", "w") and claim


def test_services_that_are_down_for_minutes_fail_no_step(resources, job: str, monkeypatch) -> None:
    """Tries that died or were quick are no patience: the time counts, too."""

    def unready(work):
        raise UnavailableError("the vector index cannot be reached")

    monkeypatch.setattr(flow, "RUN", {**flow.RUN, Stage.PLAN: unready})
    monkeypatch.setattr(flow, "delay_s", lambda attempt: 0.0)
    store, key = resources.catalog.store(KB), first_key(resources)
    for number in range(2 * flow.MOST_ATTEMPTS):
        assert not flow.run_stage(resources, key, owner=f"w/{number}", worker="w").ended
    assert store.job_queries.get(job).state is JobState.RUNNING
    with store.database.write() as connection:
        connection.execute(update(step).values(started_at=step.c.started_at - flow.PATIENCE_S - 1))
    flow.run_stage(resources, key, owner="w/last", worker="w")
    assert "cannot be reached (tried" in store.document_queries.all()[0].error.message


def test_three_deaths_without_progress_end_the_step(resources, job: str) -> None:
    store, key = resources.catalog.store(KB), first_key(resources)
    for attempt in range(lost_attempts.MOST_LOST_ATTEMPTS):
        assert store.steps.claim(key, f"dead-{attempt}", "w") is not None
        expire(resources, key)
    assert not flow.run_stage(resources, key, owner="alive", worker="w").ended
    view = store.job_queries.get(job)
    assert view.state is JobState.DONE
    assert view.documents[0].state is DocumentState.FAILED
    assert "3 times" in view.documents[0].error.message


def test_a_service_that_is_not_ready_is_tried_again_later(home: Path, tmp_path: Path) -> None:
    class Unready(MemoryVectors):
        failures = 2

        def upsert(self, *arguments) -> None:
            if Unready.failures:
                Unready.failures -= 1
                raise UnavailableError("the vector index cannot be reached")
            super().upsert(*arguments)

    resources = fake_resources(home, Unready())
    fake_document(tmp_path / "d" / "one.pdf", "Page.")
    ingest(resources, KB, IngestRequest(paths=(tmp_path / "d",)))
    store = sql_store(resources, KB)
    for _ in range(3):
        run_until_done(resources)
        with store.database.write() as connection:
            connection.execute(update(step).values(scheduled_at=0.0))
    assert store.document_queries.all()[0].state is DocumentState.DONE
    with store.database.read() as connection:
        assert connection.execute(select(step.c.attempt).where(step.c.stage == Stage.PUBLISH)).scalar_one() == 3


def test_a_bug_fails_at_once_and_keeps_its_traceback(resources, job: str, monkeypatch) -> None:
    def broken(work):
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(flow, "RUN", {**flow.RUN, Stage.EMBED: broken})
    run_until_done(resources)
    store = sql_store(resources, KB)
    view = store.document_queries.all()[0]
    assert view.state is DocumentState.FAILED and "ZeroDivisionError" in view.error.message
    with store.database.read() as connection:
        detail = connection.execute(select(step.c.detail).where(step.c.stage == Stage.EMBED)).scalar_one()
    assert "Traceback" in detail and "broken" in detail


def test_a_failed_extraction_leaves_a_searchable_document(resources, job: str, monkeypatch) -> None:
    def broken(work):
        raise ZeroDivisionError

    monkeypatch.setattr(flow, "RUN", {**flow.RUN, Stage.EXTRACT: broken})
    run_until_done(resources)
    store = sql_store(resources, KB)
    view = store.document_queries.all()[0]
    assert view.state is DocumentState.PARTIAL and list(view.failed_stages) == [Stage.EXTRACT]
    assert store.chunks.keyword_hits("herons", 5, None).ids


def test_cancelled_work_stays_cancelled(resources, job: str) -> None:
    store, key = resources.catalog.store(KB), first_key(resources)
    claim = store.steps.claim(key, "busy", "w")
    store.job_control.cancel(job)
    with pytest.raises(CancelledError):
        store.steps.finish(claim, Nothing(), NEEDS, 0.0)
    assert store.job_queries.get(job).state is JobState.CANCELLED
    assert run_until_done(resources) == []


def test_retry_runs_only_what_failed(home: Path, tmp_path: Path, monkeypatch) -> None:
    resources = fake_resources(home, batch_pages=1)
    path = fake_document(tmp_path / "d" / "one.pdf", "First herons.", "[broken]", "Third otters.")
    report = ingest(resources, KB, IngestRequest(paths=(path.parent,)))
    run_until_done(resources)
    store = sql_store(resources, KB)
    assert store.job_queries.get(report.job).documents[0].state is DocumentState.PARTIAL
    monkeypatch.setattr("pipeline.engines.fakes._refuse_broken", lambda text, number: None)
    store.job_control.retry(report.job, NEEDS)
    assert store.chunks.keyword_hits("otters", 5, None).ids, "the old version answers until the new one is complete"
    tried = run_until_done(resources)
    read = [key for key in tried if key.stage in (Stage.PARSE, Stage.RENDER, Stage.OCR)]
    assert {key.batch for key in read} == {0} and {key.stage for key in read} == {Stage.RENDER, Stage.OCR}
    assert store.job_queries.get(report.job).documents[0].state is DocumentState.DONE
    assert store.document_queries.all()[0].generation == 2


def test_delays_double_up_to_a_limit() -> None:
    delays = [flow.delay_s(attempt, jitter=lambda: 1.0) for attempt in range(1, 12)]
    assert delays[:4] == [2.0, 4.0, 8.0, 16.0] and delays[-1] == 300.0
    assert flow.delay_s(3, jitter=lambda: 0.0) == 4.0


def test_pages_saved_before_a_death_are_not_read_again(resources, job: str) -> None:
    from pipeline.engines.fakes import page_text

    store = sql_store(resources, KB)
    due = flow.run_stage(resources, first_key(resources), owner="planner", worker="w").due
    key = StepKey(knowledge_id=KB, document=store.document_queries.all()[0].document, generation=1, stage=Stage.PARSE)
    claim = store.steps.claim(key, "dies", "w")
    store.steps.save_page(claim, PageResult(number=1, text=page_text("Saved before.", "fake", None)))
    expire(resources, key)
    for step_key in due:
        assert run_chain(resources, step_key)[0]
    run_until_done(resources)
    assert store.document_queries.all()[0].state is DocumentState.DONE
    assert store.pages.read(key.document, 1, [1])[0].markdown == "Saved before."


def test_a_worker_that_ends_hands_its_step_back_untried(resources, job: str) -> None:
    store, key = resources.catalog.store(KB), first_key(resources)
    for number in range(9):
        claim = store.steps.claim(key, f"worker/{number}", "w")
        assert claim and (claim.attempt, claim.lost_attempts) == (1, 0)
        store.steps.hand_back(claim)
        assert store.dispatch.take(10, frozenset()) == [key], "another worker may have it at once"
    claim = store.steps.claim(key, "another", "w")
    store.steps.hand_back(replace(claim, owner="worker/8"))
    with pytest.raises(LeaseLostError):
        store.steps.finish(replace(claim, owner="worker/8"), Nothing(), NEEDS, 0.0)
    store.steps.beat(claim)
    assert store.steps.claim(key, "b", "w") is None, "who has it no more cannot give it away"


def test_a_stopping_worker_begins_no_page(resources, job: str) -> None:
    _, due = run_chain(resources, first_key(resources))
    store, keys = resources.catalog.store(KB), {key.stage: key for key in due}
    result = flow.run_stage(resources, keys[Stage.PARSE], owner="w/1", worker="w", stopping=lambda: True)
    assert (result.ended, result.due) == (False, ())
    assert keys[Stage.PARSE] in store.dispatch.take(10, frozenset())
    store.dispatch.unsend(due)
    run_until_done(resources)
    assert store.job_queries.get(job).state is JobState.DONE


def test_of_those_over_which_a_shared_worker_died_one_runs_at_a_time(resources, job: str, monkeypatch) -> None:
    """Once more, and they would be given up: run alone, the guilty page is found, and no other is blamed for it."""
    monkeypatch.setattr(flow, "delay_s", lambda attempt: 0.0)
    store, key, suspects = resources.catalog.store(KB), first_key(resources), Lock()
    for number in range(lost_attempts.MOST_LOST_ATTEMPTS - 1):
        store.steps.claim(key, f"dead/{number}", "w")
        store.steps.release("dead/")
    with suspects:
        for number in range(9):
            result = flow.run_stage(resources, key, owner=f"w/{number}", worker="w", suspects=suspects)
            assert not result.ended
            assert store.dispatch.take(10, frozenset()) == [key]
    claim = store.steps.claim(key, "look", "w")
    assert claim and claim.lost_attempts == lost_attempts.MOST_LOST_ATTEMPTS - 1, "waiting is no death"
    store.steps.hand_back(claim)
    assert flow.run_stage(resources, key, owner="w/10", worker="w", suspects=suspects).ended
    assert not suspects.locked()
