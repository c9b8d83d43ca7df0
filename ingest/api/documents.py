"""``/documents``: the documents of a knowledge base, in every format, and how to delete or reprocess one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from pydantic import Field
from starlette.types import Receive, Scope, Send

from ingest import record_serializers, serializers
from ingest.api.availability import TELLS, SoFar, Told, readable, readable_as
from ingest.api.bodies import Body
from ingest.api.conditional import is_known, not_modified, tag_of, tagged
from ingest.api.dependencies import ServiceDep
from ingest.api.description import NOT_MODIFIED, content, problems
from ingest.api.job_models import JobSummaryOut
from ingest.api.models import ChunkOut, DocumentOut, RecordOut, WholeDocumentOut
from ingest.api.parameters import Cursor, Document, Items, KnowledgeId, Limit
from ingest.serializers import Json
from pipeline.service import Service
from stores.models import DocumentState, Stage
from stores.views import DocumentFilter, DocumentView

router = APIRouter(tags=["documents"])
_DOCUMENTS = "/knowledge/{knowledge_id}/documents"
_ONE = _DOCUMENTS + "/{document:path}"
_SHOWN_IN_PLACE = ("application/pdf", "image/")
_PART = 8  # pages that are in memory at once while a whole document is sent to a slow client

Sort = Literal["source", "-source", "added", "-added", "updated", "-updated", "size", "-size"]
Word = Annotated[str, Query(max_length=300)]


class _WorkspaceFileResponse(FileResponse):
    """A file in a workspace, which is closed once the file is sent or its client is gone."""

    def __init__(self, workspace: ExitStack, path: Path, **arguments: Any) -> None:
        super().__init__(path, **arguments)
        self._workspace = workspace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._workspace.close()


class RetryRequest(Body):
    """Which stages run again: ``from_stage`` and all after it; without it, only what failed."""

    from_stage: Stage | None = None


class DocumentRenaming(Body):
    """The new name of a document, in any script; empty: the name of its file."""

    name: str = Field(max_length=1000, description="The new name; empty: that of its file is shown again.")


@router.get(_DOCUMENTS, response_model=Items[DocumentOut], responses=problems(404))
def list_documents(
    knowledge_id: KnowledgeId,
    service: ServiceDep,
    state: DocumentState | None = None,
    language: Word = "",
    media_type: Word = "",
    q: Annotated[str, Query(max_length=300, description="Part of a name or a title.")] = "",
    sort: Sort = "source",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Json:
    """List documents, and files that could not be ingested at all."""
    filters = DocumentFilter(state=state, language=language, media_type=media_type, text=q, sort=sort)
    documents = service.documents.slice(knowledge_id, filters, cursor, limit)
    return {"items": [serializers.document(view) for view in documents.items], "next_cursor": documents.next_cursor}


@router.get(
    _ONE + "/source",
    response_class=FileResponse,
    responses={**content("*/*"), 307: {"description": "it is at S3: go on there"}, **NOT_MODIFIED, **problems(404)},
)
def get_document_source(
    knowledge_id: KnowledgeId,
    document: Document,
    service: ServiceDep,
    request: Request,
    inline: Annotated[bool, Query(description="Show a PDF or an image in the browser.")] = False,
) -> Response:
    """Download the original file; a large one from S3 itself, where INGOT_LINKS_FROM_MB is set."""
    if link := service.documents.original_link(knowledge_id, document, _SHOWN_IN_PLACE if inline else ()):
        headers = {**tagged(f'"{link.sha256}"'), "Cache-Control": "no-store"}  # the link ends, and is a key to the file
        return RedirectResponse(link.url, headers=headers)
    with ExitStack() as workspace:
        original = workspace.enter_context(service.documents.original(knowledge_id, document))
        headers = tagged(f'"{original.sha256}"')
        if is_known(request, headers["ETag"]):
            return not_modified(headers)
        in_place = inline and original.media_type.startswith(_SHOWN_IN_PLACE)
        return _WorkspaceFileResponse(
            workspace.pop_all(),
            original.path,
            media_type=original.media_type,
            filename=serializers.writable(original.name),
            content_disposition_type="inline" if in_place else "attachment",
            headers=headers,
        )


@router.get(
    _ONE + "/markdown",
    response_class=PlainTextResponse,
    responses={**readable_as("text/markdown"), **NOT_MODIFIED},
)
def get_document_markdown(
    knowledge_id: KnowledgeId,
    document: Document,
    service: ServiceDep,
    request: Request,
    told: Told,
    so_far: SoFar = False,
) -> Response:
    """Get a document as Markdown; a comment before each page gives its number, or why the page is missing."""
    tag = tag_of(service.etags.of_document(knowledge_id, document), "markdown")
    headers = {**told, **tagged(tag)}
    if is_known(request, tag):
        return not_modified(headers)
    text = service.documents.markdown(knowledge_id, document, so_far=so_far)
    return PlainTextResponse(text, media_type="text/markdown", headers=headers)


@router.get(_ONE + "/json", response_model=WholeDocumentOut, responses={**readable(), **NOT_MODIFIED})
def get_document_json(
    knowledge_id: KnowledgeId, document: Document, service: ServiceDep, request: Request, told: Told
) -> Response:
    """Get all results of a document: pages with their blocks, and records with their evidence."""
    stamp = service.etags.of_document(knowledge_id, document)
    view = service.documents.get(knowledge_id, document)
    facts = json.dumps({**serializers.document(view), "pages": None, "page_count": view.pages})
    tag = tag_of(stamp, "json", facts)
    headers = {**told, **tagged(tag)}
    if is_known(request, tag):
        return not_modified(headers)
    return StreamingResponse(_pieces(service, knowledge_id, view), media_type="application/json", headers=headers)


def _pieces(service: Service, knowledge_id: str, view: DocumentView) -> Iterator[str]:
    """Yield the JSON of a document, a few pages at a time, so that a book need not fit into memory."""
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
        record_serializers.record(record)
        for record in service.records.of_document(knowledge_id, view.document, so_far=True)
    ]
    yield f'], "records": {json.dumps(records)}}}'


@router.get(_ONE + "/chunks", response_model=Items[ChunkOut], responses=readable(), dependencies=[TELLS])
def list_document_chunks(
    knowledge_id: KnowledgeId,
    document: Document,
    service: ServiceDep,
    limit: Limit = 100,
    cursor: Cursor = None,
    so_far: SoFar = False,
) -> Json:
    """List the chunks of a document in reading order."""
    chunks = service.documents.chunks(knowledge_id, document, cursor, limit, so_far=so_far)
    return {"items": [serializers.chunk(view) for view in chunks.items], "next_cursor": chunks.next_cursor}


@router.get(_ONE + "/records", response_model=list[RecordOut], responses={**readable(), **NOT_MODIFIED})
def list_document_records(
    knowledge_id: KnowledgeId,
    document: Document,
    service: ServiceDep,
    request: Request,
    response: Response,
    told: Told,
    so_far: SoFar = False,
) -> list[Json] | Response:
    """List the records extracted from a document, one per schema."""
    tag = tag_of(
        service.etags.of_document(knowledge_id, document),
        "records",
        service.documents.get(knowledge_id, document).source,
    )
    headers = {**told, **tagged(tag)}
    if is_known(request, tag):
        return not_modified(headers)
    response.headers.update(headers)
    return [
        record_serializers.record(record)
        for record in service.records.of_document(knowledge_id, document, so_far=so_far)
    ]


@router.post(_ONE + "/retry", status_code=202, response_model=JobSummaryOut, responses=problems(404, 409))
def retry_document(
    knowledge_id: KnowledgeId,
    document: Document,
    service: ServiceDep,
    request: Request,
    response: Response,
    body: RetryRequest | None = None,
) -> Json:
    """Start a job that processes a document again, from a stage on or only what failed.

    The current generation answers until the new one is published.
    """
    job = service.documents.retry(knowledge_id, document, body.from_stage if body else None)
    response.headers["Location"] = f"/api/v1/jobs/{job.job}"
    return serializers.job_summary(job)


@router.get(_ONE, response_model=DocumentOut, responses=problems(404))
def get_document(knowledge_id: KnowledgeId, document: Document, service: ServiceDep) -> Json:
    """Get a document with the times of its stages."""
    return serializers.document(service.documents.get(knowledge_id, document))


@router.patch(_ONE, response_model=DocumentOut, responses=problems(404, 409))
def rename_document(knowledge_id: KnowledgeId, document: Document, body: DocumentRenaming, service: ServiceDep) -> Json:
    """Give a document another name: lists, hits, records and files show it. The name of its file stays in `sources`."""
    return serializers.document(service.documents.rename(knowledge_id, document, body.name))


@router.delete(_ONE, response_model=DocumentOut, responses=problems(404))
def delete_document(knowledge_id: KnowledgeId, document: Document, service: ServiceDep) -> Json:
    """Delete a document with all its sources, rows, vectors, records and files; the answer describes what it was."""
    return serializers.document(service.documents.delete(knowledge_id, document))
