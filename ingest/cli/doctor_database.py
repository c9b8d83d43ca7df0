"""The checks of ``ingot doctor`` that concern PostgreSQL, and hosts that share a broker."""

from __future__ import annotations

import contextlib
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
    """Check the database where one is configured; that other hosts see the same."""
    if not settings.database_url:
        yield from _hosts_apart(settings)
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
    yield from _hosts_apart(settings)


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


def _hosts_apart(settings: Settings) -> Iterator[Finding]:
    """Check that this host and the others see each other's work: what `/readyz` says, and the users of the broker."""
    from pipeline.remote_control import workers_of_other_homes
    from pipeline.service import Service

    try:
        workers = workers_of_other_homes(settings) if settings.broker_url else None
        with contextlib.closing(Service(settings)) as service:
            why = service.administration.why_hosts_apart(workers)
    except IngotError:  # what cannot be reached has a finding of its own
        return
    if why:
        problem, _, remedy = why.rpartition(": ")
        yield Finding(Level.FAIL, "hosts", problem, remedy)
