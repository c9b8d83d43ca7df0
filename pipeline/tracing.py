"""OpenTelemetry traces: one for each request to ingest, from the upload over all stages to the callback.

The standard variables switch it on: ``OTEL_EXPORTER_OTLP_ENDPOINT`` (or that of traces alone) or
``OTEL_TRACES_EXPORTER``. Without them nothing is imported, and every function here returns at once. What a message
belongs to is stored with its job, so a step that waited, or that is sent again after its message was lost, stays in its
trace. Documents of the command line have a trace each, whose id comes from theirs.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stores.errors import InputError
from stores.models import StepKey

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

_TRACEPARENT = "traceparent"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_EXTRA = "install it with: pip install 'ingot[otel]', or unset the OTEL_* variables"
_provider: TracerProvider | None = None


def is_on(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the standard variables ask for traces."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    return exporter != "none" and bool(exporter or any(environment.get(name) for name in _ENDPOINTS))


def pass_on() -> None:
    """Put the trace of a step into its message, in a process that makes no spans itself: one that forks."""
    if not is_on():
        return
    with _explained():
        from opentelemetry.instrumentation.celery import CeleryInstrumentor

        instrumentor = CeleryInstrumentor()  # type: ignore[no-untyped-call]
        if not instrumentor.is_instrumented_by_opentelemetry:
            instrumentor.instrument()


def start(service: str) -> None:
    """Record and export the spans of this process as ``service``, which OTEL_SERVICE_NAME overrides.

    It starts a thread, so call it after a fork. InputError where the packages are missing.
    """
    global _provider
    if not is_on() or _provider is not None:
        return
    pass_on()
    with _explained():
        from opentelemetry import trace
        from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        from pipeline.trace_sampling import WithoutLoneQueries

        name = os.environ.get("OTEL_SERVICE_NAME") or service
        _provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
        _provider.sampler = WithoutLoneQueries(_provider.sampler)
        _provider.add_span_processor(BatchSpanProcessor(_exporter()))
        trace.set_tracer_provider(_provider)
        # Its releases name no SQLAlchemy of 2.1 yet; tests/integration/test_tracing.py says that they work with it.
        SQLAlchemyInstrumentor().instrument(skip_dep_check=True)


def flush() -> None:
    """Export what is not exported yet, before this process ends."""
    if _provider is not None:
        _provider.force_flush(5000)


def current() -> str:
    """The W3C ``traceparent`` of the current span; "" where there is none."""
    if not is_on():
        return ""
    from opentelemetry.propagate import inject

    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier.get(_TRACEPARENT, "")


def trace_id() -> str:
    """The id of the current trace, for log lines; "" where there is none."""
    return current().split("-")[1] if current() else ""


def trace_of_document(key: StepKey) -> str:
    """The ``traceparent`` of a document that came without one: always the same for one making of it."""
    return _made_of(key.knowledge_id, key.document, str(key.generation))


def trace_of_job(job: str) -> str:
    """The ``traceparent`` of what is done for a job that came without one."""
    return _made_of(job)


def _made_of(*words: str) -> str:
    digest = hashlib.sha256("\0".join(words).encode()).hexdigest()
    return f"00-{digest[:32]}-{digest[32:48]}-01"


@contextmanager
def under(traceparent: str) -> Iterator[None]:
    """Let the block belong to a trace, instead of to the current span."""
    if not is_on():
        yield
        return
    from opentelemetry import context
    from opentelemetry.propagate import extract

    token = context.attach(extract({_TRACEPARENT: traceparent}))
    try:
        yield
    finally:
        context.detach(token)


def describe(**attributes: Any) -> None:
    """Say of the current span what it is about; names get the prefix ``ingot.``, what is None is left out."""
    if not is_on():
        return
    from opentelemetry import trace

    span = trace.get_current_span()
    span.set_attributes({f"ingot.{name}": value for name, value in attributes.items() if value is not None})


def failed(code: str) -> None:
    """Mark the current span as failed, by the code of the fault: its message may quote a document."""
    if not is_on():
        return
    from opentelemetry import trace

    trace.get_current_span().set_status(trace.StatusCode.ERROR, code)


def _exporter() -> SpanExporter:
    """The exporter that the standard variables choose: OTLP over HTTP or gRPC, or the console."""
    kind = os.environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() or "otlp"
    if kind == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter()
    if kind != "otlp":
        raise InputError(f"OTEL_TRACES_EXPORTER={kind!r} is not known: use otlp, console or none", code="bad_setting")
    protocol = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter

        return GrpcExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise InputError(f"OpenTelemetry is asked for, but not installed: {_EXTRA}", code="no_otel") from error
