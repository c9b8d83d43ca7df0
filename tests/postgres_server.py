"""A PostgreSQL server of the tests' own: made in a temporary folder, on a Unix socket, and ended with them.

It runs the programs of the distribution's package, as another user where the tests run as root, which PostgreSQL
refuses.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.waiting import GENEROUS_S, eventually

_PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/usr/pgsql")
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=100")
_numbers = itertools.count(1)


class PostgresPrograms:
    """The folder of initdb and postgres, and how they are run."""

    def __init__(self) -> None:
        self.folder = _folder()
        self.user = _other_user()

    def run(self, program: str, *arguments: str) -> list[str]:
        command = [str(self.folder / program), *arguments]
        if self.user is None:
            return command
        return ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--clear-groups", *command]


def _folder() -> Path:
    there = [path.parent for place in _PLACES for path in Path(place).glob("**/bin/initdb")]
    if program := shutil.which("initdb"):
        there.append(Path(program).resolve().parent)
    if not there:
        pytest.skip("PostgreSQL is not installed here: apt-get install postgresql")
    return sorted(there)[-1]


def _other_user() -> pwd.struct_passwd | None:
    """An ordinary user, where this is root."""
    if os.getuid():
        return None
    if shutil.which("setpriv") is None:
        pytest.skip("PostgreSQL does not run as root, and setpriv is not here to make it another user's")
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


class PostgresServer:
    """A running server; ``url`` makes an empty database and returns its address."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], port: int) -> None:
        self.folder, self.process, self.port = folder, process, port

    def address(self, name: str = "postgres") -> str:
        return f"postgresql://ingot@/{name}?host={self.folder}&port={self.port or 5432}"

    def url(self) -> str:
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.address(name)

    def drop(self, url: str) -> None:
        self.execute(f"DROP DATABASE {url.partition('?')[0].rpartition('/')[2]} WITH (FORCE)")

    def execute(self, statement: str, name: str = "postgres") -> None:
        import psycopg

        with psycopg.connect(self.address(name), autocommit=True) as connection:
            connection.execute(statement.encode())

    def wait(self) -> None:
        """Return once it answers."""
        import psycopg

        def answers() -> bool:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            try:
                psycopg.connect(self.address()).close()
            except psycopg.OperationalError:
                return False
            return True

        eventually(answers)


@contextmanager
def running_postgres(port: int = 0) -> Iterator[PostgresServer]:
    """Start a server that is not made to survive a power cut, and stop it in the end.

    It listens on a Unix socket, and on loopback where a port is given.
    """
    programs = PostgresPrograms()
    folder = Path(tempfile.mkdtemp(prefix="ingot-pg-"))
    if programs.user is not None:
        os.chown(folder, programs.user.pw_uid, programs.user.pw_gid)
    data = folder / "data"
    process = None
    try:
        made = programs.run(
            "initdb", "-D", str(data), "-U", "ingot", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"
        )
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd=folder)
        settings = [part for option in _QUICK for part in ("-c", option)]
        started = programs.run(
            "postgres",
            "-D",
            str(data),
            "-k",
            str(folder),
            "-h",
            "127.0.0.1" if port else "",
            "-p",
            str(port or 5432),
            *settings,
        )
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(started, stdout=log, stderr=log, cwd=folder)
        server = PostgresServer(folder, process, port)
        server.wait()
        yield server
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)  # fast: the server does not wait for its clients
            process.wait(GENEROUS_S)
        shutil.rmtree(folder, ignore_errors=True)
