"""``/schedules``: what is done by the clock, its last runs, and how to run it at once."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel

from ingest.api.dependencies import ServiceDep
from ingest.api.description import problems
from ingest.api.security import CallerDep
from ingest.schedules import schedule

router = APIRouter(tags=["schedules"])
Name = Annotated[str, Path(max_length=64, description="Name of a schedule.")]


class ScheduleOut(BaseModel):
    """A schedule and its last run. ``skipped``: times since then at which that run was still going on."""

    name: str
    do: Literal["ingest", "prune", "check"]
    knowledge_id: str | None
    source: str | None
    cron: str
    timezone: str
    state: Literal["waits", "due", "running", "done", "failed"]
    next_at: str | None
    started_at: str | None
    finished_at: str | None
    error: str | None
    result: dict[str, Any] | None
    skipped: int


class ScheduleList(BaseModel):
    """All schedules, by name."""

    items: list[ScheduleOut]


@router.get("/schedules", response_model=ScheduleList, responses=problems(401, 403, 503))
def list_schedules(service: ServiceDep, caller: CallerDep) -> Any:
    """List the schedules of this home, for a key that is for all knowledge bases."""
    caller.may_all()
    return {"items": [schedule(status) for status in service.schedules.all()]}


@router.get("/schedules/{name}", response_model=ScheduleOut, responses=problems(401, 403, 404, 422, 503))
def get_schedule(name: Name, service: ServiceDep, caller: CallerDep) -> Any:
    """Get a schedule with its last run."""
    caller.may_all()
    return schedule(service.schedules.get(name))


@router.post(
    "/schedules/{name}/run",
    response_model=ScheduleOut,
    status_code=202,
    responses=problems(401, 403, 404, 409, 422, 503),
)
def run_schedule(name: Name, service: ServiceDep, caller: CallerDep) -> Any:
    """Have a worker run a schedule at once; its times stay as they are."""
    caller.may_all()
    return schedule(service.schedules.request(name))
