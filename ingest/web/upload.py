"""Uploads from the pages: the limits for the drop zone, and the forms of browsers without scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from ingest import samples
from ingest.api import ingestion
from ingest.api.dependencies import ServiceDep
from ingest.api.security import CallerDep
from ingest.web.formats import path_segment
from ingest.web.rendering import SEE_OTHER
from pipeline.service import IngestRequest, Service
from pipeline.settings import Settings
from stores.models import Options, Schema

router = APIRouter()
_BOUND_BYTES = 256_000_000  # of one request, so that a broken connection costs no more than that
_ALWAYS_MADE = "document"
DEMO = "demo"
"""The knowledge base of the samples."""
_SAMPLES = Path(samples.__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one upload request may bring."""

    files: int
    size_bytes: int


def limits_of(settings: Settings) -> Limits:
    return Limits(settings.max_request_files, min(_BOUND_BYTES, settings.max_request_mb * 1_000_000))


def schemas_of(service: Service) -> list[Schema]:
    """Return the schemas that can be chosen; every document gets a record of the schema ``document`` anyway."""
    return [schema for name, schema in sorted(service.knowledge_bases.schemas().items()) if name != _ALWAYS_MADE]


@router.post("/create")
def create(service: ServiceDep, caller: CallerDep, name: Annotated[str, Form(max_length=1000)]) -> RedirectResponse:
    """Open a knowledge base by its name or id, and create it if it is new."""
    caller.may(service.knowledge_bases.id_for(name))
    return RedirectResponse(f"/knowledge/{path_segment(service.knowledge_bases.open_named(name))}", SEE_OTHER)


@router.post("/samples")
def take_samples(service: ServiceDep, caller: CallerDep) -> RedirectResponse:
    """Ingest the sample documents of Ingot into the knowledge base "demo"."""
    caller.may(DEMO)
    request = IngestRequest(paths=(_SAMPLES,), options=Options(schemas=("resume", "invoice")))
    job = service.ingestion.ingest(DEMO, request).job
    return RedirectResponse(f"/jobs/{path_segment(job)}" if job else f"/knowledge/{DEMO}", SEE_OTHER)


@router.post("/knowledge/{knowledge_id}/upload")
async def upload(request: Request, knowledge_id: str, caller: CallerDep) -> Response:
    """Take the form of the drop zone from a browser without scripts, and redirect to its job."""
    answer = await ingestion.ingest(request, knowledge_id)
    if answer.status_code != HTTPStatus.ACCEPTED:
        return answer
    job = json.loads(bytes(answer.body))["job_id"]
    return RedirectResponse(f"/jobs/{path_segment(job)}", SEE_OTHER)
