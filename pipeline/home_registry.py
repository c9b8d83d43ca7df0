"""Which homes work and ask on one broker, and what is said where they do not meet.

On Redis each home has keys of its own, so that two of them never take each other's work. Workers and askers write down
for which home they are, in a hash that all homes share: so an asker whose home nobody serves is told who else is there,
and a worker is told what is asked for in vain. On other brokers messages name their home, and workers tell theirs when
asked.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kombu import Connection
from kombu.exceptions import OperationalError

from pipeline.broker_address import bare, tls
from pipeline.settings import Settings
from stores.home_id import home_id

log = logging.getLogger("ingot.worker")

WORKER, ASKER = "worker", "asker"
ANNOUNCE_S = 5.0
"""How often a worker says that it is there, and an asker that waits that it asks."""
_FRESH_S = 30.0
_FORGET_S = 3600.0
_SAY_AGAIN_S = 60.0
_MOST_NAMED = 3
_KEY = "ingot-homes"
TELL_HOME = "ingot_home"
"""The remote command that workers answer with their home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Somebody on the broker. ``role`` is worker or asker; ``path`` is the home's as seen from ``host``."""

    role: str
    home: str
    path: str
    host: str

    @classmethod
    def here(cls, settings: Settings, role: str) -> Neighbour:
        """This process."""
        found = settings.home.absolute()
        return cls(role=role, home=home_id(found), path=str(found), host=socket.gethostname())

    def __str__(self) -> str:
        return f"{self.path} on {self.host}"


def announce(settings: Settings, role: str, name: str = "") -> None:
    """Say that this home is worked for, or asked for, now. ``name`` tells workers of one home apart."""
    me = Neighbour.here(settings, role)

    def write(client: Any, now: float) -> None:
        client.hset(_KEY, _field(me, name or str(os.getpid())), json.dumps({**asdict(me), "seen_at": now}))

    _on_redis(settings, write)


def leave(settings: Settings, name: str) -> None:
    """This worker ends."""
    field = _field(Neighbour.here(settings, WORKER), name)
    _on_redis(settings, lambda client, _: client.hdel(_KEY, field))


def present(settings: Settings) -> list[Neighbour]:
    """Who was there within the last seconds; nobody where the broker cannot be reached, or is no Redis."""
    found: set[Neighbour] = set()

    def read(client: Any, now: float) -> None:
        for field, row in client.hgetall(_KEY).items():
            told = json.loads(row)
            age_s = now - float(told.pop("seen_at"))
            if age_s > _FORGET_S:
                client.hdel(_KEY, field)
            elif age_s < _FRESH_S:
                found.add(Neighbour(**told))

    with contextlib.suppress(ValueError, TypeError, KeyError):  # of a version that writes otherwise
        _on_redis(settings, read)
    return sorted(found, key=str)


def shares_keys(settings: Settings) -> bool:
    """Do all homes of this broker meet in one set of queues? Only on Redis each has its own."""
    return not settings.broker_url.startswith(("redis", "sentinel"))


def others(settings: Settings, workers: Sequence[Neighbour]) -> list[Neighbour]:
    """These workers, all of other homes; nobody where one of them works for this one."""
    mine = home_id(settings.home.absolute())
    return [] if any(one.home == mine for one in workers) else list(workers)


def sentence(settings: Settings, found: Sequence[Neighbour]) -> str:
    """Why nothing is worked on, for who asks for this home."""
    me = Neighbour.here(settings, ASKER)
    others = ", ".join(map(str, found[:_MOST_NAMED]))
    return (
        f"the workers on this broker serve another home ({others}) than this one ({me}): start them with "
        "INGOT_HOME at this home's folder, or ask with INGOT_HOME at theirs"
    )


class Watcher:
    """Tells the log of a worker, once a minute for each, which homes are asked for that no worker serves."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, float] = {}

    def foreign(self, settings: Settings, home: str) -> bool:
        """Is a message of this home not for this worker? Then that is said."""
        mine = Neighbour.here(settings, WORKER)
        if home in ("", mine.home):
            return False
        self._warn(mine, Neighbour(role=ASKER, home=home, path=f"the home {home}", host="another machine or folder"))
        return True

    def look(self, settings: Settings) -> None:
        """Warn of the askers that wait in vain while this worker is there."""
        there = present(settings)
        served = {one.home for one in there if one.role == WORKER} | {home_id(settings.home.absolute())}
        for asker in there:
            if asker.role == ASKER and asker.home not in served:
                self._warn(Neighbour.here(settings, WORKER), asker)

    def _warn(self, me: Neighbour, asker: Neighbour) -> None:
        now = self._clock()
        if now - self._said.get(asker.home, -_SAY_AGAIN_S) < _SAY_AGAIN_S:
            return
        self._said[asker.home] = now
        log.warning(
            "work is asked for by another home (%s) than the one that this worker serves (%s), and nobody serves that: "
            "start a worker with INGOT_HOME at that home's folder, or ask with INGOT_HOME at this one's",
            asker,
            me,
        )


watcher = Watcher()
"""That of this process."""


def _field(who: Neighbour, name: str) -> str:
    return f"{who.role}|{who.home}|{who.host}|{name}"


def _on_redis(settings: Settings, act: Callable[[Any, float], object]) -> None:
    """Call ``act`` with a client and the broker's own time; not where it is no Redis, or cannot be reached."""
    if shares_keys(settings):
        return
    options = {"socket_timeout": 3, "socket_connect_timeout": 3}
    try:
        url = settings.broker_url
        with Connection(bare(url), ssl=tls(url) or False, transport_options=options) as connection:
            channel = connection.channel()  # tries once; ``default_channel`` tries for ever
            seconds, micros = channel.client.time()
            act(channel.client, seconds + micros / 1e6)
    except Exception as error:
        if not isinstance(error, (OperationalError, OSError)) and not _of_redis(error):
            raise
        log.debug("nobody can be told of this home: %s", type(error).__name__)


def _of_redis(error: Exception) -> bool:
    """Is it one of the client's own errors? They are no OSErrors."""
    return type(error).__module__.startswith("redis")
