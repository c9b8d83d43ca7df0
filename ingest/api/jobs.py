"""``/jobs``: list, get, wait for, cancel and retry jobs."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool

from ingest import serializers
from ingest.api.dependencies import ServiceDep
from ingest.api.description import problems
from ingest.api.events import Watching
from ingest.api.job_models import JobOut, JobProgressOut, JobSummaryOut
from ingest.api.parameters import Cursor, Items, JobId, KnowledgeId, Limit
from ingest.api.security import CallerDep
from ingest.serializers import Json
from pipeline.service import Service
from stores.models import DocumentState, JobState
from stores.views import JobFilter

router = APIRouter(tags=["jobs"])
LONGEST_WAIT_S = 60.0

Which = Literal["all", "failed", "open", "none"]
_STATES: dict[str, tuple[DocumentState, ...]] = {
    "all": (),
    "failed": (DocumentState.FAILED, DocumentState.PARTIAL, DocumentState.CANCELLED),
    "open": (DocumentState.QUEUED, DocumentState.RUNNING),
}


@router.get("/jobs", response_model=Items[JobSummaryOut], responses=problems(404))
def list_jobs(
    service: ServiceDep,
    caller: CallerDep,
    knowledge_id: Annotated[str | None, Query(max_length=128, description="Only of this knowledge base.")] = None,
    state: JobState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Json:
    """List jobs, newest first."""
    if knowledge_id is not None:
        caller.may(knowledge_id)
        return _listed(service, (knowledge_id,), state, limit, cursor)
    names = caller.visible(service.knowledge_bases.ids())
    return _listed(service, names, state, limit, cursor)


@router.get("/knowledge/{knowledge_id}/jobs", response_model=Items[JobSummaryOut], responses=problems(404))
def list_jobs_of_knowledge_base(
    knowledge_id: KnowledgeId,
    service: ServiceDep,
    state: JobState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Json:
    """List the jobs of one knowledge base, newest first."""
    return _listed(service, (knowledge_id,), state, limit, cursor)


def _listed(
    service: Service, names: tuple[str, ...] | None, state: JobState | None, limit: int, cursor: str | None
) -> Json:
    jobs = service.jobs.slice(JobFilter(knowledge_ids=names, state=state), cursor, limit)
    return {"items": [serializers.job_summary(job) for job in jobs.items], "next_cursor": jobs.next_cursor}


@router.get("/jobs/{job_id}", response_model=JobOut, responses=problems(404))
async def get_job(
    job_id: JobId,
    service: ServiceDep,
    watches: Watching,
    wait: Annotated[
        float, Query(ge=0, le=LONGEST_WAIT_S, description="Answer when the job has ended, or after so many seconds.")
    ] = 0.0,
    documents: Annotated[Which, Query(description="Which documents; failed: those not wholly done.")] = "all",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Json:
    """Get the progress of a job with a part of its documents, sorted by source."""
    if wait:
        watch = await watches.of(job_id)
        with watch.watched():
            await watch.end(wait)
    return await run_in_threadpool(_shown, service, job_id, documents, limit, cursor)


def _shown(service: Service, job_id: str, which: Which, limit: int, cursor: str | None) -> Json:
    progress = serializers.job_progress(service.jobs.progress(job_id))
    if which == "none":
        return {**progress, "documents": [], "next_cursor": None}
    part = service.jobs.documents(job_id, _STATES[which], cursor, limit)
    return {
        **progress,
        "documents": [serializers.job_document(view) for view in part.items],
        "next_cursor": part.next_cursor,
    }


@router.post("/jobs/{job_id}/cancel", response_model=JobProgressOut, responses=problems(404))
def cancel_job(job_id: JobId, service: ServiceDep) -> Json:
    """Cancel a job; finished documents stay. A job that is over does not change."""
    service.jobs.cancel(job_id)
    return serializers.job_progress(service.jobs.progress(job_id))


@router.post("/jobs/{job_id}/retry", response_model=JobProgressOut, responses=problems(404))
def retry_job(job_id: JobId, service: ServiceDep) -> Json:
    """Retry the pages and stages of a job that failed or were cancelled."""
    service.jobs.retry(job_id)
    return serializers.job_progress(service.jobs.progress(job_id))
