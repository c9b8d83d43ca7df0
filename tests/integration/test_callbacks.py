"""Callbacks by a real notify worker to a real HTTP server that is down, slow, redirecting, failing or lying."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import update
from standardwebhooks import Webhook

from ingest.api.webhooks import DocumentFinished, JobFinished
from stores.errors import InputError
from stores.models import JobState
from stores.sql.tables import callback
from tests.callback_environment import CallbackEnvironment, until
from tests.in_process import sql_store
from tests.receiver import Receiver, drip, held, redirect_to, reset, sized
from tests.waiting import GENEROUS_S


@pytest.fixture(scope="module")
def environment() -> Iterator[CallbackEnvironment]:
    made = CallbackEnvironment()
    made.start_worker()
    yield made
    made.close()


def test_a_job_that_ends_is_told_signed(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    job = environment.submit(kb, "Herons.", "[broken]", callback_url=receiver.on("/x", 200), metadata={"你": ["好", 1]})
    assert not receiver.took("/x")
    environment.work(kb)
    until(lambda: environment.states(kb) == ["delivered"])
    (call,) = receiver.took("/x")
    (secret,) = environment.service.callbacks.secrets()
    event = Webhook(secret).verify(call.body, call.headers)
    assert call.headers["content-type"] == "application/json" and len(call.body) < 20_000
    assert event["type"] == "job.finished" and call.id.startswith(f"{kb}.")
    data = event["data"]
    assert (data["job_id"], data["knowledge_id"], data["state"]) == (job, kb, "done")
    assert data["counts"] == {"partial": 1} and data["metadata"] == {"你": ["好", 1]}
    assert data["failures"][0]["source"] == "0.pdf" and "page 2" in data["failures"][0]["error"]
    assert data["finished_at"].endswith("Z") and event["timestamp"].endswith("Z")


def test_each_document_and_then_the_job_in_order(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    url = receiver.on("/x", 500, 200, 500, 500, 200)
    environment.submit(kb, files=6, callback_url=url, callback_each=True)
    environment.work(kb)
    until(lambda: environment.states(kb) == ["delivered"] * 7)
    tried = [call.id for call in receiver.took("/x")]
    assert list(dict.fromkeys(tried)) == [view.id for view in environment.callbacks(kb)], "no event overtakes another"
    assert sorted(tried, key=list(dict.fromkeys(tried)).index) == tried, "none is begun before the one before is over"
    kinds = [view.kind for view in environment.callbacks(kb)]
    assert kinds == ["document.finished"] * 6 + ["job.finished"]
    for call in receiver.took("/x"):
        (DocumentFinished if call.event["type"] == "document.finished" else JobFinished).model_validate(call.event)
    sources = {call.event["data"].get("source") for call in receiver.took("/x")} - {None}
    assert sources == {f"{number}.pdf" for number in range(6)}


@pytest.fixture(scope="module")
def impatient() -> Iterator[CallbackEnvironment]:
    """Gives up soon who does not answer, and tries often."""
    made = CallbackEnvironment(callback_timeout_s=0.8, callback_retries_s="0" + ",0.2" * 30)
    made.start_worker()
    yield made
    made.close()


@pytest.mark.parametrize(
    "behaviour",
    [500, 503, 404, reset, redirect_to("http://169.254.169.254/latest/"), redirect_to("/inside")],
    ids=["500", "503", "404", "reset", "redirect to link-local", "redirect to loopback"],
)
def test_every_event_arrives_once_the_receiver_is_well(
    environment: CallbackEnvironment, receiver: Receiver, kb: str, behaviour
) -> None:
    url = receiver.on("/x", behaviour, behaviour, behaviour, 200)
    for _ in range(3):
        environment.submit(kb, callback_url=url)
    environment.work(kb)
    until(lambda: environment.states(kb) == ["delivered"] * 3)
    assert {call.id for call in receiver.took("/x")} == {view.id for view in environment.callbacks(kb)}
    assert not receiver.took("/inside"), "a redirect is not followed"


@pytest.mark.parametrize("behaviour", [held(threading.Event()), drip], ids=["silent", "drip"])
def test_every_event_arrives_once_the_receiver_answers_in_time(
    impatient: CallbackEnvironment, receiver: Receiver, kb: str, behaviour
) -> None:
    test_every_event_arrives_once_the_receiver_is_well(impatient, receiver, kb, behaviour)


def test_a_receiver_that_is_down_and_comes_back(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    receiver.stop()
    url = receiver.url("/x")
    for _ in range(5):
        environment.submit(kb, callback_url=url, callback_each=True)
    environment.work(kb)
    until(lambda: all(view.attempt for view in environment.callbacks(kb) if view.kind == "document.finished"))
    shown = environment.callbacks(kb)[0]
    assert shown.state == "pending" and "cannot be reached" in (shown.error or "")
    receiver.start()
    until(lambda: environment.states(kb) == ["delivered"] * 10)
    for job in {view.job for view in environment.callbacks(kb)}:
        mine = [call.id for call in receiver.took("/x") if call.event["data"]["job_id"] == job]
        assert mine == [view.id for view in environment.callbacks(kb, job=job)]


def test_a_large_answer_is_an_answer(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    environment.submit(kb, callback_url=receiver.on("/x", sized(10 << 20)))
    environment.work(kb)
    until(lambda: environment.states(kb) == ["delivered"])
    assert len(receiver.took("/x")) == 1


def test_after_the_last_try_it_is_dead_and_replays(
    environment: CallbackEnvironment, receiver: Receiver, kb: str
) -> None:
    url = receiver.on("/x", 500)
    environment.submit(kb, callback_url=url)
    environment.work(kb)
    until(lambda: environment.states(kb) == ["dead"])
    (view,) = environment.callbacks(kb, state="dead")
    assert view.attempt == 6 and view.status == 500 and "500" in (view.error or "") and view.finished_at
    stamps = {call.headers["webhook-timestamp"] for call in receiver.took("/x")}
    assert len(receiver.took("/x")) == 6 and len(stamps) > 1 and {call.id for call in receiver.took("/x")} == {view.id}
    environment.submit(kb, callback_url=receiver.on("/later", 200))
    environment.work(kb)
    until(lambda: receiver.took("/later"))
    assert len(receiver.took("/x")) == 6, "the dead stay dead"
    receiver.on("/x", 200)
    assert environment.service.callbacks.replay(view.id).state == "pending"
    until(lambda: environment.states(kb) == ["delivered"] * 2)
    assert receiver.took("/x")[-1].id == view.id
    again = environment.service.callbacks.replay(view.id)
    assert again.attempt == 0
    until(lambda: len(receiver.took("/x")) == 8)


def test_all_dead_ones_replay_at_once(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    url = receiver.on("/x", 410)
    for _ in range(3):
        environment.submit(kb, callback_url=url)
    environment.work(kb)
    until(lambda: environment.states(kb) == ["dead"] * 3)
    assert len(receiver.took("/x")) == 3, "410 means that nobody wants it any more"
    receiver.on("/x", 200)
    assert environment.service.callbacks.replay_dead(kb) == 3
    until(lambda: environment.states(kb) == ["delivered"] * 3)
    with pytest.raises(InputError):
        environment.service.callbacks.get(f"{kb}.01ARZ3NDEKTSV4RRFFQ69G5FAV")


def test_what_waited_behind_the_dead_has_one_try(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    url = receiver.on("/x", 500)
    environment.submit(kb, files=3, callback_url=url, callback_each=True)
    environment.work(kb)
    with sql_store(environment.resources, kb).database.write() as connection:
        connection.execute(update(callback).values(created_at=callback.c.created_at - 3600))
    until(lambda: environment.states(kb) == ["dead"] * 4)
    assert len(receiver.took("/x")) <= 6 + 3


def test_retry_after_is_honoured(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    environment.submit(kb, callback_url=receiver.on("/x", lambda handler: handler.say(429, Retry_After="2"), 200))
    environment.work(kb)
    until(lambda: environment.states(kb) == ["delivered"])
    first, second = receiver.took("/x")
    assert second.at - first.at >= 2.0


def test_one_slow_receiver_does_not_hold_the_others(environment: CallbackEnvironment, kb: str) -> None:
    """It answers nothing before the others have everything."""
    slow, quick, over = Receiver().start(), Receiver().start(), threading.Event()
    try:
        slow.on("/x", held(over))
        for _ in range(30):
            environment.submit(kb, callback_url=slow.url("/x"))
        environment.work(kb)
        until(lambda: slow.took("/x"))
        other = f"{kb}-other"
        for _ in range(20):
            environment.submit(other, callback_url=quick.url("/x"))
        environment.work(other)
        until(lambda: environment.states(other) == ["delivered"] * 20)
        assert environment.states(kb) == ["pending"] * 30
    finally:
        environment.service.knowledge_bases.delete(kb)
        over.set()
        slow.stop()
        quick.stop()


def test_a_cancelled_job_tells_of_it_once(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    job = environment.submit(kb, files=3, callback_url=receiver.on("/x", 200), callback_each=True)
    environment.service.jobs.cancel(job)
    environment.service.jobs.cancel(job)
    until(lambda: environment.states(kb) == ["delivered"] * 4)
    events = [call.event for call in receiver.took("/x")]
    assert [event["data"]["state"] for event in events] == ["cancelled"] * 4
    assert events[-1]["type"] == "job.finished" and events[-1]["data"]["counts"] == {"cancelled": 3}


def test_a_job_that_is_done_stays_done_when_cancelled(
    environment: CallbackEnvironment, receiver: Receiver, kb: str
) -> None:
    job = environment.submit(kb, callback_url=receiver.on("/x", 200))
    environment.work(kb)
    assert environment.service.jobs.cancel(job).state is JobState.DONE
    until(lambda: environment.states(kb) == ["delivered"])


def test_a_retried_job_tells_again_under_another_id(
    environment: CallbackEnvironment, receiver: Receiver, kb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = environment.submit(kb, "Fine.", "[broken]", callback_url=receiver.on("/x", 200))
    environment.work(kb)
    until(lambda: environment.states(kb) == ["delivered"])
    monkeypatch.setattr("pipeline.engines.fakes._refuse_broken", lambda text, number: None)
    environment.service.jobs.retry(job)
    environment.work(kb)
    until(lambda: environment.states(kb) == ["delivered"] * 2)
    first, second = receiver.took("/x")
    assert first.id != second.id
    assert (first.event["data"]["counts"], second.event["data"]["counts"]) == ({"partial": 1}, {"done": 1})


def test_what_is_known_already_is_told_at_once(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    from pipeline.commands.submission import Submission

    upload = environment._upload("a.pdf", ("Same.",))
    content = upload.path.read_bytes()
    environment.service.ingestion.submit(kb, Submission(uploads=(upload,)))
    environment.work(kb)
    upload.path.write_bytes(content)
    url = receiver.on("/x", 200)
    environment.service.ingestion.submit(kb, Submission(uploads=(upload,), callback_url=url, callback_each=True))
    until(lambda: environment.states(kb) == ["delivered"] * 2)
    kinds = [call.event["type"] for call in receiver.took("/x")]
    assert kinds == ["document.finished", "job.finished"]
    assert receiver.took("/x")[0].event["data"]["state"] == "done"


def test_a_deleted_document_ends_its_job_and_tells(
    environment: CallbackEnvironment, receiver: Receiver, kb: str
) -> None:
    environment.submit(kb, callback_url=receiver.on("/x", 200))
    (view,) = environment.service.documents.all(kb)
    from pipeline import removal

    store = environment.resources.catalog.store(kb)
    removal.remove_document(environment.resources, store, view.document)
    environment.resources.catalog.mark_outbound(kb)
    until(lambda: environment.states(kb) == ["delivered"])
    assert receiver.took("/x")[0].event["data"]["counts"] == {"cancelled": 1}


def test_long_words_do_not_make_a_long_body(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    metadata = {"words": "好" * 5000}
    for number in range(12):
        environment.submit(kb, f"[broken] {number}", files=1)
    job = environment.submit(kb, *["[broken]"] * 30, files=12, callback_url=receiver.on("/x", 200), metadata=metadata)
    environment.work(kb)
    until(lambda: environment.states(kb) == ["delivered"])
    (call,) = receiver.took("/x")
    assert len(call.body) < 20_000 and call.event["data"]["job_id"] == job
    assert call.event["data"]["metadata"] is None and call.event["data"]["failures"]


def test_many_at_once_to_one_receiver(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    url = receiver.on("/x", 200)
    jobs = {environment.submit(kb, callback_url=url) for _ in range(60)}
    environment.work(kb)
    until(lambda: environment.states(kb) == ["delivered"] * 60)
    assert {call.event["data"]["job_id"] for call in receiver.took("/x")} == jobs
    assert len(receiver.took("/x")) == 60, "nothing came twice"


def test_a_knowledge_base_without_due_work_is_not_marked(
    environment: CallbackEnvironment, receiver: Receiver, kb: str
) -> None:
    environment.submit(kb, callback_url=receiver.on("/x", 200))
    environment.work(kb)
    until(lambda: environment.states(kb) == ["delivered"])
    until(lambda: kb not in environment.resources.catalog.outbound_tasks())


def test_a_callback_is_sent_after_a_lost_message(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    """It was taken for sending by somebody who died before he sent it."""
    environment.submit(kb, callback_url=receiver.on("/x", 200))
    for _ in range(3):
        environment.work(kb)
    store = environment.resources.catalog.store(kb)
    store.outbound_tasks.take(10, quiet=False)
    until(lambda: environment.states(kb) == ["delivered"])


class TestKilled:
    """The worker is killed in the middle; a new one takes over what it had in hand."""

    def test_sigkill_in_the_middle_of_a_delivery(self, receiver: Receiver, kb: str) -> None:
        environment = CallbackEnvironment(callback_timeout_s=10 * GENEROUS_S)  # and no lease ends before that
        try:
            environment.start_worker()
            dying = held(threading.Event())
            url = receiver.on("/x", dying, dying, 200)
            jobs = [environment.submit(kb, files=2, callback_url=url, callback_each=True) for _ in range(5)]
            environment.work(kb)
            until(lambda: len(receiver.took("/x")) >= 2)
            environment.kill_worker()
            environment.start_worker()
            until(lambda: environment.states(kb) == ["delivered"] * 15)  # its leases ended with it
            whole = [call for call in receiver.took("/x") if call.body.endswith(b"}")]  # not those cut off by the kill
            for job in jobs:
                ids = [call.id for call in whole if call.event["data"]["job_id"] == job]
                assert list(dict.fromkeys(ids)) == [view.id for view in environment.callbacks(kb, job=job)]
        finally:
            environment.close()
