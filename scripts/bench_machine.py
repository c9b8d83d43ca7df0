"""What a figure was measured on, and what the processes of a runtime use."""

from __future__ import annotations

import os
import platform
import threading
import time
from abc import ABC, abstractmethod
from importlib.metadata import version
from pathlib import Path
from typing import Self

_LOOK_AGAIN_S = 5.0
_PACKAGES = ("celery", "redis", "pymupdf", "rapidocr", "onnxruntime", "chromadb", "sqlalchemy")


def machine() -> str:
    """Processor, cores, memory, load, Python and package versions, in two lines."""
    model = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    memory = next(int(line.split()[1]) >> 20 for line in _lines("/proc/meminfo") if line.startswith("MemTotal"))
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"machine: {model}, {os.cpu_count()} cores, {memory} GiB, load {load}, "
        f"{platform.system()} {platform.release()}\n"
        f"versions: Python {platform.python_version()}, {packages}"
    )


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def resident_mb(pid: int) -> float:
    """Memory of one process in MB that is not shared with others (its proportional part of what is)."""
    for line in _lines(f"/proc/{pid}/smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def processes(home: Path) -> dict[int, str]:
    """Process id -> role of everything that a home's runtime runs: worker child, worker parent, redis, chroma..."""
    lines: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            works_here = (folder / "cwd").readlink() == home / "run"
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if str(home) in command or works_here:
            lines[int(folder.name)] = (parent, command)
    return {
        pid: _role(command, parent in lines and "celery" in lines[parent][1])
        for pid, (parent, command) in lines.items()
    }


def _role(command: str, under_celery: bool) -> str:
    if "celery" in command:
        return "worker child" if under_celery else "worker parent"
    return next((name for name in ("redis", "chroma", "supervisor") if name in command), "other")


class Sampler(ABC):
    """Runs ``_watch`` in a thread until it is left; that ends when ``_stop`` is set."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @abstractmethod
    def _watch(self) -> None:
        """Sample until ``_stop`` is set."""


class MemoryWatch(Sampler):
    """Samples the memory of a runtime's processes until it is left; ``peaks`` is MB per role (the largest process)."""

    def __init__(self, home: Path, every_s: float = 1.0) -> None:
        super().__init__()
        self.home, self.every_s = home, every_s
        self.peaks: dict[str, float] = {}
        self.series: list[tuple[float, float]] = []

    def _watch(self) -> None:
        began = looked = time.monotonic()
        roles = processes(self.home)
        while not self._stop.wait(self.every_s):
            if time.monotonic() - looked > _LOOK_AGAIN_S:  # a look at all processes costs more than one at a few
                roles, looked = processes(self.home), time.monotonic()
            largest = 0.0
            for pid, role in roles.items():
                used = resident_mb(pid)
                self.peaks[role] = max(self.peaks.get(role, 0.0), used)
                largest = max(largest, used if role == "worker child" else 0.0)
            self.series.append((time.monotonic() - began, largest))
