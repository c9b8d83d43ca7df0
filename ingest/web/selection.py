"""Several documents at once: download, retry, extract again and delete what was selected in the list of documents.

Everything is a form: deletion and extraction answer with a page that asks, and each ends with a page that says what
came of every document.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from ingest.api.dependencies import ServiceDep
from ingest.document_zip import zip_documents
from ingest.web.formats import document_state
from ingest.web.rendering import page
from ingest.web.upload import schemas_of
from pipeline.service import Service
from stores.errors import IngotError, InputError, NotFoundError
from stores.models import Options
from stores.views import DocumentFilter

router = APIRouter()
MOST = 500
"""Documents that one request acts on; the page says how many are left."""
_NEVER_READ = "it could not be ingested, or was deleted meanwhile"
Named = tuple[str, str]
"""A document and its name. The first is the id, or the name again for a file that could not be ingested."""


class Selection(BaseModel, frozen=True):
    """What the forms send: the action, and the documents by name, as a JSON list, or by the filter of the list."""

    action: Literal["download", "retry", "extract", "delete"]
    document: list[str] = Field([], max_length=1000)
    documents: str = Field("[]", max_length=1 << 16)
    all: bool = False
    q: str = Field("", max_length=200)
    state: str = Field("", max_length=20)
    language: str = Field("", max_length=20)
    media_type: str = Field("", max_length=100)
    originals: bool = False
    confirmed: bool = False
    schemas: list[str] = Field([], max_length=64)
    force: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one document. ``job``: the job that works on it now, empty where none does."""

    document: str
    name: str
    done: bool
    said: str
    job: str = ""


@router.post("/knowledge/{knowledge_id}/selection", response_model=None)
def act(request: Request, service: ServiceDep, knowledge_id: str, selection: Annotated[Selection, Form()]) -> Response:
    """Do what was asked with the selected documents, or ask first where that cannot be undone."""
    base = service.knowledge_bases.get(knowledge_id)
    chosen, total = _chosen(service, knowledge_id, selection)
    if selection.action == "download" and chosen:
        return _download(service, knowledge_id, [document for document, _ in chosen], selection.originals)
    asks = selection.action in ("delete", "extract") and not selection.confirmed and chosen
    results = [] if asks else _ACTIONS[selection.action](service, knowledge_id, chosen, selection)
    return page(
        request,
        "selection.html",
        base=base,
        action=selection.action,
        asks=bool(asks),
        chosen=chosen,
        more=total - len(chosen),
        encoded=json.dumps([document for document, _ in chosen]),
        results=results,
        jobs=list(dict.fromkeys(one.job for one in results if one.job)),
        schemas=schemas_of(service),
    )


def _chosen(service: Service, knowledge_id: str, selection: Selection) -> tuple[list[Named], int]:
    """Return the documents that an action is for, at most ``MOST`` of them, and how many were selected."""
    if selection.all:
        wanted = DocumentFilter(
            state=document_state(selection.state),
            language=selection.language,
            media_type=selection.media_type,
            text=selection.q.strip(),
        )
        views = service.documents.all(knowledge_id, wanted)
        return [(view.document or view.source, view.source) for view in views[:MOST]], len(views)
    given = list(dict.fromkeys([*selection.document, *_decoded(selection.documents)]))
    return [_named(service, knowledge_id, one) for one in given[:MOST]], len(given)


def _decoded(text: str) -> list[str]:
    try:
        documents = json.loads(text)
    except ValueError as error:
        raise InputError("the list of documents is no JSON: select them again") from error
    if not isinstance(documents, list) or not all(isinstance(one, str) for one in documents):
        raise InputError("the list of documents is no list of names: select them again")
    return documents


def _named(service: Service, knowledge_id: str, name: str) -> Named:
    """Return a document and its name; what is unknown, or could not be ingested, under what it was asked for by."""
    try:
        view = service.documents.get(knowledge_id, name)
    except IngotError:
        return name, name
    return view.document, view.source or view.document


def _download(service: Service, knowledge_id: str, documents: Sequence[str], originals: bool) -> Response:
    blocks = zip_documents(service, knowledge_id, documents, originals=originals)
    name = {"Content-Disposition": f'attachment; filename="{knowledge_id}.zip"'}
    return StreamingResponse(blocks, media_type="application/zip", headers=name)


def _nothing(service: Service, knowledge_id: str, chosen: Sequence[Named], selection: Selection) -> list[Result]:
    return []


def _deleted(service: Service, knowledge_id: str, chosen: Sequence[Named], selection: Selection) -> list[Result]:
    def delete(document: str) -> tuple[str, str]:
        service.documents.delete(knowledge_id, document)
        return "deleted", ""

    return [_tried(named, delete) for named in chosen]


def _retried(service: Service, knowledge_id: str, chosen: Sequence[Named], selection: Selection) -> list[Result]:
    def retry(document: str) -> tuple[str, str]:
        view = service.documents.get(knowledge_id, document)
        if not view.retryable:
            raise InputError(_why_no_retry(view.error.message if view.error else ""))
        return "tried again", service.documents.retry(knowledge_id, document).job

    return [_tried(named, retry) for named in chosen]


def _why_no_retry(error: str) -> str:
    return f"another try cannot help: {error}" if error else "nothing of it failed that another try may mend"


def _tried(named: Named, action: Callable[[str], tuple[str, str]]) -> Result:
    """Run an action on one document; what goes wrong with it is its result, and stops no other."""
    document, name = named
    try:
        said, job = action(document)
    except IngotError as error:
        return Result(document, name, False, _reason(error))
    return Result(document, name, True, said, job)


def _reason(error: IngotError) -> str:
    return _NEVER_READ if isinstance(error, NotFoundError) else error.message


def _extracted(service: Service, knowledge_id: str, chosen: Sequence[Named], selection: Selection) -> list[Result]:
    """Extract again from all documents in one job."""
    results, known = [], []
    for named in chosen:
        try:
            known.append(service.documents.get(knowledge_id, named[0]).document)
        except IngotError as error:
            results.append(Result(*named, False, _reason(error)))
    if not known:
        return results
    options = Options(schemas=tuple(dict.fromkeys(selection.schemas)))
    report = service.documents.extract(knowledge_id, known, options, force=selection.force)
    open_in = _documents_of(service, report.job)
    for document, name in ((one, name) for one, name in chosen if one in known):
        if document in report.failed:
            results.append(Result(document, name, False, report.failed[document]))
        elif document in open_in:
            results.append(Result(document, name, True, "extracted again", report.job or ""))
        else:
            results.append(Result(document, name, True, "nothing to do: its records are made with these schemas"))
    return results


def _documents_of(service: Service, job: str | None) -> set[str]:
    return {one.document for one in service.jobs.get(job).documents} if job else set()


_ACTIONS = {"download": _nothing, "retry": _retried, "extract": _extracted, "delete": _deleted}
