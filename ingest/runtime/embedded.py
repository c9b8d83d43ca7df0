"""Embedded mode, seen from a command: start the home's own Redis, Chroma and workers, use them, leave them.

With ``INGOT_BROKER_URL`` set nothing is ever started and every call hands the settings back as they are.
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

_START_S = 180.0  # a supervisor that lives and is not ready: starting costs a second of a core that others use, too
_BIRTH_S = 30.0  # one that does not live by then has died unheard
_CHROMA_S = 15.0
_INDEX_S = 30.0
_LEAVING_S = 120.0
_ALIVE_S = 0.25


@dataclass(frozen=True, slots=True)
class RuntimeStatus:
    """What runs for a home. ``mode`` is ``embedded`` or ``broker``; children map a name to process id and restarts.

    ``trouble``: why the broker cannot be used, where one is set and refuses.
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
    """The settings with a broker and a Chroma server that answer, started where they do not run yet."""
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
    """Before work is handed over: let a runtime that lives serve these settings; what its user should know of it.

    UnavailableError where it works for somebody else and cannot do this beside it.
    """
    folder = RunDir.of(settings.home)
    if settings.broker_url or not folder.alive():
        return []
    with _using(folder):
        there = folder.alive() and _wait_for_state(folder)
        return settings_conflict.fit(folder, settings, refuse=True) if there else []


@contextlib.contextmanager
def attached(settings: Settings) -> Iterator[Settings]:
    """The settings with the broker and Chroma of a runtime that runs already; as they are where none does."""
    folder = RunDir.of(settings.home)
    if settings.broker_url or not folder.alive():
        yield settings
        return
    with _using(folder):
        yield _connected(folder, settings) if folder.alive() and _wait_for_state(folder) else settings


@contextlib.contextmanager
def searching(settings: Settings) -> Iterator[Settings]:
    """As ``attached``; where nothing runs, with a Chroma server for as long as this lasts.

    The server is up in 0.1 s; opening the index in this process takes a second.
    """
    with attached(settings) as connected:
        folder = RunDir.of(settings.home)
        if connected.chroma_url or settings.broker_url or not (folder.home / "chroma" / "chroma.sqlite3").exists():
            yield connected
            return
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(UnavailableError):  # then the service says what is wrong with the index
                url = stack.enter_context(_own_chroma(folder))
                connected = connected.model_copy(update={"chroma_url": url})
            yield connected


@contextlib.contextmanager
def _own_chroma(folder: RunDir) -> Iterator[str]:
    """The address of a Chroma server over the home's index."""
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
    """Take the index's lock, waiting for another command to be done with it."""
    end = time.monotonic() + _INDEX_S
    while True:
        try:
            return lock.acquire()
        except UnavailableError:
            if time.monotonic() > end:
                raise
        time.sleep(0.02)


def revive(settings: Settings) -> None:
    """Start the runtime again where it died while a command waits; UnavailableError where it was stopped by hand."""
    if settings.broker_url:
        return
    folder = RunDir.of(settings.home)
    if folder.alive():
        _refuse_hopeless(folder, settings)
        return
    if folder.file("stopped").exists():
        raise UnavailableError(
            "the runtime was stopped with `ingot down`: the next command goes on with what is unfinished",
            code="stopped",
        )
    _ensure(folder, settings)


def _refuse_hopeless(folder: RunDir, settings: Settings) -> None:
    """UnavailableError where a child said why it cannot work with these settings, or dies as often as it is started."""
    state = folder.read_json("runtime.json")
    for name, facts in state.get("children", {}).items():
        if facts.get("refusal") and settings_conflict.needs_models_of(state.get("settings", {}), settings):
            raise UnavailableError(facts["refusal"], code="worker_refuses")
        if facts.get("quick_deaths", 0) >= processes.HOPELESS:
            raise UnavailableError(
                f"the {name} of this home ends as soon as it is started: see {folder.file(f'{name}.log')}",
                code="runtime_failed",
            )


def remarks(settings: Settings) -> list[str]:
    """What the workers of this home want their user to know, a sentence each."""
    if settings.broker_url:
        return []
    found = RunDir.of(settings.home).read_json("runtime.json").get("children", {})
    return [facts["remark"] for facts in found.values() if facts.get("remark")]


