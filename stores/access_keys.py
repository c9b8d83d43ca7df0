"""Keys of the API that a home keeps: their rule, their hashes, and what is known of each."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from stores.errors import InputError

_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
NAME_RULE = "1 to 64 of letters, digits, '.', '_', '@', '-', the first a letter or digit"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """What is kept of a key. ``digest``: its SHA-256 in hex; the key itself is shown once and kept nowhere.

    ``knowledge``: the knowledge bases that it is for, None for all. Times are seconds since the epoch;
    ``last_used_day`` is a date in UTC, "" where it was never used. A revoked key is kept for its name.
    """

    name: str
    digest: str
    knowledge: tuple[str, ...] | None
    created_at: float
    created_by: str = ""
    last_used_day: str = ""
    revoked_at: float | None = None


def new_key() -> str:
    """Return a key that nobody can guess: 256 random bits."""
    return f"ingot_{secrets.token_urlsafe(_BYTES)}"


def digest_of(key: str) -> bytes:
    """Return the hash of a key, which is stored and compared."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


def check_key_name(name: str) -> str:
    """Return the name of a key. InputError with the rule where it is not one."""
    if not _NAME.fullmatch(name):
        raise InputError(f"{name[:64]!r} is no name of a key: it has {NAME_RULE}", code="bad_name")
    return name
