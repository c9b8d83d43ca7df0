"""What can be extracted."""

from __future__ import annotations

from fastapi import APIRouter

from ingest import serializers
from ingest.api.dependencies import Asked
from ingest.api.models import SchemaOut
from ingest.serializers import Json

router = APIRouter(tags=["records"])


@router.get("/schemas", response_model=list[SchemaOut])
def schemas(service: Asked) -> list[Json]:
    """All schemas with their fields."""
    return [serializers.schema(found) for _, found in sorted(service.knowledge_bases.schemas().items())]
