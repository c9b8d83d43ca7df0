"""Hosts as network namespaces joined by a switch, and this process as a client of it.

A host's processes have a host name and process ids of their own, too, so that they die with the first of them, as
those of a machine that loses its power. Needs root; the tests are skipped where the kernel does not allow it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

NAMES = ("a", "b", "c")
_CLIENT = 9
_NEEDED = ("ip", "unshare", "hostname")
_AS_A_MACHINE = ("unshare", "--uts", "--pid", "--mount", "--mount-proc", "--fork", "--kill-child")


class Network:
    """The namespaces; ``a`` holds the switch. ``client``: the address of this process."""

    def __init__(self) -> None:
        self._tag, self._net = f"ing{os.getpid()}", f"198.18.{os.getpid() % 254}"
        self.client = f"{self._net}.{_CLIENT}"

    def address(self, host: str) -> str:
        return f"{self._net}.{NAMES.index(host) + 1}"

    def build(self) -> None:
        """Make it, or skip the test with the reason."""
        if os.getuid() or not all(map(shutil.which, _NEEDED)):
            pytest.skip("hosts of one's own need root and the programs ip, unshare and hostname")
        try:
            self._build()
        except subprocess.CalledProcessError as error:
            self.remove()
            pytest.skip(f"no network namespaces here: {error.stderr.strip()}")

    def _build(self) -> None:
        for host in NAMES:
            _ip("netns", "add", self._namespace(host))
            self._in(host, "link", "set", "lo", "up")
        self._in("a", "link", "add", "switch", "type", "bridge")
        self._in("a", "link", "set", "switch", "up")
        self._in("a", "addr", "add", f"{self.address('a')}/24", "dev", "switch")
        for host in NAMES[1:]:
            self._in("a", "link", "add", f"to-{host}", "type", "veth", "peer", "eth0", "netns", self._namespace(host))
            self._in(host, "addr", "add", f"{self.address(host)}/24", "dev", "eth0")
            self._in(host, "link", "set", "eth0", "up")
        self._in("a", "link", "add", "to-client", "type", "veth", "peer", self._tag, "netns", str(os.getpid()))
        _ip("addr", "add", f"{self.client}/24", "dev", self._tag)
        _ip("link", "set", self._tag, "up")
        for name in (*NAMES[1:], "client"):
            self._in("a", "link", "set", f"to-{name}", "master", "switch")
            self.join(name)

    def remove(self) -> None:
        for host in NAMES:
            subprocess.run(["ip", "netns", "del", self._namespace(host)], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", self._tag], check=False, capture_output=True)

    def cut(self, host: str) -> None:
        """Lose every packet from and to a host, silently."""
        self._in("a", "link", "set", f"to-{host}", "down")

    def join(self, host: str) -> None:
        self._in("a", "link", "set", f"to-{host}", "up")

    def at(self, host: str) -> list[str]:
        """What to put before a command that runs there, as a process of this machine."""
        return ["ip", "netns", "exec", self._namespace(host)]

    def machine(self, host: str) -> list[str]:
        """What to put before a command that runs there with a host name and process ids of its own."""
        return [*self.at(host), *_AS_A_MACHINE, "sh", "-c", f'hostname {host}; exec "$@"', "sh"]

    def _namespace(self, host: str) -> str:
        return f"{self._tag}-{host}"

    def _in(self, host: str, *arguments: str) -> None:
        _ip("-n", self._namespace(host), *arguments)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


@contextmanager
def network() -> Iterator[Network]:
    made = Network()
    made.build()
    try:
        yield made
    finally:
        made.remove()


@contextmanager
def small_disk(folder: Path, size_mb: int) -> Iterator[None]:
    """Make a folder a file system of its own, of this size."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


class Process:
    """A command that runs on a host until it is stopped; its output goes to ``log``."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.command, self.environment, self.log = list(command), dict(environment), log
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def signal(self, number: int) -> None:
        """Send a signal to the command itself: the first process of its machine, where it has one."""
        for pid in self._first():
            os.kill(pid, number)

    def _first(self) -> list[int]:
        assert self.child
        if _AS_A_MACHINE[0] not in self.command:
            return [self.child.pid]
        children = Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children")
        return [int(pid) for pid in children.read_text().split()] if children.exists() else []

    def ended(self) -> bool:
        return self.child is None or self.child.poll() is not None

    def wait(self, timeout_s: float) -> int | None:
        return self.child.wait(timeout_s) if self.child else None

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""
