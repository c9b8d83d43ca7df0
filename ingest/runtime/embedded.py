"""Embedded mode as commands use it: start Redis, Chroma and workers of a home, connect to them, and release them.

With ``INGOT_BROKER_URL`` set, nothing is ever started and the settings are returned unchanged.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ingest.runtime import processes, settings_conflict, worker_spec
from ingest.runtime.run_dir import RunDir, disk_errors, lock_within
from pipeline.broker_address import without_password
from stores.chroma.path import IndexLock
from stores.errors import UnavailableError

if TYPE_CHECKING:
    from pipeline.settings import Settings

_START_S = 180.0  # for a supervisor that lives but is not ready: starting takes a second of a core, which may be busy
_BIRTH_S = 30.0  # one that is not alive by then has died without a message
_CHROMA_S = 15.0
_INDEX_S = 30.0
_LEAVING_S = 120.0
_ALIVE_S = 0.25


@dataclass(frozen=True, slots=True)
class RuntimeStatus:
    """What runs for a home. ``mode``: ``embedded`` or ``broker``; ``processes``: name -> process id and restarts.

    ``trouble``: why the configured broker cannot be used.
    """

    mode: str
    running: bool
    kept: bool = False
    broker_url: str = ""
    chroma_url: str = ""
    pid: int | None = None
    processes: dict[str, dict[str, Any]] = field(default_factory=dict)
    logs: str = ""
    trouble: str = ""


@contextlib.contextmanager
def session(settings: Settings) -> Iterator[Settings]:
    """Yield the settings with the addresses of a running broker and Chroma server, which are started if necessary."""
    if settings.broker_url:
        yield settings
        return
    folder = RunDir.of(settings.home)
    folder.create()
    with _using(folder):
        folder.remove("stopped")
        if not _ensure(folder, settings):
            settings_conflict.fit(folder, settings, refuse=False)
        yield _connected(folder, settings)


def prepare(settings: Settings) -> list[str]:
    """Adapt a running runtime to these settings before work is submitted, and return remarks for the user.

    Raises UnavailableError where it is busy with other work and cannot do this beside it.
    """
    folder = RunDir.of(settings.home)
    if settings.broker_url or not folder.alive():
        return []
    with _using(folder):
        running = folder.alive() and _wait_for_state(folder)
        return settings_conflict.fit(folder, settings, refuse=True) if running else []


@contextlib.contextmanager
def attached(settings: Settings) -> Iterator[Settings]:
    """Yield the settings with the addresses of a running runtime; unchanged where none runs. Starts nothing."""
    folder = RunDir.of(settings.home)
    if settings.broker_url or not folder.alive():
        yield settings
        return
    with _using(folder):
        yield _connected(folder, settings) if folder.alive() and _wait_for_state(folder) else settings


@contextlib.contextmanager
def searching(settings: Settings) -> Iterator[Settings]:
    """Do as ``attached``; where nothing runs, start a Chroma server for the duration of the block.

    The server starts in 0.1 s, whereas opening the index in this process takes a second.
    """
    with attached(settings) as connected:
        folder = RunDir.of(settings.home)
        if connected.chroma_url or settings.broker_url or not (folder.home / "chroma" / "chroma.sqlite3").exists():
            yield connected
            return
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(UnavailableError):  # the service reports what is wrong with the index
                url = stack.enter_context(_own_chroma(folder))
                connected = connected.model_copy(update={"chroma_url": url})
            yield connected


@contextlib.contextmanager
def _own_chroma(folder: RunDir) -> Iterator[str]:
    """Run a Chroma server over the index of a home, and yield its address."""
    lock, port = IndexLock(folder.home / "chroma"), processes.free_port()
    server = processes.chroma_process(folder, lambda: port)
    folder.create()
    _acquire(lock)
    try:
        server.start()
        url = f"http://127.0.0.1:{port}"
        _wait_for_chroma(url)
        yield url
    finally:
        server.stop(5.0)
        lock.release()


def _acquire(lock: IndexLock) -> None:
    """Acquire the lock of the index, waiting for another command to release it."""
    end = time.monotonic() + _INDEX_S
    while True:
        try:
            return lock.acquire()
        except UnavailableError:
            if time.monotonic() > end:
                raise
        time.sleep(0.02)


def revive(settings: Settings) -> None:
    """Restart the runtime if it died while a command waits. UnavailableError where ``ingot down`` stopped it."""
    if settings.broker_url:
        return
    folder = RunDir.of(settings.home)
    if folder.alive():
        _refuse_given_up(folder, settings)
        return
    if folder.file("stopped").exists():
        raise UnavailableError(
            "the runtime was stopped with `ingot down`: the next command goes on with what is unfinished",
            code="stopped",
        )
    _ensure(folder, settings)


def _refuse_given_up(folder: RunDir, settings: Settings) -> None:
    """Raise UnavailableError where a process refuses to work with these settings, or ends whenever it is started."""
    state = folder.read_json("runtime.json")
    for name, facts in state.get("children", {}).items():
        if facts.get("refusal") and settings_conflict.needs_models_of(state.get("settings", {}), settings):
            raise UnavailableError(facts["refusal"], code="worker_refuses")
        if facts.get("quick_deaths", 0) >= processes.MOST_QUICK_DEATHS:
            raise UnavailableError(
                f"the {name} of this home ends as soon as it is started: see {folder.file(f'{name}.log')}",
                code="runtime_failed",
            )


def remarks(settings: Settings) -> list[str]:
    """Return the remarks that the workers of this home have for the user, a sentence each."""
    if settings.broker_url:
        return []
    running = RunDir.of(settings.home).read_json("runtime.json").get("children", {})
    return [facts["remark"] for facts in running.values() if facts.get("remark")]


def up(settings: Settings) -> RuntimeStatus:
    """Start the runtime and keep it until ``down``. With a broker configured, only check that it can be used."""
    if settings.broker_url:
        worker_spec.wait_for_broker(settings.broker_url, 0.0)
        return status(settings)
    folder = RunDir.of(settings.home)
    folder.create()
    with disk_errors(folder.home):
        folder.write("keep", "")
    with session(settings) as connected:
        _wait_for_chroma(connected.chroma_url)
        _wait_for_processes(folder)
        return status(settings)


def down(settings: Settings, timeout_s: float = 120.0) -> bool:
    """Stop the runtime, even if it is working; return False where none runs."""
    folder = RunDir.of(settings.home)
    folder.refuse_other_machine()
    folder.remove("keep")
    if settings.broker_url or not folder.alive():
        return False
    with disk_errors(folder.home):
        folder.write("stopped", "")
    terminated = False
    end = time.monotonic() + timeout_s
    while folder.alive():
        terminated = terminated or _terminate_supervisor(folder)
        if time.monotonic() > end:
            raise UnavailableError(f"the runtime does not stop: see {folder.file('supervisor.log')}")
        time.sleep(0.02)
    return True


def _terminate_supervisor(folder: RunDir) -> bool:
    """Send SIGTERM to the supervisor; return False where none is named, as it is just starting, or leaving already."""
    pid = folder.read_json("lock").get("pid")
    if pid is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(pid), signal.SIGTERM)
    return True


def status(settings: Settings) -> RuntimeStatus:
    """Return what runs now; starts nothing."""
    if settings.broker_url:
        url, trouble = without_password(settings.broker_url), _trouble(settings.broker_url)
        return RuntimeStatus("broker", not trouble, broker_url=url, chroma_url=settings.chroma_url, trouble=trouble)
    folder = RunDir.of(settings.home)
    state = folder.running()
    return RuntimeStatus(
        mode="embedded",
        running=bool(state),
        kept=folder.file("keep").exists(),
        broker_url=state.get("broker_url", ""),
        chroma_url=state.get("chroma_url", ""),
        pid=state.get("pid"),
        processes=state.get("children", {}),
        logs=str(folder.path),
    )


def _trouble(url: str) -> str:
    """Return why the broker at this address cannot be used; empty where it can."""
    try:
        worker_spec.wait_for_broker(url, 0.0)
    except UnavailableError as error:
        return error.message
    return ""


@contextlib.contextmanager
def _using(folder: RunDir) -> Iterator[None]:
    """Keep the runtime from leaving during the block; waits for a supervisor that is leaving already."""
    with disk_errors(folder.home):
        users = folder.file("users").open("a")
    with users:
        if not lock_within(users, fcntl.LOCK_SH, _LEAVING_S):
            raise UnavailableError(f"the old runtime does not end: see {folder.file('supervisor.log')}")
        yield


def _ensure(folder: RunDir, settings: Settings) -> bool:
    """Start a supervisor if none lives and wait until Redis answers; return whether one was started."""
    folder.refuse_other_machine()
    if started := not folder.alive():
        with disk_errors(folder.home):
            folder.remove("error")
            folder.remove("runtime.json")
            folder.write_json("settings.json", settings_conflict.environment_of(settings))
        _spawn(folder, settings)
    if not _wait_for_state(folder):
        raise UnavailableError(_start_failure(folder), code="runtime_failed")
    return started


def _spawn(folder: RunDir, settings: Settings) -> None:
    """Start the supervisor, with the log settings of this command, and return once it has detached."""
    environment = {**os.environ, "INGOT_LOG_LEVEL": settings.log_level, "INGOT_LOG_FORMAT": settings.log_format}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(worker_spec.SOURCE), environment.get("PYTHONPATH"))))
    subprocess.run(
        [sys.executable, "-m", "ingest.runtime.supervisor", str(folder.home)],
        cwd=folder.path,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


def _wait_for_state(folder: RunDir) -> bool:
    """Wait until the supervisor has written its state and Redis answers; return False where it failed or died."""
    began = lived = looked = time.monotonic()
    while (now := time.monotonic()) < began + _START_S and now < lived + _BIRTH_S:
        if folder.file("runtime.json").exists() and processes.redis_answers(folder.socket_path()):
            return True
        if folder.file("error").exists():
            return False
        if now > looked + _ALIVE_S:
            looked, lived = now, now if folder.alive() else lived
        time.sleep(0.005)
    return False


def _start_failure(folder: RunDir) -> str:
    with contextlib.suppress(OSError):
        return folder.file("error").read_text()
    if folder.alive():
        return f"the runtime did not start within {_START_S:.0f} s: see {folder.file('supervisor.log')}"
    return f"the runtime ended as soon as it was started: see {folder.file('supervisor.log')}"


def _connected(folder: RunDir, settings: Settings) -> Settings:
    state = folder.read_json("runtime.json")
    chroma_url = settings.chroma_url or state["chroma_url"]
    files_url = settings.files_url or state.get("settings", {}).get("INGOT_FILES_URL", "")
    _wait_for_chroma(chroma_url)
    urls = {"broker_url": state["broker_url"], "chroma_url": chroma_url, "files_url": files_url}
    return settings.model_copy(update=urls)


def _wait_for_processes(folder: RunDir) -> None:
    """Return once all processes of the runtime were started, or after a while without one that refuses to work."""
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        running = folder.read_json("runtime.json").get("children", {})
        if all(facts.get("pid") or facts.get("refusal") for facts in running.values()):
            return
        time.sleep(0.01)


def _wait_for_chroma(url: str) -> None:
    """Return once Chroma listens, or after a while without it: keyword search works without Chroma."""
    port = urlsplit(url).port or 8000
    end = time.monotonic() + _CHROMA_S
    while urlsplit(url).hostname == "127.0.0.1" and not processes.listens(port) and time.monotonic() < end:
        time.sleep(0.01)
