"""The first page: the knowledge bases with their counts, and a drop zone."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ingest.api.dependencies import ServiceDep
from ingest.api.security import CallerDep
from ingest.web.first_questions import OF_SAMPLES
from ingest.web.rendering import page
from ingest.web.upload import limits_of, schemas_of
from pipeline.service import Service
from pipeline.still_there import of_each
from stores.models import JobState
from stores.views import JobFilter, KnowledgeBaseView

router = APIRouter()


@router.get("/")
def show_home(request: Request, service: ServiceDep, caller: CallerDep) -> HTMLResponse:
    """Show all knowledge bases that the key is for."""
    bases = [base for base in service.knowledge_bases.all() if caller.sees(base.knowledge_id)]
    return page(
        request,
        "home.html",
        bases=bases,
        questions=OF_SAMPLES,
        reasons=dict(of_each(bases, lambda base: (base.knowledge_id, _reason(service, base)))),
        limits=limits_of(service.settings),
        schemas=schemas_of(service),
    )


def _reason(service: Service, base: KnowledgeBaseView) -> str:
    """Return why the newest open job of a knowledge base waits; empty where it runs, or there is none."""
    if not base.open:
        return ""
    jobs = service.jobs.slice(JobFilter(knowledge_ids=(base.knowledge_id,), state=JobState.RUNNING), None, 1)
    return next(iter(service.jobs.reasons(jobs.items).values()), "")
