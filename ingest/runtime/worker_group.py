"""The workers of ``ingot worker ROLE``, in the foreground of a terminal or service.

They get a small parent process, which forwards signals, restarts a worker that dies (of a page that crashes native code
among its threads, or of a library's fault when the broker went away), and stops all workers when one refuses to work or
when it ends itself.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import signal
import socket
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ingest.runtime import metrics_folder, metrics_server, processes
from ingest.runtime.processes import ManagedProcess
from ingest.runtime.worker_spec import WorkerSpec
from pipeline import log_format, worker_metrics

log = logging.getLogger("ingot.runtime")

_TICK_S = 0.1
_GRACE_S = 12.0
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsAddress:
    """Where the metrics of the workers are served; at port 0 nowhere."""

    host: str = "127.0.0.1"
    port: int = 0


def run_workers(
    specs: Sequence[WorkerSpec],
    name: str,
    extra: Sequence[str],
    environment: Mapping[str, str],
    metrics: MetricsAddress = MetricsAddress(),
) -> int:
    """Run workers until a signal ends them, and return the exit status.

    ``extra`` are arguments for Celery; beside other workers, the one for the network does not get them.
    """
    commands = [spec.command(name, [] if spec.kind == "notify" and len(specs) > 1 else extra) for spec in specs]
    log_format.prepare(environment.get("INGOT_LOG_FORMAT", log_format.TEXT), "INFO", role="worker group")
    with _metrics_kept(metrics) as kept:
        environments = [spec.environment({**environment, **kept}) for spec in specs]
        workers = [
            ManagedProcess(spec.node(name), lambda at=at: commands[at], None, lambda at=at: environments[at])  # type: ignore[misc]
            for at, spec in enumerate(specs)
        ]
        if kept:
            _serve_metrics(metrics, Path(kept[worker_metrics.FOLDER]), workers)
        return WorkerGroup(workers).run()


@contextlib.contextmanager
def _metrics_kept(metrics: MetricsAddress) -> Iterator[dict[str, str]]:
    """Give workers whose metrics are served a folder for them, as an environment variable."""
    if not metrics.port:
        yield {}
        return
    folder = metrics_folder.new_folder()
    try:
        yield {worker_metrics.FOLDER: str(folder)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve_metrics(metrics: MetricsAddress, folder: Path, workers: Sequence[ManagedProcess]) -> None:
    names = {worker: worker.name.replace("%h", socket.gethostname()) for worker in workers}

    def running() -> list[str]:
        return [names[worker] for worker in workers if worker.pid is not None]

    server = metrics_server.MetricsServer(folder, list(names.values()), running)
    port = metrics_server.serve(metrics.host, metrics.port, server)
    log.info("metrics are at http://%s:%d/metrics", metrics.host, port)


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
