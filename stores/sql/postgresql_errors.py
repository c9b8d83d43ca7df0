"""What PostgreSQL's errors mean: one sentence each, with what to do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from stores.errors import NotFoundError, TransientError, UnavailableError

_REMOVED = ("42P01", "3F000")  # no such table, no such schema
_BUSY = ("40001", "40P01", "55P03")  # serialization failure, deadlock, lock timeout
_BY_STATE = {
    "25006": "takes no writes: it is read only, or a standby; name the primary in INGOT_DATABASE_URL",
    "42501": "refuses this role: grant it the right to create schemas (GRANT CREATE ON DATABASE ... TO ...)",
    "53100": "cannot write: its disk is full; free some space there",
    "53200": "is out of memory: see its log",
    "53300": "has no connection left: raise its max_connections, or run fewer workers",
}
_AT_CONNECT = (  # words of the server or of libpq, and what they mean
    (("password authentication failed", "no password supplied"), "refuses the password of INGOT_DATABASE_URL"),
    (("no pg_hba.conf entry",), "refuses this host: its pg_hba.conf must let it in"),
    (("SSL", "certificate"), "refuses the encrypted connection: see sslmode and sslrootcert of INGOT_DATABASE_URL"),
    (("too many clients", "too many connections", "remaining connection slots"), _BY_STATE["53300"]),
    (("starting up", "shutting down", "recovery mode"), "is starting or stopping: try again soon"),
    (("database", "does not exist"), "has no database of that name: createdb makes it"),
    (("role", "does not exist"), "has no role of that name: createuser makes it"),
    (("resolve host", "translate host name", "not known"), "has a host name that nobody knows: check it"),
    (("timeout", "timed out"), "does not answer: check host and port, and that no firewall is between"),
    (("refused", "No such file"), "is not there: start PostgreSQL, or correct host and port in INGOT_DATABASE_URL"),
)
_CONNECTION_LOST = ("08", "57P")  # classes: connection exceptions, shutdowns


@contextlib.contextmanager
def translated_errors(place: str) -> Iterator[None]:
    """Translate errors about the server, locks and rights; programming errors pass unchanged."""
    try:
        yield
    except PoolTimeoutError as error:
        raise TransientError(f"the database {place} is busy: no connection became free") from error
    except DBAPIError as error:
        meaning = _meaning(place, error)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(place: str, error: DBAPIError) -> Exception | None:
    state, reason = getattr(error.orig, "sqlstate", None), str(error.orig)
    if state in _REMOVED:
        return NotFoundError("this knowledge base was removed: see `ingot kb list`")
    if state in _BUSY:
        return TransientError(f"the database {place} is busy")
    if state in _BY_STATE:
        return UnavailableError(f"the database {place} {_BY_STATE[state]}")
    if state is None and type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout"):
        return UnavailableError(f"the database {place} {_at_connect(reason)}")
    if state is not None and state.startswith(_CONNECTION_LOST):
        return UnavailableError(f"the connection to the database {place} was lost: try again soon")
    return None


def _at_connect(reason: str) -> str:
    """What a message without a state means: the connection was not made, or broke."""
    for words, meaning in _AT_CONNECT:
        if (all if words[-1] == "does not exist" else any)(word in reason for word in words):
            return meaning
    return f"cannot be reached: {' '.join(reason.split())}"
