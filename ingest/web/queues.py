"""The page of queues and workers: what waits, and which workers work on what."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ingest.api.dependencies import ServiceDep
from ingest.api.security import CallerDep
from ingest.web.rendering import page
from stores.models import JobState
from stores.views import JobFilter, QueueView

router = APIRouter()
_JOBS = 20


@router.get("/queues")
def show_queues(request: Request, service: ServiceDep, caller: CallerDep) -> HTMLResponse:
    """Show all queues of this home; documents of knowledge bases that the key is not for are left out."""
    workers = [
        replace(worker, working=tuple(step for step in worker.working if caller.sees(step.knowledge_id)))
        for worker in service.administration.workers()
    ]
    queues = service.administration.queues()
    visible = caller.visible(service.knowledge_bases.ids())
    jobs = service.jobs.slice(JobFilter(knowledge_ids=visible, state=JobState.RUNNING), None, _JOBS)
    return page(
        request,
        "queues.html",
        queues=queues,
        workers=workers,
        jobs=jobs,
        reasons=service.jobs.reasons(jobs.items),
        names={job.knowledge_id: service.knowledge_bases.name(job.knowledge_id) for job in jobs.items},
        embedded=not service.settings.broker_url,
        unserved=_unserved(queues),
    )


def _unserved(queues: list[QueueView]) -> list[str]:
    """Return the queues in which something waits although no worker serves them."""
    return [queue.queue for queue in queues if queue.waiting and queue.workers == ()]
