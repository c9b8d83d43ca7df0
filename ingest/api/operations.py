"""Who works on what, and what waits: for those who run the place. A key for some knowledge bases sees only theirs."""

from __future__ import annotations

from fastapi import APIRouter

from ingest import serializers
from ingest.api.dependencies import Asked
from ingest.api.models import QueueOut, WorkerOut
from ingest.api.security import Who
from ingest.serializers import Json

router = APIRouter(tags=["operations"])


@router.get("/queues", response_model=list[QueueOut])
def queues(service: Asked) -> list[Json]:
    """Every queue: what waits, since when, and who serves it."""
    return [serializers.queue(view) for view in service.administration.queues()]


@router.get("/workers", response_model=list[WorkerOut])
def workers(service: Asked, who: Who) -> list[Json]:
    """Every worker: what it serves, and what it has in hand."""
    found = [serializers.worker(view) for view in service.administration.workers()]
    for worker in found:
        worker["working"] = [step for step in worker["working"] if who.sees(step["knowledge_id"])]
    return found
