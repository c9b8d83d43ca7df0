"""When a callback is tried again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.settings import Settings

_JITTER = 0.2
_MOST_RETRY_AFTER_S = 24 * 3600.0  # that a receiver may ask for


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """Seconds before each try, the first included."""

    delays_s: tuple[float, ...]

    @classmethod
    def of(cls, settings: Settings) -> RetrySchedule:
        return cls(tuple(float(part) for part in settings.callback_retries_s.split(",")))

    @property
    def tries(self) -> int:
        return len(self.delays_s)

    @property
    def whole_s(self) -> float:
        """From the event to its last try."""
        return sum(self.delays_s)

    def delay_s(
        self, attempt: int, retry_after_s: float | None, jitter: Callable[[], float] = random.random
    ) -> float | None:
        """Seconds to wait after failed try number ``attempt`` (from 1); None after the last.

        The delay varies by a fifth at random, and is longer where the receiver asks for it, up to a day.
        """
        if attempt >= self.tries:
            return None
        planned = self.delays_s[attempt] * (1 - _JITTER + 2 * _JITTER * jitter())
        return max(planned, min(retry_after_s or 0.0, _MOST_RETRY_AFTER_S))
