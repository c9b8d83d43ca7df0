"""Moments that people write: a date, a time, or how long ago."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from stores.errors import InputError

_AGO = re.compile(r"(\d{1,6})\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def moment_of(text: str) -> float:
    """Return seconds since the epoch for ``2026-11-20``, ``2026-11-20T08:00`` or ``7d`` (ago); UTC unless it says so.

    InputError for anything else.
    """
    if match := _AGO.fullmatch(text.strip().lower()):
        return time.time() - int(match[1]) * _SECONDS[match[2]]
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(
            f"{text[:40]!r} is no moment: write 2026-11-20, 2026-11-20T08:00, or how long ago, such as 30m, 12h or 7d",
            code="bad_moment",
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
