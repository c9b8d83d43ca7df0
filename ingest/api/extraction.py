"""``/extract``: further schemas for documents that were read before."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ingest.api.bodies import Body
from ingest.api.dependencies import ServiceDep
from ingest.api.description import problems
from ingest.api.parameters import KnowledgeId
from ingest.serializers import Json
from stores.models import Options

router = APIRouter(tags=["records"])
_Name = Annotated[str, Field(min_length=1, max_length=256)]


class ExtractBody(Body):
    """Which schemas are filled, and from which documents."""

    schemas: list[_Name] = Field([], max_length=64, description="`auto`: those that fit each document")
    documents: list[_Name] = Field([], max_length=1000, description="ids or source names; none: all")
    type: str = Field("", max_length=32, description="type of these documents, where it is known")
    force: bool = Field(False, description="also where nothing has changed")


class ExtractionOut(BaseModel):
    """What is done: ``job_id`` is null where nothing is. ``unread``: pages that were never read, and are read now."""

    job_id: str | None
    extracted: int
    unchanged: int
    unread: int
    failed: dict[str, str]


@router.post(
    "/knowledge/{knowledge_id}/extract", status_code=202, response_model=ExtractionOut, responses=problems(404)
)
def extract_records(knowledge_id: KnowledgeId, body: ExtractBody, service: ServiceDep) -> Json:
    """Fill schemas from documents that were read before; no page is read again."""
    options = Options(schemas=tuple(dict.fromkeys(body.schemas)), type=body.type)
    report = service.documents.extract(knowledge_id, body.documents, options, force=body.force)
    return {
        "job_id": report.job,
        "extracted": report.extracted,
        "unchanged": report.unchanged,
        "unread": report.unread,
        "failed": dict(report.failed),
    }
