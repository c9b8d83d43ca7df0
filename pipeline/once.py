"""What is made once in a process, on first use, however many threads ask for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """``make`` with its results cached; concurrent callers wait for one result instead of building several."""

    def __init__(self, make: Callable[..., T]) -> None:
        self._lock, self._cached = threading.RLock(), cache(make)

    def __call__(self, *names: Any) -> T:
        with self._lock:
            return self._cached(*names)

    def built(self) -> bool:
        return self._cached.cache_info().currsize > 0
