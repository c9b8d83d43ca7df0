"""ULIDs: 48 bits of milliseconds and 80 random bits in Crockford's base 32; they sort by time.

Those that one process makes sort in the order of their making, also within a millisecond.
"""

from __future__ import annotations

import secrets
import threading
import time

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS, _STEP_BITS = 80, 40
_lock = threading.Lock()
_last = 0


def new_ulid() -> str:
    """26 characters."""
    global _last
    with _lock:
        now = int(time.time() * 1000) << _RANDOM_BITS
        if now > _last:
            _last = now | secrets.randbits(_RANDOM_BITS - 1)  # the highest bit is free: steps do not reach the time
        else:
            _last += 1 + secrets.randbits(_STEP_BITS)
        return "".join(_DIGITS[(_last >> shift) & 31] for shift in range(125, -1, -5))
