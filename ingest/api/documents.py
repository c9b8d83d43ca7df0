"""Documents of a knowledge base: listed, shown, handed out in every form, deleted, made again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse, StreamingResponse

from ingest import serializers
from ingest.api.availability import TELLS, SoFar, Told, readable, readable_as
from ingest.api.bodies import Body
from ingest.api.conditional import is_known, not_modified, tag_of, tagged
from ingest.api.dependencies import Asked
from ingest.api.description import NOT_MODIFIED, content, problems
from ingest.api.models import ChunkOut, DocumentOut, JobSummaryOut, RecordOut, WholeDocumentOut
from ingest.api.parameters import Cursor, Document, Items, KnowledgeId, Limit
from ingest.serializers import Json
from pipeline.service import Service
from stores.models import DocumentState, Stage
from stores.views import DocumentFilter, DocumentView

router = APIRouter(tags=["documents"])
_DOCUMENTS = "/knowledge/{knowledge_id}/documents"
_ONE = _DOCUMENTS + "/{document:path}"
_SHOWN_IN_PLACE = ("application/pdf", "image/")
_PART = 8  # pages of one piece of the whole document: a slow reader keeps them in memory

Sort = Literal["source", "-source", "added", "-added", "updated", "-updated", "size", "-size"]
Word = Annotated[str, Query(max_length=300)]


class Again(Body):
    """``from_stage`` and all that follows it are made again; without it, only what failed."""

    from_stage: Stage | None = None


@router.get(_DOCUMENTS, response_model=Items[DocumentOut], responses=problems(404))
def list_all(
    knowledge_id: KnowledgeId,
    service: Asked,
    state: DocumentState | None = None,
    language: Word = "",
    media_type: Word = "",
    q: Annotated[str, Query(max_length=300, description="Part of a name or a title.")] = "",
    sort: Sort = "source",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Json:
    """Documents, and files that could never be taken."""
    wanted = DocumentFilter(state=state, language=language, media_type=media_type, text=q, sort=sort)
    found = service.documents.slice(knowledge_id, wanted, cursor, limit)
    return {"items": [serializers.document(view) for view in found.items], "next_cursor": found.next_cursor}


@router.get(
    _ONE + "/source", response_class=FileResponse, responses={**content("*/*"), **NOT_MODIFIED, **problems(404)}
)
def source(
    knowledge_id: KnowledgeId,
    document: Document,
    service: Asked,
    request: Request,
    inline: Annotated[bool, Query(description="Show a PDF or an image in the browser.")] = False,
) -> Response:
    """The bytes as they came."""
    found = service.documents.original(knowledge_id, document)
    headers = tagged(f'"{found.sha256}"')
    if is_known(request, headers["ETag"]):
        return not_modified(headers)
    in_place = inline and found.media_type.startswith(_SHOWN_IN_PLACE)
    return FileResponse(
        found.path,
        media_type=found.media_type,
        filename=serializers.writable(found.name),
        content_disposition_type="inline" if in_place else "attachment",
        headers=headers,
    )


@router.get(
    _ONE + "/markdown",
    response_class=PlainTextResponse,
    responses={**readable_as("text/markdown"), **NOT_MODIFIED},
)
def markdown(
    knowledge_id: KnowledgeId, document: Document, service: Asked, request: Request, told: Told, so_far: SoFar = False
) -> Response:
    """What was read, a comment with the page number before each page; of a page that is missing it says why."""
    tag = tag_of(service.etags.of_document(knowledge_id, document), "markdown")
    headers = {**told, **tagged(tag)}
    if is_known(request, tag):
        return not_modified(headers)
    text = service.documents.markdown(knowledge_id, document, so_far=so_far)
    return PlainTextResponse(text, media_type="text/markdown", headers=headers)


@router.get(_ONE + "/json", response_model=WholeDocumentOut, responses={**readable(), **NOT_MODIFIED})
def whole(knowledge_id: KnowledgeId, document: Document, service: Asked, request: Request, told: Told) -> Response:
    """All that was made of it: pages with their blocks, and records with their evidence."""
    stamp = service.etags.of_document(knowledge_id, document)
    view = service.documents.get(knowledge_id, document)
    facts = json.dumps({**serializers.document(view), "pages": None, "page_count": view.pages})
    tag = tag_of(stamp, "json", facts)
    headers = {**told, **tagged(tag)}
    if is_known(request, tag):
        return not_modified(headers)
    return StreamingResponse(_pieces(service, knowledge_id, view), media_type="application/json", headers=headers)


def _pieces(service: Service, knowledge_id: str, view: DocumentView) -> Iterator[str]:
    """The JSON of a document, some pages at a time: a book need not fit into memory."""
    facts = {**serializers.document(view), "page_count": view.pages}
    del facts["pages"]
    yield json.dumps(facts)[:-1] + ', "pages": ['
    cursor, comma = None, ""
    while True:
        part = service.documents.pages_slice(knowledge_id, view.document, cursor, _PART, so_far=True)
        numbers = [page.number for page in part.items] or [0]
        for page in service.documents.pages(knowledge_id, view.document, numbers, so_far=True):
            yield comma + json.dumps(serializers.page(page))
            comma = ", "
        cursor = part.next_cursor
        if cursor is None:
            break
    records = [
        serializers.record(found) for found in service.records.of_document(knowledge_id, view.document, so_far=True)
    ]
    yield f'], "records": {json.dumps(records)}}}'


@router.get(_ONE + "/chunks", response_model=Items[ChunkOut], responses=readable(), dependencies=[TELLS])
def chunks(
    knowledge_id: KnowledgeId,
    document: Document,
    service: Asked,
    limit: Limit = 100,
    cursor: Cursor = None,
    so_far: SoFar = False,
) -> Json:
    """Its passages, in their order."""
    found = service.documents.chunks(knowledge_id, document, cursor, limit, so_far=so_far)
    return {"items": [serializers.chunk(view) for view in found.items], "next_cursor": found.next_cursor}


@router.get(_ONE + "/records", response_model=list[RecordOut], responses={**readable(), **NOT_MODIFIED})
def records(
    knowledge_id: KnowledgeId,
    document: Document,
    service: Asked,
    request: Request,
    response: Response,
    told: Told,
    so_far: SoFar = False,
) -> list[Json] | Response:
    """What was extracted from it, one record per schema."""
    tag = tag_of(
        service.etags.of_document(knowledge_id, document),
        "records",
        service.documents.get(knowledge_id, document).source,
    )
    headers = {**told, **tagged(tag)}
    if is_known(request, tag):
        return not_modified(headers)
    response.headers.update(headers)
    return [serializers.record(found) for found in service.records.of_document(knowledge_id, document, so_far=so_far)]


@router.post(_ONE + "/retry", status_code=202, response_model=JobSummaryOut, responses=problems(404, 409))
def retry(
    knowledge_id: KnowledgeId,
    document: Document,
    service: Asked,
    request: Request,
    response: Response,
    wanted: Again | None = None,
) -> Json:
    """Make it again from a stage on, or only what failed: a new job. The version that answers does so until then."""
    job = service.documents.retry(knowledge_id, document, wanted.from_stage if wanted else None)
    response.headers["Location"] = f"/api/v1/jobs/{job.job}"
    return serializers.job_summary(job)


@router.get(_ONE, response_model=DocumentOut, responses=problems(404))
def show(knowledge_id: KnowledgeId, document: Document, service: Asked) -> Json:
    """One document, with the times of its stages."""
    return serializers.document(service.documents.get(knowledge_id, document))


@router.delete(_ONE, response_model=DocumentOut, responses=problems(404))
def delete(knowledge_id: KnowledgeId, document: Document, service: Asked) -> Json:
    """Delete it under all its names: rows, vectors, records and files. What it was."""
    return serializers.document(service.documents.delete(knowledge_id, document))
