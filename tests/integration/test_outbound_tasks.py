"""Outbound tasks in SQL: who may claim, what is sent when, what an end writes; without a network."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest
from sqlalchemy import select, update

from pipeline.engines.web.fake import FakeWeb
from pipeline.outbound import callback_delivery, downloads
from pipeline.relay import Relay
from pipeline.step_context import Resources
from stores.contracts.registration import NewJob
from stores.errors import CancelledError, InputError, NotFoundError
from stores.knowledge_store import SqlKnowledgeStore
from stores.models import DocumentState, JobState, Options, Outcome
from stores.sql.tables import callback, fetch, job
from stores.ulid import new_ulid
from stores.views import CallbackFilter
from tests.in_process import KB, fake_resources, run_until_done, sql_store

URL, FILE = "https://receiver.example/x", "https://files.example/a.pdf"


@pytest.fixture
def web() -> FakeWeb:
    return FakeWeb({URL: [200]}, {FILE: b"%FAKE\nHerons."})


@pytest.fixture
def resources(home: Path, web: FakeWeb) -> Resources:
    made = fake_resources(home, callback_retries_s="0,0,0", fetch_retries_s="0")
    made.catalog.create(KB).record_tables.prepare(made.schemas.values())
    return dataclasses.replace(made, web=lambda: web)


@pytest.fixture
def store(resources: Resources) -> SqlKnowledgeStore:
    return sql_store(resources, KB)


def opened(store: SqlKnowledgeStore, *urls: str, each: bool = False, sealed: bool = True) -> str:
    """A job that waits for URLs."""
    name = f"{KB}.{new_ulid()}"
    now = time.time()
    with store.registration.together(now) as unit:
        unit.open_jobs(
            [NewJob(job=name, options=Options(), callback_url=URL, callback_each=each, urls=urls, passwords=())]
        )
        if not sealed:
            unit.connection.execute(update(job).where(job.c.id == name).values(state=JobState.ACCEPTING))
        elif not urls:
            unit.close_jobs([name])
    return name


def events(store: SqlKnowledgeStore) -> list[tuple[str, str]]:
    with store.database.read() as connection:
        return [(row.kind, row.state) for row in connection.execute(select(callback).order_by(callback.c.number))]


def forward(store: SqlKnowledgeStore, seconds: float) -> None:
    """Let time pass for everything that was written."""
    with store.database.write() as connection:
        for table in (callback, fetch):
            connection.execute(
                update(table).values(
                    scheduled_at=table.c.scheduled_at - seconds,
                    lease_until=table.c.lease_until - seconds,
                    sent_at=table.c.sent_at - seconds,
                )
            )
        connection.execute(update(job).values(touched_at=job.c.touched_at - seconds))


def fetched(resources: Resources, job_id: str, url: str = FILE) -> bool:
    """Try once; is it over?"""
    ended: list[bool] = []
    downloads.fetch(resources, KB, job_id, url, "me", lambda: ended.append(True))
    return bool(ended)


def test_an_event_is_claimed_once_and_the_next_waits_for_it(store: SqlKnowledgeStore) -> None:
    name = opened(store, FILE, each=True)
    store.job_control.cancel(name)
    first = store.callbacks.claim(name, "a", 60)
    assert first and first.attempt == 1 and store.callbacks.claim(name, "b", 60) is None
    store.callbacks.later(first, 30.0, 500, "it answered 500")
    assert store.callbacks.claim(name, "b", 60) is None, "the second does not overtake the first"
    forward(store, 31)
    again = store.callbacks.claim(name, "b", 60)
    assert again and (again.id, again.attempt) == (first.id, 2)
    assert store.callbacks.delivered(again, 200)
    second = store.callbacks.claim(name, "c", 60)
    assert second and second.id != first.id


def test_a_result_after_the_lease_ended_changes_nothing(store: SqlKnowledgeStore) -> None:
    name = opened(store)
    late = store.callbacks.claim(name, "late", 60)
    forward(store, 61)
    quick = store.callbacks.claim(name, "quick", 60)
    assert late and quick and quick.attempt == 2
    assert not store.callbacks.later(late, 9.0, None, "late") and not store.callbacks.delivered(late, 200)
    assert store.callbacks.delivered(quick, 200)
    assert events(store) == [("job.finished", "delivered")]


def test_an_attempt_that_was_never_made_is_not_counted(store: SqlKnowledgeStore) -> None:
    name = opened(store)
    claim = store.callbacks.claim(name, "a", 60)
    assert claim and store.callbacks.put_back(claim, 5.0)
    forward(store, 6)
    again = store.callbacks.claim(name, "b", 60)
    assert again and again.attempt == 1


def test_what_is_sent_and_when_it_is_sent_again(store: SqlKnowledgeStore) -> None:
    name = opened(store)
    (outbound_task,) = store.outbound_tasks.take(10, quiet=False)
    assert (outbound_task.knowledge_id, outbound_task.job, outbound_task.url) == (KB, name, "")
    assert store.outbound_tasks.take(10, quiet=True) == [], "its message is on the way"
    forward(store, 11)
    assert store.outbound_tasks.take(10, quiet=False) == [], "its message waits in a queue that is not empty"
    assert store.outbound_tasks.take(10, quiet=True) == [outbound_task], "its message is lost"
    store.outbound_tasks.unsend([outbound_task])
    assert store.outbound_tasks.take(10, quiet=False) == [outbound_task], "the broker did not take it"
    store.callbacks.claim(name, "host/1/x", 60)
    forward(store, 30)
    assert store.outbound_tasks.take(10, quiet=True) == [], "somebody has it"
    assert store.outbound_tasks.release("host/") == 1 and store.outbound_tasks.take(10, quiet=False) == [outbound_task]
    store.callbacks.claim(name, "host/2/x", 60)
    forward(store, 61)
    assert store.outbound_tasks.take(10, quiet=False) == [outbound_task], "whoever had it died"
    assert store.outbound_tasks.take(10, quiet=False) == []


def test_ten_jobs_are_ten_messages_however_many_events(store: SqlKnowledgeStore) -> None:
    names = [opened(store, FILE, each=True) for _ in range(10)]
    for name in names:
        store.job_control.cancel(name)
    assert len(events(store)) == 20
    assert sorted(outbound_task.job for outbound_task in store.outbound_tasks.take(100, quiet=False)) == sorted(names)


def test_three_failures_and_it_is_dead(resources: Resources, store: SqlKnowledgeStore) -> None:
    web = FakeWeb({URL: [500, 0, 302]})
    resources = dataclasses.replace(resources, web=lambda: web)
    name = opened(store)
    for _ in range(3):
        callback_delivery.deliver(resources, KB, name, "me")
    assert events(store) == [("job.finished", "dead")] and len(web.sent) == 3
    callback_delivery.deliver(resources, KB, name, "me")
    assert len(web.sent) == 3, "the dead stay dead"
    (view,) = store.callbacks.page(CallbackFilter(), None, 9)
    assert view.attempt == 3 and "redirects are not followed" in (view.error or "")
    with pytest.raises(InputError):
        store.callbacks.replay(f"{KB}.nothing")
    assert store.callbacks.replay(view.id).state == "pending"
    with pytest.raises(InputError, match="not over yet"):
        store.callbacks.replay(view.id)


def test_a_fetched_file_is_a_document_like_any_other(resources: Resources, store: SqlKnowledgeStore) -> None:
    name = opened(store, FILE)
    view = store.job_queries.get(name)
    assert view.state is JobState.RUNNING and view.documents[0].state is DocumentState.QUEUED
    assert fetched(resources, name) and not fetched(resources, name), "it is done"
    run_until_done(resources)
    view = store.job_queries.get(name)
    assert (view.state, view.documents[0].state) == (JobState.DONE, DocumentState.DONE)
    assert view.documents[0].source == FILE and events(store) == [("job.finished", "pending")]
    assert not list((resources.settings.home / KB / "work").iterdir())


def test_a_file_that_comes_too_late_is_thrown_away(resources: Resources, store: SqlKnowledgeStore) -> None:
    name = opened(store, FILE)

    class Slow(FakeWeb):
        def fetch(self, *arguments, **named):
            store.job_control.cancel(name)
            return super().fetch(*arguments, **named)

    resources = dataclasses.replace(resources, web=lambda: Slow({}, {FILE: b"%FAKE\nLate."}))
    assert not fetched(resources, name)
    assert store.job_queries.get(name).state is JobState.CANCELLED and not store.document_queries.all()
    assert events(store) == [("job.finished", "pending")]
    assert store.job_control.retry(name, {}) == 1
    assert store.job_queries.get(name).state is JobState.RUNNING


def test_a_worker_that_ends_gives_its_fetch_back(resources: Resources, store: SqlKnowledgeStore) -> None:
    name = opened(store, FILE)

    asked: list[str] = []

    class Watched(FakeWeb):
        def fetch(self, url, target, largest_bytes, timeout_s, beat=lambda: True):
            asked.append(url)
            assert not beat()
            raise CancelledError

    resources = dataclasses.replace(resources, web=lambda: Watched({}))
    downloads.fetch(resources, KB, name, FILE, "me", stopping=lambda: len(asked) > 0)
    assert asked
    again = store.downloads.claim(name, FILE, "other", 60)
    assert again and again.attempt == 1


def test_a_url_that_fails_for_good_ends_its_job(resources: Resources, store: SqlKnowledgeStore) -> None:
    other = "https://files.example/none.pdf?key=secret"
    name = opened(store, other, each=True)
    assert not fetched(resources, name, other) and fetched(resources, name, other)
    (document,) = store.job_queries.get(name).documents
    assert document.state is DocumentState.FAILED and document.outcome is Outcome.FAILED and document.error
    assert document.error.code == "fetch_failed" and "secret" not in document.error.message
    assert [kind for kind, _ in events(store)] == ["document.finished", "job.finished"]


def test_an_abandoned_submission_is_closed_unless_a_download_is_pending(
    resources: Resources, store: SqlKnowledgeStore
) -> None:
    empty, waiting = opened(store, sealed=False), opened(store, FILE, sealed=False)
    store.job_control.close_forsaken()
    assert store.job_queries.get(empty).state is JobState.ACCEPTING
    forward(store, 301)
    store.job_control.close_forsaken()
    assert store.job_queries.get(empty).state is JobState.DONE
    assert store.job_queries.get(waiting).state is JobState.ACCEPTING
    assert events(store) == [("job.finished", "pending")]
    assert fetched(resources, waiting)
    run_until_done(resources)
    store.job_control.close_forsaken()
    assert store.job_queries.get(waiting).state is JobState.DONE


def test_the_relay_marks_and_sends_what_is_due_soon(resources: Resources, store: SqlKnowledgeStore) -> None:
    sent: list[str] = []

    def send(held: SqlKnowledgeStore, empty: frozenset[str]) -> int:
        taken = held.outbound_tasks.take(100, quiet=False)
        sent.extend(outbound_task.job for outbound_task in taken)
        return len(taken)

    relay = Relay(
        resources=lambda: resources,
        send_steps=lambda *_: 0,
        send_outbound_tasks=send,
        send_schedules=lambda _: 0,
        look_for_troubles=lambda: None,
        empty_queues=frozenset,
    )
    name = opened(store)
    relay.once()
    assert sent == [name] and resources.catalog.outbound_tasks() == [KB]
    claim = store.callbacks.claim(name, "me", 60)
    assert claim
    store.callbacks.later(claim, 3600, 500, "it answered 500")
    relay.once()
    assert resources.catalog.outbound_tasks() == [], "nothing is due within a minute: no worker is wanted"
    forward(store, 3590)
    relay.looked_at_all = 0.0
    relay.once()
    assert resources.catalog.outbound_tasks() == [KB] and sent == [name], "soon, but not yet"
    forward(store, 20)
    relay.once()
    assert sent == [name, name]


def test_a_deleted_knowledge_base_has_no_callbacks(resources: Resources, store: SqlKnowledgeStore) -> None:
    name = opened(store)
    resources.catalog.mark_outbound(KB)
    resources.catalog.remove(KB)
    assert resources.catalog.outbound_tasks() == []
    with pytest.raises(NotFoundError):
        callback_delivery.deliver(resources, KB, name, "me")
