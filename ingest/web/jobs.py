"""The page of one job: a row per document, updated by server-sent events, and buttons to cancel and retry."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from ingest.api.dependencies import ServiceDep
from ingest.web.formats import document_state, path_segment
from ingest.web.rendering import SEE_OTHER, page
from pipeline.service import Service
from stores.models import DocumentState, JobState
from stores.views import JobDocumentView, Slice, StageProgress

router = APIRouter()
_ROWS = 1000
_FIRST_ROWS = (
    DocumentState.FAILED,
    DocumentState.PARTIAL,
    DocumentState.RUNNING,
    DocumentState.QUEUED,
    DocumentState.CANCELLED,
    DocumentState.DONE,
)
"""Order of the rows by state: documents that need attention come first."""


@router.get("/jobs/{job_id}")
def show_job(
    request: Request,
    service: ServiceDep,
    job_id: str,
    state: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str, Query(max_length=4096)] = "",
) -> HTMLResponse:
    """Show the progress of a job, with at most a thousand of its documents."""
    progress = service.jobs.progress(job_id)
    only_state = document_state(state)
    documents = _documents(service, job_id, only_state, cursor)
    return page(
        request,
        "job.html",
        knowledge_id=progress.summary.knowledge_id,
        job=progress.summary,
        progress=progress,
        counts=[(one, progress.summary.counts[one]) for one in _FIRST_ROWS if progress.summary.counts.get(one)],
        documents=documents,
        state=only_state,
        live=progress.summary.state in (JobState.ACCEPTING, JobState.RUNNING),
        retryable=progress.retryable,
        drawn=drawn,
        now_words=now_words,
    )


def _documents(service: Service, job_id: str, state: DocumentState | None, cursor: str) -> Slice[JobDocumentView]:
    if state:
        return service.jobs.documents(job_id, (state,), cursor or None, _ROWS)
    return Slice(items=service.jobs.first_documents(job_id, _FIRST_ROWS, _ROWS))


def drawn(stages: tuple[StageProgress, ...]) -> dict[str, list[int]]:
    """Return total, done and failed pages per stage, which the script draws as a bar."""
    return {str(one.stage): [one.total, one.done, one.failed] for one in stages if one.total}


def now_words(view: JobDocumentView) -> str:
    """Describe what happens to a document now, or why nothing does; ``static/job.js`` does the same."""
    if view.stage:
        return f"{view.stage}, page {view.page} of {view.pages}" if view.page and view.pages else str(view.stage)
    if view.outcome == "gone" and view.state.final:
        return "deleted since"
    if view.unchanged:
        return "unchanged" if view.outcome == "same" else "the same bytes as another file"
    if view.waiting:
        return view.waiting.why
    return "waits" if not view.state.final else ""


@router.post("/jobs/{job_id}/cancel")
def cancel_job(service: ServiceDep, job_id: str) -> RedirectResponse:
    """Cancel the unfinished documents of a job."""
    service.jobs.cancel(job_id)
    return RedirectResponse(f"/jobs/{path_segment(job_id)}", SEE_OTHER)


@router.post("/jobs/{job_id}/retry")
def retry_job(service: ServiceDep, job_id: str) -> RedirectResponse:
    """Retry what failed or was cancelled."""
    service.jobs.retry(job_id)
    return RedirectResponse(f"/jobs/{path_segment(job_id)}", SEE_OTHER)
