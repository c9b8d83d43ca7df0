"""The first page: knowledge bases with what is in them."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ingest.api.asking import Asked
from ingest.web.rendering import page

router = APIRouter()


@router.get("/")
def show_home(request: Request, service: Asked) -> HTMLResponse:
    """All knowledge bases of this home."""
    return page(request, "home.html", bases=service.knowledge_bases())
