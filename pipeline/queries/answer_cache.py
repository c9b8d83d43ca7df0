"""Answers that are expensive to compute and may be a little old."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

_AGE_FACTOR = 10.0


@dataclass(slots=True)
class AnswerCache:
    """Keeps answers by key for a while. Shared by the queries of one process; losing an entry only costs time."""

    _entries: dict[str, tuple[float, object]] = field(default_factory=dict)

    def get(self, key: str, keep_s: float, compute: Callable[[], T]) -> T:
        """Return the answer kept under ``key``, or compute it and keep it for ``keep_s`` seconds."""
        now = time.monotonic()
        until, answer = self._entries.get(key, (0.0, None))
        if now >= until:
            answer = compute()
            self._entries[key] = (time.monotonic() + keep_s, answer)
        return answer  # type: ignore[return-value]

    def get_adaptive(self, key: str, compute: Callable[[], T]) -> T:
        """As ``get``, kept ten times as long as computing took: frequent callers spend a tenth of their time on it."""
        began = time.monotonic()
        until, answer = self._entries.get(key, (0.0, None))
        if began >= until:
            answer = compute()
            now = time.monotonic()
            self._entries[key] = (now + _AGE_FACTOR * (now - began), answer)
        return answer  # type: ignore[return-value]
