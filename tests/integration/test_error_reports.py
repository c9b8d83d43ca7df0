"""Reports to Sentry: a bug is reported with its place and its ids, and without a word of a document."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk

from pipeline import error_reports, flow
from stores.errors import InputError
from stores.models import Stage
from tests.in_process import KB, fake_document, fake_resources, ingest_now
from tests.receiver import Receiver
from tests.waiting import eventually

SECRET_TEXT = "confidential-words"


@pytest.fixture
def sentry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A server to which the errors of this process are reported."""
    receiver = Receiver().start()
    monkeypatch.setenv(error_reports.DSN, f"http://public@127.0.0.1:{receiver.port}/1")
    error_reports.start("worker", "9.9")
    yield receiver
    sentry_sdk.get_client().close()
    sentry_sdk.init("")
    receiver.stop()


def reports(receiver: Receiver) -> list[dict[str, Any]]:
    bodies = [gzip.decompress(call.body) if call.body[:2] == b"\x1f\x8b" else call.body for call in receiver.calls]
    lines = [json.loads(line) for body in bodies for line in body.splitlines() if line.startswith(b"{")]
    return [line for line in lines if "exception" in line]


def test_a_bug_in_a_stage_is_reported_without_the_text_that_it_met(
    home: Path, tmp_path: Path, sentry: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meet_bug(*_: Any) -> None:
        quoted = f"invalid literal: {SECRET_TEXT}"
        raise ValueError(quoted)

    monkeypatch.setitem(flow.RUN, Stage.EXTRACT, meet_bug)
    ingest_now(fake_resources(home), fake_document(tmp_path / "good.pdf", f"# Good\n{SECRET_TEXT}"))
    (report,) = eventually(lambda: reports(sentry), told=lambda: str(sentry.calls)) or [{}]
    assert SECRET_TEXT not in json.dumps(report) and "good.pdf" not in json.dumps(report)
    (exception,) = report["exception"]["values"]
    assert exception["type"] == "ValueError"
    assert exception["stacktrace"]["frames"][-1]["function"] == "meet_bug"
    assert (report["release"], report["tags"]["role"], report["tags"]["stage"]) == ("ingot@9.9", "worker", "extract")
    assert report["tags"]["knowledge_id"] == KB and report["tags"]["document"]


def test_a_document_that_fails_is_no_bug(home: Path, tmp_path: Path, sentry: Receiver) -> None:
    ingest_now(fake_resources(home), fake_document(tmp_path / "locked.pdf", password="nobody-knows"))
    logging.getLogger("ingot.test").error("only words: %s", SECRET_TEXT)
    sentry_sdk.flush()
    assert sentry.calls == []


def test_a_wrong_dsn_gets_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(error_reports.DSN, "nonsense")
    with pytest.raises(InputError, match="SENTRY_DSN is not the DSN"):
        error_reports.start("worker", "9.9")
