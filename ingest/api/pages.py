"""``/pages``: the pages of a document, with their blocks and as images."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request, Response

from ingest import serializers
from ingest.api.availability import TELLS, SoFar, readable
from ingest.api.conditional import ASK_AGAIN, is_known, not_modified
from ingest.api.dependencies import ServiceDep
from ingest.api.description import NOT_MODIFIED, content, problems
from ingest.api.models import PageMarkOut, PageOut
from ingest.api.parameters import Cursor, Document, Dpi, Items, KnowledgeId, Limit, PageNumber
from ingest.serializers import Json
from pipeline.queries.page_images import USUAL_DPI
from stores.errors import NotFoundError

router = APIRouter(tags=["pages"])
_PAGES = "/knowledge/{knowledge_id}/documents/{document:path}/pages"
_ID = re.compile(r"[0-9a-f]{32}")
_FOR_GOOD = "private, max-age=31536000, immutable"


@router.get(_PAGES, response_model=Items[PageMarkOut], responses=readable(), dependencies=[TELLS])
def list_pages(
    knowledge_id: KnowledgeId,
    document: Document,
    service: ServiceDep,
    limit: Limit = 100,
    cursor: Cursor = None,
    so_far: SoFar = False,
) -> Json:
    """List the pages of a document with their routes, without their content."""
    pages = service.documents.pages_slice(knowledge_id, document, cursor, limit, so_far=so_far)
    return {"items": [serializers.page_mark(page) for page in pages.items], "next_cursor": pages.next_cursor}


@router.get(_PAGES + "/{number}", response_model=PageOut, responses=readable(), dependencies=[TELLS])
def get_page(
    knowledge_id: KnowledgeId, document: Document, number: PageNumber, service: ServiceDep, so_far: SoFar = False
) -> Json:
    """Get the Markdown of a page and its blocks with their boxes; 409 for a page that could not be read."""
    return serializers.page(service.documents.page(knowledge_id, document, number, so_far=so_far))


@router.get(
    _PAGES + "/{number}/image",
    response_class=Response,
    responses={**content("image/png"), **NOT_MODIFIED, **problems(404)},
)
def get_page_image(
    knowledge_id: KnowledgeId,
    document: Document,
    number: PageNumber,
    service: ServiceDep,
    request: Request,
    dpi: Dpi = USUAL_DPI,
) -> Response:
    """Get a page as PNG. Under a document's whole id it never changes, as the id is derived from the bytes."""
    path = service.documents.page_image(knowledge_id, document, number, dpi)
    tag = f'"{path.parent.name}.{path.stem}"'
    headers = {"ETag": tag, "Cache-Control": _FOR_GOOD if _ID.fullmatch(document) else ASK_AGAIN}
    if is_known(request, tag):
        return not_modified(headers)
    try:
        return Response(path.read_bytes(), media_type="image/png", headers=headers)
    except FileNotFoundError as error:
        raise NotFoundError(f"the document {document!r} was deleted just now") from error
