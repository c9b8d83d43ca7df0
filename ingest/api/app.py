"""The application: resources under ``/api/v1``, health beside it, pages at the root."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from ingest.api import (
    administration,
    ask,
    callbacks,
    conversion,
    corrections,
    description,
    documents,
    events,
    extraction,
    health,
    http_middleware,
    imports,
    ingestion,
    jobs,
    knowledge,
    mcp_endpoint,
    metrics,
    operations,
    pages,
    problems,
    query_names,
    records,
    schedules,
    schema_preview,
    schemas,
    search,
    security,
    source,
    webhooks,
)
from ingest.api.connections import MOST_CONNECTIONS
from ingest.api.keyring import Keyring
from ingest.api.keys import entries_of
from ingest.api.limits import Bodies, Lingering, SmallBodies
from ingest.api.request_ids import RequestIds
from ingest.version import version
from ingest.web import site
from pipeline.service import Service

API = "/api/v1"
_DESCRIPTION = "Documents in; Markdown, records with evidence and searchable chunks out."
_UNTRACED = ("/livez", "/readyz", "/metrics", "/static")
RESOURCES: tuple[APIRouter, ...] = (
    ingestion.router,
    conversion.router,
    knowledge.router,
    imports.router,
    corrections.router,
    pages.router,  # before the documents, whose names may contain slashes and so match the rest of a path
    documents.router,
    records.router,
    extraction.router,
    schema_preview.router,
    search.router,
    ask.router,
    jobs.router,
    events.router,
    callbacks.router,
    schedules.router,
    schemas.router,
    operations.router,
    administration.router,
)
"""The routers below ``/api/v1``, one per resource."""


class Application(FastAPI):
    """A FastAPI application whose own middleware also wraps the handler of unexpected errors."""

    def build_middleware_stack(self) -> ASGIApp:
        inner = super().build_middleware_stack()
        http = http_middleware.HeadRequests(http_middleware.Compression(inner))
        small_bodies = SmallBodies(http, Bodies(self.state.service.settings, MOST_CONNECTIONS))
        gate = security.Gate(small_bodies, self.state.keyring, self.state.origins)
        return RequestIds(http_middleware.cross_origin(Lingering(gate), self.state.origins))


def operation_id(route: APIRoute) -> str:
    """Use the name of the path function, such as ``list_documents``: generated clients name their methods after it."""
    return route.name


def _is_watching(scope: Mapping[str, Any]) -> bool:
    """Whether a request belongs into no trace: probes and scrapes, the files of the pages."""
    return str(scope.get("path", "")).startswith(_UNTRACED)


def create_app(service: Service) -> Application:
    """Build the application that serves one home; it starts no other processes."""
    app = Application(
        title="Ingot",
        version=version(),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
        telemetry={"metrics": False, "logs": False, "operation_spans": False, "exclude": _is_watching},
        webhooks=APIRouter(generate_unique_id_function=operation_id),
    )
    app.state.service = service
    app.state.keyring = Keyring(entries_of(service.settings.api_keys), lambda: app.state.service.access_keys)
    app.state.keyring.refresh()
    app.state.origins = http_middleware.origins_of(service.settings.cors_origins, keyed=app.state.keyring.any)
    problems.install(app)
    for kind in (RequestValidationError, HTTPException):
        app.add_exception_handler(kind, security.unauthorized_first(app.exception_handlers[kind]))
    only_known_parameters = Depends(query_names.known_query)
    app.include_router(health.router, dependencies=[only_known_parameters])
    app.include_router(source.router, dependencies=[only_known_parameters])
    for router in RESOURCES:
        app.include_router(router, prefix=API, dependencies=[Depends(security.caller), only_known_parameters])
    metrics.install(app, service, API)
    webhooks.install(app)
    site.install(app)
    mcp_endpoint.install(app)
    description.install(app)
    return app
