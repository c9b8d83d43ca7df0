"""What needs a person is told by webhook and mail, signed, once per cause and hour, with the retries of callbacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import update
from standardwebhooks import Webhook

from ingest.api.webhooks import Notice
from ingest.given_settings import read_settings
from pipeline.commands.check import CheckRequest, check
from pipeline.commands.run_schedule import run_due
from pipeline.outbound import callback_delivery, callbacks, notices, oversight
from pipeline.schedule_file import Schedule
from pipeline.step_context import Resources
from stores.errors import InputError
from stores.models import HOME
from stores.sql.home_tables import notice
from stores.sql.tables import callback
from stores.views import CallbackFilter, QueueView
from tests.chroma_server import free_port
from tests.in_process import KB, fake_document, fake_resources, ingest_now, sql_store
from tests.receiver import Receiver

USER, PASSWORD = b"ann", b"s3cret/word"


class Inbox:
    """What a mail server took; ``refusals``: answers that it gives first."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.messages: list[Any] = []
        self.refusals: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refusals:
            return self.refusals.pop(0)
        self.messages.append(envelope)
        return "250 taken"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """A mail server on loopback; its port is ``inbox.port``."""
    made = Inbox(free_port())
    controller = Controller(
        made,
        hostname="127.0.0.1",
        port=made.port,
        auth_require_tls=False,
        authenticator=lambda *given: AuthResult(success=(given[4].login, given[4].password) == (USER, PASSWORD)),
    )
    controller.start()
    yield made
    controller.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver().start()
    yield made
    made.stop()


def delivered(resources: Resources) -> None:
    """Deliver what is due in the outbox of the home, as a worker does."""
    oversight.deliver_own(resources, "test", lambda: False)


def all_notices(resources: Resources) -> list[Any]:
    return resources.catalog.store(HOME).callbacks.page(CallbackFilter(), None, 100)


def hours_later(resources: Resources, cause: str) -> None:
    with sql_store(resources, HOME).database.write() as connection:
        connection.execute(update(notice).where(notice.c.cause == cause).values(told_at=notice.c.told_at - 3700))


def test_failed_documents_are_told_of_once_an_hour(
    home: Path, tmp_path: Path, receiver: Receiver, inbox: Inbox
) -> None:
    url, to = (
        receiver.on("/notices", 200),
        f"smtp://127.0.0.1:{inbox.port}/?from=ingot@example.org&to=ann@example.org,bob@example.org",
    )
    resources = fake_resources(home, notify_url=url, notify_mail=to)
    fake_document(tmp_path / "in" / "good.pdf", "Text")
    fake_document(tmp_path / "in" / "bad.pdf", "Text", "[broken]")
    report = ingest_now(resources, tmp_path / "in")
    for _ in range(2):
        oversight.look(resources)
        delivered(resources)
    (call,) = receiver.took("/notices")
    (secret,) = callbacks.secrets(resources)
    event = Notice.model_validate(Webhook(secret).verify(call.body, call.headers))
    assert event.data.cause == f"documents:{KB}" and str(report.job) in event.data.message
    (message,) = inbox.messages
    assert message.rcpt_tos == ["ann@example.org", "bob@example.org"] and message.mail_from == "ingot@example.org"
    text = message.content.decode()
    assert f"Subject: Ingot: {KB}: 1 document failed" in text and "Auto-Submitted: auto-generated" in text
    assert {view.state for view in all_notices(resources)} == {"delivered"}
    hours_later(resources, f"documents:{KB}")
    with sql_store(resources).database.write() as connection:  # nothing has failed since
        connection.exec_driver_sql("UPDATE job SET finished_at = finished_at - 7000")
    oversight.look(resources)
    assert len(all_notices(resources)) == 2


