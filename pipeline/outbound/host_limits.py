"""Limits how many threads talk to one host: a few, and one where it is slow, so that it cannot occupy them all.

A thread never waits for a busy host: its turn is queued in the host's line, and the threads that talk to the host take
it next. The faster the host, the longer its line may be; a turn without a place in it is given back for later.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from stores.errors import IngotError

log = logging.getLogger("ingot.outbound")

SLOW_S, VERY_SLOW_S = 1.0, 5.0  # of one exchange: then two threads, or one, may talk to the host
LINE_S = 30.0
"""Seconds that a turn may stay in a line."""
_LONGEST_LINE = 200
_LEAST_PACE_S = 0.05  # assumed of an exchange
_WEIGHT = 0.3  # of the newest exchange in the moving average
_MOST_HOSTS = 2000
_ALL_BUSY_S = 1.0  # a turn comes again after so long, where all threads are busy
_LONG_S = 10.0  # a thread serves one host for so long, while others wait for a thread


@dataclass(frozen=True, slots=True)
class HostTurn:
    """One exchange with a host: ``work`` does it; ``give_back`` is called instead, with the seconds to wait."""

    work: Callable[[], None]
    give_back: Callable[[float], None]


@dataclass(slots=True)
class _Host:
    begun: list[float] = field(default_factory=list)  # of the exchanges under way
    line: deque[HostTurn] = field(default_factory=deque)
    usual_s: float = 0.0

    def pace_s(self, now: float) -> float:
        """Usual seconds of an exchange; before one has ended, those of the ones under way."""
        return max(self.usual_s or self.worst_s(now), _LEAST_PACE_S)

    def worst_s(self, now: float) -> float:
        """Seconds of the slowest recent exchange, those under way included."""
        return max(self.usual_s, *(now - begun for begun in self.begun), 0.0)


class HostLimits:
    """The hosts of one process: ``per_host`` exchanges with one at once, ``in_all`` with all of them."""

    def __init__(self, per_host: int, in_all: int) -> None:
        self._per_host, self._in_all = per_host, in_all
        self._hosts: dict[str, _Host] = {}
        self._active = 0
        self._lock = threading.Lock()

    def join(self, host: str, turn: HostTurn) -> None:
        """Do a turn now and then those in the host's line, or put it into the line, or give it back."""
        with self._lock:
            began, delay_s = self._begin_or_queue(self._host(host), turn, time.monotonic())
        if began:
            self._serve(host, turn, began)
        elif delay_s:
            _quietly(turn.give_back, delay_s)

    def _serve(self, host: str, turn: HostTurn, began: float) -> None:
        """Do this turn, then those in line, as long as the host's limit allows this thread."""
        since, following = began, turn
        while True:
            _quietly(following.work)
            with self._lock:
                now, state = time.monotonic(), self._host(host)
                make_room = self._active >= self._in_all and now - since > _LONG_S
                self._note_end(state, began, now)
                surplus = self._surplus(state, now, make_room=make_room)
                delay_s = self._ahead_s(state, state.pace_s(now))
                next_turn = self._next(state, now)
                self._help(host, state, now)
            for late in surplus:
                _quietly(late.give_back, delay_s)
            if next_turn is None:
                return
            following, began = next_turn, now

    def _begin_or_queue(self, state: _Host, turn: HostTurn, now: float) -> tuple[float, float]:
        """(start, 0.0) where the turn begins now, (0.0, 0.0) where it is in line, (0.0, seconds to wait)."""
        if len(state.begun) < self._limit(state.worst_s(now)):
            if self._active >= self._in_all:
                return 0.0, _ALL_BUSY_S
            state.begun.append(now)
            self._active += 1
            return now, 0.0
        pace_s = state.pace_s(now)
        if len(state.line) < self._room(pace_s):
            state.line.append(turn)
            return 0.0, 0.0
        return 0.0, self._ahead_s(state, pace_s)

    def _note_end(self, state: _Host, began: float, now: float) -> None:
        state.begun.remove(began)
        self._active -= 1
        took_s = now - began
        state.usual_s = state.usual_s + _WEIGHT * (took_s - state.usual_s) if state.usual_s else took_s

    def _surplus(self, state: _Host, now: float, *, make_room: bool) -> list[HostTurn]:
        """The turns to take out of the line: the host became slow, or its threads are needed for other hosts."""
        kept = 0 if make_room and not state.begun else self._room(state.pace_s(now))
        return [state.line.pop() for _ in range(len(state.line) - kept)]

    def _next(self, state: _Host, now: float) -> HostTurn | None:
        if not state.line or len(state.begun) >= self._limit(state.worst_s(now)) or self._active >= self._in_all:
            return None
        state.begun.append(now)
        self._active += 1
        return state.line.popleft()

    def _help(self, host: str, state: _Host, now: float) -> None:
        """Start one more thread for a line where the limit allows it: some left when the host was slow."""
        helping = self._next(state, now)
        if helping:
            threading.Thread(target=self._serve, args=(host, helping, now), name="outbound-task", daemon=True).start()

    def _limit(self, pace_s: float) -> int:
        if pace_s < SLOW_S:
            return self._per_host
        return min(self._per_host, 2) if pace_s < VERY_SLOW_S else 1

    def _room(self, pace_s: float) -> int:
        return min(_LONGEST_LINE, int(LINE_S / pace_s * self._limit(pace_s)))

    def _ahead_s(self, state: _Host, pace_s: float) -> float:
        """Seconds until the turns in line will be done, about."""
        return min(LINE_S, max(_ALL_BUSY_S, pace_s * len(state.line) / self._limit(pace_s)))

    def _host(self, name: str) -> _Host:
        if len(self._hosts) > _MOST_HOSTS:
            self._hosts = {key: host for key, host in self._hosts.items() if host.begun or key == name}
        return self._hosts.setdefault(name, _Host())


def _quietly(act: Callable[..., None], *given: float) -> None:
    """Call ``act`` and only log its errors, so that other turns go on; the task is due again when its lease ends."""
    try:
        act(*given)
    except IngotError as error:
        log.warning("an outbound task was left: %s", error.message)
    except Exception:
        log.exception("an outbound task failed")
