"""Schedules: what a home does by the clock, when each was last due, and what became of it.

Who makes a schedule due does so once for each of its times, however many programs look at the clock. A claim is
exclusive until ``lease_s`` seconds have passed; then anybody may claim it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class ScheduleState(StrEnum):
    """``waits`` for its first time; ``due`` and not begun; ``running``; ``done`` or ``failed`` at the last time."""

    WAITS = "waits"
    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleClaim:
    """A schedule that is ours to run until the lease ends. ``content``: what to do; ``attempt`` counts from 1."""

    name: str
    content: Mapping[str, Any]
    owner: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleView:
    """A schedule and its last run. Times are seconds since the epoch; ``last_due_at``: up to then it is done with.

    ``result``: the words and numbers of the last run; ``skipped``: times since then at which a run was still going on.
    """

    name: str
    content: Mapping[str, Any]
    state: ScheduleState
    last_due_at: float
    started_at: float | None = None
    finished_at: float | None = None
    error: str = ""
    result: Mapping[str, Any] | None = None
    skipped: int = 0


class ScheduleStore(Protocol):
    """The schedules of a home."""

    def register(self, contents: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep these schedules, by name, and forget all others. A new one is due at its next time."""

    def make_due(self, name: str, at: float) -> bool:
        """Make a schedule due for the time ``at``; False where that was done before, or its last run goes on."""

    def request(self, name: str, content: Mapping[str, Any], *, sent: bool = False) -> bool:
        """Make a schedule due now, beside its times; False where it is due or running.

        ``sent``: as if it were sent already, for a caller who claims it at once.
        """

    def take(self, *, quiet: bool) -> list[str]:
        """Mark what is due and was not sent, or whose message or worker is lost, as sent; return the names."""

    def unsend(self, names: Sequence[str]) -> None:
        """Take the mark back from schedules that could not be sent."""

    def claim(self, name: str, owner: str, lease_s: float) -> ScheduleClaim | None:
        """Take a schedule that is due, and count the attempt; None where it is not, or somebody has it."""

    def beat(self, claim: ScheduleClaim, lease_s: float) -> bool:
        """Extend the lease. False where the claim has ended."""

    def finish(self, claim: ScheduleClaim, result: Mapping[str, Any], error: str = "") -> bool:
        """End a run, as failed where there is an ``error``. False where the claim has ended."""

    def release(self, owner: str) -> int:
        """End the claims of all owners that begin with ``owner``, whose process is known to be dead; how many."""

    def are_open(self) -> bool:
        """Tell whether a schedule is due or running."""

    def views(self) -> list[ScheduleView]:
        """Return all schedules, by name."""
