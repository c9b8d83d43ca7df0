"""Who works: asks broker and workers in a thread of its own, so that nobody who wants to know waits for them."""

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

KEEP_S = 5.0  # an answer is good for so long
_ALONE_S = 1.0  # where nobody answered, somebody may be just starting
_FIRST_S = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerAnswer:
    """What a worker tells of itself."""

    queues: tuple[str, ...] = ()
    pool: str = ""
    concurrency: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerAnswers:
    """Who answered at ``asked_at`` (monotonic). ``broker`` is None where nobody has asked yet, or none is set.

    ``trouble``: why the broker could not be asked, in a sentence without its address. ``complete``: who did not answer
    is not there; else there was no time for all to answer.
    """

    broker: bool | None = None
    trouble: str = ""
    workers: Mapping[str, WorkerAnswer] = field(default_factory=dict)
    messages: Mapping[str, int] = field(default_factory=dict)
    others: str = ""  # a sentence where only workers of other homes are there
    asked_at: float = 0.0
    complete: bool = True

    def serving(self, queue: str) -> tuple[str, ...] | None:
        """Names of the workers that serve a queue; None where nobody could be asked, or not all had time to answer."""
        if not self.broker:
            return None
        found = tuple(sorted(name for name, member in self.workers.items() if queue in member.queues))
        return found if found or self.complete or not self.workers else None


class WorkerStatus:
    """The newest roll of one broker. A stale one is given out at once, and renewed behind the scenes.

    Where nobody answers soon they are asked again, with patience: until then a starved worker is not said to be gone.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._roll = WorkerAnswers()
        self._asking: threading.Thread | None = None
        self._lock = threading.Lock()
        self._told = threading.Event()

    def roll(self, wait_s: float = 0.0) -> WorkerAnswers:
        """What is known; waits at most ``wait_s`` where that is nothing yet, or older than ``KEEP_S``."""
        if not self._settings.broker_url:
            return self._roll
        if self._renew() and wait_s:
            self._told.wait(wait_s)
        return self._roll

    def checked(self) -> WorkerAnswers:
        """As ``roll``, but bad news that are not fresh are asked for again before they are told."""
        return self.roll(0.0 if self._roll.workers else _FIRST_S)

    def _renew(self) -> threading.Thread | None:
        """The thread that asks now, None where what is known is fresh."""
        with self._lock:
            if self._asking and self._asking.is_alive():
                return self._asking
            keep_s = KEEP_S if self._roll.workers else _ALONE_S
            if self._roll.broker is not None and time.monotonic() - self._roll.asked_at < keep_s:
                return None
            self._told.clear()
            self._asking = threading.Thread(target=self._ask, name="roll-call", daemon=True)
            self._asking.start()
            return self._asking

    def _ask(self) -> None:
        try:
            soon = self._asked(patient=False)
            silent = soon.broker and not soon.workers
            if not silent or not self._roll.broker:
                self._roll = replace(soon, complete=not silent)
            self._told.set()
            if silent:
                found = self._asked(patient=True)
                self._roll = replace(found, complete=not found.workers)
        finally:
            self._told.set()

    def _asked(self, *, patient: bool) -> WorkerAnswers:
        from pipeline import remote_control  # Celery takes a while to import

        try:
            told = remote_control.call_workers(self._settings, patient=patient)
        except BrokerError as error:
            return WorkerAnswers(broker=False, trouble=error.plain, asked_at=time.monotonic())
        except Exception:  # a worker's odd answer must not end the thread silently
            log.exception("the workers could not be asked")
            return WorkerAnswers(broker=False, asked_at=time.monotonic())
        workers = {
            name: WorkerAnswer(queues=tuple(facts["queues"]), pool=facts["pool"], concurrency=facts["concurrency"])
            for name, facts in told["workers"].items()
        }
        found = [] if workers else remote_control.workers_of_other_homes(self._settings)
        others = home_registry.sentence(self._settings, found) if found else ""
        return WorkerAnswers(
            broker=True, workers=workers, messages=told["messages"], others=others, asked_at=time.monotonic()
        )
