"""The process that keeps one home's Redis, Chroma and workers alive while somebody needs them.

    python -m ingest.runtime.supervisor HOME

It detaches at once, takes ``run/lock`` (a second one leaves quietly), starts its children, and ends when no command
uses the home, no job is unfinished and ``ingot up`` does not keep it; its children end with it, however it ends.
"""

from __future__ import annotations

import contextlib
import fcntl
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

from ingest.runtime import processes, settings_conflict, temp_dir
from ingest.runtime.processes import ManagedProcess
from ingest.runtime.run_dir import RunDir, lock_now, lock_within, machine
from pipeline import log_format
from stores.chroma.path import IndexLock
from stores.errors import IngotError, UnavailableError

if TYPE_CHECKING:
    from pipeline.service import Service

log = logging.getLogger("ingot.runtime")

TICK_S = 0.1
LINGER_S = 3.0
"""How long the runtime stays after its last command, so that the next one finds it warm."""
_LOOK_S = 1.0  # how often an unused runtime asks whether work is left
_TOUCH_S = 5.0
_MODELS_S = 5.0
_TRIM_S = 10.0
_LOG_BYTES = 5 << 20
_START_S = 150.0  # for a Redis that lives and does not answer yet: on a machine that gives us a fiftieth of a core
_WORKER_GRACE_S = 12.0


