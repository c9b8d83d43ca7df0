"""ULIDs: 48 bits of milliseconds and 80 random bits in Crockford's base 32; they sort by time."""

from __future__ import annotations

import secrets
import time

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_ulid() -> str:
    """26 characters."""
    value = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "".join(_DIGITS[(value >> shift) & 31] for shift in range(125, -1, -5))
