"""``POST /knowledge/{knowledge_id}/import``: the file of an export becomes a knowledge base, complete or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from ingest import serializers
from ingest.api.description import problems
from ingest.api.limits import Bodies
from ingest.api.uploads import save_body
from pipeline.commands.import_knowledge_base import ImportReport
from pipeline.service import Service
from stores.errors import InputError
from stores.models import check_knowledge_id

router = APIRouter(tags=["knowledge bases"])
TAR = "application/x-tar"
_KINDS = (TAR, "application/tar", "application/octet-stream")
_MOST = 4  # archives that are read, or made into a knowledge base, at the same time
_CLIENT_CLOSED_REQUEST = 499
_BODY = {"required": True, "content": {TAR: {"schema": {"type": "string", "format": "binary"}}}}


class ImportOut(BaseModel):
    """What was imported. ``missing``: originals that were lost before the export; ``cancelled``: were in work then."""

    knowledge_id: str
    documents: int
    chunks: int
    missing: list[str]
    cancelled: int


@router.post(
    "/knowledge/{knowledge_id}/import",
    status_code=201,
    response_model=ImportOut,
    responses=problems(401, 403, 408, 409, 413, 415, 422, 429, 503, 507),
    operation_id="import_knowledge_base",
    openapi_extra={"requestBody": _BODY},
)
async def import_knowledge_base(request: Request, knowledge_id: str) -> Response:
    """Make a knowledge base out of an exported file, which is the body; refused (409) where there is one of that id.

    The file is written to disk as it arrives and checked whole, as by `ingot kb import`.
    """
    service: Service = request.app.state.service
    check_knowledge_id(knowledge_id)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _KINDS:
        raise InputError(f"send the exported file itself, as {TAR}", code="unsupported_media_type")
    await run_in_threadpool(service.knowledge_bases.refuse_existing, knowledge_id)
    try:
        async with _saved(request, service, knowledge_id) as path:
            report = await run_in_threadpool(_imported, service, path, knowledge_id)
    except ClientDisconnect:
        return Response(status_code=_CLIENT_CLOSED_REQUEST)
    headers = {"Location": f"/api/v1/knowledge/{knowledge_id}"}
    return JSONResponse(serializers.import_report(report), status_code=201, headers=headers)


@contextlib.asynccontextmanager
async def _saved(request: Request, service: Service, knowledge_id: str) -> AsyncIterator[Path]:
    """Write the body into the staging folder, and remove it at the end of the block."""
    state = request.app.state
    bodies: Bodies | None = getattr(state, "archive_bodies", None)
    if bodies is None:
        bodies = state.archive_bodies = Bodies(service.settings, _MOST)
    staging = await run_in_threadpool(service.ingestion.staging, knowledge_id)
    async with save_body(bodies.read(request, service.settings.max_request_mb << 20), staging) as path:
        yield path


def _imported(service: Service, path: Path, knowledge_id: str) -> ImportReport:
    with path.open("rb") as stream:
        return service.knowledge_bases.take_in(stream, knowledge_id)
