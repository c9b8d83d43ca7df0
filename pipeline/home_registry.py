"""Which homes use a broker, and the warnings where workers and clients use different ones.

On Redis each home has its own keys, so two homes never take each other's messages. Workers and clients register their
home in a hash that all homes share: a client whose home has no worker learns which homes have one, and a worker logs
the homes that wait for a worker. On other brokers messages name their home, and workers answer a remote command.
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

from pipeline.broker_address import bare, tls, without_password
from pipeline.settings import Settings
from stores.home_id import home_id

log = logging.getLogger("ingot.worker")

WORKER, ASKER, SERVER = "worker", "asker", "server"  # roles of a neighbour; an asker is a client that waits for work
ANNOUNCE_S = 5.0
"""Seconds between two announcements of a worker, or of a client that waits."""
_FRESH_S = 30.0  # an older announcement does not count
_FORGET_S = 3600.0  # an older one is removed
_SAY_AGAIN_S = 60.0  # between two equal warnings
_MOST_NAMED = 3  # homes in a message
_KEY = "ingot-homes"
_SAME_DATABASE = "give workers and clients the same INGOT_DATABASE_URL"
TELL_HOME = "ingot_home"
"""The remote command that workers answer with their home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A worker or client of a broker, with its home: ``path`` (or database) as seen from ``host``."""

    role: str
    home: str
    path: str
    host: str

    @classmethod
    def here(cls, settings: Settings, role: str) -> Neighbour:
        """This process."""
        database = settings.database_url
        place = without_password(database) if database else str(settings.home.absolute())
        return cls(role=role, home=_own_id(settings), path=place, host=socket.gethostname())

    def __str__(self) -> str:
        return f"{self.path} on {self.host}"


def announce(settings: Settings, role: str, name: str = "") -> None:
    """Register this process as a worker or client of its home. ``name`` tells workers of one home apart."""
    me = Neighbour.here(settings, role)

    def write(client: Any, now: float) -> None:
        client.hset(_KEY, _field(me, name or str(os.getpid())), json.dumps({**asdict(me), "seen_at": now}))

    _on_redis(settings, write)


def leave(settings: Settings, name: str) -> None:
    """Remove the registration of a worker that ends."""
    field = _field(Neighbour.here(settings, WORKER), name)
    _on_redis(settings, lambda client, _: client.hdel(_KEY, field))


def present(settings: Settings) -> list[Neighbour]:
    """The registrations of the last seconds; none where the broker cannot be reached or is no Redis."""
    neighbours: set[Neighbour] = set()

    def read(client: Any, now: float) -> None:
        for field, row in client.hgetall(_KEY).items():
            told = json.loads(row)
            age_s = now - float(told.pop("seen_at"))
            if age_s > _FORGET_S:
                client.hdel(_KEY, field)
            elif age_s < _FRESH_S:
                neighbours.add(Neighbour(**told))

    with contextlib.suppress(ValueError, TypeError, KeyError):  # written by a version with another format
        _on_redis(settings, read)
    return sorted(neighbours, key=str)


def shares_keys(settings: Settings) -> bool:
    """Whether all homes of this broker share one set of queues. Only on Redis each has its own."""
    return not settings.broker_url.startswith(("redis", "sentinel"))


def others(settings: Settings, workers: Sequence[Neighbour]) -> list[Neighbour]:
    """The given workers where all serve other homes; none where one of them serves this home."""
    mine = _own_id(settings)
    return [] if any(one.home == mine for one in workers) else list(workers)


def sentence(settings: Settings, found: Sequence[Neighbour]) -> str:
    """Why no worker takes the jobs of this home: the message for its client."""
    me = Neighbour.here(settings, ASKER)
    others = ", ".join(map(str, found[:_MOST_NAMED]))
    remedy = "start them with INGOT_HOME at this home's folder, or ask with INGOT_HOME at theirs"
    if _in_a_database(me, *found):
        remedy = _SAME_DATABASE
    return f"the workers on this broker serve another home ({others}) than this one ({me}): {remedy}"


class Watcher:
    """Logs in a worker which homes wait for a worker, each at most once a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, float] = {}

    def foreign(self, settings: Settings, home: str) -> bool:
        """Whether a message of ``home`` is not for this worker; if so, a warning is logged."""
        mine = Neighbour.here(settings, WORKER)
        if home in ("", mine.home):
            return False
        self._warn(mine, Neighbour(role=ASKER, home=home, path=f"the home {home}", host="another machine or folder"))
        return True

    def look(self, settings: Settings) -> None:
        """Log the clients whose homes no worker serves."""
        there = present(settings)
        served = {one.home for one in there if one.role == WORKER} | {_own_id(settings)}
        for asker in there:
            if asker.role == ASKER and asker.home not in served:
                self._warn(Neighbour.here(settings, WORKER), asker)

    def _warn(self, me: Neighbour, asker: Neighbour) -> None:
        now = self._clock()
        if now - self._said.get(asker.home, -_SAY_AGAIN_S) < _SAY_AGAIN_S:
            return
        self._said[asker.home] = now
        remedy = "start a worker with INGOT_HOME at that home's folder, or ask with INGOT_HOME at this one's"
        if _in_a_database(me, asker):
            remedy = _SAME_DATABASE
        log.warning(
            "work is asked for by another home (%s) than the one that this worker serves (%s), and nobody serves that: "
            "%s",
            asker,
            me,
            remedy,
        )


watcher = Watcher()
"""The watcher of this process."""


def _own_id(settings: Settings) -> str:
    return home_id(settings.home.absolute(), settings.database_url, settings.files_url)


def _in_a_database(*neighbours: Neighbour) -> bool:
    return any("://" in one.path for one in neighbours)


def _field(who: Neighbour, name: str) -> str:
    return f"{who.role}|{who.home}|{who.host}|{name}"


def _on_redis(settings: Settings, act: Callable[[Any, float], object]) -> None:
    """Call ``act`` with a Redis client and the broker's time, where the broker is a Redis that can be reached."""
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
        log.debug("this home cannot be registered: %s", type(error).__name__)


def _of_redis(error: Exception) -> bool:
    """Whether it is an error class of the Redis client, which are no OSErrors."""
    return type(error).__module__.startswith("redis")
