"""Which workers answer: asks the broker and the workers in a background thread, so that no query waits for them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline import home_registry
from pipeline.broker_faults import BrokerError
from pipeline.settings import Settings

log = logging.getLogger("ingot.workers")

KEEP_S = 5.0  # for so long answers are not asked for again
_KEEP_NO_ANSWER_S = 1.0  # a worker may just be starting
_FIRST_WAIT_S = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerAnswer:
    """What a worker reports about itself."""

    queues: tuple[str, ...] = ()
    pool: str = ""
    concurrency: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerAnswers:
    """The workers that answered at ``asked_at`` (monotonic seconds), by name.

    ``broker``: whether it could be asked, None before the first time and where none is configured. ``trouble``: why it
    could not be asked, in a sentence without its address. ``messages``: how many wait, by queue. ``complete``: all
    workers had time to answer, so one that did not is not there.
    """

    broker: bool | None = None
    trouble: str = ""
    workers: Mapping[str, WorkerAnswer] = field(default_factory=dict)
    messages: Mapping[str, int] = field(default_factory=dict)
    others: str = ""  # a sentence where only workers of other homes are there
    asked_at: float = 0.0
    complete: bool = True

    def serving(self, queue: str) -> tuple[str, ...] | None:
        """Names of the workers that serve a queue; None where that is not known."""
        if not self.broker:
            return None
        names = tuple(sorted(name for name, answer in self.workers.items() if queue in answer.queues))
        return names if names or self.complete or not self.workers else None


class WorkerStatus:
    """The newest answers of one broker's workers. Stale ones are returned at once and renewed in the background.

    Where no worker answers soon, they are asked again with a long timeout; until then none is reported as gone.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._newest = WorkerAnswers()
        self._asking: threading.Thread | None = None
        self._lock = threading.Lock()
        self._told = threading.Event()

    def newest(self, wait_s: float = 0.0) -> WorkerAnswers:
        """The newest answers. Waits at most ``wait_s`` for new ones where they are missing or older than ``KEEP_S``."""
        if not self._settings.broker_url:
            return self._newest
        if self._renew() and wait_s:
            self._told.wait(wait_s)
        return self._newest

    def checked(self) -> WorkerAnswers:
        """As ``newest``, but where no worker is known it waits some seconds for fresh answers."""
        return self.newest(0.0 if self._newest.workers else _FIRST_WAIT_S)

    def _renew(self) -> threading.Thread | None:
        """The thread that asks now, None where the answers are fresh."""
        with self._lock:
            if self._asking and self._asking.is_alive():
                return self._asking
            keep_s = KEEP_S if self._newest.workers else _KEEP_NO_ANSWER_S
            if self._newest.broker is not None and time.monotonic() - self._newest.asked_at < keep_s:
                return None
            self._told.clear()
            self._asking = threading.Thread(target=self._ask, name="worker-status", daemon=True)
            self._asking.start()
            return self._asking

    def _ask(self) -> None:
        try:
            soon = self._request(patient=False)
            silent = soon.broker and not soon.workers
            if not silent or not self._newest.broker:
                self._newest = replace(soon, complete=not silent)
            self._told.set()
            if silent:
                late = self._request(patient=True)
                self._newest = replace(late, complete=not late.workers)
        finally:
            self._told.set()

    def _request(self, *, patient: bool) -> WorkerAnswers:
        from pipeline import remote_control  # Celery takes a while to import

        try:
            answers = remote_control.call_workers(self._settings, patient=patient)
        except BrokerError as error:
            return WorkerAnswers(broker=False, trouble=error.plain, asked_at=time.monotonic())
        except Exception:  # a malformed answer must not end the thread silently
            log.exception("the workers could not be asked")
            return WorkerAnswers(broker=False, asked_at=time.monotonic())
        workers = {
            name: WorkerAnswer(queues=tuple(facts["queues"]), pool=facts["pool"], concurrency=facts["concurrency"])
            for name, facts in answers["workers"].items()
        }
        neighbours = [] if workers else remote_control.workers_of_other_homes(self._settings)
        others = home_registry.sentence(self._settings, neighbours) if neighbours else ""
        return WorkerAnswers(
            broker=True, workers=workers, messages=answers["messages"], others=others, asked_at=time.monotonic()
        )
