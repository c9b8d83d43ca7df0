"""The checks of ``ingot doctor`` that concern PostgreSQL, and hosts that share a broker."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.cli.finding import Finding, Level
from stores.errors import IngotError

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from stores.database_facts import DatabaseFacts

_MOST_APART_S = 5.0
_LEAST_FREE = 10


def examine_database(settings: Settings) -> Iterator[Finding]:
    """Check the database where one is configured; where SQLite is used, that no other host shares the home."""
    if not settings.database_url:
        yield from _shared_files(settings)
        return
    from stores.database_facts import database_facts

    try:
        facts = database_facts(settings.database_url, settings.home.absolute(), settings.files_url)
    except IngotError as error:
        problem, _, remedy = error.message.partition(": ")
        yield Finding(Level.FAIL, "database", problem, remedy)
        return
    words = f"PostgreSQL {facts.version} at {facts.place}, {sum(facts.tables.values())} knowledge bases"
    yield Finding(Level.OK, "database", words)
    yield from _doubts(facts)


def _doubts(facts: DatabaseFacts) -> Iterator[Finding]:
    if not facts.supported:
        yield Finding(Level.FAIL, "database", f"PostgreSQL {facts.version} is too old", "use version 15 or newer")
    if facts.read_only:
        yield Finding(Level.FAIL, "database", "it is a standby: nothing can be written", "name the primary server")
    if newer := sum(count for number, count in facts.tables.items() if number > facts.current):
        yield Finding(
            Level.FAIL, "database", f"{newer} knowledge bases have tables of a newer version", "upgrade Ingot"
        )
    if older := sum(count for number, count in facts.tables.items() if number < facts.current):
        words = f"{older} knowledge bases have tables of an older version"
        yield Finding(Level.WARN, "database", words, "each is brought up to date at its first use")
    if abs(facts.ahead_s) > _MOST_APART_S:
        words = (
            f"this host's clock is {abs(facts.ahead_s):.0f} s {'behind' if facts.ahead_s > 0 else 'ahead of'} its own"
        )
        yield Finding(Level.WARN, "clock", words, "work goes by the database's clock; logs do not: use NTP")
    if facts.free < _LEAST_FREE:
        words = f"only {facts.free} connections are left"
        yield Finding(Level.WARN, "database", words, "raise max_connections, or run fewer workers")


def _shared_files(settings: Settings) -> Iterator[Finding]:
    if not settings.broker_url:
        return
    from pipeline import home_registry
    from stores.home_id import home_id

    try:
        mine, here = home_id(settings.home.absolute()), socket.gethostname()
    except IngotError:
        return  # said by the check of the home
    hosts = sorted({one.host for one in home_registry.present(settings) if one.home == mine and one.host != here})
    if hosts:
        words = f"the SQLite files of this home are also used by {', '.join(hosts)}, which only one machine may"
        remedy = "set INGOT_DATABASE_URL to a PostgreSQL, unless these are containers on this machine"
        yield Finding(Level.WARN, "database", words, remedy)
