"""Dynamic batching: texts that several threads embed at the same time share the batches of one model.

Any thread may call ``embed``; one thread runs the model. It takes the texts that wait, sorts them by length to keep
padding small, and cuts them into batches of a number of tokens. An error is raised only in the calls whose texts
caused it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from stores.errors import StoppingError

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger("ingot.embed")

Encode = Callable[[list[str], str], "np.ndarray"]  # texts and their kind -> float32 array (texts, dimension)
CHUNK, QUERY = "chunk", "query"
_WINDOW = 8  # batches that are sorted together
_BYTES_PER_TOKEN = 3.5  # of UTF-8, about the same for English and for Chinese
_GROW_AFTER = 64  # successful batches before a batch size that was reduced grows again


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``batch_tokens``: tokens of one batch, padding included. ``wait_s``: how long chunks wait for a full batch."""

    batch_tokens: int
    longest: int  # tokens of a text that the model reads
    wait_s: float = 0.004


@dataclass(slots=True)
class Counters:
    """Totals since the start. ``tokens`` is an estimate; ``places`` counts tokens and padding."""

    requests: int = 0
    texts: int = 0
    batches: int = 0
    batch_requests: int = 0  # requests in each batch, summed over all batches
    tokens: int = 0
    places: int = 0
    halved: int = 0  # batches that did not fit into memory and were split
    on_cpu: int = 0  # texts that did not fit into the GPU's memory even alone

    @property
    def occupancy(self) -> float:
        """Share of the places that hold a token, 0 to 1."""
        return self.tokens / max(self.places, 1)


@dataclass(slots=True, eq=False)
class _Request:
    kind: str
    vectors: list[np.ndarray | None]
    left: int
    future: Future[list[np.ndarray]]


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    tokens: int
    row: int
    request: _Request


