"""Liveness, readiness and version of the server."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from ingest.api.dependencies import ServiceDep
from ingest.api.description import problems as documented
from ingest.api.problems import answer
from ingest.version import version

router = APIRouter(tags=["health"])


@router.get("/livez")
def get_liveness() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "alive"}


@router.get("/readyz", response_model=dict[str, str], responses=documented(503))
def get_readiness(request: Request, service: ServiceDep) -> dict[str, str] | Response:
    """Tell whether documents can be accepted and processed; 503 with the reasons where they cannot."""
    failures = [{"where": check.name, "why": check.why} for check in service.administration.readiness() if not check.ok]
    if failures:
        return answer(request, 503, "not_ready", "; ".join(failure["why"] for failure in failures), failures)
    return {"status": "ready"}


@router.get("/version")
def get_version(service: ServiceDep) -> dict[str, Any]:
    """Get the version, the license, and the address of the source code."""
    return {"version": version(), "license": "AGPL-3.0-or-later", "source_url": service.settings.source_url}
