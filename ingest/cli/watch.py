"""Watch a job until it is over, the timeout has passed, or the user presses Ctrl-C."""

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

_POLL_S, _LONGEST_POLL_S = 0.25, 1.0
_LATE = 0.05  # the end of a job is noticed after this share of the time that it took, so that long jobs cost few looks
_REVIVE_S = 1.0
_SECOND_PRESS_S = 2.0
_QUIET_S = 10.0  # without progress before broker and workers are checked
_MISSES = 2
_OBSTACLE_S = 3.0  # an obstacle must last so long before it is reported: workers may just be starting
_HOMES_S = 5.0
_OUTAGE_S = 120.0


class StillRunningError(IngotError):
    """The job was left running. ``exit``: the exit code, which tells a timeout from Ctrl-C."""

    def __init__(self, message: str, exit_code: Exit) -> None:
        super().__init__(message, code="still_running")
        self.exit = exit_code


class WorkerCheck:
    """Check, for an external broker, that workers are there to do the job."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._last_stages: object = None
        self._quiet_since = clock()
        self._misses = 0
        self._homes_looked_at = -_HOMES_S

    def look(self, view: JobView) -> None:
        """Check again if it is time to.

        Raises UnavailableError at once where the broker refuses for good or only workers of other homes use it, and
        where the job makes no progress while twice in a row no broker or worker has answered.
        """
        now, first = self._clock(), self._last_stages is None
        if self._settings.broker_url and now - self._homes_looked_at > _HOMES_S:
            self._homes_looked_at = now
            self._refuse_other_homes(view)
        if view.stages != self._last_stages or any(stage.working for stage in view.stages):
            self._last_stages, self._quiet_since, self._misses = view.stages, now, 0
        if not self._settings.broker_url or (not first and now - self._quiet_since < _QUIET_S):
            return
        self._quiet_since = now
        trouble, lasting = self._trouble(ask_workers=not first)
        self._misses = self._misses + 1 if trouble and not first else 0
        if lasting or self._misses >= _MISSES:
            raise UnavailableError(f"{trouble}; the job is kept, {_how_to_watch(view.job)}", code="no_worker")

    def _refuse_other_homes(self, view: JobView) -> None:
        """Raise UnavailableError where all workers on the broker serve other homes: they never take this job."""
        from pipeline import home_registry
        from pipeline.remote_control import workers_of_other_homes

        home_registry.announce(self._settings, home_registry.ASKER)
        if workers := workers_of_other_homes(self._settings):
            sentence = home_registry.sentence(self._settings, workers)
            raise UnavailableError(f"{sentence}; the job is kept, {_how_to_watch(view.job)}", code="other_home")

    def _trouble(self, *, ask_workers: bool) -> tuple[str, bool]:
        """Return why the job may be stuck, and whether that lasts; empty where a worker answers, even a busy one."""
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
    """Report why work that is due does not begin, once that has lasted a moment, and again when it changes."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._reported = self._current = ""
        self._since = clock()

    def see(self, obstacle: str) -> None:
        """Note the obstacle of this moment; empty where there is none."""
        now = self._clock()
        if obstacle != self._current:
            self._current, self._since = obstacle, now
        if self._current == self._reported or now - self._since < (_OBSTACLE_S if obstacle else 0.0):
            return
        self._say(f"waiting: {obstacle}" if obstacle else "somebody works on it now")
        self._reported = obstacle


class Outage:
    """Waits while the database server is away: workers do, too, and go on when it is back."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._patient = bool(settings.database_url)
        self._say = say
        self._since: float | None = None

    def note(self, error: UnavailableError) -> None:
        """Say why nothing can be read. Raises the error after two minutes, and at once where there is no server."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
            if self._patient:
                self._say(f"waiting: {error.message}")
        if not self._patient or now - self._since > _OUTAGE_S:
            raise error

    def over(self) -> None:
        """Note that the database answers."""
        self._since = None


def watch_job(
    service: Service, settings: Settings, job_id: str, *, timeout_s: float | None = None, as_lines: bool = False
) -> JobView:
    """Show a job until it is over, and return it. Ctrl-C leaves it running, a second one within 2 s cancels it."""
    display = progress.for_this_terminal(as_lines)
    try:
        return _watch_until_over(service, settings, job_id, display, timeout_s)
    except KeyboardInterrupt:
        display.close()
        return _interrupted(service, job_id)
    finally:
        display.close()


def _watch_until_over(
    service: Service, settings: Settings, job_id: str, display: progress.Progress, timeout_s: float | None
) -> JobView:
    started = revived = time.monotonic()
    workers, remarks = WorkerCheck(settings), set[str]()
    obstacles, outage = Obstacles(display.tell), Outage(settings, display.tell)
    while True:
        try:
            view = service.jobs.get(job_id)
        except UnavailableError as error:
            outage.note(error)
            time.sleep(_REVIVE_S)
            continue
        outage.over()
        display.show(view)
        now = time.monotonic()
        if view.state is not JobState.RUNNING:
            return view
        if timeout_s is not None and now - started > timeout_s:
            raise StillRunningError(
                f"the job is not over after {timeout_s:g} s and goes on; {_how_to_watch(job_id)}", Exit.TIMED_OUT
            )
        if now - revived > _REVIVE_S:
            embedded.revive(settings)
            revived = now
            for remark in set(embedded.remarks(settings)) - remarks:
                display.tell(f"note: {remark}")
                remarks.add(remark)
            obstacles.see(service.jobs.obstacle(job_id))
        workers.look(view)
        time.sleep(pause_s(now - started))


def pause_s(watched_s: float) -> float:
    """Seconds until the next look at a job that has been watched for so long: a look takes some 10 CPU milliseconds."""
    return min(max(_POLL_S, _LATE * watched_s), _LONGEST_POLL_S)


def _interrupted(service: Service, job_id: str) -> JobView:
    """Leave the job running, or cancel it at a second Ctrl-C; always raises StillRunningError."""
    console.say(f"\nThe job goes on; {_how_to_watch(job_id)}. Press Ctrl-C again now to cancel it.")
    try:
        time.sleep(_SECOND_PRESS_S)
    except KeyboardInterrupt:
        service.jobs.cancel(job_id)
        raise StillRunningError(f"the job {job_id} is cancelled; what was finished stays", Exit.INTERRUPTED) from None
    raise StillRunningError("left the job running", Exit.INTERRUPTED)


def _how_to_watch(job_id: str) -> str:
    return f"follow it with: ingot jobs watch {job_id}"
