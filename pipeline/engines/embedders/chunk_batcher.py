"""Passages of all documents share one model: who comes while it computes is taken along in the next batch.

Any thread may ask; one thread runs the model. It takes what waits, sorts it by length so that little is padding, and
cuts it into batches that hold a number of tokens. An error reaches only those whose passages made it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import TYPE_CHECKING

from stores.errors import StoppingError

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger("ingot.embed")

Encode = Callable[[list[str], str], "np.ndarray"]  # texts and their kind -> float32 array (texts, dimension)
PASSAGE, QUERY = "passage", "query"
_WINDOW = 8  # batches that are sorted together
_BYTES_PER_TOKEN = 3.5  # of UTF-8, about the same for English and for Chinese
_GROW_AFTER = 64  # batches without trouble before a reduced batch grows again


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``batch_tokens``: tokens of one batch with its padding; ``wait_s``: how long a lone asker waits for company."""

    batch_tokens: int
    longest: int  # tokens of a text that the model reads
    wait_s: float = 0.004


@dataclass(slots=True)
class Counters:
    """What the batcher did so far. ``tokens`` are estimated; ``places`` are tokens with their padding."""

    requests: int = 0
    passages: int = 0
    batches: int = 0
    askers: int = 0  # summed over batches
    tokens: int = 0
    places: int = 0
    halved: int = 0  # batches that did not fit and were tried smaller
    on_cpu: int = 0  # passages that did not fit alone
    encode_s: float = 0.0

    @property
    def occupancy(self) -> float:
        """Share of the computed places that hold a token, 0 to 1."""
        return self.tokens / max(self.places, 1)


@dataclass(slots=True, eq=False)
class _Request:
    kind: str
    vectors: list[np.ndarray | None]
    left: int
    future: Future[list[np.ndarray]]


@dataclass(frozen=True, slots=True)
class _Passage:
    text: str
    tokens: int
    row: int
    request: _Request


