"""Time limits in CPU seconds, so that a busy machine makes nothing late.

Two clocks end a process that is over its limit. Both run outside of Python, as native code may never release the
interpreter lock. Both send SIGPROF, upon which the process prints its stack and dies:

* the kernel counts the CPU seconds of all threads of the process (``ITIMER_PROF``; engines start no processes);
* its parent looks once a second (``Watch``) and ends a process that slept for as long as its limit: one that used
  hardly any processor though it could have had it.

Time in which a process waited for a processor, or was stopped (SIGSTOP), does not count: only the kernel knows it, and
a clock inside the process could not ask while native code holds the lock. Children tell their limits to the parent
through shared memory. Without ``/proc`` (macOS) a wall clock with a much longer limit replaces the parent.
"""

from __future__ import annotations

import contextlib
import faulthandler
import mmap
import os
import signal
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SIGNAL = signal.SIGPROF
"""The signal that ends a process over its limit."""
_SLOT = struct.Struct("=qdq")  # process id, limit in seconds (0: none is set), how many limits it has had
_MOST_CHILDREN = 1024
_IDLE_SHARE = 0.01  # of the limit: a heartbeat or a loop that looks again uses less, starved work more
_STARVED_SHARE = 0.5  # of the time between two looks spent waiting for a processor
_LONGEST_LOOK_S = 5.0  # a parent that was stopped itself learns nothing of the time between
_BLIND_FACTOR = 20.0  # without /proc: so many times the limit, by the clock on the wall
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc/self/stat").exists()

_board = mmap.mmap(-1, _MOST_CHILDREN * _SLOT.size)
_own = {"slot": -1, "limits": 0}


@dataclass(frozen=True, slots=True)
class Usage:
    """The time of a process so far: CPU seconds of all threads, seconds that its first thread waited for a CPU."""

    cpu_s: float
    waited_s: float
    asleep: bool = True  # its first thread: it does not run, wait for a CPU or stand stopped at this moment
    stopped: bool = False
    parent: int = 0


def usage(pid: int) -> Usage | None:
    """Read the usage of a process; None where it is gone or the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] in "ZX":
        return None
    cpu_s = (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
    state = fields[0]
    return Usage(cpu_s, _waited_s(pid), state not in "RTt", state in "Tt", int(fields[1]))


def _waited_s(pid: int) -> float:
    with contextlib.suppress(OSError, IndexError):  # some kernels do not count it
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    return 0.0


class Stillness:
    """Measures for how long a process has slept, from occasional looks at it."""

    def __init__(self, pid: int, read: Callable[[int], Usage | None] = usage) -> None:
        self._pid, self._read = pid, read
        self._mark = self._last = read(pid)
        self._looked = time.monotonic()
        self._still_s = 0.0

    def look(self, limit_s: float, now: float | None = None) -> float:
        """Seconds of sleep since it last used a hundredth of ``limit_s``; 0 where nothing can be known."""
        now = time.monotonic() if now is None else now
        usage, last, mark, passed_s = self._read(self._pid), self._last, self._mark, now - self._looked
        self._last, self._looked = usage, now
        if not (usage and last and mark) or usage.cpu_s - mark.cpu_s > _IDLE_SHARE * limit_s:
            self._mark, self._still_s = usage, 0.0
        elif usage.asleep and usage.waited_s - last.waited_s < _STARVED_SHARE * passed_s:
            self._still_s += min(passed_s, _LONGEST_LOOK_S)
        return self._still_s


class Spending:
    """The limit of a process that another one waits for: ``used_up`` by CPU seconds, or by as long a sleep."""

    def __init__(self, pid: int, limit_s: float) -> None:
        self._pid, self._limit_s = pid, limit_s
        self._began, self._started = usage(pid), time.monotonic()
        self._stillness = Stillness(pid)

    def used_up(self) -> bool:
        now = usage(self._pid)
        if now is None or self._began is None:
            return time.monotonic() - self._started > self._limit_s * (1 if _PROC else _BLIND_FACTOR)
        still_s = self._stillness.look(self._limit_s)
        return now.cpu_s - self._began.cpu_s > self._limit_s or still_s > self._limit_s


def forget_children() -> None:
    """Begin without children: for a process that was forked from one with workers of its own."""
    global _board
    _board = mmap.mmap(-1, _MOST_CHILDREN * _SLOT.size)


def take_slot(number: int) -> None:
    """Register this process as child ``number`` of its parent, which watches its limits from now on."""
    _own.update(slot=number if number < _MOST_CHILDREN else -1, limits=0)
    faulthandler.register(SIGNAL, file=2, all_threads=True, chain=True)
    _tell(0.0)


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """End this process when the block takes more than so many CPU seconds, or sleeps for as long.

    Blocks must not be nested.
    """
    _own["limits"] += 1
    _tell(seconds)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    if not _PROC:
        faulthandler.dump_traceback_later(seconds * _BLIND_FACTOR, exit=True)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        _tell(0.0)
        if not _PROC:
            faulthandler.cancel_dump_traceback_later()


def _tell(limit_s: float) -> None:
    if _own["slot"] >= 0:
        _SLOT.pack_into(_board, _own["slot"] * _SLOT.size, os.getpid(), limit_s, _own["limits"])


def _told() -> Iterator[tuple[int, float, int]]:
    """Return the limits of this process's children: process id, seconds, number of the limit."""
    for pid, limit_s, number in _SLOT.iter_unpack(_board[:]):
        if pid:
            yield pid, limit_s, number


class Watch:
    """Watches the children of this process."""

    def __init__(self, read: Callable[[int], Usage | None] = usage) -> None:
        self._read = read
        self._asleep: dict[int, tuple[int, Stillness]] = {}
        self._before: dict[int, Usage] = {}

    def look(self, now: float | None = None) -> list[int]:
        """End the children that slept through their limit. Returns their process ids."""
        ended = []
        for pid, limit_s, number in self._children():
            known, stillness = self._asleep.get(pid, (-1, None))
            if stillness is None or known != number:
                self._asleep[pid] = (number, Stillness(pid, self._read))
            elif limit_s and stillness.look(limit_s, now) >= limit_s:
                del self._asleep[pid]
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, SIGNAL)
                ended.append(pid)
        return ended

    def moving(self) -> list[int]:
        """Return the children that used a CPU, or waited for one, since the last call."""
        before, now = self._before, {pid: self._read(pid) for pid, _, _ in self._children()}
        self._before = {pid: usage for pid, usage in now.items() if usage}
        return [
            pid
            for pid, usage in self._before.items()
            if pid in before and not usage.stopped and (usage.cpu_s, usage.waited_s) != _had(before[pid])
        ]

    def _children(self) -> list[tuple[int, float, int]]:
        """The living children; the process id of a dead one may be reused by another process."""
        limits = [limit for limit in _told() if (usage := self._read(limit[0])) and usage.parent == os.getpid()]
        living = {pid for pid, _, _ in limits}
        self._asleep = {pid: seen for pid, seen in self._asleep.items() if pid in living}
        return limits


def _had(usage: Usage) -> tuple[float, float]:
    return usage.cpu_s, usage.waited_s
