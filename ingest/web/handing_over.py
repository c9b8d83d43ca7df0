"""What the drop zone needs to know."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.service import Service
from pipeline.settings import Settings
from stores.models import Schema

_BOUND_BYTES = 256_000_000  # of one request: a broken connection then costs that much and no more
_ALWAYS_MADE = "document"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one upload request may bring."""

    files: int
    size_bytes: int


def limits_of(settings: Settings) -> Limits:
    return Limits(settings.max_request_files, min(_BOUND_BYTES, settings.max_request_mb * 1_000_000))


def schemas_of(service: Service) -> list[Schema]:
    """What may be asked for besides the record that every document gets."""
    return [schema for name, schema in sorted(service.schemas().items()) if name != _ALWAYS_MADE]
