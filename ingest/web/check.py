"""The checking queue: doubtful values one after the other, each with its page, accepted or corrected by a key."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from ingest.api.dependencies import ServiceDep
from ingest.web.rendering import page
from ingest.web.shown_values import as_text, in_words
from pipeline.queries.doubts import DoubtfulValue
from stores.corrections import REMARKS

router = APIRouter()
MOST_SHOWN = 200


@router.get("/knowledge/{knowledge_id}/check")
def show_queue(
    request: Request,
    service: ServiceDep,
    knowledge_id: str,
    schema: Annotated[str, Query(max_length=64)] = "",
    document: Annotated[str, Query(max_length=4096)] = "",
    part: Annotated[str, Query(max_length=16)] = "",
) -> HTMLResponse:
    """Show the values that should be checked, of one schema and one document or of all.

    ``part=items``: only the items, as the page loads them anew after something of a document was corrected.
    """
    queue = service.records.to_check(knowledge_id, schema, MOST_SHOWN, name=document)
    return page(
        request,
        "check_items.html" if part == "items" else "check.html",
        knowledge_id=knowledge_id,
        schema=schema,
        document=service.documents.get(knowledge_id, document) if document else None,
        schemas=sorted(name for name, count in service.records.counts(knowledge_id).items() if count),
        items=[shown_item(value) for value in queue.items],
        total=queue.total,
    )


def shown_item(value: DoubtfulValue) -> dict[str, object]:
    """Return what the page needs of a doubtful value."""
    remark = value.path.startswith(REMARKS)
    return {
        "document": value.document,
        "source": value.source,
        "schema": value.schema,
        "path": value.path,
        "name": f"{value.schema} remark" if remark else f"{value.schema} {in_words(value.path)}",
        "text": "" if value.value is None else as_text(value.value),
        "page": value.page,
        "quote": value.quote,
        "doubt": f"{value.doubt:.2f}",
        "reasons": [] if remark else list(value.reasons),
        "remark": remark,
    }
