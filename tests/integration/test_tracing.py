"""One trace from the upload to the callback, over processes, the broker and the outbox; and nothing without it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from pipeline import tracing
from stores.models import Stage, StepKey
from tests.api_server import FAKE, Server, serving
from tests.conftest import ROOT
from tests.in_process import fake_document
from tests.receiver import Receiver
from tests.waiting import GENEROUS_S, eventually

SECRET_TEXT = "confidential-words"
FIRST = "0af7651916cd43dd8448eb211c80319c"


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    trace: str
    parent: str
    status: int
    words: dict[str, Any]


@pytest.fixture(scope="module")
def collector() -> Iterator[Receiver]:
    receiver = Receiver().start()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="module")
def server(collector: Receiver) -> Iterator[Server]:
    """A server that traces, whose workers end a document without pages and one with some."""
    asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url(""), "OTEL_BSP_SCHEDULE_DELAY": "200"}
    before = {name: os.environ.get(name) for name in asked}
    os.environ.update(asked)
    try:
        with serving(**FAKE, allow_private_urls=True) as running:
            yield running
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def spans_of(collector: Receiver) -> list[Span]:
    spans = []
    for call in collector.calls:
        if call.path != "/v1/traces":
            continue
        for group in ExportTraceServiceRequest.FromString(call.body).resource_spans:
            of_group = {one.key: one.value.string_value for one in group.resource.attributes}
            for scope in group.scope_spans:
                spans += [_span(of_group["service.name"], one) for one in scope.spans]
    return spans


def _span(service: str, one: Any) -> Span:
    words = {each.key: each.value.string_value or each.value.int_value for each in one.attributes}
    words |= {each.key: each.value.string_value for event in one.events for each in event.attributes}
    return Span(service, one.name, one.trace_id.hex(), one.parent_span_id.hex(), one.status.code, words)


def test_an_upload_its_stages_and_its_callback_are_one_trace(server: Server, collector: Receiver) -> None:
    """The client's own trace goes on in it."""
    good = fake_document(server.folder / "good.pdf", f"# Good\n{SECRET_TEXT}", "more")
    bad = fake_document(server.folder / "bad.pdf", password="nobody-knows")
    files = [("files", (path.name, path.read_bytes())) for path in (good, bad)]
    headers = {"traceparent": f"00-{FIRST}-b7ad6b7169203331-01"}
    given = {"callback_url": collector.url("/done")}
    answer = server.client.post("/knowledge/demo/ingest", files=files, data=given, headers=headers)
    assert answer.status_code == 202, answer.text
    runs = {f"run/ingot.{stage}" for stage in (*Stage, "deliver")} - {"run/ingot.render", "run/ingot.ocr"}

    def whole() -> list[Span]:
        mine = [span for span in spans_of(collector) if span.trace == FIRST]
        return mine if runs <= {span.name for span in mine} else []

    spans = eventually(whole, told=lambda: str(Counter((one.name, one.trace) for one in spans_of(collector))))
    assert spans
    assert {span.service for span in spans} == {"ingot-api", "ingot-worker"}
    (upload,) = [span for span in spans if span.parent == "b7ad6b7169203331"]
    assert "/ingest" in upload.name
    plans = {span.words["ingot.outcome"]: span for span in spans if span.name == "run/ingot.plan"}
    assert set(plans) == {"done", "failed"}
    assert plans["failed"].status == 2
    assert plans["done"].words["ingot.job"] == answer.json()["job_id"]
    assert any(span.name.startswith(("INSERT", "UPDATE")) and span.service == "ingot-worker" for span in spans)
    assert SECRET_TEXT not in str(spans_of(collector))


def test_what_belongs_to_nothing_is_not_traced(server: Server, collector: Receiver) -> None:
    """Heartbeats, the relay's looks and probes would be traces of their own, several a second."""
    server.client.get(f"{server.address}/livez")
    job = server.get("/jobs")["items"][0]["job_id"]
    seen = lambda: [span for span in spans_of(collector) if span.name == "GET /api/v1/jobs/{job_id}"]  # noqa: E731
    server.get(f"/jobs/{job}")
    assert eventually(seen, told=lambda: str({span.name for span in spans_of(collector)}))
    roots = {span.name for span in spans_of(collector) if not span.parent}
    assert roots and all("/api/v1/" in name for name in roots), roots


def test_a_document_of_the_command_line_has_a_trace_of_its_own() -> None:
    def key(document: str, stage: Stage) -> StepKey:
        return StepKey(knowledge_id="demo", document=document, generation=1, stage=stage, batch=0)

    one = tracing.trace_of_document(key("a", Stage.PLAN))
    assert one == tracing.trace_of_document(key("a", Stage.EMBED)) != tracing.trace_of_document(key("b", Stage.PLAN))
    version, trace, span, flags = one.split("-")
    assert (version, len(trace), len(span), flags) == ("00", 32, 16, "01")


@pytest.mark.parametrize(
    ("variables", "on"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_the_standard_variables_switch_it_on(variables: dict[str, str], on: bool) -> None:
    assert tracing.is_on(variables) is on


def test_without_them_a_worker_imports_nothing_of_it() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "SENTRY_"))}
    code = (
        "import sys, celery_app\n"
        "celery_app.tracing.start('x'); celery_app.error_reports.start('x', '1')\n"
        "ours = ('opentelemetry.instrumentation', 'opentelemetry.exporter', 'opentelemetry.sdk.trace', 'sentry_sdk')\n"
        "print(sorted(name for name in sys.modules if name.startswith(ours)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=GENEROUS_S
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
