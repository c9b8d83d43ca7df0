"""The inspector: page image, Markdown, records and chunks of one document side by side."""

from __future__ import annotations

import math
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from ingest.api.dependencies import ServiceDep
from ingest.api.security import CallerDep
from ingest.web.formats import path_segment
from ingest.web.page_view import ShownPage, kind_of, legend, page_in_words, shown_page
from ingest.web.rendering import page
from ingest.web.shown_values import ShownRecord, shown_record, value_of_key
from pipeline.service import Service
from stores.errors import InputError
from stores.models import Box

router = APIRouter()
_MOST_BOXES = 50
_MOST_ROWS = 200  # of one list of a record


@router.get("/knowledge/{knowledge_id}/documents/{name:path}", response_model=None)
def show_document(
    request: Request,
    service: ServiceDep,
    caller: CallerDep,
    knowledge_id: str,
    name: str,
    number: Annotated[int, Query(alias="page", ge=0, le=10_000_000)] = 0,
    chunk: Annotated[int | None, Query(ge=0, le=1 << 40)] = None,
    record: str = "",
    box: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
    q: Annotated[str, Query(max_length=2000)] = "",
    part: str = "",
) -> Response:
    """Show a page: by its number, or the page of a chunk (its ordinal) or of a value (``invoice.amount``)."""
    view = service.documents.get(knowledge_id, name)
    if view.document != name:
        return RedirectResponse(_address(request, knowledge_id, view.document))
    strip, standing = (
        service.inspection.strip(knowledge_id, name),
        service.documents.standing(knowledge_id, name, so_far=True),
    )
    if part == "values":
        records = _records(service, knowledge_id, name)
        return page(
            request,
            "inspector_values.html",
            knowledge_id=knowledge_id,
            document=view,
            records=records,
            most_rows=_MOST_ROWS,
        )
    kinds = [kind_of(mark) for mark in strip]
    number = number or service.inspection.page_of(knowledge_id, name, chunk, value_of_key(record)) or 1
    return page(
        request,
        "page_view.html" if part == "page" else "inspector.html",
        knowledge_id=knowledge_id,
        document=view,
        older=standing.state if standing.shown == "older" else "",
        api=f"/api/v1/knowledge/{path_segment(knowledge_id)}/documents/{view.document}",
        page_view=_page_view(service, knowledge_id, name, min(number, len(strip)), box, q) if strip else None,
        strip=[(mark, kind, page_in_words(mark)) for mark, kind in zip(strip, kinds, strict=True)],
        legend=legend(kinds),
        records=[] if part == "page" else _records(service, knowledge_id, name),
        lit=record if record else f"c{chunk}" if chunk is not None else "",
        most_rows=_MOST_ROWS,
    )


def _address(request: Request, knowledge_id: str, document: str) -> str:
    query = urlencode(request.query_params.multi_items())
    return f"/knowledge/{path_segment(knowledge_id)}/documents/{document}" + (f"?{query}" if query else "")


def _page_view(service: Service, knowledge_id: str, name: str, number: int, boxes: list[str], query: str) -> ShownPage:
    marked = [box_of(text) for text in boxes[:_MOST_BOXES]]
    return shown_page(service.inspection.page_view(knowledge_id, name, number), marked, query)


def _records(service: Service, knowledge_id: str, document: str) -> list[ShownRecord]:
    schemas = service.knowledge_bases.schemas(knowledge_id)
    shown = [
        shown_record(view, schemas.get(view.schema))
        for view in service.records.of_document(knowledge_id, document, so_far=True)
        if not view.not_applicable
    ]
    return sorted(shown, key=lambda record: (record.schema == "document", -record.count))


def box_of(text: str) -> Box:
    """Parse a box in points, ``x0,y0,x1,y1``. InputError where it is malformed."""
    try:
        x0, y0, x1, y1 = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"{text!r} is no box: give x0,y0,x1,y1 in points") from error
    if not all(map(math.isfinite, (x0, y0, x1, y1))):
        raise InputError(f"{text!r} is no box: give x0,y0,x1,y1 in points")
    return x0, y0, x1, y1
