"""The servers of host A: broker, PostgreSQL, Chroma and S3, each of which can be taken away and brought back."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.runtime import processes
from tests.broker_servers import RABBIT, rabbit_environment
from tests.hosts.network import Network, Process
from tests.postgres_server import PostgresPrograms
from tests.waiting import GENEROUS_S, eventually

ROOT = Path(__file__).resolve().parents[2]
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("INGOT_")}
_CHROMA = "import sys; from chromadb_rust_bindings import cli; cli(sys.argv)"
_QUICK = ("fsync=off", "synchronous_commit=off", "shared_buffers=32MB", "max_connections=200")


class Server:
    """A server of host A. ``folder`` keeps what survives its restart."""

    name, port = "", 0
    stop_signal = signal.SIGKILL

    def __init__(self, network: Network, folder: Path) -> None:
        self.network, self.folder, self.host = network, folder / self.name, network.address("a")
        self.folder.mkdir()
        self.prepare()
        self.process = Process(
            [*network.at("a"), *self.command()], {**PLAIN, **self.environment()}, self.folder / "log"
        )

    def prepare(self) -> None:
        """Make what the server needs before its first start."""

    @abstractmethod
    def command(self) -> list[str]: ...

    def environment(self) -> Mapping[str, str]:
        return {}

    def start(self) -> None:
        self.process.start()

    def wait(self) -> None:
        """Return once it listens."""
        eventually(lambda: self.process.ended() or self._listens(), told=self.process.tail)
        assert not self.process.ended(), self.process.tail()

    def _listens(self) -> bool:
        try:
            socket.create_connection((self.host, self.port), timeout=GENEROUS_S).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it at once, as a crash does."""
        if not self.process.ended():
            self.process.signal(self.stop_signal)
            self.process.wait(GENEROUS_S)

    def fall(self) -> None:
        """Be gone at once for all who use it; what is on its disk stays."""
        self.stop()

    def rise(self) -> None:
        """Come back after a fall."""
        self.start()
        self.wait()


class Redis(Server):
    """A broker that keeps nothing on its disk: a restart loses every message."""

    name, port = "broker", 6379

    @property
    def url(self) -> str:
        return f"redis://{self.host}:{self.port}/0"

    def command(self) -> list[str]:
        options = ("--bind", self.host, "--port", str(self.port), "--protected-mode", "no", "--save", "")
        return [processes.redis_program(), *options, "--dir", str(self.folder)]


class RabbitMq(Server):
    """A broker that keeps its messages over a restart."""

    name, port = "broker", 5672

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@{self.host}:{self.port}//"

    def prepare(self) -> None:
        if not RABBIT.exists():
            pytest.skip("RabbitMQ is not installed here: apt-get install rabbitmq-server")

    def command(self) -> list[str]:
        return [str(RABBIT)]

    def environment(self) -> Mapping[str, str]:
        return rabbit_environment(self.folder, self.port, "0.0.0.0")

    def start(self) -> None:
        """In a session of its own: the program is a script with children."""
        with self.process.log.open("ab") as log:
            self.process.child = subprocess.Popen(
                self.process.command,
                env=self.process.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self) -> None:
        if not self.process.ended() and self.process.child:
            os.killpg(self.process.child.pid, signal.SIGKILL)
            self.process.wait(GENEROUS_S)

    def close(self) -> None:
        """End the daemon that tells Erlang's ports, too."""
        self.stop()
        command = [*self.network.at("a"), "epmd", "-kill"]
        subprocess.run(command, check=False, capture_output=True)


class Postgres(Server):
    name, port = "postgres", 5432
    stop_signal = signal.SIGQUIT

    @property
    def url(self) -> str:
        return f"postgresql://ingot@{self.host}:{self.port}/postgres"

    def prepare(self) -> None:
        self.programs, data = PostgresPrograms(), self.folder / "data"
        if self.programs.user is not None:
            for folder in (self.folder, self.folder.parent):
                folder.chmod(0o755)
            os.chown(self.folder, self.programs.user.pw_uid, self.programs.user.pw_gid)
        options = ("-D", str(data), "-U", "ingot", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        command = self.programs.run("initdb", *options)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 0.0.0.0/0 trust\n")

    def command(self) -> list[str]:
        settings = [part for option in _QUICK for part in ("-c", option)]
        where = ("-D", str(self.folder / "data"), "-k", str(self.folder), "-h", self.host, "-p", str(self.port))
        return self.programs.run("postgres", *where, *settings)

    def wait(self) -> None:
        import psycopg

        def answers() -> bool:
            assert not self.process.ended(), self.process.tail()
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                return False
            return True

        eventually(answers)


class Chroma(Server):
    name, port = "chroma", 8000

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def command(self) -> list[str]:
        data = str(self.folder / "data")
        return [sys.executable, "-c", _CHROMA, "run", "--path", data, "--host", self.host, "--port", str(self.port)]


class S3(Server):
    """moto's server, which keeps its objects in memory: what ends and comes back is its door, not its process."""

    name, port = "s3", 9000

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.hosts.s3_process", self.host, str(self.port)]

    def environment(self) -> Mapping[str, str]:
        return {"PYTHONPATH": str(ROOT)}

    def fall(self) -> None:
        self.process.signal(signal.SIGUSR1)
        eventually(lambda: not self._listens())

    def rise(self) -> None:
        self.process.signal(signal.SIGUSR2)
        self.wait()


def removed(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
