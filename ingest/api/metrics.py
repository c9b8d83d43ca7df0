"""Prometheus metrics: counts from the stores and queues at the time of a scrape, and the requests of this process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.api import security
from ingest.api.description import content, problems
from ingest.api.query_names import known_query
from ingest.api.security import CallerDep
from stores.errors import IngotError

if TYPE_CHECKING:
    from pipeline.service import Service

router = APIRouter(tags=["operations"], dependencies=[Depends(security.caller), Depends(known_query)])
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_ENDLESS = "/events"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class StoresCollector:
    """A Prometheus collector that reads the stores and queues at the time of a scrape."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        documents = GaugeMetricFamily("ingot_documents", "Documents by state.", labels=["knowledge_id", "state"])
        callbacks = GaugeMetricFamily("ingot_callbacks", "Callbacks by state.", labels=["knowledge_id", "state"])
        steps = CounterMetricFamily("ingot_steps", "Steps that ended.", labels=["knowledge_id", "stage", "outcome"])
        seconds = CounterMetricFamily(
            "ingot_step_seconds", "Seconds that done steps took.", labels=["knowledge_id", "stage", "clock"]
        )
        pages = CounterMetricFamily("ingot_pages", "Pages of done steps.", labels=["knowledge_id", "stage"])
        for name in self._service.knowledge_bases.ids():
            try:
                figures = self._service.knowledge_bases.figures(name)
            except IngotError:
                continue  # deleted meanwhile, or damaged: leave out its figures
            for state, count in figures.documents.items():
                documents.add_metric([name, state], count)
            for callback_state, count in figures.callbacks.items():
                callbacks.add_metric([name, callback_state], count)
            for cost in figures.costs:
                steps.add_metric([name, cost.stage, "done"], cost.done)
                steps.add_metric([name, cost.stage, "failed"], cost.failed)
                seconds.add_metric([name, cost.stage, "wall"], cost.wall_s)
                seconds.add_metric([name, cost.stage, "cpu"], cost.cpu_s)
                pages.add_metric([name, cost.stage], cost.pages)
        yield from (documents, callbacks, steps, seconds, pages, *self._queues())

    def _queues(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily("ingot_queue_waiting", "Steps and outbound tasks that wait.", labels=["queue"])
        working = GaugeMetricFamily("ingot_queue_working", "Steps that workers have in hand.", labels=["queue"])
        oldest = GaugeMetricFamily("ingot_queue_oldest_seconds", "Age of what waits longest.", labels=["queue"])
        workers = GaugeMetricFamily("ingot_queue_workers", "Workers that serve it.", labels=["queue"])
        for view in self._service.administration.queues():
            waiting.add_metric([view.queue], view.waiting)
            working.add_metric([view.queue], view.working)
            oldest.add_metric([view.queue], view.oldest_waiting_s or 0.0)
            if view.workers is not None:
                workers.add_metric([view.queue], len(view.workers))
        yield from (waiting, working, oldest, workers)


class RequestTimes:
    """Middleware that measures requests by route template; all requests without a route share one row."""

    def __init__(self, app: ASGIApp, times: Histogram, prefix: str) -> None:
        self._app = app
        self._times = times
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            route = self._template(scope)
            if not route.endswith(_ENDLESS):
                method = scope["method"] if scope["method"] in _METHODS else "other"
                self._times.labels(method, route, str(status)).observe(time.perf_counter() - began)

    def _template(self, scope: Scope) -> str:
        """Return the template of the route that answered, with the prefix that the routers below it lack."""
        template = getattr(scope.get("route"), "path", "none")
        below_prefix = template != "none" and scope["path"].startswith(f"{self._prefix}/")
        return f"{self._prefix}{template}" if below_prefix else template


def install(app: FastAPI, service: Service, prefix: str) -> None:
    """Measure the requests of an application whose API is below ``prefix``, and add ``/metrics``."""
    registry = CollectorRegistry()
    registry.register(StoresCollector(service))
    times = Histogram(
        "ingot_http_request_seconds",
        "Requests by route template.",
        ["method", "route", "status"],
        buckets=_BUCKETS,
        registry=registry,
    )
    app.state.metrics = registry
    app.include_router(router)
    app.add_middleware(RequestTimes, times=times, prefix=prefix)


@router.get("/metrics", response_class=Response, responses={**content("text/plain"), **problems(401, 403)})
def get_metrics(request: Request, caller: CallerDep) -> Response:
    """Get metrics for Prometheus; they concern the whole home, so a key for some knowledge bases is refused."""
    caller.may_all()
    return Response(generate_latest(request.app.state.metrics), media_type=_TEXT)
