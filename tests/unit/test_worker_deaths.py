"""What a lost process died of: only what a page can do is held against it."""

from __future__ import annotations

from pathlib import Path

import pytest
from billiard.exceptions import WorkerLostError
from celery.exceptions import TimeLimitExceeded

from pipeline import worker_deaths
from pipeline.worker_deaths import MemoryKills, fault_of


def lost(how: str) -> WorkerLostError:
    """As Celery says it."""
    return WorkerLostError(f"Worker exited prematurely: {how} Job: 7.")


@pytest.mark.parametrize("how", ["signal 9 (SIGKILL)", "signal 15 (SIGTERM)", "signal 2 (SIGINT)"])
def test_a_worker_killed_from_outside_is_no_fault_of_the_page(how: str) -> None:
    assert fault_of(lost(how), memory_ran_out=False) is None
    fault = fault_of(lost(how), memory_ran_out=True)
    assert fault and fault.code == "out_of_memory"


@pytest.mark.parametrize("how", ["signal 11 (SIGSEGV)", "signal 6 (SIGABRT)", "signal 7 (SIGBUS)", "exitcode 1"])
def test_a_crash_is_the_fault_of_the_page(how: str) -> None:
    fault = fault_of(lost(how), memory_ran_out=False)
    assert fault and fault.code == "crash"


@pytest.mark.parametrize("error", [lost("signal 27 (SIGPROF)"), TimeLimitExceeded(600)])
def test_a_page_over_its_time_limit_is_at_fault(error: Exception) -> None:
    fault = fault_of(error, memory_ran_out=False)
    assert fault and fault.code == "time_limit"


def test_that_memory_ran_out_is_noticed_over_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "run" / "w@h.memory-kills"
    for said, ran_out in (("boot 3", True), ("boot 3", False), ("boot 4", True), ("boot 4", False), ("other 4", True)):
        monkeypatch.setattr(worker_deaths, "memory_kills", lambda said=said: said)
        assert MemoryKills(file).ran_out() is ran_out, said
    monkeypatch.setattr(worker_deaths, "memory_kills", lambda: "")
    assert MemoryKills(file).ran_out(), "where nobody can know, the page is suspected"
    assert MemoryKills(file).ran_out()
