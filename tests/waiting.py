"""Waiting in tests is for a condition, never for a time; the only limit is generous and stands against hanging."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

GENEROUS_S = 180.0
"""What no healthy run needs, on a machine however busy. Give it to ``timeout=``, ``wait`` and ``join`` as well."""
GENEROUS_MS = GENEROUS_S * 1000
"""The same for the browser."""


def eventually(
    condition: Callable[[], T | None],
    within_s: float = GENEROUS_S,
    every_s: float = 0.02,
    told: Callable[[], object] | None = None,
) -> T:
    """What the condition answers as soon as that is true. ``told`` says how things stand where it never is."""
    end = time.monotonic() + within_s
    while not (answer := condition()):
        if time.monotonic() > end:
            state = f"; {told()}" if told else ""
            raise AssertionError(f"it did not come true within {within_s:g} s; the last answer was {answer!r}{state}")
        time.sleep(every_s)
    return answer