class Supervisor:
    """Runs in one thread: signals only set flags, and every wait is bounded."""

    def __init__(self, folder: RunDir, lock: IO[str]) -> None:
        self.folder = folder
        self.stopping = False
        self.reload = False
        self._lock = lock
        self._environment = self._load_environment()
        self._own_chroma = not self._environment.get("INGOT_CHROMA_URL")
        self._index = IndexLock(folder.home / "chroma")
        self._port = processes.free_port()
        program = processes.redis_program()
        self.redis = ManagedProcess("redis", lambda: processes.redis_command(program, folder), folder)
        self.chroma = processes.chroma_process(folder, lambda: self._port)
        self.workers: list[ManagedProcess] = []
        self.notify: ManagedProcess | None = None
        self._idle_since = time.monotonic()
        self._given: dict[str, str] = {}  # what the workers were started with
        self._service: Service | None = None
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
        self.reload = True

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
        """Redis first, as all wait for it; Chroma and the worker come up while commands already run."""
        self.folder.file("redis").mkdir(mode=0o700, exist_ok=True)
        temp_dir.sweep(self.folder.home)
        self.redis.start()
        self._tend_chroma()
        self._wait_for_redis()
        self._make_workers()
        for child in self.workers:
            child.start()
        self._publish()

    def _make_workers(self) -> None:
        """The workers that the settings ask for, none of them started; ``notify`` waits for its first errand."""
        self._given = self._worker_environment()
        *self.workers, self._notify = processes.worker_processes(self.folder, self._given)
        self.notify = None

    def _wait_for_redis(self) -> None:
        end = time.monotonic() + _START_S
        while not processes.redis_answers(self.folder.socket_path()):
            if time.monotonic() > end:
                raise UnavailableError(f"the private Redis does not start: see {self.folder.file('redis.log')}")
            self._tend_redis()
            time.sleep(0.005)

    def _tend_redis(self) -> None:
        """Start Redis again; after three quick deaths without its files, as SQL knows what was in them."""
        if self.redis.quick_deaths and self.redis.quick_deaths % 3 == 0:
            shutil.rmtree(self.folder.file("redis"), ignore_errors=True)
            self.folder.file("redis").mkdir(mode=0o700, exist_ok=True)
        self.redis.tend()

    def _tick(self) -> None:
        self._tend_redis()
        self._tend_chroma()
        self._tend_workers()
        if self._is_due("models", _MODELS_S):
            self._serve_what_is_left()
        if self.reload:
            self._reload()
        if self._is_due("touch", _TOUCH_S):
            os.utime(self._lock.fileno())
        if self._is_due("trim", _TRIM_S):
            self._trim_logs()
        self._publish()
        self._leave_when_idle()

    def _tend_workers(self) -> None:
        for child in self._living():
            child.tend()
        if self.notify is None and self._is_due("errands", _LOOK_S) and self._outbound_tasks_wait():
            self.notify = self._notify
            self.notify.start()

    def _living(self) -> list[ManagedProcess]:
        """The workers, and the one for the network once it was needed: most homes never call anybody."""
        return [*self.workers, *filter(None, [self.notify])]

    def _outbound_tasks_wait(self) -> bool:
        """Is something to be sent or fetched soon? What waits for longer leaves no mark."""
        with contextlib.suppress(FileNotFoundError), os.scandir(self.folder.file("errands")) as found:
            return any(True for _ in found)
        return False

    def _tend_chroma(self) -> None:
        """Start Chroma again, at another port where its own was taken; its clients must hear of that.

        A command that has the index open itself is waited for: two processes on one path break it.
        """
        if not self._own_chroma or not self._may_open_index():
            return
        if self.chroma.quick_deaths and self.chroma.pid is None and processes.listens(self._port):
            self._port = processes.free_port()
            self.reload = True
        self.chroma.tend()

    def _may_open_index(self) -> bool:
        try:
            self._index.acquire()
        except UnavailableError:
            return False
        return True

    def _reload(self) -> None:
        """Give the workers other settings. What they have in hand is finished, or done again by the next ones."""
        self.reload = False
        self._environment = self._load_environment()
        self._service = None
        self._own_chroma = not self._environment.get("INGOT_CHROMA_URL")
        if not self._own_chroma:
            self.chroma.stop(5.0)
            self._index.release()
        if self._only_callbacks_differ():
            self._start_notify_again()
            return
        log.info("settings changed: the workers are started again")
        old = self._living()
        self._make_workers()
        self._publish()
        processes.stop_all(old, _WORKER_GRACE_S)
        for child in self.workers:
            child.start()

    def _only_callbacks_differ(self) -> bool:
        now = self._worker_environment()
        changed = {name for name in now.keys() | self._given.keys() if now.get(name) != self._given.get(name)}
        return changed == {"INGOT_CALLBACK_SECRET"}

    def _start_notify_again(self) -> None:
        """Whoever reads documents is not troubled by what is new for callbacks."""
        log.info("the secret of callbacks changed: the worker that delivers them is started again")
        self._given = self._worker_environment()
        processes.stop_all([*filter(None, [self.notify])], _WORKER_GRACE_S)
        *_, self._notify = processes.worker_processes(self.folder, self._given)
        self.notify = None

    def _serve_what_is_left(self) -> None:
        """Where nothing of what is left can be done with the models that are loaded, load those that it needs."""
        with contextlib.suppress(IngotError):
            service = self._asked()
            wished = settings_conflict.for_what_is_left(
                service.settings, service.administration.open_work(), self._environment
            )
            if wished is not None:
                log.info("what is left needs another model")
                self.folder.write_json("settings.json", wished)
                self.reload = True

    def _is_due(self, what: str, every_s: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + every_s
        return True

    def _trim_logs(self) -> None:
        """Keep one old part of each log; the writers append, so cutting the file under them is safe."""
        for path in self.folder.path.glob("*.log"):
            if path.stat().st_size > _LOG_BYTES:
                shutil.copyfile(path, path.with_suffix(".log.1"))
                os.truncate(path, 0)

    def _publish(self) -> None:
        """Write down where the children answer, when that changed."""
        shown = [self.redis, *self._living(), *([self.chroma] if self._own_chroma else [])]
        state = {
            "pid": os.getpid(),
            "broker_url": self.broker_url,
            "chroma_url": self.chroma_url,
            "settings": self._environment,
            "children": {child.name: child.facts() for child in shown},
        }
        if state != self._state:
            self.folder.write_json("runtime.json", state)
            self._state = state

    def _leave_when_idle(self) -> None:
        """End where nobody holds ``users`` and no work is left.

        The worker takes seconds to stop, so it goes first, while a command that comes still finds Redis and Chroma;
        then ``users`` is held, which keeps newcomers out until we are gone.
        """
        if self.folder.file("keep").exists() or not self._is_due("look", _LOOK_S):
            return
        with self.folder.file("users").open("a") as users:
            if not lock_now(users, fcntl.LOCK_EX):
                self._idle_since = time.monotonic()
                return
        if time.monotonic() - self._idle_since < LINGER_S or self._work_is_left():
            return
        log.info("nobody needs the runtime any more")
        processes.stop_all(self._living(), _WORKER_GRACE_S)
        users = self.folder.file("users").open("a")
        if lock_now(users, fcntl.LOCK_EX) and not self._work_is_left():
            self._users = users  # kept open, and so locked, until the process ends
            self.stopping = True
        else:
            users.close()

    def _work_is_left(self) -> bool:
        """Is a job unfinished, or an errand due soon, and is there hope for it?"""
        if lost := [child.name for child in (self.redis, *self._living()) if child.hopeless]:
            log.error("%s cannot be kept alive: unfinished work waits for the next command", " and ".join(lost))
            return False
        if self._outbound_tasks_wait():
            return True
        try:
            return self._asked().administration.unfinished()
        except IngotError as error:
            log.warning("cannot see whether work is left: %s", error)
            return False

    def _asked(self) -> Service:
        """The use cases of this home, with the settings of the workers."""
        from pipeline.service import Service
        from pipeline.settings import Settings

        if self._service is None:
            os.environ.update(self._worker_environment())
            self._service = Service(Settings(schema_dir=None))
        return self._service

    def _stop(self) -> None:
        """End the worker while Redis still takes its goodbye; then the rest."""
        self.folder.remove("runtime.json")
        processes.stop_all(self._living(), _WORKER_GRACE_S)
        self.chroma.stop(5.0)
        self.redis.stop(5.0)
        temp_dir.sweep(self.folder.home)
        self.folder.remove_socket()
        self._lock.truncate(0)
        log.info("stopped")


def detach() -> None:
    """Leave the command's session; its terminal, its Ctrl-C and its exit no longer concern us."""
    if os.fork():
        os._exit(0)
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def main(home: str) -> int:
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
    """Send all output to the log, and say who wrote each line."""
    target = os.open(folder.file("supervisor.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for number, source in ((0, null), (1, target), (2, target)):
        os.dup2(source, number)
    log_format.prepare(os.environ.get("INGOT_LOG_FORMAT", log_format.TEXT), "INFO", role=f"supervisor {os.getpid()}")


if __name__ == "__main__":
    detach()
    sys.exit(main(sys.argv[1]))
