"""Workers forked from the supervisor, which has imported what they run: a worker that died is back at once.

Started as a program, each worker spends a second of a processor on its imports, the fifth part of a core for as long
as one is killed every five seconds. The supervisor has one thread and keeps no database open, so forking it is safe.
Engines are not imported before the fork: onnxruntime starts a thread when it is imported.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, NoReturn

from setproctitle import getproctitle, setproctitle

log = logging.getLogger("ingot.runtime")

CAN_FORK = sys.platform == "linux"
"""Elsewhere (macOS) libraries of the system do not bear a fork without a program after it."""
_WORKER = (
    "celery_app",
    "celery.__main__",
    "celery.bin.celery",
    "celery.bin.worker",
    "celery.concurrency.prefork",
    "celery.concurrency.thread",
    "celery.worker.components",
    "celery.worker.consumer",
    "numpy",
    "prometheus_client",
)
_HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_POLL_S = 0.02


def import_worker(environment: Mapping[str, str]) -> bool:
    """Import what workers run, with their environment; return whether that went well.

    Where it did not, a worker started as a program tells why.
    """
    getproctitle()  # finds the place of the command line by the environment behind it, while it is as it was
    before = dict(os.environ)
    _set_environment(environment)
    gc.disable()  # imports make hardly any garbage, and looking for it takes a sixth of their time
    try:
        for name in _WORKER:
            importlib.import_module(name)
    except (Exception, SystemExit):
        log.warning("workers cannot be forked: %s", traceback.format_exc())
        return False
    finally:
        gc.enable()
        _set_environment(before)
    gc.freeze()  # its memory stays shared with the workers
    return True


class ForkedWorker:
    """A worker forked from this process; as much of ``subprocess.Popen`` as ``ManagedProcess`` uses.

    ``command``: of the same worker as a program, which ``ps`` shows. ``arguments``: those for Celery in it.
    ``prepare`` is called in the new process before anything else.
    """

    def __init__(
        self,
        command: Sequence[str],
        arguments: Sequence[str],
        folder: Path,
        output: IO[bytes],
        environment: Mapping[str, str],
        prepare: Callable[[], None],
    ) -> None:
        self.returncode: int | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)  # until the worker has handlers of its own
        self.pid = os.fork()
        if self.pid == 0:
            _become_worker(command, arguments, folder, output, environment, prepare)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal; None while the process runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Return the exit status when the process has ended. Raises subprocess.TimeoutExpired."""
        end = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("worker", timeout)
            time.sleep(_POLL_S)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal to the process if it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)


def _become_worker(
    command: Sequence[str],
    arguments: Sequence[str],
    folder: Path,
    output: IO[bytes],
    environment: Mapping[str, str],
    prepare: Callable[[], None],
) -> NoReturn:
    """Run a worker in a forked process, and end the process as Python ends a program."""
    status = 1
    try:
        for handled in _HANDLED:
            signal.signal(handled, signal.default_int_handler if handled == signal.SIGINT else signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLED)
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
        _close_files()
        prepare()
        os.chdir(folder)
        _set_environment(environment)
        setproctitle(" ".join(command))
        status = _run_worker(arguments)
        threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as at the end of a program
        atexit._run_exitfuncs()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _set_environment(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def _close_files() -> None:
    """Close all files but the standard streams: the supervisor's locks would outlive it here."""
    os.closerange(3, 1 + max(int(entry.name) for entry in Path("/proc/self/fd").iterdir()))


def _run_worker(arguments: Sequence[str]) -> int:
    """Run Celery with these arguments and return its exit status."""
    logging.getLogger().handlers.clear()  # those of the supervisor name it in each line
    logging.getLogger().setLevel(logging.WARNING)
    program = importlib.import_module("celery.__main__")
    sys.argv = [str(program.__file__), *arguments]
    importlib.import_module("celery_app").begin_in_fork()
    try:
        program.main()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
