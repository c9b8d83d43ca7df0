"""Brokers as they are found: Redis with and without password and TLS, RabbitMQ, ports where something else answers."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ingest.runtime import processes
from tests.waiting import GENEROUS_S, eventually

RABBIT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


def free_port() -> int:
    return processes.free_port()


@contextlib.contextmanager
def redis(*options: str, program: str = "", tls: bool = False) -> Iterator[int]:
    """The port of a Redis on loopback."""
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="ingot-"))
    where = ("--port", "0", "--tls-port", str(port)) if tls else ("--port", str(port))
    command = [program or processes.redis_program(), *where, "--save", "", "--dir", str(folder), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    eventually(lambda: process.poll() is not None or processes.listens(port))
    if process.poll() is not None:
        pytest.skip(f"{process.args!r} does not run here")


def command(port: int, *words: str) -> str:
    """Tell a Redis without a password something; its answer, a line."""
    with socket.create_connection(("127.0.0.1", port), timeout=GENEROUS_S) as client:
        client.sendall(f"{' '.join(words)}\r\n".encode())
        return client.recv(4096).decode()


def certificate(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """(certificate, key), signed by itself, for this host name."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl")
    cert, key = folder / "cert.pem", folder / "key.pem"
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    files = ["-keyout", str(key), "-out", str(cert), "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run(["openssl", "req", "-x509", *options, *files], check=True, capture_output=True)
    return cert, key


@contextlib.contextmanager
def talking(words: bytes, *, first: bool = False) -> Iterator[int]:
    """The port of something that says these words to whoever comes, ``first`` or when spoken to, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                client.settimeout(5)
                if not first:
                    client.recv(100)
                if words:
                    client.sendall(words)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(GENEROUS_S)


def rabbit_environment(folder: Path, port: int, address: str = "127.0.0.1") -> dict[str, str]:
    """The variables of a small RabbitMQ, whose files are all in ``folder``: one scheduler, no busy waiting."""
    configuration = folder / "rabbitmq.conf"
    configuration.write_text("loopback_users = none\ndisk_free_limit.absolute = 50MB\n")
    settings = {
        "HOME": folder,
        "RABBITMQ_NODENAME": f"ingot{os.getpid()}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": address,
        "RABBITMQ_NODE_PORT": port,
        "RABBITMQ_CONFIG_FILE": configuration,
        "RABBITMQ_MNESIA_BASE": folder / "data",
        "RABBITMQ_LOG_BASE": folder / "logs",
        "RABBITMQ_ENABLED_PLUGINS_FILE": folder / "plugins",
        "RABBITMQ_CONF_ENV_FILE": folder / "none",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
    }
    return {**os.environ, **{name: str(value) for name, value in settings.items()}}


class RabbitServer:
    """A RabbitMQ of the tests' own on loopback, with the user guest; its files survive a restart."""

    def __init__(self) -> None:
        if not RABBIT.exists():
            pytest.skip("RabbitMQ is not installed here: apt-get install rabbitmq-server")
        self.folder, self.port, self._names = Path(tempfile.mkdtemp(prefix="ingot-")), free_port(), free_port()
        ports = {"ERL_EPMD_PORT": self._names, "RABBITMQ_DIST_PORT": free_port(), "ERL_EPMD_ADDRESS": "127.0.0.1"}
        environment = {**rabbit_environment(self.folder, self.port), **{name: str(at) for name, at in ports.items()}}
        self._quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
        self.start()

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        command = [str(RABBIT)]
        self.process = subprocess.Popen(command, start_new_session=True, **self._quiet)  # type: ignore[call-overload]
        _wait_for(self.port, self.process)

    def restart(self, *, crash: bool = False) -> None:
        """End it, at once if it is to crash, and start it again.

        A queue that was declared within the last seconds does not survive a crash of RabbitMQ 3.10.
        """
        _end_group(self.process, (9,) if crash else (15, 9))
        eventually(lambda: not processes.listens(self.port))
        self.start()

    def close(self) -> None:
        _end_group(self.process)
        command = ["epmd", "-port", str(self._names), "-kill"]
        subprocess.run(command, check=False, **self._quiet)  # type: ignore[call-overload]
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def rabbitmq() -> Iterator[RabbitServer]:
    """A RabbitMQ; the test is skipped where none is installed."""
    server = RabbitServer()
    try:
        yield server
    finally:
        server.close()


def _end_group(process: subprocess.Popen[bytes], signals: Sequence[int] = (15, 9)) -> None:
    for number in signals:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GENEROUS_S)
            return
