"""A Reranker that answers within a time, whatever another one does."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence

from pipeline.contracts import Loads, Reranker
from stores.errors import IngotError, UnavailableError

PAUSE_S = 30.0
_MOST_AT_ONCE = 16


class TimeLimited:
    """Asks another reranker in a thread of its own, and is given up after ``limit_s``; loading a model is not limited.

    After a failure nobody waits for it for ``pause_s``: the searches of that time get the same error at once.
    """

    def __init__(
        self,
        reranker: Reranker,
        limit_s: float,
        pause_s: float = PAUSE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reranker, self._limit_s, self._pause_s, self._clock = reranker, limit_s, pause_s, clock
        self._slots = threading.BoundedSemaphore(_MOST_AT_ONCE)
        self._failed: tuple[float, IngotError] | None = None

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        failed = self._failed
        if failed and self._clock() - failed[0] < self._pause_s:
            raise failed[1]
        try:
            if isinstance(self._reranker, Loads):
                self._reranker.warm_up()
            scores = self._in_time(query, texts)
        except IngotError as error:
            self._failed = self._clock(), error
            raise
        self._failed = None
        return scores

    def _in_time(self, query: str, texts: Sequence[str]) -> list[float]:
        if not self._slots.acquire(blocking=False):
            raise UnavailableError("the reranker is busy with other searches")
        answers: queue.SimpleQueue[list[float] | BaseException] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._reranker.scores(query, texts))
            except BaseException as error:
                answers.put(error)
            finally:
                self._slots.release()

        threading.Thread(target=ask, name="reranker", daemon=True).start()
        try:
            answer = answers.get(timeout=self._limit_s)
        except queue.Empty as error:
            raise UnavailableError(f"the reranker took longer than {self._limit_s:g} s") from error
        if isinstance(answer, BaseException):
            raise answer
        return answer
