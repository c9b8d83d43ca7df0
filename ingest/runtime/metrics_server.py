"""The HTTP server beside the workers of a host: ``/metrics`` for Prometheus, ``/livez`` and ``/readyz`` for probes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.runtime import metrics_folder
from ingest.version import version
from stores.errors import InputError

if TYPE_CHECKING:
    from prometheus_client.core import Metric

HEARTBEAT = "ingot_worker_heartbeat_timestamp_seconds"
SILENT_S, HUNG_S = 60.0, 300.0
"""A worker's main loop runs every few seconds. After the first time without it is not ready, after the second it hangs:
the time between them is for a database or a broker that is slow to say that it is away."""
_TEXT = (("Content-Type", "text/plain; charset=utf-8"),)


class WorkerCollector:
    """A Prometheus collector of the workers that keep their metrics in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import InfoMetricFamily

        yield from metrics_folder.collect(self._folder)
        yield InfoMetricFamily("ingot_worker_build", "The program.", {"version": version()})

    def silent(self, workers: Sequence[str], seconds: float, *, never: bool) -> list[str]:
        """Name those of ``workers`` whose main loop did not run for so long, or, with ``never``, not at all."""
        beats = {
            sample.labels["worker"]: sample.value
            for metric in metrics_folder.collect(self._folder)
            if metric.name == HEARTBEAT
            for sample in metric.samples
        }
        now = time.time()
        return [name for name in workers if now - beats.get(name, 0.0 if never else now) > seconds]


class MetricsServer:
    """The WSGI application of one host's workers. ``workers`` gives the node names, ``running`` those that run."""

    def __init__(self, folder: Path, workers: Sequence[str], running: Callable[[], Iterable[str]]) -> None:
        from prometheus_client import CollectorRegistry, make_wsgi_app

        self._collector = WorkerCollector(folder)
        registry = CollectorRegistry()
        registry.register(self._collector)
        self._metrics = make_wsgi_app(registry)
        self._workers, self._running = workers, running

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            answer: Iterable[bytes] = self._metrics(environ, start_response)
            return answer
        if path not in ("/livez", "/readyz"):
            return _answer(start_response, "404 Not Found", "ask for /metrics, /livez or /readyz")
        if missing := self._missing(path):
            return _answer(start_response, "503 Service Unavailable", f"no sign of life from {', '.join(missing)}")
        return _answer(start_response, "200 OK", "alive" if path == "/livez" else "ready")

    def _missing(self, path: str) -> list[str]:
        """Return the workers that are gone or hang (/livez), or are not ready (/readyz)."""
        running = set(self._running())
        if gone := [name for name in self._workers if name not in running]:
            return gone
        starting_counts = path == "/readyz"
        return self._collector.silent(self._workers, SILENT_S if starting_counts else HUNG_S, never=starting_counts)


def _answer(start_response: Callable[..., Any], status: str, text: str) -> list[bytes]:
    start_response(status, list(_TEXT))  # the server adds to it
    return [f"{text}\n".encode()]


def serve(host: str, port: int, application: MetricsServer) -> int:
    """Serve in a thread until the process ends; return the port. InputError where it cannot listen there."""
    import threading
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Log no requests: they come every few seconds."""

    try:
        server = make_server(host, port, application, Server, Quiet)
    except OSError as error:
        raise InputError(
            f"the metrics cannot be served on {host}:{port}: {error.strerror or error}; "
            "choose another INGOT_METRICS_PORT",
            code="port_taken",
        ) from error
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return int(server.server_port)
