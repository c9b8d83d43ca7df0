"""Is the server alive, can it take work, and what is it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from ingest.api.dependencies import Asked
from ingest.api.description import problems as documented
from ingest.api.problems import answer
from ingest.version import version

router = APIRouter(tags=["health"])


@router.get("/livez")
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz", response_model=dict[str, str], responses=documented(503))
def ready(request: Request, service: Asked) -> dict[str, str] | Response:
    """Can work be taken and done: 503 with the reasons where it cannot."""
    missing = [{"where": check.name, "why": check.why} for check in service.administration.readiness() if not check.ok]
    if missing:
        return answer(request, 503, "not_ready", "; ".join(one["why"] for one in missing), missing)
    return {"status": "ready"}


@router.get("/version")
def show_version(service: Asked) -> dict[str, Any]:
    """Version, licence, and where the source is offered."""
    return {"version": version(), "license": "AGPL-3.0-or-later", "source_url": service.settings.source_url}
