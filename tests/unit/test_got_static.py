"""Static batches through ``generate``, and what the families make of answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from pipeline.engines.got.adapters import FAMILIES, Family, family_of, without_grounding  # noqa: E402
from pipeline.engines.got.checkpoint import Device, Loaded, load  # noqa: E402
from pipeline.engines.got.got_model import stop_ids  # noqa: E402
from pipeline.engines.got.guards import Finish, RepetitionGuard  # noqa: E402
from pipeline.engines.got.slots import Options, Reading  # noqa: E402
from pipeline.engines.got.static_batches import StaticBatcher  # noqa: E402
from stores.errors import InputError  # noqa: E402
from tests.tiny_got import build, pictures  # noqa: E402
from tests.waiting import GENEROUS_S  # noqa: E402

pytestmark = pytest.mark.torch
PAGES, LIMIT = 10, 60


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return load(str(build(tmp_path_factory.mktemp("tiny-got"))), Device("cpu", "float32"))


@pytest.fixture(scope="module")
def images() -> list[Any]:
    from PIL import Image

    return [Image.fromarray(picture) for picture in pictures(PAGES)]


@pytest.fixture(scope="module")
def expected(loaded: Loaded, images: list[Any]) -> list[list[int]]:
    answers = []
    for image in images:
        inputs = inputs_of(loaded.processor, [image])
        ids = loaded.model.generate(
            **inputs, max_new_tokens=LIMIT, do_sample=False, eos_token_id=sorted(stop_ids(loaded))
        )
        answers.append(ids[0, inputs["input_ids"].shape[1] :].tolist())
    return answers


def inputs_of(processor: Any, wanted: Sequence[Any]) -> Any:
    return processor(list(wanted), return_tensors="pt", format=True, num_image_tokens=16, padding=True)


def read_all(loaded: Loaded, images: list[Any], *, family: Family | None = None, **options: Any) -> list[Any]:
    """The reading of every page, or its error."""
    family = family or Family(name="tiny", inputs=inputs_of, markdown=str.strip)
    made = StaticBatcher(loaded, family, Options(slots=4, max_tokens=LIMIT, **options))
    futures = [made.submit(image) for image in images]
    readings = [future.exception(timeout=GENEROUS_S) or future.result() for future in futures]
    made.close()
    return readings


def test_equal_to_generate_page_by_page(loaded: Loaded, images: list[Any], expected: list[list[int]]) -> None:
    readings = read_all(loaded, images)
    assert [list(reading.tokens) for reading in readings] == expected
    ends = {Finish.LENGTH if len(tokens) == LIMIT else Finish.STOP for tokens in expected}
    assert {reading.finish for reading in readings} == ends


def test_a_guard_ends_its_own_row(loaded: Loaded, images: list[Any], expected: list[list[int]]) -> None:
    class StopsAtTen(RepetitionGuard):
        def see(self, token: int) -> bool:
            super().see(token)
            return len(self._tokens) == 10

    readings = read_all(loaded, images, guard=StopsAtTen)
    assert [list(reading.tokens) for reading in readings] == [tokens[:10] for tokens in expected]


def test_a_full_card_and_a_bad_page(loaded: Loaded, images: list[Any], expected: list[list[int]]) -> None:
    def small(processor: Any, wanted: Sequence[Any]) -> Any:
        if images[3] in wanted:
            raise ValueError("a bad page")
        if len(wanted) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return inputs_of(processor, wanted)

    readings = read_all(loaded, images, family=Family(name="tiny", inputs=small, markdown=str.strip))
    assert isinstance(readings[3], ValueError)
    others = [index for index in range(PAGES) if index != 3]
    assert all(isinstance(readings[index], Reading) for index in others)
    assert [list(readings[index].tokens) for index in others] == [expected[index] for index in others]


def test_every_family_is_known_to_transformers() -> None:
    from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES as NAMES

    assert set(FAMILIES) <= set(NAMES)
    assert FAMILIES["got_ocr2"].slots


def test_an_unknown_family_names_those_that_are_known() -> None:
    with pytest.raises(InputError, match="lighton_ocr"):
        family_of("florence2", "a/b")


def test_grounding_is_taken_out() -> None:
    answer = (
        "<|ref|>title<|/ref|><|det|>[[10, 20, 30, 40]]<|/det|>\n# Report\n\n"
        "<|ref|>text<|/ref|><|det|>[[1, 2, 3, 4]]<|/det|>\nWords.<｜end▁of▁sentence｜>"
    )
    assert without_grounding(answer) == "# Report\n\nWords."
