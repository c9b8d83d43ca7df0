"""Batches of pages through ``generate``, for models that slots do not support.

Waiting pages are sorted by size, so that pages of similar length share a batch. Same interface as ``SlotBatcher``.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any

from pipeline.engines.got.adapters import Family
from pipeline.engines.got.card import limited, release_memory
from pipeline.engines.got.checkpoint import Loaded
from pipeline.engines.got.got_model import stop_ids
from pipeline.engines.got.guards import Finish, RepetitionGuard
from pipeline.engines.got.slots import Counters, Options, Reading, fail
from stores.errors import StoppingError

log = logging.getLogger("ingot.got")

LOOK_AHEAD = 4  # batches that are sorted together


class StaticBatcher:
    """Reads pages in batches of ``options.slots``; any thread may submit, one thread runs the model."""

    def __init__(self, loaded: Loaded, family: Family, options: Options) -> None:
        self.loaded, self.family, self.options, self.counters = loaded, family, options, Counters()
        self.stops = stop_ids(loaded)
        self._waiting: deque[tuple[Any, Future[Reading]]] = deque()
        self._in_hand: list[tuple[Any, Future[Reading]]] = []
        self._bell = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = self._abandoned = False

    def submit(self, picture: Any) -> Future[Reading]:
        """Queue an RGB image (PIL)."""
        future: Future[Reading] = Future()
        with self._bell:
            if self._closed:
                raise StoppingError("the page batcher is closed")
            self._waiting.append((picture, future))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="page batcher", daemon=True)
                self._thread.start()
            self._bell.notify()
        return future

    def close(self, within_s: float | None = None) -> None:
        """Finish the queued pages, then end the thread.

        With a limit, the current batch finishes if it can in this time; all other pages raise StoppingError.
        """
        with self._bell:
            self._closed = True
            waiting = [] if within_s is None else list(self._waiting)
            self._waiting = deque() if waiting else self._waiting
            self._bell.notify()
        fail([future for _, future in waiting], StoppingError())
        if self._thread is not None:
            self._thread.join(within_s)
            self._abandoned = True
            fail([future for _, future in self._in_hand] if self._thread.is_alive() else [], StoppingError())

    def _run(self) -> None:
        while batch := self._take():
            self._in_hand = [pair for pair in batch if pair[1].set_running_or_notify_cancel()]
            self._read(self._in_hand)

    def _take(self) -> list[tuple[Any, Future[Reading]]]:
        """Wait for a batch: the page that waited longest and those of the most similar size; none once closed."""
        with self._bell:
            while not (self._waiting or self._closed):
                self._bell.wait()
            if not self._waiting:
                return []
            near = [self._waiting.popleft() for _ in range(min(len(self._waiting), LOOK_AHEAD * self.options.slots))]
            first, size = near[0], _pixels(near[0][0])
            others = sorted(near[1:], key=lambda pair: abs(_pixels(pair[0]) - size))
            chosen = [first, *others[: self.options.slots - 1]]
            taken = {id(future) for _, future in chosen}
            self._waiting.extendleft(pair for pair in reversed(near) if id(pair[1]) not in taken)
            return chosen

    def _read(self, batch: list[tuple[Any, Future[Reading]]]) -> None:
        """Read a batch; where that fails (no memory, a bad page) in halves, so that only a bad page is lost."""
        if not batch:
            return
        try:
            with limited(self.options.longest_turn_s * len(batch)):
                readings = self._generate([picture for picture, _ in batch])
        except Exception as error:
            release_memory(error)
            if len(batch) == 1:
                fail([batch[0][1]], error)
                return
            self.counters.halved += 1
            middle = len(batch) // 2
            self._read(batch[:middle])
            self._read(batch[middle:])
            return
        for (_, future), reading in zip(batch, readings, strict=True):
            with suppress(InvalidStateError):  # it was sent back meanwhile
                future.set_result(reading)

    def _generate(self, pictures: Sequence[Any]) -> list[Reading]:
        import torch

        device, guards = self.loaded.device, [self._guard() for _ in pictures]
        inputs = self.family.inputs(self.loaded.processor, pictures).to(device.name, dtype=self.loaded.model.dtype)
        start = inputs["input_ids"].shape[1]
        stopping = _stopping(guards, start, lambda: self._abandoned)
        with torch.inference_mode():
            ids = self.loaded.model.generate(
                **inputs,
                max_new_tokens=self.options.max_tokens,
                do_sample=False,
                eos_token_id=sorted(self.stops),
                pad_token_id=self.loaded.processor.tokenizer.pad_token_id,
                stopping_criteria=stopping,
            )
        readings = [self._reading(row, end) for row, end in zip(ids[:, start:].tolist(), stopping[0].ends, strict=True)]
        self.counters.pages += len(readings)
        self.counters.tokens += sum(len(reading.tokens) for reading in readings)
        return readings

    def _guard(self) -> RepetitionGuard | None:
        return self.options.guard() if self.options.guard else None

    def _reading(self, row: list[int], stopped_at: int | None) -> Reading:
        end = next((place + 1 for place, token in enumerate(row) if token in self.stops), None)
        if end is not None and (stopped_at is None or end <= stopped_at):  # behind it stands only padding
            return Reading(tuple(row[:end]), Finish.STOP)
        if stopped_at is not None:
            return Reading(tuple(row[:stopped_at]), Finish.REPETITION)
        return Reading(tuple(row), Finish.LENGTH)


def _pixels(picture: Any) -> int:
    return int(picture.width * picture.height)


def _stopping(guards: Sequence[RepetitionGuard | None], start: int, is_over: Callable[[], bool]) -> Any:
    """Stopping criteria that end single rows of a batch, and all once ``is_over``; ``ends``: after how many tokens."""
    import torch
    from transformers import StoppingCriteria, StoppingCriteriaList

    class Guarded(StoppingCriteria):  # type: ignore[misc]
        def __init__(self) -> None:
            self.ends: list[int | None] = [None] * len(guards)

        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
            for row, token in enumerate(input_ids[:, -1].tolist()):
                guard = guards[row]
                if guard is not None and self.ends[row] is None and guard.see(token):
                    self.ends[row] = input_ids.shape[1] - start
            over = is_over()
            return torch.tensor([over or end is not None for end in self.ends], device=input_ids.device)

    return StoppingCriteriaList([Guarded()])
