"""The workers of ``ingot worker ROLE``, in the foreground of a terminal or service.

A single worker replaces this process. Several workers get a small parent process, which forwards signals, restarts a
worker that dies, and stops all workers when one refuses to work or when it ends itself.
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


def run_workers(specs: Sequence[WorkerSpec], name: str, extra: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run workers until a signal ends them, and return the exit status.

    ``extra`` are arguments for Celery; beside other workers, the one for the network does not get them.
    """
    commands = [spec.command(name, [] if spec.kind == "notify" and len(specs) > 1 else extra) for spec in specs]
    environments = [spec.environment(environment) for spec in specs]
    if len(specs) == 1:
        os.execvpe(commands[0][0], commands[0], environments[0])
    log_format.prepare(environment.get("INGOT_LOG_FORMAT", log_format.TEXT), "INFO", role="worker group")
    workers = [
        ManagedProcess(spec.node(name), lambda at=at: commands[at], None, lambda at=at: environments[at])  # type: ignore[misc]
        for at, spec in enumerate(specs)
    ]
    return WorkerGroup(workers).run()


class WorkerGroup:
    """Several workers that are kept alive until a signal arrives; all waits are bounded."""

    def __init__(self, workers: Sequence[ManagedProcess]) -> None:
        self.workers = workers
        self._signals: deque[int] = deque()

    def run(self) -> int:
        for number in _FORWARDED:
            signal.signal(number, self._on_signal)
        for worker in self.workers:
            worker.start()
        while not self._signals:
            time.sleep(_TICK_S)
            for worker in self.workers:
                worker.restart_if_ended()
            if refused := [worker for worker in self.workers if worker.refusal]:
                processes.stop_all(self.workers, _GRACE_S)
                return refused[0].status or 1
        return self._end()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals.append(number)

    def _end(self) -> int:
        """Forward signals until the last worker has ended, and return the first status that is a failure.

        Death by a forwarded signal is no failure: a worker that is still starting has no handler for it yet.
        """
        while not all([worker.has_ended() for worker in self.workers]):
            while self._signals:
                number = self._signals.popleft()
                for worker in self.workers:
                    worker.send(number)
            time.sleep(_TICK_S)
        well = {0, None, *(-number for number in _FORWARDED)}
        return next((worker.status or 0 for worker in self.workers if worker.status not in well), 0)
