"""Parameters with their bounds, and the list answer, that several resources share."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel

from pipeline.queries.page_images import LARGEST_DPI, SMALLEST_DPI
from stores.models import KNOWLEDGE_ID_RULE

T = TypeVar("T")

KnowledgeId = Annotated[str, Path(description=f"Id of a knowledge base: {KNOWLEDGE_ID_RULE}.")]
JobId = Annotated[str, Path(description="Id of a job, as the answer to its request gave it.")]
Document = Annotated[
    str, Path(description="A document: its id, a unique beginning of it (4 characters or more), or a source name.")
]
PageNumber = Annotated[int, Path(ge=1, le=1_000_000, description="Page, from 1.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many items.")]
Cursor = Annotated[
    str | None, Query(max_length=4096, description="`next_cursor` of the answer before; without it, from the start.")
]
Dpi = Annotated[int, Query(ge=SMALLEST_DPI, le=LARGEST_DPI, description="Resolution of the image.")]


class Items(BaseModel, Generic[T]):
    """A part of a list. ``next_cursor`` gets the next part; null at the end."""

    items: list[T]
    next_cursor: str | None
