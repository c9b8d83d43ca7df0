"""What can be extracted."""

from __future__ import annotations

from fastapi import APIRouter

from ingest import shapes
from ingest.api.asking import Asked
from ingest.api.models import SchemaOut
from ingest.shapes import Json

router = APIRouter(tags=["records"])


@router.get("/schemas", response_model=list[SchemaOut])
def schemas(service: Asked) -> list[Json]:
    """All schemas with their fields."""
    return [shapes.schema(found) for _, found in sorted(service.schemas().items())]
