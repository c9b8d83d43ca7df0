"""Queues and workers, for operators. A key for some knowledge bases sees only the work on those."""

from __future__ import annotations

from fastapi import APIRouter

from ingest import serializers
from ingest.api.dependencies import ServiceDep
from ingest.api.models import QueueOut, WorkerOut
from ingest.api.security import CallerDep
from ingest.serializers import Json

router = APIRouter(tags=["operations"])


@router.get("/queues", response_model=list[QueueOut])
def list_queues(service: ServiceDep) -> list[Json]:
    """List the queues: what waits, since when, and the workers that serve it."""
    return [serializers.queue(view) for view in service.administration.queues()]


@router.get("/workers", response_model=list[WorkerOut])
def list_workers(service: ServiceDep, caller: CallerDep) -> list[Json]:
    """List the workers: the queues they serve, and the steps they are working on."""
    workers = [serializers.worker(view) for view in service.administration.workers()]
    for worker in workers:
        worker["working"] = [step for step in worker["working"] if caller.sees(step["knowledge_id"])]
    return workers
