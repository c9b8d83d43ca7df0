"""The first page: the knowledge bases with their counts, and a drop zone."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ingest.api.dependencies import ServiceDep
from ingest.api.security import CallerDep
from ingest.web.rendering import page
from ingest.web.upload import limits_of, schemas_of

router = APIRouter()


@router.get("/")
def show_home(request: Request, service: ServiceDep, caller: CallerDep) -> HTMLResponse:
    """Show all knowledge bases that the key is for."""
    bases = [base for base in service.knowledge_bases.all() if caller.sees(base.knowledge_id)]
    return page(request, "home.html", bases=bases, limits=limits_of(service.settings), schemas=schemas_of(service))
