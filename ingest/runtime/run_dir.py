"""The ``run`` folder of a home, with the locks, state, socket and logs of the embedded runtime.

    lock           locked by the supervisor while it lives; names its machine and process
    users          locked (shared) by every command that uses the runtime, (exclusively) by a supervisor that leaves
    runtime.json   addresses and processes; exists only while a supervisor lives
    settings.json  the environment of the workers
    tmp/           a temp folder for each worker
    errands/       a file for each knowledge base with a callback or download that is due soon
    keep           exists after ``ingot up``: stay until ``ingot down``
    stopped        exists after ``ingot down``: commands that still watch a job end instead of restarting the runtime
    error          why the last supervisor could not start, one sentence
    *.refusal      why a worker cannot work with these settings, one sentence; *.remark: a note for the user
    *.log          output of the supervisor and its processes

Standard library only, as every command reads this folder, most of them to find nothing running.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import socket
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from stores.errors import UnavailableError

FRESH_S = 30.0
"""Age in seconds up to which the lock of another machine counts as held."""
_SOCKET_BYTES = 100  # sun_path holds 108 with its end
_BELOW_TEMP_BYTES = 60  # for a worker's folder, a library's folder in it, and a socket in that
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


def machine() -> dict[str, str]:
    """Identify this machine. Two containers on one kernel count as one machine: they share file locks."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    boot_id = boot.read_text().strip() if boot.exists() else ""
    return {"host": socket.gethostname(), "boot": boot_id or socket.gethostname()}


@contextlib.contextmanager
def disk_errors(home: Path) -> Iterator[None]:
    """Turn an OSError of the disk into UnavailableError with a sentence that says what to do."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(_disk_sentence(home, error), code="home_unusable") from error


def _disk_sentence(home: Path, error: OSError) -> str:
    if error.errno in _NO_SPACE:
        return f"the disk of {home} is full: free some space, or choose another home with --home or INGOT_HOME"
    if error.errno in _NO_LOCKS:
        return f"the file system of {home} cannot lock files: choose a home on a local disk with --home or INGOT_HOME"
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{home} cannot be written ({error.strerror}): choose another home with --home or INGOT_HOME"
    return f"{home} cannot be used as a home: {error.strerror or error}"


@dataclass(frozen=True, slots=True)
class RunDir:
    """The files of ``<home>/run``; ``home`` is absolute."""

    home: Path

    @classmethod
    def of(cls, home: Path) -> RunDir:
        return cls(Path(os.path.realpath(home)))

    @property
    def path(self) -> Path:
        return self.home / "run"

    @property
    def digest(self) -> str:
        """A short unique name of this home for sockets and workers."""
        return hashlib.sha256(os.fsencode(self.home)).hexdigest()[:8]

    def file(self, name: str) -> Path:
        return self.path / name

    def create(self) -> None:
        """Create the folder. UnavailableError where the disk cannot be written."""
        with disk_errors(self.home):
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
            self.write("probe", "x" * 4096)
            self.file("probe").unlink()

    def write(self, name: str, text: str) -> None:
        """Replace a small file atomically."""
        partial = self.file(f".{name}.{os.getpid()}")
        partial.write_text(text)
        partial.replace(self.file(name))

    def remove(self, name: str) -> None:
        self.file(name).unlink(missing_ok=True)

    def read_json(self, name: str) -> dict[str, Any]:
        """Return the mapping in a file; empty where the file is missing or unreadable."""
        try:
            value = json.loads(self.file(name).read_text())
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def running(self) -> dict[str, Any]:
        """Return addresses and processes of the supervisor of this machine that runs; empty where none does."""
        return self.read_json("runtime.json") if self.alive() else {}

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        self.write(name, json.dumps(value, indent=1, sort_keys=True))

    def socket_path(self) -> Path:
        """Return the path of the Redis socket: in this folder, or in a private one with a shorter path if necessary."""
        path = self.file("redis.sock")
        if len(os.fsencode(path)) <= _SOCKET_BYTES and _PLAIN_PATH.fullmatch(str(path)):
            return path
        return _private_folder(f"ingot-{os.getuid()}-{self.digest}") / "redis.sock"

    def temp_path(self) -> Path:
        """Return the parent of the workers' temp folders: in this folder, or in a private one with a shorter path."""
        path = self.file("tmp")
        if len(os.fsencode(path)) + _BELOW_TEMP_BYTES <= _SOCKET_BYTES:
            return path
        return _private_folder(f"ingot-{os.getuid()}-{self.digest}") / "tmp"

    def remove_socket(self) -> None:
        """Remove the socket and the private folder; what another process still uses stays."""
        self.socket_path().unlink(missing_ok=True)
        temp = self.temp_path()
        if temp.parent == self.path:
            return
        with contextlib.suppress(OSError):
            (temp / ".lock").unlink(missing_ok=True)
            temp.rmdir()
        with contextlib.suppress(OSError):
            temp.parent.rmdir()

    def alive(self) -> bool:
        """Tell whether a supervisor of this machine holds the lock."""
        try:
            with self.file("lock").open("rb") as file:
                return not lock_now(file, fcntl.LOCK_SH)
        except FileNotFoundError:
            return False
        except PermissionError:
            return False  # the home of another user, so nothing of ours can run there

    def refuse_other_machine(self) -> None:
        """Raise UnavailableError where a supervisor on another machine uses this home.

        The lock file tells, as file locks may not work across a network.
        """
        owner = self.read_json("lock")
        if not owner or owner.get("boot") == machine()["boot"]:
            return
        age_s = time.time() - self.file("lock").stat().st_mtime
        if abs(age_s) < FRESH_S or self.alive():
            raise UnavailableError(
                f"{self.home} is in use by the machine {owner.get('host')!r} (process {owner.get('pid')}): run "
                "`ingot down` there, or set INGOT_BROKER_URL so that several machines can share the work",
                code="home_locked",
            )


def _private_folder(name: str) -> Path:
    """Return a folder in the system's temp folder that belongs to this user alone."""
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise UnavailableError(f"{folder} belongs to somebody else: remove it, or choose a home with a shorter path")
    folder.chmod(0o700)
    return folder


def lock_now(file: IO[Any], kind: int) -> bool:
    """Try to lock a file without waiting; return False where another process holds the lock.

    Closing the file releases the lock.
    """
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_within(file: IO[Any], kind: int, timeout_s: float) -> bool:
    """Lock a file, waiting for at most ``timeout_s``; return False where that was not enough."""
    end = time.monotonic() + timeout_s
    while not lock_now(file, kind):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
