"""The page batcher writes exactly what ``generate`` writes page by page, however pages share its slots."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from pipeline.engines.got import slots as slots_module  # noqa: E402
from pipeline.engines.got.checkpoint import Device, load  # noqa: E402
from pipeline.engines.got.got_model import GotModel  # noqa: E402
from pipeline.engines.got.guards import Finish, RepetitionGuard  # noqa: E402
from pipeline.engines.got.slot_cache import Shelf  # noqa: E402
from pipeline.engines.got.slots import Options, SlotBatcher  # noqa: E402
from tests.tiny_got import build, pictures  # noqa: E402
from tests.waiting import GENEROUS_S  # noqa: E402

pytestmark = pytest.mark.torch
PAGES, LIMIT = 24, 96


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("tiny-got"))


@pytest.fixture(scope="module")
def expected(checkpoint: Path) -> list[list[int]]:
    """What ``generate`` writes for each picture alone, with the processor's own preprocessing."""
    from PIL import Image

    loaded = load(str(checkpoint), Device("cpu", "float32"))
    stops = sorted(GotModel(loaded).stops)
    answers = []
    for picture in pictures(PAGES):
        inputs = loaded.processor(Image.fromarray(picture), return_tensors="pt", format=True, num_image_tokens=16)
        ids = loaded.model.generate(**inputs, max_new_tokens=LIMIT, do_sample=False, eos_token_id=stops)
        answers.append(ids[0, inputs["input_ids"].shape[1] :].tolist())
    lengths = {len(tokens) for tokens in answers}
    assert len(lengths) > 5 and len({tuple(tokens) for tokens in answers}) > PAGES // 2, "the model says too little"
    assert min(lengths) <= 3
    return answers


@pytest.fixture(scope="module")
def reader(checkpoint: Path) -> GotModel:
    return GotModel(load(str(checkpoint), Device("cpu", "float32")))


def batcher(reader: GotModel, slots: int, **options: Any) -> SlotBatcher:
    return SlotBatcher(reader, Options(slots=slots, max_tokens=options.pop("max_tokens", LIMIT), **options))


def read_all(made: SlotBatcher, order: list[int]) -> dict[int, list[int]]:
    """By picture, what was written; pictures are handed in in this order."""
    images = pictures(PAGES)
    futures = {index: made.submit(made.reader.prepare(images[index])) for index in order}
    try:
        return {index: list(future.result(timeout=GENEROUS_S).tokens) for index, future in futures.items()}
    finally:
        made.close()


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("slots", [1, 3, 5, 16])
def test_equal_to_generate(reader: GotModel, expected: list[list[int]], slots: int, ahead: bool) -> None:
    order = list(range(PAGES))
    random.Random(slots).shuffle(order)
    answers = read_all(batcher(reader, slots, ahead=ahead, steps_per_turn=3, vision_batch=4), order)
    assert [answers[index] for index in range(PAGES)] == expected


@pytest.mark.parametrize("limit", [1, 2, 7, 50])
def test_the_token_limit_cuts_each_page(reader: GotModel, expected: list[list[int]], limit: int) -> None:
    made = batcher(reader, 5, max_tokens=limit)
    answers = read_all(made, list(range(PAGES)))
    assert [answers[index] for index in range(PAGES)] == [tokens[:limit] for tokens in expected]


def test_each_page_may_have_its_own_limit(reader: GotModel, expected: list[list[int]]) -> None:
    made, images = batcher(reader, 4), pictures(PAGES)
    futures = [made.submit(reader.prepare(image), 2 + index) for index, image in enumerate(images)]
    answers = [list(future.result(timeout=GENEROUS_S).tokens) for future in futures]
    made.close()
    assert answers == [tokens[: 2 + index] for index, tokens in enumerate(expected)]


