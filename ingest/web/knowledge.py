"""The page of one knowledge base: its documents with filters, its jobs, and the forms to change them."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from ingest.api.dependencies import ServiceDep
from ingest.web.first_questions import first_questions
from ingest.web.formats import document_state, path_segment
from ingest.web.rendering import SEE_OTHER, page
from ingest.web.upload import limits_of, schemas_of
from stores.views import DocumentFilter, JobFilter

router = APIRouter()
_DOCUMENTS = 100
_JOBS_BESIDE = 5
_JOBS = 50


class Filters(BaseModel, frozen=True):
    """The query parameters of the list of documents."""

    q: str = Field("", max_length=200)
    state: str = Field("", max_length=20)
    language: str = Field("", max_length=20)
    media_type: str = Field("", max_length=100)
    sort: str = Field("source", max_length=20)
    cursor: str = Field("", max_length=4096)

    def document_filter(self) -> DocumentFilter:
        """Return the filter for the use case."""
        state = document_state(self.state)
        return DocumentFilter(
            state=state, language=self.language, media_type=self.media_type, text=self.q.strip(), sort=self.sort
        )

    def query(self, cursor: str | None = None) -> str:
        """Return the query string of the same list, from a cursor or from its beginning."""
        plain = {"q": self.q, "state": self.state, "language": self.language, "media_type": self.media_type}
        given = {name: value for name, value in plain.items() if value}
        if self.sort != "source":
            given["sort"] = self.sort
        if cursor:
            given["cursor"] = cursor
        return "?" + urlencode(given)

    @property
    def narrowed(self) -> bool:
        return bool(self.q or self.state or self.language or self.media_type)


@router.get("/knowledge/{knowledge_id}")
def show_knowledge(
    request: Request, service: ServiceDep, knowledge_id: str, filters: Annotated[Filters, Query()]
) -> HTMLResponse:
    """Show the documents that the filters select, from the cursor on."""
    base = service.knowledge_bases.get(knowledge_id)
    jobs = service.jobs.slice(JobFilter(knowledge_ids=(knowledge_id,)), None, _JOBS_BESIDE)
    documents = service.documents.slice(knowledge_id, filters.document_filter(), filters.cursor or None, _DOCUMENTS)
    return page(
        request,
        "knowledge.html",
        base=base,
        questions=first_questions(service, base),
        documents=documents,
        filters=filters,
        jobs=jobs,
        open_jobs=[job for job in jobs.items if job.finished_at is None],
        reasons=service.jobs.reasons(jobs.items),
        now=service.jobs.now(knowledge_id, [one.document for one in documents.items if not one.state.final]),
        watched=service.knowledge_bases.watched_sources(knowledge_id),
        limits=limits_of(service.settings),
        schemas=schemas_of(service),
        all_schemas=sorted(service.knowledge_bases.schemas()),
    )


@router.get("/knowledge/{knowledge_id}/jobs")
def show_jobs(request: Request, service: ServiceDep, knowledge_id: str, cursor: str = "") -> HTMLResponse:
    """List all jobs of one knowledge base, newest first."""
    service.knowledge_bases.get(knowledge_id)
    jobs = service.jobs.slice(JobFilter(knowledge_ids=(knowledge_id,)), cursor or None, _JOBS)
    reasons = service.jobs.reasons(jobs.items)
    return page(request, "jobs.html", knowledge_id=knowledge_id, jobs=jobs, reasons=reasons, cursor=cursor)


@router.post("/knowledge/{knowledge_id}/retry-document")
def retry_document(service: ServiceDep, knowledge_id: str, document: Annotated[str, Form()]) -> RedirectResponse:
    """Retry what failed of one document, and redirect to the job that does it."""
    job = service.documents.retry(knowledge_id, document, None)
    return RedirectResponse(f"/jobs/{path_segment(job.job)}", SEE_OTHER)


@router.post("/knowledge/{knowledge_id}/rename-document")
def rename_document(
    service: ServiceDep,
    knowledge_id: str,
    document: Annotated[str, Form()],
    name: Annotated[str, Form(max_length=1000)] = "",
) -> RedirectResponse:
    """Give a document another name; without one that of its file is shown again."""
    service.documents.rename(knowledge_id, document, name)
    return RedirectResponse(f"/knowledge/{path_segment(knowledge_id)}/documents/{document}", SEE_OTHER)


@router.post("/knowledge/{knowledge_id}/delete-document")
def delete_document(
    request: Request, service: ServiceDep, knowledge_id: str, document: Annotated[str, Form()]
) -> RedirectResponse:
    """Delete a document, or a file that could not be ingested, and return to the same part of the list."""
    service.documents.delete(knowledge_id, document)
    list_url = f"/knowledge/{path_segment(knowledge_id)}"
    came_from = urlsplit(request.headers.get("referer", ""))
    query = f"?{came_from.query}" if came_from.path == list_url and came_from.query else ""
    return RedirectResponse(list_url + query, SEE_OTHER)


@router.post("/knowledge/{knowledge_id}/rename")
def rename_knowledge(
    service: ServiceDep, knowledge_id: str, name: Annotated[str, Form(max_length=1000)] = ""
) -> RedirectResponse:
    """Give a knowledge base another name; without one its id is shown again."""
    service.knowledge_bases.rename(knowledge_id, name)
    return RedirectResponse(f"/knowledge/{path_segment(knowledge_id)}", SEE_OTHER)


@router.post("/knowledge/{knowledge_id}/delete")
def delete_knowledge(service: ServiceDep, knowledge_id: str) -> RedirectResponse:
    """Delete a knowledge base with everything in it."""
    service.knowledge_bases.delete(knowledge_id)
    return RedirectResponse("/", SEE_OTHER)