class ChunkBatcher:
    """Embeds texts for many threads with one thread of its own.

    Only that thread calls ``encode``, and ``encode_on_cpu`` for a text that does not fit into the GPU's memory alone.
    It starts with the first text, so a batcher made before a fork can be used after it.
    """

    def __init__(
        self,
        encode: Encode,
        options: Options,
        *,
        is_out_of_memory: Callable[[Exception], bool],
        encode_on_cpu: Encode | None = None,
    ) -> None:
        self.counters = Counters()
        self._encode, self._encode_on_cpu = encode, encode_on_cpu
        self._is_out_of_memory = is_out_of_memory
        self._options = options
        self._budget, self._successes = options.batch_tokens, 0
        self._waiting: dict[str, deque[_Text]] = {QUERY: deque(), CHUNK: deque()}
        self._in_hand: list[_Text] = []
        self._oldest_at = 0.0
        self._closing = self._stopped = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def embed(self, texts: Sequence[str], kind: str = CHUNK) -> list[np.ndarray]:
        """Return one vector per text, in order, once all are computed. Raises what the model raised for these texts."""
        if not texts:
            return []
        request = _Request(kind, [None] * len(texts), len(texts), Future())
        waiting = [_Text(text, self._estimate(text), row, request) for row, text in enumerate(texts)]
        with self._changed:
            if self._closing:
                raise StoppingError()
            if not any(self._waiting.values()):
                self._oldest_at = monotonic()
            self._waiting[kind].extend(waiting)
            self.counters.requests += 1
            self._start()
            self._changed.notify_all()
        return request.future.result()

    def close(self, within_s: float | None = None) -> None:
        """Accept no more texts and embed those that wait; after ``within_s`` seconds the rest raises StoppingError."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(within_s)
        with self._changed:
            self._stopped = True
            for item in (*self._waiting[QUERY], *self._waiting[CHUNK], *self._in_hand):
                _fail(item.request, StoppingError())

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="embedder", daemon=True)
            self._thread.start()

    def _estimate(self, text: str) -> int:
        """Estimate the tokens of a text from its bytes: exact enough to sort texts and to fill batches."""
        return min(2 + int(len(text.encode(errors="replace")) / _BYTES_PER_TOKEN), self._options.longest)

    def _work(self) -> None:
        while window := self._next_window():
            for batch in self._batches(window):
                self._run([item for item in batch if not item.request.future.done()])

    def _next_window(self) -> list[_Text]:
        """Wait for the next texts: all of one kind, queries before chunks, longest first; empty when closed."""
        with self._changed:
            while not self._closing and not self._is_due():
                self._changed.wait(self._time_left())
            queue = self._waiting[QUERY] or self._waiting[CHUNK]
            window: list[_Text] = []
            tokens = 0
            while queue and tokens < _WINDOW * self._budget and not self._stopped:
                item = queue.popleft()
                tokens += item.tokens
                window.append(item)
            self._in_hand = sorted(window, key=lambda item: item.tokens, reverse=True)
            return self._in_hand

    def _is_due(self) -> bool:
        if self._waiting[QUERY]:
            return True
        chunks = self._waiting[CHUNK]
        return bool(chunks) and (
            monotonic() - self._oldest_at >= self._options.wait_s or sum(item.tokens for item in chunks) >= self._budget
        )

    def _time_left(self) -> float | None:
        if not self._waiting[CHUNK]:
            return None
        return max(self._oldest_at + self._options.wait_s - monotonic(), 0.0)

    def _batches(self, window: Sequence[_Text]) -> Iterator[list[_Text]]:
        """Cut a window into batches, longest texts first, each as large as the budget allows at that moment."""
        at = 0
        while at < len(window):
            rows = max(1, self._budget // max(window[at].tokens, 1))
            yield list(window[at : at + rows])
            at += rows

    def _run(self, batch: list[_Text], encode: Encode | None = None) -> None:
        """Embed a batch and deliver its vectors; where it fails, try smaller batches, then each request alone."""
        if not batch:
            return
        try:
            vectors = (encode or self._encode)([item.text for item in batch], batch[0].request.kind)
        except Exception as error:  # it is raised in the callers of the batch; this thread goes on
            self._recover(batch, error, alone=encode is not None)
        else:
            self._count(batch)
            for item, vector in zip(batch, vectors, strict=True):
                _deliver(item, vector)

    def _recover(self, batch: list[_Text], error: Exception, *, alone: bool) -> None:
        requests = list(dict.fromkeys(item.request for item in batch))
        if self._is_out_of_memory(error) and not alone:
            self._run_smaller(batch, error)
        elif len(requests) > 1:
            for request in requests:
                self._run([item for item in batch if item.request is request])
        else:
            _fail(requests[0], error)

    def _run_smaller(self, batch: list[_Text], error: Exception) -> None:
        self.counters.halved += 1
        if len(batch) > 1:
            half = (len(batch) + 1) // 2
            self._budget, self._successes = max(half * batch[0].tokens, 1), 0
            log.warning("the memory does not hold %d texts at once: half as many", len(batch))
            self._run(batch[:half])
            self._run(batch[half:])
        elif self._encode_on_cpu:
            self.counters.on_cpu += 1
            log.warning("a text of about %d tokens does not fit on the GPU: the CPU embeds it", batch[0].tokens)
            self._run(batch, self._encode_on_cpu)
        else:
            _fail(batch[0].request, error)

    def _count(self, batch: Sequence[_Text]) -> None:
        counters = self.counters
        counters.batches += 1
        counters.texts += len(batch)
        counters.batch_requests += len({id(item.request) for item in batch})
        counters.tokens += sum(item.tokens for item in batch)
        counters.places += len(batch) * max(item.tokens for item in batch)
        self._successes += 1
        if self._successes % _GROW_AFTER == 0:
            self._budget = min(2 * self._budget, self._options.batch_tokens)


def _deliver(item: _Text, vector: np.ndarray) -> None:
    request = item.request
    request.vectors[item.row] = vector
    request.left -= 1
    if not request.left:
        with suppress(InvalidStateError):  # it failed, or was closed, in the meantime
            request.future.set_result([vector for vector in request.vectors if vector is not None])


def _fail(request: _Request, error: Exception) -> None:
    with suppress(InvalidStateError):
        request.future.set_exception(error)
