"""Finds out what a worker process died of, and whether the page that it read is the cause."""

from __future__ import annotations

import contextlib
import re
import signal
from pathlib import Path

from pipeline import time_limits
from stores.models import Fault

#: Signals that no page causes: they come from outside, or from the kernel when memory runs out.
_FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT})
_SIGNAL = re.compile(r"signal (\d+)")


def fault_of(error: BaseException | None, memory_ran_out: bool) -> Fault | None:
    """The fault of the page in work, from Celery's ``error`` about a lost child; None where it is not the cause."""
    if type(error).__name__ == "TimeLimitExceeded":
        return _TOO_LONG
    match = _SIGNAL.search(str(error))
    number = int(match[1]) if match else 0
    if number == time_limits.SIGNAL:
        return _TOO_LONG
    if number in _FROM_OUTSIDE:
        return _NO_MEMORY if memory_ran_out else None
    return _CRASH


_TOO_LONG = Fault(code="time_limit", message="it took longer than its time limit")
_NO_MEMORY = Fault(code="out_of_memory", message="the machine ran out of memory")
_CRASH = Fault(code="crash", message="a crash")


def memory_kills() -> str:
    """How many processes the kernel killed since boot because memory ran out; "" where that is unknown."""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return f"{boot} {line.split()[1]}"
    return ""


class MemoryKills:
    """Notices that memory ran out, also across restarts of a worker: the last count is kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def ran_out(self) -> bool:
        """Whether memory ran out since the last call; True where that is unknown."""
        before, now = "", memory_kills()
        with contextlib.suppress(OSError):
            before = self._file.read_text()
        if before != now:
            with contextlib.suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                self._file.write_text(now)
        return not now or before != now
