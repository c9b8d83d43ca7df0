"""``/schemas``: what can be extracted from documents."""

from __future__ import annotations

from fastapi import APIRouter

from ingest import serializers
from ingest.api.dependencies import ServiceDep
from ingest.api.models import SchemaOut
from ingest.serializers import Json

router = APIRouter(tags=["records"])


@router.get("/schemas", response_model=list[SchemaOut])
def list_schemas(service: ServiceDep) -> list[Json]:
    """List all schemas with their fields."""
    return [serializers.schema(schema) for _, schema in sorted(service.knowledge_bases.schemas().items())]