@pytest.mark.parametrize("ahead", [False, True])
def test_pages_that_outgrow_their_row_are_carried_to_a_longer_one(
    reader: GotModel, expected: list[list[int]], ahead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = reader.prompt_tokens
    shelves = (Shelf(4, prompt + 12), Shelf(2, prompt + 40), Shelf(1, prompt + LIMIT + 1))
    monkeypatch.setattr(slots_module, "plan_shelves", lambda *_: shelves)
    answers = read_all(batcher(reader, 7, ahead=ahead, steps_per_turn=3), list(range(PAGES)))
    assert [answers[index] for index in range(PAGES)] == expected


def test_a_failing_page_leaves_the_others_alone(reader: GotModel, expected: list[list[int]]) -> None:
    made, images = batcher(reader, 5), pictures(PAGES)
    bad = torch.zeros(3, 8, 8, dtype=torch.uint8)
    futures = [made.submit(bad if index == 6 else reader.prepare(image)) for index, image in enumerate(images)]
    with pytest.raises(ValueError):
        futures[6].result(timeout=GENEROUS_S)
    answers = {
        index: list(future.result(timeout=GENEROUS_S).tokens) for index, future in enumerate(futures) if index != 6
    }
    made.close()
    assert answers == {index: tokens for index, tokens in enumerate(expected) if index != 6}


def test_a_full_card_makes_smaller_micro_batches(
    reader: GotModel, expected: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = reader.embed

    def at_most_two(pixels: list[Any]) -> Any:
        if len(pixels) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return embed(pixels)

    monkeypatch.setattr(reader, "embed", at_most_two)
    made = batcher(reader, 8, vision_batch=8)
    answers = read_all(made, list(range(PAGES)))
    assert [answers[index] for index in range(PAGES)] == expected
    assert made.counters.halved


def failing_once(reader: GotModel, error: Exception) -> Any:
    scores, calls = reader.scores, []

    def fails_once(hidden: Any) -> Any:
        calls.append(len(hidden))
        if len(calls) == 4:
            raise error
        return scores(hidden)

    return fails_once


def test_a_step_that_fails_fails_its_pages_and_no_others(
    reader: GotModel, expected: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "scores", failing_once(reader, RuntimeError("the driver went away")))
    made, images = batcher(reader, 3, steps_per_turn=2), pictures(PAGES)
    futures = [made.submit(reader.prepare(image)) for image in images]
    outcomes = [future.exception(timeout=GENEROUS_S) or list(future.result().tokens) for future in futures]
    made.close()
    failed = [index for index, result in enumerate(outcomes) if isinstance(result, Exception)]
    assert 1 <= len(failed) <= 3
    assert all(outcomes[index] == expected[index] for index in range(PAGES) if index not in failed)


def test_pages_of_a_full_card_begin_anew_in_fewer_slots(
    reader: GotModel, expected: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "scores", failing_once(reader, torch.OutOfMemoryError("CUDA out of memory")))
    made = batcher(reader, 6, steps_per_turn=2)
    answers = read_all(made, list(range(PAGES)))
    assert [answers[index] for index in range(PAGES)] == expected
    assert made._slots == 3


class StopsAtTen(RepetitionGuard):
    def see(self, token: int) -> bool:
        super().see(token)
        return len(self._tokens) == 10


def test_a_guard_that_sees_nothing_changes_nothing(reader: GotModel, expected: list[list[int]]) -> None:
    answers = read_all(batcher(reader, 5, guard=RepetitionGuard), list(range(PAGES)))
    assert [answers[index] for index in range(PAGES)] == expected


@pytest.mark.parametrize("ahead", [False, True])
def test_a_guard_stops_its_page_at_once(reader: GotModel, expected: list[list[int]], ahead: bool) -> None:
    made, images = batcher(reader, 5, guard=StopsAtTen, ahead=ahead), pictures(PAGES)
    futures = [made.submit(reader.prepare(image)) for image in images]
    readings = [future.result(timeout=GENEROUS_S) for future in futures]
    made.close()
    assert [list(reading.tokens) for reading in readings] == [tokens[:10] for tokens in expected]
    long = [reading.finish for reading, tokens in zip(readings, expected, strict=True) if len(tokens) > 10]
    assert set(long) == {Finish.REPETITION}


@pytest.fixture
def patient() -> Iterator[None]:
    """Torch's own threads would only stand in each other's way here."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_twenty_documents_at_once(reader: GotModel, expected: list[list[int]], patient: None) -> None:
    made, images = batcher(reader, 8), pictures(PAGES)
    answers: dict[tuple[int, int], list[int]] = {}

    def read_document(document: int) -> None:
        for page in range(document % 3, PAGES, 6):
            tokens = made.submit(reader.prepare(images[page])).result(timeout=GENEROUS_S).tokens
            answers[document, page] = list(tokens)

    threads = [threading.Thread(target=read_document, args=(document,)) for document in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made.close()
    assert len(answers) == 80
    assert all(tokens == expected[page] for (_, page), tokens in answers.items())
    assert made.counters.slot_steps > 0.5 * 8 * made.counters.steps, "the slots stood empty"


def test_preparing_equals_the_processor(reader: GotModel) -> None:
    from PIL import Image

    picture = pictures(3)[2]
    inputs = reader.processor(Image.fromarray(picture), return_tensors="pt", format=True, num_image_tokens=16)
    mine = reader._normalised(reader.prepare(picture)[None])
    assert np.allclose(mine.numpy(), inputs["pixel_values"].numpy(), atol=1e-6)