def test_a_mail_server_that_refuses_is_tried_again_and_a_password_needs_tls(
    home: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"smtp://127.0.0.1:{inbox.port}/?from=ingot@example.org&to=ann@example.org"
    resources = fake_resources(home, notify_mail=address, callback_retries_s="0,0")
    inbox.refusals.append("451 4.7.1 come back later")
    assert notices.tell(resources, "test", "something\nhappened", {"number": 1})
    delivered(resources)
    (view,) = all_notices(resources)
    assert (view.state, view.attempt) == ("pending", 1) and "451" in str(view.error) and not inbox.messages
    delivered(resources)
    assert len(inbox.messages) == 1 and "number: 1" in inbox.messages[0].content.decode()
    with_password = address.replace("smtp://", "smtp://ann:s3cret%2Fword@")
    guarded = replace(resources, settings=resources.settings.model_copy(update={"notify_mail": with_password}))
    assert notices.tell(guarded, "other", "something", {})
    delivered(guarded)
    (refused,) = [view for view in all_notices(guarded) if view.state == "pending"]
    assert "offers no TLS" in (refused.error or "") and "s3cret" not in str(refused)
    delivered(guarded)
    assert {view.state for view in all_notices(guarded)} == {"delivered", "dead"}
    oversight.look(guarded)
    assert len(all_notices(guarded)) == 2, "a notice that is given up is no reason for another"


def test_every_cause_has_its_notice(home: Path, tmp_path: Path, receiver: Receiver) -> None:
    resources = fake_resources(home, notify_url=receiver.on("/notices", 200), notify_queue_s=60.0)
    fake_document(tmp_path / "in" / "a.pdf", "Text")
    ingest_now(resources, tmp_path / "in")
    store = sql_store(resources)
    with store.database.write() as connection:
        dead = {
            "state": "dead",
            "finished_at": store.now(),
            "created_at": store.now(),
            "body": {},
            "kind": "job.finished",
        }
        connection.execute(callback.insert().values(id=f"{KB}.X", job=f"{KB}.Y", url="http://x.example", **dead))
    oversight.look(resources)
    next((home / KB / "files" / "originals").iterdir()).unlink()
    check(resources, KB, CheckRequest(settle_s=0.0), lambda what, count: None)
    nightly = Schedule(name="nightly", cron="0 3 * * *", do="ingest", knowledge_id=KB, source=str(tmp_path / "gone"))
    resources.catalog.home_store().schedules.request("nightly", nightly.content)
    run_due(resources, "nightly", "test")
    queue = QueueView(queue="ocr", stages=(), waiting=3, working=0, oldest_waiting_s=59.0, messages=3, workers=())
    late = replace(queue, oldest_waiting_s=999.0)
    served, unknown = replace(late, queue="cpu", workers=("ann@here",)), replace(late, queue="embed", workers=None)
    oversight.look_at_queues(resources, [queue, served, unknown])
    assert not [one for one in all_notices(resources) if "queue" in one.body["data"]["cause"]]
    oversight.look_at_queues(resources, [replace(queue, oldest_waiting_s=61.0)] * 2)
    oversight.look_at_queues(resources, [replace(late, queue="extract", workers=None, messages=None)])
    delivered(resources)
    causes = {call.event["data"]["cause"]: call.event["data"]["message"] for call in receiver.took("/notices")}
    assert set(causes) == {f"callbacks:{KB}", f"check:{KB}", "schedule:nightly", "queue:ocr", "queue:extract"}
    assert (
        "original_missing" in causes[f"check:{KB}"] and "is not there: its documents stay" in causes["schedule:nightly"]
    )
    assert "the broker cannot be used" in causes["queue:extract"] and "no worker serves it" in causes["queue:ocr"]
    assert len(receiver.took("/notices")) == 5


def test_nothing_is_written_where_nobody_is_to_be_told(home: Path) -> None:
    resources = fake_resources(home)
    assert not notices.tell(resources, "test", "something", {}) and resources.catalog.outboxes() == []


@pytest.mark.parametrize(
    "address",
    [
        "smtp://host",
        "http://host/?from=a@b&to=c@d",
        "smtp://host/?from=a@b&to=c@d&bcc=e@f",
        "smtp://:s3cret@host:many/?from=a@b&to=c@d",
        "smtps://host/?from=a&to=c@d",
        "smtps://host/?from=a@b&to=c@d%0aBcc: e@f",
    ],
)
def test_an_address_that_is_none_is_refused_without_what_is_secret(address: str) -> None:
    with pytest.raises(InputError, match=r"write it like smtp\[s\]://") as refused:
        read_settings(notify_mail=address)
    assert "s3cret" not in refused.value.message and "bcc" not in refused.value.message


def test_callbacks_of_the_home_are_shown_and_replayed(home: Path, receiver: Receiver) -> None:
    resources = fake_resources(home, notify_url=receiver.on("/notices", 410, 200))
    notices.tell(resources, "test", "something", {})
    delivered(resources)
    (shown,) = callbacks.callbacks_page(resources, CallbackFilter(), None, 10).items
    assert (shown.id.startswith(f"{HOME}."), shown.state) == (True, "dead")
    assert callback_delivery is not None and callbacks.replay(resources, shown.id).state == "pending"
    delivered(resources)
    assert callbacks.callback(resources, shown.id).state == "delivered"
