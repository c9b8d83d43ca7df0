"""The supervisor: the process that keeps Redis, Chroma and the workers of one home running while they are needed.

    python -m ingest.runtime.supervisor HOME

It detaches at once, takes ``run/lock`` (a second supervisor exits quietly) and starts the processes. It ends when no
command uses the home, no job is unfinished and ``ingot up`` does not keep it. Its processes always end with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import logging
import os
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING, Any

from ingest.runtime import forked_worker, metrics_folder, processes, settings_conflict, temp_dir
from ingest.runtime.processes import ManagedProcess
from ingest.runtime.run_dir import RunDir, lock_now, lock_within, machine
from pipeline import log_format
from stores.chroma.path import IndexLock
from stores.errors import IngotError, UnavailableError
from stores.workspaces import Workspaces

if TYPE_CHECKING:
    from pipeline.service import Service

log = logging.getLogger("ingot.runtime")

TICK_S = 0.1
LINGER_S = 3.0
"""How long the runtime stays after its last command, so that the next command finds it running."""
_LOOK_S = 1.0  # how often an unused runtime checks whether work is left, and any whether Redis can be reached
_TOUCH_S = 5.0
_MODELS_S = 5.0
_TRIM_S = 10.0
_LOG_BYTES = 5 << 20
_START_S = 150.0  # for a Redis that runs but does not answer yet, on a machine that leaves us a fiftieth of a core
_WORKER_GRACE_S = 12.0


class Supervisor:
    """The main loop. It has one thread: signal handlers only set flags, and every wait is bounded."""

    def __init__(self, folder: RunDir, lock: IO[str]) -> None:
        self.folder = folder
        self.stopping = False
        self.reload_requested = False
        self._lock = lock
        self._environment = self._load_environment()
        self._own_chroma = not self._environment.get("INGOT_CHROMA_URL")
        self._index = IndexLock(folder.home / "chroma")
        self._port = processes.free_port()
        program = processes.redis_program()
        self.redis = ManagedProcess("redis", lambda: processes.redis_command(program, folder), folder)
        self._reachable_redis: int | None = None
        self.chroma = processes.chroma_process(folder, lambda: self._port)
        self.workers: list[ManagedProcess] = []
        self.notify: ManagedProcess | None = None
        self._idle_since = time.monotonic()
        self._workers_started_with: dict[str, str] = {}
        self._service: Service | None = None
        self._forks = False
        self._due: dict[str, float] = {"models": self._idle_since + _MODELS_S}
        self._state: dict[str, Any] = {}

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._on_stop)
        signal.signal(signal.SIGINT, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_reload)
        try:
            self._start()
            while not self.stopping:
                self._tick()
                time.sleep(TICK_S)
        finally:
            self._stop()

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _on_reload(self, number: int, frame: FrameType | None) -> None:
        self.reload_requested = True

    def _load_environment(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.folder.read_json("settings.json").items()}

    @property
    def broker_url(self) -> str:
        return f"redis+socket://{self.folder.socket_path()}?virtual_host=0"

    @property
    def chroma_url(self) -> str:
        if self._own_chroma:
            return f"http://127.0.0.1:{self._port}"
        return self._environment["INGOT_CHROMA_URL"]

    def _worker_environment(self) -> dict[str, str]:
        urls = {"INGOT_BROKER_URL": self.broker_url, "INGOT_CHROMA_URL": self.chroma_url}
        own = settings_conflict.without_settings(os.environ)
        return {**own, **self._environment, **urls, "INGOT_HOME": str(self.folder.home)}

    def _start(self) -> None:
        """Start Redis and wait for it; Chroma and the workers start while commands already run."""
        self.folder.file("redis").mkdir(mode=0o700, exist_ok=True)
        temp_dir.sweep(self.folder.home)
        metrics_folder.make_anew(metrics_folder.folder_of_home(self.folder.home))
        self.redis.start()
        self._tend_chroma()
        self._wait_for_redis()
        self._make_workers()
        self._write_state()  # commands begin while the imports go on
        self._forks = forked_worker.CAN_FORK and forked_worker.import_worker(self.workers[0].environment())
        for worker in self.workers:
            worker.start()
        self._write_state()

    def _make_workers(self) -> None:
        """Create the workers for the current settings; ``notify`` is started at the first outbound task."""
        self._workers_started_with = self._worker_environment()
        *self.workers, self._idle_notify = self._worker_processes()
        self.notify = None

    def _worker_processes(self) -> list[ManagedProcess]:
        return processes.worker_processes(self.folder, self._workers_started_with, lambda: self._forks)

    def _wait_for_redis(self) -> None:
        end = time.monotonic() + _START_S
        while not processes.redis_answers(self.folder.socket_path()):
            if time.monotonic() > end:
                raise UnavailableError(f"the private Redis does not start: see {self.folder.file('redis.log')}")
            self._tend_redis()
            time.sleep(0.005)
        self._reachable_redis = self.redis.pid

    def _tend_redis(self) -> None:
        """Restart Redis if it ended; after every third quick death without its files, as SQL knows their content."""
        if self.redis.quick_deaths and self.redis.quick_deaths % 3 == 0:
            shutil.rmtree(self.folder.file("redis"), ignore_errors=True)
            self.folder.file("redis").mkdir(mode=0o700, exist_ok=True)
        self.redis.restart_if_ended()

    def _end_redis_without_socket(self) -> None:
        """Stop a Redis whose socket was deleted, as by what clears old files from /tmp: nobody can reach it."""
        if self.folder.socket_path().exists():
            self._reachable_redis = self.redis.pid
        elif self.redis.pid and self.redis.pid == self._reachable_redis:  # another one has yet to make its socket
            log.warning("the socket of redis was deleted; it is started again")
            self.redis.stop(5.0)

    def _tick(self) -> None:
        if self._is_due("socket", _LOOK_S):
            self._end_redis_without_socket()
        self._tend_redis()
        self._tend_chroma()
        self._tend_workers()
        if self._is_due("models", _MODELS_S):
            self._load_missing_models()
        if self.reload_requested:
            self._reload()
        if self._is_due("touch", _TOUCH_S):
            os.utime(self._lock.fileno())
        if self._is_due("trim", _TRIM_S):
            self._trim_logs()
        self._write_state()
        self._leave_when_idle()

    def _tend_workers(self) -> None:
        for worker in self._started_workers():
            worker.restart_if_ended()
        if self.notify is None and self._is_due("notify", _LOOK_S) and self._outbound_tasks_wait():
            self.notify = self._idle_notify
            self.notify.start()

    def _started_workers(self) -> list[ManagedProcess]:
        """Return the workers, with ``notify`` once it was started: most homes have no callbacks or downloads."""
        return [*self.workers, *filter(None, [self.notify])]

    def _outbound_tasks_wait(self) -> bool:
        """Tell whether a callback or download is due soon; a later one leaves no mark in this folder or database."""
        if self._environment.get("INGOT_DATABASE_URL"):
            with contextlib.suppress(IngotError):
                return self._own_service().administration.outbound_tasks_wait()
            return False
        with contextlib.suppress(FileNotFoundError), os.scandir(self.folder.file("errands")) as entries:
            return any(True for _ in entries)
        return False

    def _tend_chroma(self) -> None:
        """Restart Chroma if it ended; at another port, which its clients must learn, if its own was taken.

        Waits while a command has the index open itself: two processes on one index corrupt it.
        """
        if not self._own_chroma or not self._may_open_index():
            return
        if self.chroma.quick_deaths and self.chroma.pid is None and processes.listens(self._port):
            self._port = processes.free_port()
            self.reload_requested = True
        self.chroma.restart_if_ended()

    def _may_open_index(self) -> bool:
        try:
            self._index.acquire()
        except UnavailableError:
            return False
        return True

    def _reload(self) -> None:
        """Replace the workers after a change of settings; what they cannot finish in time is done by the new ones."""
        self.reload_requested = False
        self._environment = self._load_environment()
        self._service = None
        self._own_chroma = not self._environment.get("INGOT_CHROMA_URL")
        if not self._own_chroma:
            self.chroma.stop(5.0)
            self._index.release()
        if self._only_callbacks_differ():
            self._restart_notify()
            return
        log.info("settings changed: the workers are started again")
        old_workers = self._started_workers()
        self._make_workers()
        self._write_state()
        processes.stop_all(old_workers, _WORKER_GRACE_S)
        for worker in self.workers:
            worker.start()

    def _only_callbacks_differ(self) -> bool:
        old, new = self._workers_started_with, self._worker_environment()
        changed = {name for name in new.keys() | old.keys() if new.get(name) != old.get(name)}
        return changed == {"INGOT_CALLBACK_SECRET"}

    def _restart_notify(self) -> None:
        """Restart only the worker that delivers callbacks, so that documents in work are not interrupted."""
        log.info("the secret of callbacks changed: the worker that delivers them is started again")
        self._workers_started_with = self._worker_environment()
        processes.stop_all([*filter(None, [self.notify])], _WORKER_GRACE_S)
        *_, self._idle_notify = self._worker_processes()
        self.notify = None

    def _load_missing_models(self) -> None:
        """Request other models where the loaded ones can do none of the unfinished work."""
        with contextlib.suppress(IngotError):
            service = self._own_service()
            settings = settings_conflict.for_unfinished_work(
                service.settings, service.administration.open_work(), self._environment
            )
            if settings is not None:
                log.info("the unfinished work needs another model")
                self.folder.write_json("settings.json", settings)
                self.reload_requested = True

    def _is_due(self, what: str, every_s: float) -> bool:
        """Tell whether a periodic action is due, and schedule its next time."""
        now = time.monotonic()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + every_s
        return True

    def _trim_logs(self) -> None:
        """Rotate long logs, keeping one old part; the writers append, so truncating an open file is safe."""
        for path in self.folder.path.glob("*.log"):
            if path.stat().st_size > _LOG_BYTES:
                shutil.copyfile(path, path.with_suffix(".log.1"))
                os.truncate(path, 0)

    def _write_state(self) -> None:
        """Write addresses and processes to ``runtime.json`` if they changed."""
        managed = [self.redis, *self._started_workers(), *([self.chroma] if self._own_chroma else [])]
        state = {
            "pid": os.getpid(),
            "broker_url": self.broker_url,
            "chroma_url": self.chroma_url,
            "settings": self._environment,
            "children": {process.name: process.facts() for process in managed},
        }
        if state != self._state:
            self.folder.write_json("runtime.json", state)
            self._state = state

    def _leave_when_idle(self) -> None:
        """Stop if no command holds ``users`` and no work is left.

        The workers take seconds to stop, so they go first, while a new command still finds Redis and Chroma. Then the
        exclusive lock on ``users`` makes new commands wait until this process has ended.
        """
        if self.folder.file("keep").exists() or not self._is_due("look", _LOOK_S):
            return
        with self.folder.file("users").open("a") as users:
            if not lock_now(users, fcntl.LOCK_EX):
                self._idle_since = time.monotonic()
                return
        if time.monotonic() - self._idle_since < LINGER_S or self._work_is_left():
            return
        log.info("the runtime is not needed any more")
        processes.stop_all(self._started_workers(), _WORKER_GRACE_S)
        users = self.folder.file("users").open("a")
        if lock_now(users, fcntl.LOCK_EX) and not self._work_is_left():
            self._users = users  # stays open, and so locked, until this process ends
            self.stopping = True
        else:
            users.close()

    def _work_is_left(self) -> bool:
        """Tell whether a job is unfinished or an outbound task due soon, and the processes it needs can run."""
        managed = (self.redis, *self._started_workers())
        if given_up := [process.name for process in managed if process.given_up]:
            log.error("%s cannot be kept alive: unfinished work waits for the next command", " and ".join(given_up))
            return False
        if self._outbound_tasks_wait():
            return True
        try:
            return self._own_service().administration.unfinished()
        except IngotError as error:
            log.warning("cannot tell whether work is left: %s", error)
        return bool(self._environment.get("INGOT_DATABASE_URL"))  # a server that is away comes back

    def _own_service(self) -> Service:
        """Return the use cases of this home, with the settings of the workers."""
        from pipeline.service import Service
        from pipeline.settings import Settings

        if self._service is None:
            os.environ.update(self._worker_environment())
            self._service = Service(Settings(schema_dir=None), pooled=False)  # workers are forked from this process
        return self._service

    def _stop(self) -> None:
        """Stop the workers first, as they need Redis to sign off, and then the rest."""
        self.folder.remove("runtime.json")
        processes.stop_all(self._started_workers(), _WORKER_GRACE_S)
        self.chroma.stop(5.0)
        self.redis.stop(5.0)
        temp_dir.sweep(self.folder.home)
        Workspaces(self.folder.home).sweep_all()  # a killed worker's, which nobody was left to remove
        shutil.rmtree(metrics_folder.folder_of_home(self.folder.home), ignore_errors=True)
        self.folder.remove_socket()
        self._lock.truncate(0)
        log.info("stopped")


def detach() -> None:
    """Become a daemon in a session of its own, which the terminal and the end of the command do not affect."""
    if os.fork():
        os._exit(0)
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def main(home: str) -> int:
    """Supervise a home until its runtime is not needed any more, and return the exit status."""
    folder = RunDir.of(Path(home))
    lock = folder.file("lock").open("a+")
    if not lock_within(lock, fcntl.LOCK_EX, 2.0):
        return 0
    detach_output(folder)
    lock.truncate(0)
    lock.write(json.dumps({**machine(), "pid": os.getpid()}))
    lock.flush()
    folder.remove("error")
    try:
        Supervisor(folder, lock).run()
    except IngotError as error:
        folder.write("error", error.message)
        return 1
    except Exception:
        log.error("%s", traceback.format_exc())
        folder.write("error", f"the runtime failed: see {folder.file('supervisor.log')}")
        return 1
    return 0


def detach_output(folder: RunDir) -> None:
    """Redirect all output to ``supervisor.log``, with the process id in every line."""
    target = os.open(folder.file("supervisor.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for number, source in ((0, null), (1, target), (2, target)):
        os.dup2(source, number)
    log_format.prepare(os.environ.get("INGOT_LOG_FORMAT", log_format.TEXT), "INFO", role=f"supervisor {os.getpid()}")


if __name__ == "__main__":
    detach()
    status = main(sys.argv[1])
    gc.freeze()  # else the interpreter looks at every object once more before it ends
    sys.exit(status)
