"""``/callbacks``: what is to be told to whom, how often that was tried, and once more."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from ingest import serializers
from ingest.api import problems
from ingest.api.dependencies import Asked
from ingest.api.security import Caller, Who
from pipeline.service import Service
from stores.models import check_knowledge_id
from stores.views import CallbackFilter

router = APIRouter(tags=["callbacks"])
CallbackId = Annotated[str, Path(max_length=200, description="`<knowledge_id>.<ulid>`, as `webhook-id` has it")]


class CallbackSummary(BaseModel):
    """One event. ``state``: pending until its receiver has it, or dead once the last try has failed."""

    callback_id: str
    knowledge_id: str
    job_id: str
    document: str | None
    type: str
    url: str
    state: Literal["pending", "delivered", "dead"]
    attempt: int
    status: int | None
    error: str | None
    created_at: str
    next_try_at: str | None
    finished_at: str | None


class CallbackDetail(CallbackSummary):
    """One event with the body that is sent."""

    body: dict[str, Any]


class CallbackList(BaseModel):
    """The newest first; ``next_cursor`` asks for what follows."""

    items: list[CallbackSummary]
    next_cursor: str | None


class Replayed(BaseModel):
    """How many events are delivered again."""

    replayed: int


@router.get("/callbacks", response_model=CallbackList, responses=problems.described(401, 403, 404, 422, 503))
def list_callbacks(
    service: Asked,
    who: Who,
    knowledge_id: Annotated[str, Query(max_length=128)] = "",
    state: Literal["", "pending", "delivered", "dead"] = "",
    job: Annotated[str, Query(max_length=200, description="only those of this job")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str, Query(max_length=4096)] = "",
) -> Any:
    """Events of the knowledge bases that the caller may see."""
    wanted = CallbackFilter(knowledge_ids=_named(service, who, knowledge_id), state=state, job=job)
    found = service.callbacks.slice(wanted, cursor or None, limit)
    return {"items": [serializers.callback(view) for view in found.items], "next_cursor": found.next_cursor}


def _named(service: Service, who: Caller, knowledge_id: str) -> tuple[str, ...] | None:
    """The knowledge base that was asked for, else those that the key is for; None: all."""
    if knowledge_id:
        who.may(check_knowledge_id(knowledge_id))
        return (service.knowledge_bases.get(knowledge_id).knowledge_id,)
    return None if who.knowledge is None else tuple(sorted(who.knowledge))


@router.post(
    "/callbacks/replay",
    response_model=Replayed,
    status_code=202,
    responses=problems.described(401, 403, 404, 422, 503),
)
def replay_dead(service: Asked, who: Who, knowledge_id: Annotated[str, Query(max_length=128)] = "") -> Any:
    """Deliver again all that was given up, of one knowledge base or of all."""
    if knowledge_id:
        who.may(check_knowledge_id(knowledge_id))
    else:
        who.may_all()
    return {"replayed": service.callbacks.replay_dead(knowledge_id or None)}


@router.get(
    "/callbacks/{callback_id}",
    response_model=CallbackDetail,
    responses=problems.described(401, 403, 404, 422, 503),
)
def show_callback(service: Asked, callback_id: CallbackId) -> Any:
    """One event with the body that is sent."""
    return serializers.callback(service.callbacks.get(callback_id), body=True)


@router.post(
    "/callbacks/{callback_id}/replay",
    response_model=CallbackDetail,
    status_code=202,
    responses=problems.described(401, 403, 404, 409, 422, 503),
)
def replay_callback(service: Asked, callback_id: CallbackId) -> Any:
    """Deliver an event again, under its id, that was delivered or given up."""
    return serializers.callback(service.callbacks.replay(callback_id), body=True)
