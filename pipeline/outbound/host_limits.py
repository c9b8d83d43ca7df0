"""Who talks to which host now. A few threads at most have a host, one where it is slow: it cannot hold them all.

Whoever comes while they are busy does not wait: what it wanted stands in the host's line, and those who have the host
do it next. A line is as long as it is quick; what finds no place in it is given back, to come again later.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from stores.errors import IngotError

log = logging.getLogger("ingot.errands")

SLOW_S, LAME_S = 1.0, 5.0
LINE_S = 30.0
"""Nothing is to stand in a line for longer."""
_LONGEST_LINE = 200
_LEAST_PACE_S = 0.05
_WEIGHT = 0.3  # of the newest exchange in what is usual
_MOST_HOSTS = 2000
_ALL_BUSY_S = 1.0
_LONG_S = 10.0


@dataclass(frozen=True, slots=True)
class HostTurn:
    """``work`` is done when the host is had; ``give_back`` is told after how many seconds to come again instead."""

    work: Callable[[], None]
    give_back: Callable[[float], None]


@dataclass(slots=True)
class _Host:
    begun: list[float] = field(default_factory=list)  # of the exchanges under way
    line: deque[HostTurn] = field(default_factory=deque)
    usual_s: float = 0.0

    def pace_s(self, now: float) -> float:
        """Seconds of an exchange, as known from those that ended; where none has, from those that do not end."""
        return max(self.usual_s or self.worst_s(now), _LEAST_PACE_S)

    def worst_s(self, now: float) -> float:
        """Seconds of the longest exchange of late, those under way included."""
        return max(self.usual_s, *(now - begun for begun in self.begun), 0.0)


class HostLimits:
    """The hosts of one process: ``per_host`` exchanges with one at once, ``in_all`` with all of them."""

    def __init__(self, per_host: int, in_all: int) -> None:
        self._per_host, self._in_all = per_host, in_all
        self._hosts: dict[str, _Host] = {}
        self._active = 0
        self._lock = threading.Lock()

    def join(self, host: str, turn: HostTurn) -> None:
        """Have the host now, and do what stands in its line meanwhile; or stand in line; or be given back."""
        with self._lock:
            began, delay_s = self._begin_or_stand(self._host(host), turn, time.monotonic())
        if began:
            self._have(host, turn, began)
        elif delay_s:
            _quietly(turn.give_back, delay_s)

    def _have(self, host: str, turn: HostTurn, began: float) -> None:
        """Do this turn, then those in line, for as long as the host may be had by so many."""
        since, following = began, turn
        while True:
            _quietly(following.work)
            with self._lock:
                now, found = time.monotonic(), self._host(host)
                make_room = self._active >= self._in_all and now - since > _LONG_S
                self._note_end(found, began, now)
                surplus = self._surplus(found, now, make_room=make_room)
                delay_s = self._ahead_s(found, found.pace_s(now))
                going_on = self._next(found, now)
                self._help(host, found, now)
            for one in surplus:
                _quietly(one.give_back, delay_s)
            if going_on is None:
                return
            following, began = going_on, now

    def _begin_or_stand(self, found: _Host, turn: HostTurn, now: float) -> tuple[float, float]:
        """(when it began to have the host, 0.0), (0.0, 0.0) where it stands in line, (0.0, when to come again)."""
        if len(found.begun) < self._limit(found.worst_s(now)):
            if self._active >= self._in_all:
                return 0.0, _ALL_BUSY_S
            found.begun.append(now)
            self._active += 1
            return now, 0.0
        pace_s = found.pace_s(now)
        if len(found.line) < self._room(pace_s):
            found.line.append(turn)
            return 0.0, 0.0
        return 0.0, self._ahead_s(found, pace_s)

    def _note_end(self, found: _Host, began: float, now: float) -> None:
        found.begun.remove(began)
        self._active -= 1
        took_s = now - began
        found.usual_s = found.usual_s + _WEIGHT * (took_s - found.usual_s) if found.usual_s else took_s

    def _surplus(self, found: _Host, now: float, *, make_room: bool) -> list[HostTurn]:
        """Those who stand in line in vain: it became slow, or nobody has the host any longer, for other hosts' sake."""
        kept = 0 if make_room and not found.begun else self._room(found.pace_s(now))
        return [found.line.pop() for _ in range(len(found.line) - kept)]

    def _next(self, found: _Host, now: float) -> HostTurn | None:
        if not found.line or len(found.begun) >= self._limit(found.worst_s(now)) or self._active >= self._in_all:
            return None
        found.begun.append(now)
        self._active += 1
        return found.line.popleft()

    def _help(self, host: str, found: _Host, now: float) -> None:
        """One more thread for a line, where more may have the host than do: those who left it when it was slow."""
        helping = self._next(found, now)
        if helping:
            threading.Thread(target=self._have, args=(host, helping, now), name="errand", daemon=True).start()

    def _limit(self, pace_s: float) -> int:
        if pace_s < SLOW_S:
            return self._per_host
        return min(self._per_host, 2) if pace_s < LAME_S else 1

    def _room(self, pace_s: float) -> int:
        return min(_LONGEST_LINE, int(LINE_S / pace_s * self._limit(pace_s)))

    def _ahead_s(self, found: _Host, pace_s: float) -> float:
        """Seconds until the line will be short."""
        return min(LINE_S, max(_ALL_BUSY_S, pace_s * len(found.line) / self._limit(pace_s)))

    def _host(self, name: str) -> _Host:
        if len(self._hosts) > _MOST_HOSTS:
            self._hosts = {key: host for key, host in self._hosts.items() if host.begun or key == name}
        return self._hosts.setdefault(name, _Host())


def _quietly(act: Callable[..., None], *given: float) -> None:
    """What one turn fails at is no matter of the others in line; its lease brings it back."""
    try:
        act(*given)
    except IngotError as error:
        log.warning("an errand was left: %s", error.message)
    except Exception:
        log.exception("an errand failed")
