"""The application: resources under ``/api/v1``, health beside it, pages at the root."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from ingest.api import (
    callbacks,
    description,
    documents,
    events,
    health,
    http_middleware,
    ingestion,
    jobs,
    knowledge,
    metrics,
    operations,
    pages,
    problems,
    query_names,
    records,
    schemas,
    search,
    security,
    source,
    webhooks,
)
from ingest.api.connections import MOST_CONNECTIONS
from ingest.api.limits import Bodies, Lingering, SmallBodies
from ingest.api.request_ids import RequestIds
from ingest.version import version
from ingest.web import site
from pipeline.service import Service

API = "/api/v1"
_DESCRIPTION = "Documents in; Markdown, proved records and searchable passages out."
RESOURCES: tuple[APIRouter, ...] = (
    ingestion.router,
    knowledge.router,
    pages.router,  # before the documents, whose names may hold slashes and so end a path
    documents.router,
    records.router,
    search.router,
    jobs.router,
    events.router,
    callbacks.router,
    schemas.router,
    operations.router,
)
"""The routers below ``/api/v1``, one per resource."""


class Application(FastAPI):
    """Every answer, that to a bug too, passes the gate and carries its id."""

    def build_middleware_stack(self) -> ASGIApp:
        inner = super().build_middleware_stack()
        carried = http_middleware.Heads(http_middleware.Packed(inner))
        small = SmallBodies(carried, Bodies(self.state.service.settings, MOST_CONNECTIONS))
        gate = security.Gate(small, loopback_only=not self.state.keys, origins=self.state.origins)
        return RequestIds(http_middleware.shared(Lingering(gate), self.state.origins))


def create_app(service: Service) -> Application:
    """The application over one home's use cases. Starts and stops nothing but its own tasks."""
    app = Application(title="Ingot", version=version(), description=_DESCRIPTION, docs_url=None, redoc_url=None)
    app.state.service = service
    app.state.keys = security.entries_of(service.settings.api_keys)
    app.state.origins = http_middleware.origins_of(service.settings.cors_origins, keyed=bool(app.state.keys))
    problems.install(app)
    for kind in (RequestValidationError, HTTPException):
        app.add_exception_handler(kind, security.strangers_first(app.exception_handlers[kind]))
    named = Depends(query_names.known_query)
    app.include_router(health.router, dependencies=[named])
    app.include_router(source.router, dependencies=[named])
    for router in RESOURCES:
        app.include_router(router, prefix=API, dependencies=[Depends(security.caller), named])
    metrics.install(app, service, API)
    webhooks.install(app)
    site.install(app)
    description.install(app)
    return app
