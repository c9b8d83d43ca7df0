"""Limits count what a process used: a starved or stopped one is in time, one that burns or sleeps ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.time_limits import Spending, Stillness, Usage
from tests.waiting import GENEROUS_S, eventually

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform != "linux", reason="what a process used is read from /proc"),
]
BURN = "sum(range(10**15))"  # never gives Python's lock back
SLEEP = "ctypes.PyDLL(None).sleep(1000)"  # nor does this
SPEND = "until = time.process_time() + {}\nwhile time.process_time() < until: pass\nprint('in time', flush=True)"
ITS_OWN_S = 0.2  # that the looks themselves may take, which counts as well
CHILD = """
import ctypes, os, time
from pipeline import time_limits
def work():
    with time_limits.limited({limit}):
        {body}
"""
ALONE = CHILD + "\ntime_limits.take_slot(0)\nwork()\n"
WATCHED = (
    CHILD
    + """
child = os.fork()
if child == 0:
    time_limits.take_slot(0)
    work()
    os._exit(0)
watch, status = time_limits.Watch(), None
while status is None:
    time.sleep(0.1)
    watch.look()
    ended, found = os.waitpid(child, os.WNOHANG)
    status = found if ended else None
print(os.WTERMSIG(status))
"""
)


def run(script: str, body: str, limit: float) -> subprocess.CompletedProcess[str]:
    lines = body.replace("\n", "\n        ")
    command = [sys.executable, "-c", script.format(body=lines, limit=limit)]
    return subprocess.run(command, capture_output=True, text=True, timeout=GENEROUS_S, check=False)


def readings(cpu: Sequence[float], waited: Sequence[float], asleep: bool = True) -> Stillness:
    """One that reads these, one after the other, at each look."""
    rows = iter(Usage(c, w, asleep) for c, w in zip(cpu, waited, strict=True))
    return Stillness(1, lambda pid: next(rows))


def looks(found: Stillness, times: int, every_s: float = 1.0, limit_s: float = 10.0) -> float:
    began = time.monotonic()
    return [found.look(limit_s, began + every_s * (n + 1)) for n in range(times)][-1]


def test_a_process_that_burns_ends_though_it_keeps_pythons_lock() -> None:
    done = run(ALONE, BURN, 0.3)
    assert done.returncode == -signal.SIGPROF
    assert "in work" in done.stderr, "it says where it was"


def test_a_process_that_sleeps_ends_though_it_keeps_pythons_lock() -> None:
    done = run(WATCHED, SLEEP, 1.0)
    assert done.stdout.split() == [str(int(signal.SIGPROF))]
    assert "in work" in done.stderr


def test_what_is_in_time_goes_on() -> None:
    assert run(ALONE, SPEND.format(0.3), 1.0).stdout == "in time\n"


def test_a_starved_process_is_not_taken_for_a_hung_one() -> None:
    """It needs less than half of its limit, and has a ninth of a processor: by the clock it takes far longer."""
    with one_processor_with_busy_neighbours():
        began = time.monotonic()
        done = run(WATCHED, SPEND.format(0.4), 1.0)
        took_s = time.monotonic() - began
    assert done.stdout.split() == ["in", "time", "0"]
    assert took_s > 1.0, "it was not starved, so nothing was shown"


@contextmanager
def one_processor_with_busy_neighbours() -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(8)]
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
        for one in busy:
            one.kill()
            one.wait()


def test_sleep_is_counted_and_work_begins_it_anew() -> None:
    assert looks(readings([0.0] * 9, [0.0] * 9), 8) == pytest.approx(8.0, abs=ITS_OWN_S)
    busy = [0.0, 0.0, 0.0, 0.5, 0.5, 0.5]
    assert looks(readings(busy, [0.0] * 6), 5) == pytest.approx(2.0, abs=ITS_OWN_S)


def test_heartbeats_do_not_keep_a_sleeper_alive() -> None:
    beats = [n * 0.0005 for n in range(21)]
    assert looks(readings(beats, [0.0] * 21), 20) == pytest.approx(20.0, abs=ITS_OWN_S)


def test_time_spent_waiting_or_stopped_is_no_sleep() -> None:
    waits = [n * 0.9 for n in range(9)]
    assert looks(readings([0.0] * 9, waits), 8) == 0.0
    assert looks(readings([0.0] * 9, [0.0] * 9, asleep=False), 8) == 0.0


def test_a_parent_that_was_stopped_itself_does_not_blame_its_children() -> None:
    assert looks(readings([0.0] * 2, [0.0] * 2), 1, every_s=3600.0) <= 5.0


def test_a_process_that_is_gone_is_not_asleep() -> None:
    gone = Stillness(1, lambda pid: None)
    assert looks(gone, 5) == 0.0


def state_of(pid: int) -> str:
    """The letter for its state in /proc: T where it is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_another_ones_limit_is_used_up_by_burning_and_not_by_being_stopped() -> None:
    burning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        spending = Spending(burning.pid, 0.3)
        burning.send_signal(signal.SIGSTOP)
        eventually(lambda: state_of(burning.pid) == "T")
        assert not spending.used_up()
        burning.send_signal(signal.SIGCONT)
        eventually(spending.used_up)
    finally:
        burning.kill()
        burning.wait()
