"""What a process died of, as far as it tells whether the page that it read is to blame."""

from __future__ import annotations

import contextlib
import re
import signal
from pathlib import Path

from pipeline import time_limits
from stores.models import Fault

#: A page cannot send these: somebody outside did, or the kernel, when memory ran out.
_FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT})
_SIGNAL = re.compile(r"signal (\d+)")


def fault_of(error: BaseException | None, memory_ran_out: bool) -> Fault | None:
    """What is said of the page in work after Celery's ``error`` about a lost child; None: it is not to blame."""
    if type(error).__name__ == "TimeLimitExceeded":
        return _TOO_LONG
    found = _SIGNAL.search(str(error))
    number = int(found[1]) if found else 0
    if number == time_limits.SIGNAL:
        return _TOO_LONG
    if number in _FROM_OUTSIDE:
        return _NO_MEMORY if memory_ran_out else None
    return _CRASH


_TOO_LONG = Fault(code="time_limit", message="it took longer than its time limit")
_NO_MEMORY = Fault(code="out_of_memory", message="the machine ran out of memory")
_CRASH = Fault(code="crash", message="a crash")


def memory_kills() -> str:
    """How many processes this machine has killed since it booted because memory ran out; "" where it does not say."""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return f"{boot} {line.split()[1]}"
    return ""


class MemoryKills:
    """Notices that memory ran out, also between two lives of a worker: what was known stands in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def ran_out(self) -> bool:
        """Did it since this was asked before? True where nobody can know."""
        before, now = "", memory_kills()
        with contextlib.suppress(OSError):
            before = self._file.read_text()
        if before != now:
            with contextlib.suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                self._file.write_text(now)
        return not now or before != now
