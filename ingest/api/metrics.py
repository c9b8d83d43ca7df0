"""Prometheus metrics: counts from the stores and queues at the time of a scrape, and the requests of this process."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.api import security
from ingest.api.description import content, problems
from ingest.api.query_names import known_query
from ingest.api.security import CallerDep
from ingest.runtime import metrics_folder
from stores.errors import IngotError

if TYPE_CHECKING:
    from pipeline.service import Service
    from stores.contracts.queries import Figures

router = APIRouter(tags=["operations"], dependencies=[Depends(security.caller), Depends(known_query)])
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_ENDLESS = "/events"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


_QUEUES = {
    "ingot_queue_waiting": "Steps, callbacks and downloads that wait for a worker.",
    "ingot_queue_working": "Steps that workers have in hand.",
    "ingot_queue_oldest_seconds": "Age of what waits longest; 0 where nothing waits.",
    "ingot_queue_messages": "Messages in the broker; fewer than what waits while some are lost or not sent yet.",
    "ingot_queue_workers": "Workers that answer and serve the queue.",
}


class StoresCollector:
    """A Prometheus collector that reads the stores and queues at the time of a scrape.

    All of these are gauges: what is deleted or made anew is not counted any more. What happens is counted where it
    happens, by the workers.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        yield from self._documents()
        yield from self._queues()
        # of the embedded runtime, where that runs; workers that were started by hand serve their own
        yield from metrics_folder.collect(metrics_folder.folder_of_home(self._service.settings.home))

    def _documents(self) -> Iterator[Metric]:
        documents = GaugeMetricFamily("ingot_documents", "Documents by state.", labels=["knowledge_id", "state"])
        stuck = GaugeMetricFamily(
            "ingot_documents_stuck", "Documents in work for which nothing is done.", labels=["knowledge_id"]
        )
        callbacks = GaugeMetricFamily("ingot_callbacks", "Callbacks by state.", labels=["knowledge_id", "state"])
        costs: dict[tuple[str, str, str], float] = defaultdict(float)
        for name in self._service.knowledge_bases.ids():
            try:
                figures = self._service.knowledge_bases.figures(name)
            except IngotError:
                continue  # deleted meanwhile, or damaged: leave out its figures
            for state, count in figures.documents.items():
                documents.add_metric([name, state], count)
            for callback_state, count in figures.callbacks.items():
                callbacks.add_metric([name, callback_state], count)
            stuck.add_metric([name], figures.stuck)
            for key, value in _costs(figures).items():
                costs[key] += value
        yield from (documents, stuck, callbacks, *_cost_metrics(costs))

    def _queues(self) -> Iterator[Metric]:
        gauges = {name: GaugeMetricFamily(name, words, labels=["queue"]) for name, words in _QUEUES.items()}
        views = self._service.administration.queues()
        for view in views:
            values = (view.waiting, view.working, view.oldest_waiting_s or 0.0, view.messages, view.workers)
            for gauge, value in zip(gauges.values(), values, strict=True):
                if value is not None:  # not known while the broker cannot be asked
                    gauge.add_metric([view.queue], len(value) if isinstance(value, tuple) else value)
        yield from gauges.values()
        broker = GaugeMetricFamily("ingot_broker_up", "1 where the broker answers, 0 where it does not.")
        broker.add_metric([], float(any(view.messages is not None for view in views)))
        workers = GaugeMetricFamily("ingot_workers", "Workers, by whether they answer.", labels=["answers"])
        answering = Counter(worker.answers for worker in self._service.administration.workers())
        for answers in (True, False):
            workers.add_metric(["yes" if answers else "no"], answering[answers])
        yield from (broker, workers)


def _costs(figures: Figures) -> dict[tuple[str, str, str], float]:
    """Return what steps cost, by (metric, stage, further label)."""
    values: dict[tuple[str, str, str], float] = {}
    for cost in figures.costs:
        values["ingot_steps", cost.stage, "done"] = cost.done
        values["ingot_steps", cost.stage, "failed"] = cost.failed
        values["ingot_step_seconds", cost.stage, "wall"] = cost.wall_s
        values["ingot_step_seconds", cost.stage, "cpu"] = cost.cpu_s
        values["ingot_pages", cost.stage, ""] = cost.pages
    return values


def _cost_metrics(costs: Mapping[tuple[str, str, str], float]) -> Iterator[Metric]:
    families = {
        "ingot_steps": GaugeMetricFamily(
            "ingot_steps", "Ended steps of the documents that are there.", labels=["stage", "outcome"]
        ),
        "ingot_step_seconds": GaugeMetricFamily(
            "ingot_step_seconds", "Seconds that their done steps took.", labels=["stage", "clock"]
        ),
        "ingot_pages": GaugeMetricFamily("ingot_pages", "Pages of their done steps.", labels=["stage"]),
    }
    for (name, stage, label), value in costs.items():
        families[name].add_metric(list(filter(None, (stage, label))), value)
    yield from families.values()


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