class ChunkBatcher:
    """``encode`` is called by one thread only; ``encode_on_cpu`` where a single text does not fit on the GPU.

    The thread starts with the first passage, so make the object before a fork and use it after.
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
        self._budget, self._without_trouble = options.batch_tokens, 0
        self._waiting: dict[str, deque[_Passage]] = {QUERY: deque(), PASSAGE: deque()}
        self._in_hand: list[_Passage] = []
        self._first_came = 0.0
        self._closing = self._stopped = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def embed(self, texts: Sequence[str], kind: str = PASSAGE) -> list[np.ndarray]:
        """One vector per text, in their order; waits for them. Raises what the model raised over these texts."""
        if not texts:
            return []
        request = _Request(kind, [None] * len(texts), len(texts), Future())
        passages = [_Passage(text, self._estimate(text), row, request) for row, text in enumerate(texts)]
        with self._changed:
            if self._closing:
                raise StoppingError()
            if not any(self._waiting.values()):
                self._first_came = monotonic()
            self._waiting[kind].extend(passages)
            self.counters.requests += 1
            self._start()
            self._changed.notify_all()
        return request.future.result()

    def close(self, within_s: float | None = None) -> None:
        """Take nothing more, and embed what waits. With a limit the rest gets StoppingError when it has passed."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(within_s)
        with self._changed:
            self._stopped = True
            for passage in (*self._waiting[QUERY], *self._waiting[PASSAGE], *self._in_hand):
                _fail(passage.request, StoppingError())

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="embedder", daemon=True)
            self._thread.start()

    def _estimate(self, text: str) -> int:
        """Tokens of a text, near enough to sort and to fill batches."""
        return min(2 + int(len(text.encode(errors="replace")) / _BYTES_PER_TOKEN), self._options.longest)

    def _work(self) -> None:
        while window := self._next_window():
            for batch in self._batches(window):
                self._run([passage for passage in batch if not passage.request.future.done()])

    def _next_window(self) -> list[_Passage]:
        """What is embedded next, all of one kind, queries first, longest first; empty at the end."""
        with self._changed:
            while not self._closing and not self._is_due():
                self._changed.wait(self._time_left())
            queue = self._waiting[QUERY] or self._waiting[PASSAGE]
            window: list[_Passage] = []
            tokens = 0
            while queue and tokens < _WINDOW * self._budget and not self._stopped:
                passage = queue.popleft()
                tokens += passage.tokens
                window.append(passage)
            self._in_hand = sorted(window, key=lambda passage: passage.tokens, reverse=True)
            return self._in_hand

    def _is_due(self) -> bool:
        if self._waiting[QUERY]:
            return True
        passages = self._waiting[PASSAGE]
        return bool(passages) and (
            monotonic() - self._first_came >= self._options.wait_s
            or sum(passage.tokens for passage in passages) >= self._budget
        )

    def _time_left(self) -> float | None:
        if not self._waiting[PASSAGE]:
            return None
        return max(self._first_came + self._options.wait_s - monotonic(), 0.0)

    def _batches(self, window: Sequence[_Passage]) -> Iterator[list[_Passage]]:
        """Longest first, each as large as the budget allows at that moment."""
        at = 0
        while at < len(window):
            rows = max(1, self._budget // max(window[at].tokens, 1))
            yield list(window[at : at + rows])
            at += rows

    def _run(self, batch: list[_Passage], encode: Encode | None = None) -> None:
        """Embed and hand back; on trouble smaller, then alone."""
        if not batch:
            return
        began = perf_counter()
        try:
            vectors = (encode or self._encode)([passage.text for passage in batch], batch[0].request.kind)
        except Exception as error:  # whatever it is, it belongs to the askers; this thread goes on
            self._recover(batch, error, alone=encode is not None)
        else:
            self._count(batch, perf_counter() - began)
            for passage, vector in zip(batch, vectors, strict=True):
                _deliver(passage, vector)

    def _recover(self, batch: list[_Passage], error: Exception, *, alone: bool) -> None:
        requests = list(dict.fromkeys(passage.request for passage in batch))
        if self._is_out_of_memory(error) and not alone:
            self._run_smaller(batch, error)
        elif len(requests) > 1:
            for request in requests:
                self._run([passage for passage in batch if passage.request is request])
        else:
            _fail(requests[0], error)

    def _run_smaller(self, batch: list[_Passage], error: Exception) -> None:
        self.counters.halved += 1
        if len(batch) > 1:
            half = (len(batch) + 1) // 2
            self._budget, self._without_trouble = max(half * batch[0].tokens, 1), 0
            log.warning("the memory does not hold %d passages at once: half as many", len(batch))
            self._run(batch[:half])
            self._run(batch[half:])
        elif self._encode_on_cpu:
            self.counters.on_cpu += 1
            log.warning("a passage of about %d tokens does not fit on the GPU: the CPU embeds it", batch[0].tokens)
            self._run(batch, self._encode_on_cpu)
        else:
            _fail(batch[0].request, error)

    def _count(self, batch: Sequence[_Passage], seconds: float) -> None:
        counters = self.counters
        counters.batches += 1
        counters.passages += len(batch)
        counters.askers += len({id(passage.request) for passage in batch})
        counters.tokens += sum(passage.tokens for passage in batch)
        counters.places += len(batch) * max(passage.tokens for passage in batch)
        counters.encode_s += seconds
        self._without_trouble += 1
        if self._without_trouble % _GROW_AFTER == 0:
            self._budget = min(2 * self._budget, self._options.batch_tokens)


def _deliver(passage: _Passage, vector: np.ndarray) -> None:
    request = passage.request
    request.vectors[passage.row] = vector
    request.left -= 1
    if not request.left:
        with suppress(InvalidStateError):  # it failed, or was closed, in the meantime
            request.future.set_result([found for found in request.vectors if found is not None])


def _fail(request: _Request, error: Exception) -> None:
    with suppress(InvalidStateError):
        request.future.set_exception(error)
