"""Celery beat over the schedules of a home: ``celery -A celery_app beat``; the clock makes due, a worker runs.

What is due is written into SQL before its message is sent. So several beats do no work twice, a lost message is sent
again by the relay, and what was missed while no beat ran is done once at its start.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import Any

from celery import Task
from celery.beat import Scheduler
from celery.schedules import BaseSchedule, schedstate

from pipeline import tasks
from pipeline.commands import run_schedule
from pipeline.schedule_file import Schedule, read_schedules
from pipeline.tasks import app
from pipeline.worker_process import this_process
from stores.errors import IngotError
from stores.models import HOME

log = logging.getLogger("ingot.schedules")

SCHEDULER = "pipeline.beat:TableScheduler"
_LONGEST_SLEEP_S, _AGAIN_S = 30.0, 5.0


@app.task(bind=True, name=tasks.SCHEDULE)
def run(self: Task, name: str) -> None:
    """Run a schedule that is due."""
    tasks.ignore_foreign(self.request)
    try:
        run_schedule.run_due(this_process.resources(), name, tasks.owner_of(self.request))
    except IngotError as error:  # the relay sends it again when its lease has ended
        log.warning("the schedule %s: %s", name, error.message)


class Times(BaseSchedule):  # type: ignore[misc]
    """The times of one schedule, as Celery asks for them."""

    def __init__(self, schedule: Schedule) -> None:
        super().__init__(nowfun=lambda: datetime.now(UTC))
        self.schedule = schedule

    def is_due(self, last_run_at: datetime) -> schedstate:
        """Tell whether a time has come since then, and in how many seconds to ask again."""
        now, following = time.time(), self.schedule.next_after(last_run_at.timestamp())
        if following > now:
            return schedstate(is_due=False, next=following - now)
        return schedstate(is_due=True, next=self.schedule.next_after(now) - now)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Times) and other.schedule == self.schedule

    __hash__ = None  # type: ignore[assignment]


class TableScheduler(Scheduler):  # type: ignore[misc]
    """Makes due in SQL what the clock says, and sends it. The schedules are those of the settings."""

    max_interval = _LONGEST_SLEEP_S
    producer = None  # Celery's would wait for the broker; what cannot be sent now is sent by the relay
    registered = False

    def setup_schedule(self) -> None:
        """Read the schedules. SystemExit with one sentence where the file is wrong."""
        try:
            self.wanted = {one.name: one for one in read_schedules(this_process.resources().settings.schedules_file)}
        except IngotError as error:
            raise SystemExit(f"ingot: {error.message}") from None
        if not self.wanted:
            log.warning("there is nothing to do by the clock: INGOT_SCHEDULES_FILE names no schedule")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; return for how many seconds to sleep."""
        if not self.registered:
            try:
                self._register()
            except IngotError as error:
                log.warning("the schedules wait: %s", error.message)
                return _AGAIN_S
        return float(super().tick(*args, **kwargs))

    def _register(self) -> None:
        """Write the schedules into SQL, and go on from the times up to which they were done with."""
        schedules = this_process.resources().catalog.home_store().schedules
        schedules.register({name: one.content for name, one in self.wanted.items()})
        last = {view.name: datetime.fromtimestamp(view.last_due_at, UTC) for view in schedules.views()}
        self.schedule = {
            name: self.Entry(
                name=name, task=tasks.SCHEDULE, args=(name,), schedule=Times(one), last_run_at=last[name], app=self.app
            )
            for name, one in self.wanted.items()
            if name in last
        }
        self._heap, self.registered = None, True

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Make a schedule due, unless another beat did so, and send it; where SQL is away, look again soon."""
        resources, at = this_process.resources(), self.wanted[entry.name].last_until(time.time())
        try:
            if resources.catalog.home_store().schedules.make_due(entry.name, at):
                resources.catalog.mark_outbound(HOME)
                tasks.send_schedules(False)
        except IngotError as error:
            log.warning("the schedule %s waits: %s", entry.name, error.message)
            self.registered = False
