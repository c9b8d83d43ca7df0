"""``/preview``: what a schema finds in a document, before anything is stored."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ingest import record_serializers, serializers
from ingest.api.bodies import Body
from ingest.api.dependencies import ServiceDep
from ingest.api.description import problems
from ingest.api.models import RecordOut, SchemaOut
from ingest.api.parameters import KnowledgeId
from ingest.serializers import Json

router = APIRouter(tags=["records"])


class PreviewBody(Body):
    """A schema as text, and the document that it is tried on."""

    schema_: str = Field(alias="schema", min_length=1, max_length=64_000, description="the text of a schema file")
    form: Literal["toml", "json", "yaml"] = "toml"
    document: str = Field(min_length=1, max_length=4096, description="id or source name")


class PreviewOut(BaseModel):
    """What was found. ``read``: pages that were looked at, of ``pages``."""

    schema_: SchemaOut = Field(alias="schema")
    record: RecordOut
    read: int
    pages: int


@router.post("/knowledge/{knowledge_id}/preview", response_model=PreviewOut, responses=problems(404, 409, 413, 422))
def preview_schema(knowledge_id: KnowledgeId, body: PreviewBody, service: ServiceDep) -> Json:
    """Try a schema on a document; nothing is stored. 422 says what is wrong with the schema, and where."""
    preview = service.records.preview(knowledge_id, body.document, body.schema_, body.form)
    return {
        "schema": serializers.schema(preview.schema),
        "record": record_serializers.record(preview.record),
        "read": preview.read,
        "pages": preview.pages,
    }
