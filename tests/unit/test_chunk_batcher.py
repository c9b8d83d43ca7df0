"""Texts of many requests share a batch: each request gets its own vectors, and only its own errors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest

from pipeline.engines.embedders.chunk_batcher import CHUNK, QUERY, ChunkBatcher, Options
from pipeline.engines.embedders.fake import FakeEmbedder
from stores.errors import StoppingError
from tests.waiting import GENEROUS_S
from tests.waiting import eventually as wait_for

FAKE = FakeEmbedder()
TEXTS = [f"section {number} " + "word " * (number % 37) for number in range(240)]


class Model:
    """Embeds as the fake embedder does, keeps a record of its batches, and can be held up."""

    def __init__(self, most: int = 10_000) -> None:
        self.most = most
        self.batches: list[tuple[str, list[str]]] = []
        self.open, self.busy = threading.Event(), threading.Event()
        self.open.set()

    def encode(self, texts: list[str], kind: str) -> np.ndarray:
        self.busy.set()
        assert self.open.wait(GENEROUS_S)
        self.batches.append((kind, texts))
        if any("poison" in text for text in texts):
            raise ValueError("a poisoned text")
        if len(texts) > self.most:
            raise MemoryError
        return FAKE.embed_chunks(texts)


@contextmanager
def batcher_of(
    model: Model, batch_tokens: int = 512, encode_on_cpu: Callable[[list[str], str], np.ndarray] | None = None
) -> Iterator[ChunkBatcher]:
    made = ChunkBatcher(
        model.encode,
        Options(batch_tokens=batch_tokens, longest=256),
        is_out_of_memory=lambda error: isinstance(error, MemoryError),
        encode_on_cpu=encode_on_cpu,
    )
    try:
        yield made
    finally:
        model.open.set()
        made.close()


def equal(vectors: Sequence[np.ndarray], texts: Sequence[str]) -> bool:
    return np.array_equal(np.stack(vectors), FAKE.embed_chunks(texts))


@pytest.mark.parametrize("batch_tokens", [1, 64, 4096])
def test_every_caller_gets_its_own_vectors_in_order(batch_tokens: int) -> None:
    with batcher_of(Model(), batch_tokens) as batcher, ThreadPoolExecutor(8) as threads:
        parts = [TEXTS[start : start + 30] for start in range(0, len(TEXTS), 30)]
        for part, vectors in zip(parts, threads.map(batcher.embed, parts), strict=True):
            assert equal(vectors, part)
        counters = batcher.counters
    assert (counters.requests, counters.texts) == (len(parts), len(TEXTS))
    assert 0 < counters.occupancy <= 1


def test_no_texts_are_no_work() -> None:
    with batcher_of(Model()) as batcher:
        assert batcher.embed([]) == []
        assert batcher.counters.requests == 0


def test_those_who_come_while_it_computes_share_the_next_batches() -> None:
    model = Model()
    with batcher_of(model, 100_000) as batcher, ThreadPoolExecutor(8) as threads:
        model.open.clear()
        first = threads.submit(batcher.embed, ["first"])
        assert model.busy.wait(GENEROUS_S)
        others = [threads.submit(batcher.embed, TEXTS[start : start + 10]) for start in range(0, 60, 10)]
        wait_for(lambda: batcher.counters.requests == 7)
        model.open.set()
        assert all(equal(other.result(GENEROUS_S), TEXTS[n * 10 : n * 10 + 10]) for n, other in enumerate(others))
        assert equal(first.result(GENEROUS_S), ["first"])
    assert [len(texts) for _, texts in model.batches] == [1, 60]
    assert batcher.counters.batch_requests == 7


def test_batches_hold_texts_of_like_length_within_the_budget() -> None:
    model = Model()
    with batcher_of(model, 400) as batcher:
        batcher.embed(TEXTS)
    for _, texts in model.batches:
        longest = max(len(text) for text in texts) / 3.5 + 2
        assert len(texts) == 1 or len(texts) * int(longest) <= 400
    assert batcher.counters.occupancy > 0.9


def test_queries_go_first_and_alone() -> None:
    model = Model()
    with batcher_of(model, 64) as batcher, ThreadPoolExecutor(4) as threads:
        model.open.clear()
        first = threads.submit(batcher.embed, ["first"])
        assert model.busy.wait(GENEROUS_S)
        many = threads.submit(batcher.embed, TEXTS)
        wait_for(lambda: batcher.counters.requests == 2)
        asked = threads.submit(batcher.embed, ["what is asked"], QUERY)
        wait_for(lambda: batcher.counters.requests == 3)
        model.open.set()
        for future in (first, many, asked):
            future.result(GENEROUS_S)
    assert model.batches[1] == (QUERY, ["what is asked"])
    assert {kind for kind, _ in model.batches[2:]} == {CHUNK}


def test_an_error_in_a_batch_reaches_only_its_caller() -> None:
    model = Model()
    with batcher_of(model, 100_000) as batcher, ThreadPoolExecutor(8) as threads:
        model.open.clear()
        first = threads.submit(batcher.embed, ["first"])
        assert model.busy.wait(GENEROUS_S)
        bad = threads.submit(batcher.embed, ["good", "poison", "good too"])
        good = [threads.submit(batcher.embed, TEXTS[start : start + 5]) for start in range(0, 20, 5)]
        wait_for(lambda: batcher.counters.requests == 6)
        model.open.set()
        with pytest.raises(ValueError, match="poisoned"):
            bad.result(GENEROUS_S)
        assert all(equal(future.result(GENEROUS_S), TEXTS[n * 5 : n * 5 + 5]) for n, future in enumerate(good))
        assert equal(first.result(GENEROUS_S), ["first"])
        assert equal(batcher.embed(["after"]), ["after"])


def test_what_does_not_fit_is_tried_smaller_and_stays_smaller() -> None:
    model = Model(most=4)
    with batcher_of(model, 100_000) as batcher:
        assert equal(batcher.embed(TEXTS[:64]), TEXTS[:64])
        assert batcher.counters.halved >= 4
        before = batcher.counters.halved
        assert equal(batcher.embed(TEXTS[:8]), TEXTS[:8])
        assert batcher.counters.halved <= before + 1


def test_batches_grow_again_when_there_is_room() -> None:
    model = Model(most=4)
    with batcher_of(model, 2048) as batcher:
        batcher.embed(TEXTS[:64])
        model.most = 10_000
        for _ in range(8):
            batcher.embed(TEXTS)
        model.batches.clear()
        batcher.embed(["x"] * 64)
        assert max(len(texts) for _, texts in model.batches) == 64


def test_a_text_that_does_not_fit_alone_goes_to_the_cpu() -> None:
    model = Model(most=0)
    with batcher_of(model, encode_on_cpu=lambda texts, _: FAKE.embed_chunks(texts)) as batcher:
        assert equal(batcher.embed(TEXTS[:3]), TEXTS[:3])
        assert batcher.counters.on_cpu == 3
    with batcher_of(model) as batcher, pytest.raises(MemoryError):
        batcher.embed(TEXTS[:3])


def test_closing_finishes_what_was_handed_in() -> None:
    model = Model()
    with batcher_of(model) as batcher, ThreadPoolExecutor(4) as threads:
        model.open.clear()
        asked = [threads.submit(batcher.embed, texts) for texts in (["first"], TEXTS)]
        wait_for(lambda: batcher.counters.requests == 2)
        closing = threads.submit(batcher.close)
        wait_for(lambda: batcher._closing)
        model.open.set()
        closing.result(GENEROUS_S)
        assert equal(asked[0].result(GENEROUS_S), ["first"]) and equal(asked[1].result(GENEROUS_S), TEXTS)
        with pytest.raises(StoppingError):
            batcher.embed(["late"])
        batcher.close()


def test_closing_within_a_time_hands_back_the_rest() -> None:
    model = Model()
    with batcher_of(model) as batcher, ThreadPoolExecutor(4) as threads:
        model.open.clear()
        first = threads.submit(batcher.embed, ["first"])
        assert model.busy.wait(GENEROUS_S)
        waiting = threads.submit(batcher.embed, TEXTS)
        wait_for(lambda: batcher.counters.requests == 2)
        batcher.close(within_s=0.05)
        for future in (first, waiting):
            with pytest.raises(StoppingError):
                future.result(GENEROUS_S)
    assert len(model.batches) == 1
