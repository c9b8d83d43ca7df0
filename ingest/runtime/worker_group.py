"""Several Celery workers in the foreground of one terminal or service: ``ingot worker all``.

One process becomes Celery itself. Of several a small parent takes care: what it is told by signals they are told, one
that dies is started again, one that cannot work here ends all of them, and none outlives it.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Mapping, Sequence
from types import FrameType

from ingest.runtime import processes
from ingest.runtime.processes import ManagedProcess
from ingest.runtime.worker_spec import WorkerSpec
from pipeline import log_format

_TICK_S = 0.1
_GRACE_S = 12.0
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


def work(worker_specs: Sequence[WorkerSpec], name: str, extra: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the workers until they are told to end; the exit status. ``extra`` goes to those that read documents."""
    commands = [
        member.command(name, [] if member.kind == "notify" and len(worker_specs) > 1 else extra)
        for member in worker_specs
    ]
    environments = [member.environment(environment) for member in worker_specs]
    if len(worker_specs) == 1:
        os.execvpe(commands[0][0], commands[0], environments[0])
    log_format.prepare(environment.get("INGOT_LOG_FORMAT", log_format.TEXT), "INFO", role="crew")
    crew = [
        ManagedProcess(member.node(name), lambda at=at: commands[at], None, lambda at=at: environments[at])  # type: ignore[misc]
        for at, member in enumerate(worker_specs)
    ]
    return WorkerGroup(crew).run()


class WorkerGroup:
    """Keeps workers alive until a signal comes; all waits are bounded."""

    def __init__(self, workers: Sequence[ManagedProcess]) -> None:
        self.workers = workers
        self._signals: deque[int] = deque()

    def run(self) -> int:
        for number in _FORWARDED:
            signal.signal(number, self._on_signal)
        for child in self.workers:
            child.start()
        while not self._signals:
            time.sleep(_TICK_S)
            for child in self.workers:
                child.tend()
            if refused := [child for child in self.workers if child.refusal]:
                processes.stop_all(self.workers, _GRACE_S)
                return refused[0].status or 1
        return self._end()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals.append(number)

    def _end(self) -> int:
        """Pass signals on until the last worker has ended; the first status that is a failure.

        One that was only being started may not yet know better than to die of the signal.
        """
        while not all([child.has_ended() for child in self.workers]):
            while self._signals:
                number = self._signals.popleft()
                for child in self.workers:
                    child.send(number)
            time.sleep(_TICK_S)
        well = {0, None, *(-number for number in _FORWARDED)}
        return next((child.status or 0 for child in self.workers if child.status not in well), 0)
