"""The records page of a knowledge base: one schema as a table, in which every value links to its evidence."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from ingest.api.dependencies import ServiceDep
from ingest.web.formats import path_segment
from ingest.web.rendering import page
from ingest.web.shown_values import in_words, shown_record
from pipeline.service import Service
from stores.views import RecordView, Slice

router = APIRouter()
_ROWS = 100
_MOST_SHOWN = 50  # rows of a list inside one record
_FIRST = "document"  # the schema that every document has


class Part(BaseModel, frozen=True):
    """The query parameters of the table."""

    q: str = Field("", max_length=200)
    cursor: str = Field("", max_length=4096)

    def query(self, cursor: str | None = None) -> str:
        given = {"q": self.q, "cursor": cursor or ""}
        return "?" + urlencode({name: value for name, value in given.items() if value})


@router.get("/knowledge/{knowledge_id}/records")
def show_any(service: ServiceDep, knowledge_id: str) -> RedirectResponse:
    """Redirect to the schema with most records, other than ``document`` if possible."""
    counts = service.records.counts(knowledge_id)
    best = max(counts, key=lambda name: (name != _FIRST, counts[name]), default=_FIRST)
    return RedirectResponse(f"/knowledge/{path_segment(knowledge_id)}/records/{best}")


@router.get("/knowledge/{knowledge_id}/records/{schema}")
def show_records(
    request: Request, service: ServiceDep, knowledge_id: str, schema: str, part: Annotated[Part, Query()]
) -> HTMLResponse:
    """Show the records of one schema that contain every word of ``q``."""
    known = service.knowledge_bases.schemas(knowledge_id).get(schema)
    rows = _part(service, knowledge_id, schema, part)
    counts = service.records.counts(knowledge_id)
    return page(
        request,
        "records.html",
        knowledge_id=knowledge_id,
        schema=schema,
        columns=[in_words(field.name) for field in known.fields] if known else [],
        records=[shown_record(view, known) for view in rows.items],
        schemas=[(name, counts.get(name, 0)) for name in service.knowledge_bases.schemas(knowledge_id)],
        part=part,
        next_cursor=rows.next_cursor,
        csv=f"/api/v1/knowledge/{path_segment(knowledge_id)}/records/{path_segment(schema)}?format=csv",
        most_shown=_MOST_SHOWN,
    )


def _part(service: Service, knowledge_id: str, schema: str, part: Part) -> Slice[RecordView]:
    if part.q.strip():
        return service.records.containing(knowledge_id, schema, part.q, part.cursor or None, _ROWS)
    return service.records.slice(knowledge_id, schema, part.cursor or None, _ROWS)
