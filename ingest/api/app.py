"""The application: resources under ``/api/v1``, health beside it, pages at the root."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI

from ingest.api import health, problems, security
from ingest.version import version
from ingest.web import site
from pipeline.service import Service

API = "/api/v1"
_DESCRIPTION = "Documents in; Markdown, proved records and searchable passages out."
RESOURCES: tuple[APIRouter, ...] = ()
"""The routers below ``/api/v1``, one per resource."""


def create_app(service: Service) -> FastAPI:
    """The application over one home's use cases. Starts and stops nothing but its own tasks."""
    app = FastAPI(title="Ingot", version=version(), description=_DESCRIPTION)
    app.state.service = service
    app.state.keys = security.entries_of(service.settings.api_keys)
    problems.install(app)
    app.include_router(health.router)
    for router in RESOURCES:
        app.include_router(router, prefix=API, dependencies=[Depends(security.caller)])
    site.install(app)
    return app
