"""Which spans are recorded. Only ``tracing`` imports this, once traces are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

_LONE = (SpanKind.CLIENT, SpanKind.PRODUCER)


class WithoutLoneQueries(Sampler):
    """Drops queries and messages that belong to no request and no step: heartbeats, and the relay's looks.

    They come several times a second, and each would be a trace of its own.
    """

    def __init__(self, others: Sampler) -> None:
        self._others = others

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        belongs = trace.get_current_span(parent_context).get_span_context().is_valid
        if kind in _LONE and not belongs:
            return SamplingResult(Decision.DROP)
        return self._others.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        return f"WithoutLoneQueries({self._others.get_description()})"
