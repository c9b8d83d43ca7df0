"""Waiting for a job: looking at it until it is over, for as long as the person wants to."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ingest.cli import console, progress
from ingest.cli.exit_codes import Exit
from ingest.runtime import embedded, worker_spec
from pipeline.broker_address import without_password
from stores.errors import IngotError, UnavailableError
from stores.models import JobState
from stores.views import JobView

if TYPE_CHECKING:
    from pipeline.service import Service
    from pipeline.settings import Settings

_LOOK_S = 0.25
_REVIVE_S = 1.0
_SECOND_PRESS_S = 2.0
_QUIET_S = 10.0
_MISSES = 2
_SURE_S = 3.0  # workers that are just being started are not missed
_HOMES_S = 5.0


class StillRunningError(IngotError):
    """The job was left running: ``exit`` says whether time was up or somebody pressed Ctrl-C."""

    def __init__(self, message: str, exit_code: Exit) -> None:
        super().__init__(message, code="still_running")
        self.exit = exit_code


class Workers:
    """Notices that nobody works where a broker of the user's own is to bring the work to somebody."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._seen: object = None
        self._quiet_since = clock()
        self._misses = 0
        self._homes_looked_at = -_HOMES_S

    def look(self, view: JobView) -> None:
        """UnavailableError when nothing moves, and twice in a row no broker or worker has answered.

        Of a broker that refuses, and will as long as nobody mends it, at once.
        """
        now, first = self._clock(), self._seen is None
        if self._settings.broker_url and now - self._homes_looked_at > _HOMES_S:
            self._homes_looked_at = now
            self._refuse_strangers(view)
        if view.stages != self._seen or any(stage.working for stage in view.stages):
            self._seen, self._quiet_since, self._misses = view.stages, now, 0
        if not self._settings.broker_url or (not first and now - self._quiet_since < _QUIET_S):
            return
        self._quiet_since = now
        trouble, lasting = self._trouble(ask_workers=not first)
        self._misses = self._misses + 1 if trouble and not first else 0
        if lasting or self._misses >= _MISSES:
            raise UnavailableError(f"{trouble}; the job is kept, {_how(view.job)}", code="no_worker")

    def _refuse_strangers(self, view: JobView) -> None:
        """UnavailableError where only workers of other homes are on the broker: they never take this job."""
        from pipeline import home_registry
        from pipeline.remote_control import workers_of_other_homes

        home_registry.announce(self._settings, home_registry.ASKER)
        if found := workers_of_other_homes(self._settings):
            told = home_registry.sentence(self._settings, found)
            raise UnavailableError(f"{told}; the job is kept, {_how(view.job)}", code="other_home")

    def _trouble(self, *, ask_workers: bool) -> tuple[str, bool]:
        """Why nothing may be moving, and whether that will stay so; empty where a worker answers, even a busy one."""
        from pipeline import remote_control
        from pipeline.broker_faults import BrokerError

        try:
            worker_spec.wait_for_broker(self._settings.broker_url, 0.0)
            if not ask_workers or remote_control.workers(self._settings):
                return "", False
        except BrokerError as error:
            return error.message, error.lasting
        url = without_password(self._settings.broker_url)
        return f"no worker answers at {url}: start one with `./start_worker.sh all`", False


class Obstacles:
    """Says why nobody begins what could be done now: once it has been so for a moment, and again when it changes."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._said = self._seen = ""
        self._since = clock()

    def see(self, obstacle: str) -> None:
        now = self._clock()
        if obstacle != self._seen:
            self._seen, self._since = obstacle, now
        if self._seen == self._said or now - self._since < (_SURE_S if obstacle else 0.0):
            return
        self._say(f"waiting: {obstacle}" if obstacle else "somebody works on it now")
        self._said = obstacle


def watch_job(
    service: Service, settings: Settings, job_id: str, *, timeout_s: float | None = None, as_lines: bool = False
) -> JobView:
    """The job when it is over. Ctrl-C leaves it running, a second one within two seconds cancels it."""
    shown = progress.for_this_terminal(as_lines)
    try:
        return _look_until_over(service, settings, job_id, shown, timeout_s)
    except KeyboardInterrupt:
        shown.close()
        return _interrupted(service, job_id)
    finally:
        shown.close()


def _look_until_over(
    service: Service, settings: Settings, job_id: str, shown: progress.Progress, timeout_s: float | None
) -> JobView:
    started = revived = time.monotonic()
    workers, said = Workers(settings), set[str]()
    obstacles = Obstacles(shown.tell)
    while True:
        view = service.jobs.get(job_id)
        shown.show(view)
        now = time.monotonic()
        if view.state is not JobState.RUNNING:
            return view
        if timeout_s is not None and now - started > timeout_s:
            raise StillRunningError(
                f"the job is not over after {timeout_s:g} s and goes on; {_how(job_id)}", Exit.TIMED_OUT
            )
        if now - revived > _REVIVE_S:
            embedded.revive(settings)
            revived = now
            for remark in set(embedded.remarks(settings)) - said:
                shown.tell(f"note: {remark}")
                said.add(remark)
            obstacles.see(service.jobs.obstacle(job_id))
        workers.look(view)
        time.sleep(_LOOK_S)


def _interrupted(service: Service, job_id: str) -> JobView:
    console.say(f"\nThe job goes on; {_how(job_id)}. Press Ctrl-C again now to cancel it.")
    try:
        time.sleep(_SECOND_PRESS_S)
    except KeyboardInterrupt:
        service.jobs.cancel(job_id)
        raise StillRunningError(f"the job {job_id} is cancelled; what was finished stays", Exit.INTERRUPTED) from None
    raise StillRunningError("left the job running", Exit.INTERRUPTED)


def _how(job_id: str) -> str:
    return f"follow it with: ingot jobs watch {job_id}"
