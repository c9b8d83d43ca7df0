"""The page batcher on a card: graphs change nothing, the full-size model writes what ``generate`` writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
if not torch.cuda.is_available():
    pytest.skip("needs a GPU", allow_module_level=True)

from pipeline.engines.got.checkpoint import Device, load  # noqa: E402
from pipeline.engines.got.got_model import GotModel  # noqa: E402
from pipeline.engines.got.slots import Options, SlotBatcher  # noqa: E402
from scripts.bench_got import make_reader, page_pictures  # noqa: E402
from tests.tiny_got import build, pictures  # noqa: E402
from tests.waiting import GENEROUS_S  # noqa: E402

pytestmark = [pytest.mark.gpu, pytest.mark.torch]
PAGES, LIMIT = 8, 96
NEAR = 0.05  # of the spread of the scores: what bfloat16 may mix up


@pytest.fixture(autouse=True)
def exact() -> Iterator[None]:
    """float32 means float32."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def read_all(reader: GotModel, pixels: list[Any], slots: int, **options: Any) -> list[list[int]]:
    made = SlotBatcher(reader, Options(slots=slots, max_tokens=LIMIT, **options))
    futures = [made.submit(page) for page in pixels]
    try:
        return [list(future.result(timeout=GENEROUS_S).tokens) for future in futures]
    finally:
        made.close()


def generated(reader: GotModel, pixels: list[Any]) -> list[list[int]]:
    """By ``generate``, page by page, from the same pixels."""
    before, reader.text_config._attn_implementation = reader.text_config._attn_implementation, "sdpa"
    image = [reader.model.config.image_token_id] * reader.image_tokens
    prompt = torch.tensor([[*reader._before, *image, *reader._after]], device=reader.device)
    answers = []
    for page in pixels:
        ids = reader.model.generate(
            input_ids=prompt,
            attention_mask=torch.ones_like(prompt),
            pixel_values=reader._normalised(page[None]),
            max_new_tokens=LIMIT,
            do_sample=False,
            eos_token_id=sorted(reader.stops) if min(reader.stops) >= 0 else None,
        )
        answers.append(ids[0, prompt.shape[1] :].tolist())
    reader.text_config._attn_implementation = before
    return answers


@pytest.mark.parametrize("slots", [1, 5, 40])
def test_graphs_and_looking_back_change_nothing(slots: int, tmp_path: Path) -> None:
    reader = GotModel(load(str(build(tmp_path)), Device("cuda", "float32")))
    pixels = [reader.prepare(picture) for picture in pictures(48)]
    plain = generated(reader, pixels)
    assert read_all(reader, pixels, slots, graphs=True, ahead=True, vision_batch=8) == plain


def spread_out(reader: GotModel) -> None:
    """Weights so wide that every picture gives another text."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, weights in reader.model.named_parameters():
            if weights.ndim > 1:
                weights.normal_(0, 0.3 if "embed_tokens" in name else 2.0 / weights[0].numel() ** 0.5)


def test_the_full_size_model_in_float32() -> None:
    reader = make_reader("cuda", "float32", tiny=False)
    spread_out(reader)
    pixels = [reader.prepare(picture) for picture in page_pictures()[:PAGES]]
    expected = generated(reader, pixels)
    assert len({tuple(tokens) for tokens in expected}) > 1
    assert read_all(reader, pixels, 4, graphs=True, ahead=True) == expected


def test_the_full_size_model_in_bfloat16() -> None:
    """Where the batcher first writes another token, its score is within rounding of the best."""
    reader = make_reader("cuda", "bfloat16", tiny=False)
    pixels = [reader.prepare(picture) for picture in page_pictures()[:PAGES]]
    expected = generated(reader, pixels)
    for page, mine, other in zip(pixels, read_all(reader, pixels, 4, graphs=True, ahead=True), expected, strict=True):
        at = next((index for index, pair in enumerate(zip(mine, other, strict=True)) if pair[0] != pair[1]), None)
        if at is not None:
            scores = scores_after(reader, page, other[:at])
            assert scores.max() - scores[mine[at]] < NEAR * scores.std()


def scores_after(reader: GotModel, page: Any, written: list[int]) -> Any:
    """The model's scores (vocabulary,) for the token behind what is written."""
    before, reader.text_config._attn_implementation = reader.text_config._attn_implementation, "sdpa"
    prompt = reader.embed([page])
    if written:
        prompt = torch.cat([prompt, reader.language.embed_tokens(torch.tensor([written], device=reader.device))], 1)
    hidden = reader.language(inputs_embeds=prompt, use_cache=False).last_hidden_state[:, -1]
    reader.text_config._attn_implementation = before
    return reader.scores(hidden)[0].float()
