"""Is the server alive, can it take work, and what is it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ingest.api.asking import Asked
from ingest.version import version

router = APIRouter(tags=["health"])


@router.get("/livez")
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/version")
def show_version(service: Asked) -> dict[str, Any]:
    """Version, licence, and where the source is offered."""
    return {"version": version(), "license": "AGPL-3.0-or-later", "source_url": service.settings.source_url}
