"""``/callbacks``: the events sent to receivers, their delivery attempts, and how to send them again."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from ingest import serializers
from ingest.api.dependencies import ServiceDep
from ingest.api.description import problems
from ingest.api.keyring import Caller
from ingest.api.security import CallerDep
from pipeline.service import Service
from stores.models import check_knowledge_id
from stores.views import CallbackFilter

router = APIRouter(tags=["callbacks"])
CallbackId = Annotated[str, Path(max_length=200, description="`<knowledge_id>.<ulid>`, as `webhook-id` has it")]


class CallbackSummary(BaseModel):
    """An event. ``state``: pending until it is delivered, or dead once the last attempt has failed."""

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
    """An event with the body that is sent."""

    body: dict[str, Any]


class CallbackList(BaseModel):
    """A part of the list of events, newest first; ``next_cursor`` gets the next part."""

    items: list[CallbackSummary]
    next_cursor: str | None


class Replayed(BaseModel):
    """Number of events that are sent again."""

    replayed: int


@router.get("/callbacks", response_model=CallbackList, responses=problems(401, 403, 404, 422, 503))
def list_callbacks(
    service: ServiceDep,
    caller: CallerDep,
    knowledge_id: Annotated[str, Query(max_length=128)] = "",
    state: Literal["", "pending", "delivered", "dead"] = "",
    job: Annotated[str, Query(max_length=200, description="only those of this job")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str, Query(max_length=4096)] = "",
) -> Any:
    """List the events of the knowledge bases that the key is for."""
    filters = CallbackFilter(knowledge_ids=_named(service, caller, knowledge_id), state=state, job=job)
    callbacks = service.callbacks.slice(filters, cursor or None, limit)
    return {"items": [serializers.callback(view) for view in callbacks.items], "next_cursor": callbacks.next_cursor}


def _named(service: Service, caller: Caller, knowledge_id: str) -> tuple[str, ...] | None:
    """Return the requested knowledge base, else those of the key; None for all."""
    if knowledge_id:
        caller.may(check_knowledge_id(knowledge_id))
        return (service.knowledge_bases.get(knowledge_id).knowledge_id,)
    return None if caller.knowledge is None else tuple(sorted(caller.knowledge))


@router.post(
    "/callbacks/replay",
    response_model=Replayed,
    status_code=202,
    responses=problems(401, 403, 404, 422, 503),
)
def replay_dead_callbacks(
    service: ServiceDep, caller: CallerDep, knowledge_id: Annotated[str, Query(max_length=128)] = ""
) -> Any:
    """Send all dead events again, of one knowledge base or of all."""
    if knowledge_id:
        caller.may(check_knowledge_id(knowledge_id))
    else:
        caller.may_all()
    return {"replayed": service.callbacks.replay_dead(knowledge_id or None)}


@router.get(
    "/callbacks/{callback_id}",
    response_model=CallbackDetail,
    responses=problems(401, 403, 404, 422, 503),
)
def get_callback(service: ServiceDep, callback_id: CallbackId) -> Any:
    """Get an event with the body that is sent."""
    return serializers.callback(service.callbacks.get(callback_id), body=True)


@router.post(
    "/callbacks/{callback_id}/replay",
    response_model=CallbackDetail,
    status_code=202,
    responses=problems(401, 403, 404, 409, 422, 503),
)
def replay_callback(service: ServiceDep, callback_id: CallbackId) -> Any:
    """Send a delivered or dead event again under the same id."""
    return serializers.callback(service.callbacks.replay(callback_id), body=True)
