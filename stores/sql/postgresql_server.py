"""A PostgreSQL server as a process reaches it: one pool of connections for all knowledge bases, and its clock.

A transaction begins with one message that sets its search path and takes the lock of its knowledge base. That works
behind a pooler of transactions (PgBouncer), too: nothing is kept in a session.
"""

from __future__ import annotations

import os
import time
import weakref
from typing import Any

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from stores.database_address import check_database_url
from stores.errors import InputError, UnavailableError
from stores.sql import postgresql
from stores.sql.catalog_tables import SCHEMA
from stores.sql.database import Database

LOCK_TIMEOUT_S = 30
_IDLE_TIMEOUT_S = 120  # a process that stops within a transaction holds its lock no longer
_CONNECT_TIMEOUT_S = 5
_POOL = {"pool_size": 3, "max_overflow": 27, "pool_timeout": 30}
_KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
_LOCKS = 0x1960D  # the first key of our advisory locks; the second is the number of a knowledge base, 0 the catalog
_MEASURE_S = 60.0  # between two looks at the server's clock


class PostgresServer:
    """One database on a server; ``place`` names it in messages, without the password."""

    def __init__(self, url: str) -> None:
        address = _address(url)
        shown = address.set(drivername="postgresql", password=None, query={} if address.host else address.query)
        self.place = shown.render_as_string()
        self._engine = _engine(address)
        self._clock = _ServerClock(self)
        reference = weakref.ref(self._engine)
        os.register_at_fork(after_in_child=lambda: _forget_connections(reference()))

    def now(self) -> float:
        """Return the server's time, in seconds since the epoch: all hosts agree on it."""
        return self._clock.now()

    def catalog(self) -> Database:
        """Return the database of the tables that all knowledge bases share."""
        return self.database(SCHEMA, 0)

    def database(self, schema: str, number: int) -> Database:
        """Return the database of one knowledge base. ``number``: that of its write lock."""
        path = f"SET LOCAL search_path TO {schema}"
        idle = f"SET LOCAL idle_in_transaction_session_timeout = '{_IDLE_TIMEOUT_S}s'"
        wait = f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'"
        late = "SET LOCAL synchronous_commit TO off"  # the next commit that waits for the disk brings this one along
        lock = f"SELECT pg_advisory_xact_lock({_LOCKS}, {number % (1 << 31)})"
        read_only = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        return Database(
            self.place,
            postgresql,
            self._beginning(f"BEGIN; {path}; {idle}; {wait}; {lock}"),
            self._beginning(f"{read_only}; {path}; {idle}"),
            beside=self._beginning(f"BEGIN; {path}; {idle}; {wait}; {late}"),
            at_once=self._beginning("").execution_options(schema_translate_map={None: schema}),
            clock=self.now,
            shared=True,
        )

    def _beginning(self, statements: str) -> Engine:
        """The engine whose transactions begin with these statements; its connections are those of all."""
        return self._engine.execution_options(ingot_clock=self.now, ingot_begin=statements)

    def measured(self) -> float:
        """Ask the server for its time."""
        with self.catalog().read() as connection:
            return float(connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())").scalar_one())

    def close(self) -> None:
        """Close the pooled connections."""
        self._engine.dispose()


class _ServerClock:
    """The server's clock, carried on by this machine's count of seconds, which no one sets."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = weakref.ref(server)
        self._ahead_s = 0.0
        self._measured_at: float | None = None

    def now(self) -> float:
        at = _elapsed()
        if self._measured_at is None or at - self._measured_at > _MEASURE_S:
            self._measure(at)
        return _elapsed() + self._ahead_s

    def _measure(self, began: float) -> None:
        server = self._server()
        try:
            measured = server.measured() if server else 0.0
        except UnavailableError:
            if self._measured_at is None:
                raise
            return
        self._ahead_s = measured - (began + _elapsed()) / 2
        self._measured_at = _elapsed()


def _elapsed() -> float:
    """Seconds since this machine started, those asleep among them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _address(url: str) -> URL:
    check_database_url(url)
    try:
        return make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError) as error:
        raise InputError("INGOT_DATABASE_URL is no address of a database", code="bad_setting") from error


def _engine(address: URL) -> Engine:
    arguments: dict[str, Any] = {"connect_timeout": _CONNECT_TIMEOUT_S, "prepare_threshold": None, **_KEEPALIVES}
    arguments = {name: value for name, value in arguments.items() if name not in address.query}
    try:
        engine = sqlalchemy.create_engine(
            address, poolclass=QueuePool, isolation_level="AUTOCOMMIT", connect_args=arguments, **_POOL
        )
    except (ImportError, NoSuchModuleError) as error:
        raise UnavailableError("PostgreSQL needs its driver: pip install 'ingot[cluster]'") from error
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    if statements := connection.get_execution_options()["ingot_begin"]:
        connection.exec_driver_sql(statements)


def _forget_connections(engine: Engine | None) -> None:
    """Leave the connections of a parent process alone: they are its own."""
    if engine is not None:
        engine.dispose(close=False)