def up(settings: Settings) -> RuntimeStatus:
    """Start the runtime and keep it until ``down``. Where a broker is set, that one must be fit for use."""
    if settings.broker_url:
        worker_spec.wait_for_broker(settings.broker_url, 0.0)
        return status(settings)
    folder = RunDir.of(settings.home)
    folder.create()
    with disk_errors(folder.home):
        folder.write("keep", "")
    with session(settings) as connected:
        _wait_for_chroma(connected.chroma_url)
        return status(settings)


def down(settings: Settings, timeout_s: float = 120.0) -> bool:
    """Stop the runtime, whatever it works on. False where none ran."""
    folder = RunDir.of(settings.home)
    folder.refuse_other_machine()
    folder.remove("keep")
    if settings.broker_url or not folder.alive():
        return False
    with disk_errors(folder.home):
        folder.write("stopped", "")
    os.kill(int(folder.read_json("lock")["pid"]), signal.SIGTERM)
    end = time.monotonic() + timeout_s
    while folder.alive():
        if time.monotonic() > end:
            raise UnavailableError(f"the runtime does not stop: see {folder.file('supervisor.log')}")
        time.sleep(0.02)
    return True


def status(settings: Settings) -> RuntimeStatus:
    """What runs now; starts nothing."""
    if settings.broker_url:
        url, trouble = without_password(settings.broker_url), _trouble(settings.broker_url)
        return RuntimeStatus("broker", not trouble, broker_url=url, chroma_url=settings.chroma_url, trouble=trouble)
    folder = RunDir.of(settings.home)
    state = folder.read_json("runtime.json") if folder.alive() else {}
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
    """Why the broker at this address cannot be used; empty where it can."""
    try:
        worker_spec.wait_for_broker(url, 0.0)
    except UnavailableError as error:
        return error.message
    return ""


@contextlib.contextmanager
def _using(folder: RunDir) -> Iterator[None]:
    """Hold the runtime: it does not leave as long as somebody does this. Waits for one that is leaving."""
    with disk_errors(folder.home):
        users = folder.file("users").open("a")
    with users:
        if not lock_within(users, fcntl.LOCK_SH, _LEAVING_S):
            raise UnavailableError(f"the old runtime does not end: see {folder.file('supervisor.log')}")
        yield


def _ensure(folder: RunDir, settings: Settings) -> bool:
    """Start a supervisor where none lives, and return when Redis answers; was it started?"""
    folder.refuse_other_machine()
    if started := not folder.alive():
        with disk_errors(folder.home):
            folder.remove("error")
            folder.remove("runtime.json")
            folder.write_json("settings.json", settings_conflict.environment_of(settings))
        _spawn(folder, settings)
    if not _wait_for_state(folder):
        raise UnavailableError(_why_not(folder), code="runtime_failed")
    return started


def _spawn(folder: RunDir, settings: Settings) -> None:
    """Start the supervisor; the call returns when it has detached. It and its workers log as this command would."""
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
    """Wait until the supervisor says where Redis answers, and it does; False where it cannot, or died."""
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


def _why_not(folder: RunDir) -> str:
    with contextlib.suppress(OSError):
        return folder.file("error").read_text()
    if folder.alive():
        return f"the runtime did not start within {_START_S:.0f} s: see {folder.file('supervisor.log')}"
    return f"the runtime ended as soon as it was started: see {folder.file('supervisor.log')}"


def _connected(folder: RunDir, settings: Settings) -> Settings:
    state = folder.read_json("runtime.json")
    chroma_url = settings.chroma_url or state["chroma_url"]
    _wait_for_chroma(chroma_url)
    return settings.model_copy(update={"broker_url": state["broker_url"], "chroma_url": chroma_url})


def _wait_for_chroma(url: str) -> None:
    """Return once Chroma listens, or after a while without it: its keyword half still answers then."""
    port = urlsplit(url).port or 8000
    end = time.monotonic() + _CHROMA_S
    while urlsplit(url).hostname == "127.0.0.1" and not processes.listens(port) and time.monotonic() < end:
        time.sleep(0.01)
