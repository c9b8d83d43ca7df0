"""A process that has no memory left for a thread ends before it claims a step."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

_RUN = """
import resource
from pipeline import lost_attempts
resource.setrlimit(resource.RLIMIT_DATA, ({limit}, {limit}))
held = []
try:
    while {fill}:
        held.append(bytearray(1 << 20))
except MemoryError:
    del held[-4:]
lost_attempts.end_if_spent()
print("goes on")
"""


@pytest.mark.parametrize(("fill", "code", "said"), [(True, -signal.SIGKILL, ""), (False, 0, "goes on\n")])
def test_a_process_without_memory_for_a_thread_ends(fill: bool, code: int, said: str) -> None:
    script = _RUN.format(limit=512 << 20, fill=fill)
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (code, said), ended.stderr
