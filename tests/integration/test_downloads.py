"""URLs as sources, fetched by a real notify worker: placed like any other file, refused, tried again, cancelled."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

import pytest

from pipeline.commands.submission import Submission
from stores.models import DocumentState, JobState, Options, Outcome
from stores.views import JobDocumentView, JobView
from tests.callback_environment import CallbackEnvironment, until
from tests.receiver import Receiver, file_of, held, redirect_to, reset, sized


@pytest.fixture(scope="module")
def environment() -> Iterator[CallbackEnvironment]:
    made = CallbackEnvironment(fetch_retries_s="0.2,0.2,0.4", max_file_mb=1)
    made.start_worker()
    yield made
    made.close()


def fake(*pages: str) -> bytes:
    return ("%FAKE\n" + "\f".join(pages) + f"\n{uuid.uuid4().hex}").encode()


def submitted(environment: CallbackEnvironment, kb: str, *urls: str, **submission: object) -> str:
    return environment.service.ingestion.submit(kb, Submission(urls=urls, **submission)).job  # type: ignore[arg-type]


def ended(environment: CallbackEnvironment, kb: str, job: str) -> JobView:
    """The job once it is over; its documents are made here."""

    def over() -> bool:
        environment.work(kb)
        return environment.service.jobs.get(job).finished_at is not None

    until(over)
    return environment.service.jobs.get(job)


def only(view: JobView) -> JobDocumentView:
    (document,) = view.documents
    return document


def test_what_stands_at_a_url_becomes_a_document(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    url = receiver.on("/a.pdf?id=5", file_of(fake("Herons and otters.")))
    job = submitted(environment, kb, url, callback_url=receiver.on("/x", 200))
    document = only(environment.service.jobs.get(job))
    assert (document.source, document.document, document.state) == (url, "", DocumentState.QUEUED)
    view = ended(environment, kb, job)
    document = only(view)
    assert (view.state, document.source, document.outcome, document.state) == (JobState.DONE, url, Outcome.NEW, "done")
    assert environment.service.documents.get(kb, url).sources == (url,)
    until(lambda: environment.states(kb) == ["delivered"])
    assert receiver.took("/x")[0].event["data"]["counts"] == {"done": 1}


def test_unchanged_is_the_same_and_changed_replaces(
    environment: CallbackEnvironment, receiver: Receiver, kb: str
) -> None:
    first, second = fake("One."), fake("Two.")
    url = receiver.on("/a.pdf", file_of(first), file_of(first), file_of(second))
    assert only(ended(environment, kb, submitted(environment, kb, url))).outcome is Outcome.NEW
    assert only(ended(environment, kb, submitted(environment, kb, url))).outcome is Outcome.SAME
    assert only(ended(environment, kb, submitted(environment, kb, url))).outcome is Outcome.CHANGED
    (view,) = environment.service.documents.all(kb)
    assert view.sources == (url,) and view.visible
    assert environment.service.documents.pages(kb, url)[0].markdown.startswith("Two.")


def test_the_options_of_the_job_hold_for_what_is_fetched(
    environment: CallbackEnvironment, receiver: Receiver, kb: str
) -> None:
    url = receiver.on("/a.pdf", file_of(fake("One.", "Two.", "Three.")))
    ended(environment, kb, submitted(environment, kb, url, options=Options(pages="2")))
    assert [page.number for page in environment.service.documents.pages(kb, url)] == [2]


def test_a_password_given_with_the_job_opens_it(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    url = receiver.on("/a.pdf", file_of(b"%FAKE sesame\nSecret herons."))
    view = ended(environment, kb, submitted(environment, kb, url, passwords=("wrong", "sesame")))
    assert only(view).state is DocumentState.DONE


@pytest.mark.parametrize("behaviour", [500, 503, reset], ids=["500", "503", "reset"])
def test_what_fails_for_a_while_is_tried_again(
    environment: CallbackEnvironment, receiver: Receiver, kb: str, behaviour
) -> None:
    url = receiver.on("/a.pdf", behaviour, behaviour, file_of(fake("At last.")))
    assert only(ended(environment, kb, submitted(environment, kb, url))).state is DocumentState.DONE


def test_what_does_not_come_in_time_is_tried_again(receiver: Receiver, kb: str) -> None:
    environment = CallbackEnvironment(fetch_retries_s="0" + ",0.2" * 30, fetch_timeout_s=1.0)
    try:
        environment.start_worker()
        test_what_fails_for_a_while_is_tried_again(environment, receiver, kb, held(threading.Event()))
    finally:
        environment.close()


def test_what_fails_for_ever_is_the_documents_fault(
    environment: CallbackEnvironment, receiver: Receiver, kb: str
) -> None:
    url = receiver.on("/a.pdf?token=geheim", 500)
    view = ended(environment, kb, submitted(environment, kb, url))
    document = only(view)
    assert view.state is JobState.DONE and document.state is DocumentState.FAILED and document.error
    assert document.error.code == "fetch_failed" and "500" in document.error.message
    assert "geheim" not in document.error.message and len(receiver.took("/a.pdf?token=geheim")) == 4
    assert environment.service.documents.all(kb)[0].error == document.error


@pytest.mark.parametrize(
    ("behaviour", "code", "words"),
    [
        (404, "fetch_failed", "404"),
        (sized(2 << 20), "too_large", "INGOT_MAX_FILE_MB"),
        (file_of(b"<html>Please log in</html>"), "fetch_failed", "HTML"),
        (file_of(b""), "fetch_failed", "empty"),
        (redirect_to("file:///etc/passwd"), "url_refused", "http"),
        (redirect_to("http://user:pw@127.0.0.1/"), "url_refused", "password"),
    ],
    ids=["404", "too large", "HTML", "empty", "file", "credentials"],
)
def test_what_can_never_be_taken_is_said_at_once(
    environment: CallbackEnvironment, receiver: Receiver, kb: str, behaviour, code: str, words: str
) -> None:
    url = receiver.on("/a.pdf", behaviour)
    document = only(ended(environment, kb, submitted(environment, kb, url)))
    assert document.error and (document.error.code, len(receiver.took("/a.pdf"))) == (code, 1)
    assert words in document.error.message and document.source == url


def test_good_and_bad_in_one_job_and_retry_fetches_only_the_bad(
    environment: CallbackEnvironment, receiver: Receiver, kb: str
) -> None:
    good = receiver.on("/good.pdf", file_of(fake("Good.")))
    bad = receiver.on("/bad.pdf", 404, file_of(fake("Better.")))
    job = submitted(environment, kb, good, bad)
    assert {d.source: str(d.state) for d in ended(environment, kb, job).documents} == {good: "done", bad: "failed"}
    environment.service.jobs.retry(job)
    assert environment.service.jobs.get(job).state is JobState.RUNNING
    assert {d.source: str(d.state) for d in ended(environment, kb, job).documents} == {good: "done", bad: "done"}
    assert len(receiver.took("/good.pdf")) == 1 and len(receiver.took("/bad.pdf")) == 2


def test_it_is_said_why_a_url_is_not_there_yet(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    over = threading.Event()
    job = submitted(environment, kb, receiver.on("/a.pdf", held(over)))

    def why() -> str:
        (document,) = environment.service.jobs.documents(job).items
        return document.waiting.why if document.waiting else ""

    until(lambda: why() == "it is being fetched")
    progress = environment.service.jobs.progress(job)
    assert progress.waiting and progress.waiting.queue == "notify"
    environment.service.jobs.cancel(job)
    assert not why()
    over.set()


def test_cancelled_while_it_is_fetched(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    over = threading.Event()
    url = receiver.on("/a.pdf", held(over), file_of(fake("Too late.")))
    job = submitted(environment, kb, url)
    until(lambda: receiver.took("/a.pdf"))
    view = environment.service.jobs.cancel(job)
    assert (view.state, only(view).state) == (JobState.CANCELLED, DocumentState.CANCELLED)
    over.set()
    until(lambda: kb not in environment.resources.catalog.outbound_tasks())
    assert only(
        environment.service.jobs.get(job)
    ).state is DocumentState.CANCELLED and not environment.service.documents.all(kb)
    environment.service.jobs.retry(job)
    assert only(ended(environment, kb, job)).state is DocumentState.DONE


def test_the_same_bytes_at_two_urls_are_one_document(
    environment: CallbackEnvironment, receiver: Receiver, kb: str
) -> None:
    content = fake("Twins.")
    urls = [receiver.on(path, file_of(content)) for path in ("/a.pdf", "/b.pdf")]
    view = ended(environment, kb, submitted(environment, kb, *urls))
    assert len({entry.document for entry in view.documents}) == 1 and len(view.documents) == 2
    assert sorted(environment.service.documents.all(kb)[0].sources) == sorted(urls)


def test_many_urls_of_one_host(environment: CallbackEnvironment, receiver: Receiver, kb: str) -> None:
    urls = [receiver.on(f"/{number}.pdf", file_of(fake(str(number)))) for number in range(30)]
    view = ended(
        environment, kb, submitted(environment, kb, *urls, callback_url=receiver.on("/x", 200), callback_each=True)
    )
    assert {str(entry.state) for entry in view.documents} == {"done"} and len(view.documents) == 30
    until(lambda: environment.states(kb) == ["delivered"] * 31)
    assert receiver.took("/x")[-1].event["type"] == "job.finished"


def test_a_worker_killed_in_a_fetch_costs_seconds(receiver: Receiver, kb: str) -> None:
    environment = CallbackEnvironment()
    try:
        environment.start_worker()
        url = receiver.on("/a.pdf", held(threading.Event()), file_of(fake("Second time.")))
        job = submitted(environment, kb, url)
        until(lambda: receiver.took("/a.pdf"))
        environment.kill_worker()
        environment.start_worker()
        assert only(ended(environment, kb, job)).state is DocumentState.DONE
        assert not list((environment.home / kb / "work").glob("*"))
    finally:
        environment.close()
