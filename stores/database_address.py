"""The address of a PostgreSQL database, as it is given. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from stores.errors import InputError

_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
_SAMPLE = "write it like postgresql://user:PASSWORD@host:5432/name"
_ESCAPES = "in a user name or password write / as %2F, # as %23, ? as %3F, @ as %40, : as %3A and % as %25"


def check_database_url(url: str) -> None:
    """Raise InputError where this is no address of a PostgreSQL database. The message contains no password."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise InputError(f"INGOT_DATABASE_URL is no address: {_SAMPLE}; {_ESCAPES}", code="bad_setting") from error
    if parts.scheme not in _SCHEMES:
        raise InputError(
            f"INGOT_DATABASE_URL begins with {parts.scheme or 'no scheme'!r}: only PostgreSQL is known ({_SAMPLE}); "
            "unset it for SQLite files in the home",
            code="bad_setting",
        )
    if not parts.path.strip("/"):
        raise InputError(f"INGOT_DATABASE_URL names no database: {_SAMPLE}", code="bad_setting")
