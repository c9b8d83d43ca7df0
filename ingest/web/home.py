"""The first page: knowledge bases with what is in them, and a drop zone."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ingest.api.dependencies import Asked
from ingest.api.security import Who
from ingest.web.rendering import page
from ingest.web.upload import limits_of, schemas_of

router = APIRouter()


@router.get("/")
def show_home(request: Request, service: Asked, who: Who) -> HTMLResponse:
    """All knowledge bases that the caller may see."""
    bases = [base for base in service.knowledge_bases.all() if who.sees(base.knowledge_id)]
    return page(request, "home.html", bases=bases, limits=limits_of(service.settings), schemas=schemas_of(service))
