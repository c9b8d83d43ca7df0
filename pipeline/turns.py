"""Who may talk to which host now: few at once with one host, one where it is slow, so that it holds no others up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SLOW_S, LAME_S = 1.0, 5.0
_LEAST_STEP_S = 0.05
_MOST_STEPS = 10  # somebody looks again after so many exchanges: the host may have become quick
_WEIGHT = 0.3  # of the newest exchange in what is usual
_MOST_HOSTS = 2000


@dataclass(slots=True)
class _Host:
    begun: list[float] = field(default_factory=list)  # of the exchanges under way
    usual_s: float = 0.0
    next_free: float = 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """``granted``, or to be asked for again after ``delay_s``."""

    granted: bool
    delay_s: float = 0.0


class Turns:
    """Turns of one process: ``per_host`` exchanges with one host at once, ``in_all`` with all of them.

    A host that is quick is waited for a moment. One that is slow, or that keeps somebody waiting now, has two exchanges
    at a time, a lame one one, and whoever else wants it is told to come back when it will be free: no thread waits.
    """

    def __init__(self, per_host: int, in_all: int) -> None:
        self._per_host, self._in_all = per_host, in_all
        self._hosts: dict[str, _Host] = {}
        self._active = 0
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, host: str) -> Iterator[Turn]:
        """A turn with a host for the time of the block, where it is granted."""
        refused_s = self._enter(host)
        if refused_s:
            yield Turn(granted=False, delay_s=refused_s)
            return
        began = time.monotonic()
        try:
            yield Turn(granted=True)
        finally:
            self._leave(host, began)

    def _enter(self, host: str) -> float:
        """0.0 where the caller may go on; else seconds after which it should ask again."""
        patience = time.monotonic() + SLOW_S
        with self._changed:
            found = self._host(host)
            while True:
                now = time.monotonic()
                pace_s = max(found.usual_s, *(now - begun for begun in found.begun), 0.0)
                limit, slow = self._limit(pace_s), pace_s >= SLOW_S
                if len(found.begun) < limit and self._active < self._in_all:
                    found.begun.append(now)
                    self._active += 1
                    return 0.0
                if slow or now >= patience:
                    step_s = max(pace_s, _LEAST_STEP_S)
                    found.next_free = min(max(now, found.next_free) + step_s / limit, now + _MOST_STEPS * step_s)
                    return found.next_free - now
                self._changed.wait(min(0.1, patience - now))

    def _limit(self, pace_s: float) -> int:
        if pace_s < SLOW_S:
            return self._per_host
        return min(self._per_host, 2) if pace_s < LAME_S else 1

    def _leave(self, host: str, began: float) -> None:
        now = time.monotonic()
        with self._changed:
            found = self._host(host)
            found.begun.pop()
            self._active -= 1
            took_s = now - began
            found.usual_s = found.usual_s + _WEIGHT * (took_s - found.usual_s) if found.usual_s else took_s
            if found.usual_s < SLOW_S:
                found.next_free = 0.0
            self._changed.notify_all()

    def _host(self, name: str) -> _Host:
        if len(self._hosts) > _MOST_HOSTS:
            self._hosts = {key: host for key, host in self._hosts.items() if host.begun or key == name}
        return self._hosts.setdefault(name, _Host())
