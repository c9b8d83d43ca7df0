"""The page of one job: a row per document, live by server-sent events; buttons to cancel and to retry."""

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
"""What needs a look stands above what does not."""


@router.get("/jobs/{job_id}")
def show_job(
    request: Request,
    service: ServiceDep,
    job_id: str,
    state: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str, Query(max_length=4096)] = "",
) -> HTMLResponse:
    """Where a job stands, with at most a thousand of its documents."""
    progress = service.job_progress(job_id)
    wanted = document_state(state)
    documents = _documents(service, job_id, wanted, cursor)
    return page(
        request,
        "job.html",
        job=progress.summary,
        progress=progress,
        counts=[(one, progress.summary.counts[one]) for one in _FIRST_ROWS if progress.summary.counts.get(one)],
        documents=documents,
        state=wanted,
        live=progress.summary.state in (JobState.ACCEPTING, JobState.RUNNING),
        retryable=progress.retryable,
        drawn=drawn,
        now_words=now_words,
    )


def _documents(service: Service, job_id: str, state: DocumentState | None, cursor: str) -> Slice[JobDocumentView]:
    if state:
        return service.job_documents(job_id, (state,), cursor or None, _ROWS)
    found: list[JobDocumentView] = []
    for one in _FIRST_ROWS:
        if len(found) < _ROWS:
            found += service.job_documents(job_id, (one,), None, _ROWS - len(found)).items
    return Slice(items=tuple(found))


def drawn(stages: tuple[StageProgress, ...]) -> dict[str, list[int]]:
    """Pages of each stage as the script draws them: total, done, failed; what is cancelled stays empty."""
    return {str(one.stage): [one.total, one.done, one.failed] for one in stages if one.total}


def now_words(found: JobDocumentView) -> str:
    """What happens to a document now, or why nothing does; static/job.js says the same."""
    if found.stage:
        return f"{found.stage}, page {found.page} of {found.pages}" if found.page and found.pages else str(found.stage)
    if found.outcome == "gone" and found.state.final:
        return "deleted since"
    if found.unchanged:
        return "unchanged" if found.outcome == "same" else "the same bytes as another file"
    if found.waiting:
        return found.waiting.why
    return "waits" if not found.state.final else ""


@router.post("/jobs/{job_id}/cancel")
def cancel_job(service: ServiceDep, job_id: str) -> RedirectResponse:
    """Stop what the job still waits for."""
    service.cancel(job_id)
    return RedirectResponse(f"/jobs/{path_segment(job_id)}", SEE_OTHER)


@router.post("/jobs/{job_id}/retry")
def retry_job(service: ServiceDep, job_id: str) -> RedirectResponse:
    """Redo what failed or was cancelled."""
    service.retry(job_id)
    return RedirectResponse(f"/jobs/{path_segment(job_id)}", SEE_OTHER)
