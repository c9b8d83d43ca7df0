"""Jobs: listed, shown, waited for, cancelled, tried again."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool

from ingest import serializers
from ingest.api.dependencies import Asked
from ingest.api.description import problems
from ingest.api.events import Watching
from ingest.api.models import JobOut, JobProgressOut, JobSummaryOut
from ingest.api.parameters import Cursor, Items, JobId, KnowledgeId, Limit
from ingest.api.security import Who
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
def list_all(
    service: Asked,
    who: Who,
    knowledge_id: Annotated[str | None, Query(max_length=128, description="Only of this knowledge base.")] = None,
    state: JobState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Json:
    """Jobs, the newest first."""
    if knowledge_id is not None:
        who.may(knowledge_id)
        return _listed(service, (knowledge_id,), state, limit, cursor)
    if who.knowledge is None:
        return _listed(service, None, state, limit, cursor)
    names = tuple(name for name in service.knowledge_bases.ids() if who.sees(name))
    return _listed(service, names, state, limit, cursor)


@router.get("/knowledge/{knowledge_id}/jobs", response_model=Items[JobSummaryOut], responses=problems(404))
def list_of_one(
    knowledge_id: KnowledgeId,
    service: Asked,
    state: JobState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Json:
    """Jobs of one knowledge base, the newest first."""
    return _listed(service, (knowledge_id,), state, limit, cursor)


def _listed(
    service: Service, names: tuple[str, ...] | None, state: JobState | None, limit: int, cursor: str | None
) -> Json:
    found = service.jobs.slice(JobFilter(knowledge_ids=names, state=state), cursor, limit)
    return {"items": [serializers.job_summary(job) for job in found.items], "next_cursor": found.next_cursor}


@router.get("/jobs/{job_id}", response_model=JobOut, responses=problems(404))
async def show(
    job_id: JobId,
    service: Asked,
    watches: Watching,
    wait: Annotated[
        float, Query(ge=0, le=LONGEST_WAIT_S, description="Answer when the job has ended, or after so many seconds.")
    ] = 0.0,
    documents: Annotated[Which, Query(description="Which documents; failed: those not wholly done.")] = "all",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Json:
    """Where a job stands, with a part of its documents by source."""
    if wait:
        watch = await watches.of(job_id)
        with watch.watched():
            await watch.end(wait)
    return await run_in_threadpool(_shown, service, job_id, documents, limit, cursor)


def _shown(service: Service, job_id: str, which: Which, limit: int, cursor: str | None) -> Json:
    found = serializers.job_progress(service.jobs.progress(job_id))
    if which == "none":
        return {**found, "documents": [], "next_cursor": None}
    part = service.jobs.documents(job_id, _STATES[which], cursor, limit)
    return {
        **found,
        "documents": [serializers.job_document(view) for view in part.items],
        "next_cursor": part.next_cursor,
    }


@router.post("/jobs/{job_id}/cancel", response_model=JobProgressOut, responses=problems(404))
def cancel(job_id: JobId, service: Asked) -> Json:
    """Stop it: what is finished stays, a page that is being read is thrown away. Of a job that is over: nothing."""
    service.jobs.cancel(job_id)
    return serializers.job_progress(service.jobs.progress(job_id))


@router.post("/jobs/{job_id}/retry", response_model=JobProgressOut, responses=problems(404))
def retry(job_id: JobId, service: Asked) -> Json:
    """Do again what failed or was cancelled, those pages and stages only."""
    service.jobs.retry(job_id)
    return serializers.job_progress(service.jobs.progress(job_id))
