"""Schedules: list them with their last runs, and run one at once."""

from __future__ import annotations

import socket
import uuid
from dataclasses import dataclass

from pipeline.commands import run_schedule
from pipeline.schedule_file import Schedule, read_schedules, schedule_of
from pipeline.sender import Sender
from pipeline.step_context import Resources
from stores.contracts.schedules import ScheduleState, ScheduleView
from stores.errors import InputError, NotFoundError
from stores.models import HOME


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleStatus:
    """A schedule, its last run, and its next time in seconds since the epoch.

    ``in_file``: it is in the file of this process's settings, or there is no such file here.
    """

    schedule: Schedule
    view: ScheduleView
    next_at: float
    in_file: bool = True


class Schedules:
    """The schedules of a home: those of the settings, and those that a beat with other settings made known."""

    def __init__(self, resources: Resources, sender: Sender) -> None:
        self._resources = resources
        self._sender = sender

    def all(self) -> list[ScheduleStatus]:
        """All schedules, by name."""
        given = {one.name: one for one in read_schedules(self._resources.settings.schedules_file)}
        views = {view.name: view for view in self._views()}
        return [self._status(name, given, views.get(name)) for name in sorted({*given, *views})]

    def get(self, name: str) -> ScheduleStatus:
        """One schedule. NotFoundError where there is none of that name."""
        for status in self.all():
            if status.schedule.name == name:
                return status
        raise NotFoundError(f"there is no schedule {name!r}: see `ingot schedules list`")

    def request(self, name: str) -> ScheduleStatus:
        """Have a worker run a schedule at once, beside its times. InputError where it is due or running."""
        self._request(name, sent=False)
        self._resources.catalog.mark_outbound(HOME)
        self._sender.send_schedules()
        return self.get(name)

    def run(self, name: str) -> ScheduleStatus:
        """Run a schedule in this process; what it submits is sent to the workers. InputError where it runs already."""
        knowledge_id = self._request(name, sent=True).knowledge_id
        run_schedule.run_due(self._resources, name, f"{socket.gethostname()}/{uuid.uuid4().hex}")
        status = self.get(name)
        if knowledge_id and knowledge_id in self._resources.catalog.names():
            self._sender.send_now(knowledge_id)
        return status

    def _request(self, name: str, *, sent: bool) -> Schedule:
        schedule = self.get(name).schedule
        if not self._resources.catalog.home_store().schedules.request(name, schedule.content, sent=sent):
            raise InputError(f"the schedule {name!r} is due or running already", code="conflict")
        return schedule

    def _views(self) -> list[ScheduleView]:
        """What is known of earlier runs; nothing is made where nothing is."""
        catalog = self._resources.catalog
        return catalog.home_store().schedules.views() if HOME in catalog.outboxes() else []

    def _status(self, name: str, given: dict[str, Schedule], view: ScheduleView | None) -> ScheduleStatus:
        now = self._resources.catalog.now()
        schedule = given[name] if name in given or view is None else schedule_of(name, view.content)
        shown = view or ScheduleView(name=name, content=schedule.content, state=ScheduleState.WAITS, last_due_at=now)
        in_file = name in given or not self._resources.settings.schedules_file
        return ScheduleStatus(schedule=schedule, view=shown, next_at=schedule.next_after(now), in_file=in_file)
