"""Pages per second of GOT-OCR2 with random weights and forced lengths: ``generate`` against the page batcher.

    scripts/bench got                 on a GPU host: everything, about half an hour
    scripts/bench got --quick         slots 128 and generate at 64 only, 600 tokens: a few minutes
    scripts/bench got --tiny          a tiny model on the CPU, to see that it runs

The full-size model is made from its configuration: what it writes means nothing, what it costs is real. Pages are real
pictures, lengths are drawn from a lognormal distribution. A page of ``generate`` waits for the longest of its batch.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import numpy as np

from pipeline.engines.got.checkpoint import Device, Loaded
from pipeline.engines.got.got_model import GotModel
from pipeline.engines.got.slot_cache import bytes_per_token, plan_shelves
from pipeline.engines.got.slot_state import SlotState
from pipeline.engines.got.slots import Counters, Options, SlotBatcher

SAMPLES = Path(__file__).resolve().parent.parent / "ingest" / "samples"
BEFORE, AFTER = 21, 11  # tokens of the prompt around the picture
SPREAD = 0.6  # of the logarithm of the lengths
SHORTEST, LONGEST = 16, 4096
BANDWIDTH_TB_S = {"H200": 4.8, "H100": 3.35, "A100": 2.0, "B200": 8.0, "L40S": 0.86, "4090": 1.0, "A10": 0.6}
TINY_VISION = {
    "hidden_size": 32, "output_channels": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 64,
    "patch_size": 4, "window_size": 6, "global_attn_indexes": [1], "mlp_dim": 64,
}  # fmt: skip
TINY_TEXT = {
    "model_type": "qwen2", "vocab_size": 512, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 4, "max_position_embeddings": 8192, "tie_word_embeddings": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    mean: int
    pages: int
    tokens: int
    seconds: float
    occupancy: float | None = None
    memory_gb: float | None = None
    share: float | None = None

    def line(self) -> str:
        cells = (
            self.what,
            str(self.mean),
            f"{self.pages / self.seconds:.2f}",
            f"{self.tokens / self.seconds:.0f}",
            _or_dash(self.occupancy, "{:.0%}"),
            _or_dash(self.memory_gb, "{:.1f}"),
            _or_dash(self.share, "{:.0%}"),
            f"{self.pages} in {self.seconds:.0f} s",
        )
        return "| " + " | ".join(cells) + " |"


def _or_dash(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def make_reader(device: str, precision: str, tiny: bool) -> GotModel:
    """GOT-OCR2 with random weights, and as much of a processor as the batcher asks for."""
    import torch
    from transformers import GotOcr2Config, GotOcr2ForConditionalGeneration

    token = 511 if tiny else 151859
    parts = {"vision_config": TINY_VISION, "text_config": TINY_TEXT} if tiny else {}
    torch.manual_seed(0)
    with torch.device(device):
        model = GotOcr2ForConditionalGeneration(GotOcr2Config(image_token_index=token, **parts))
    model = model.to(getattr(torch, precision)).eval()
    model.generation_config.eos_token_id = None
    loaded = Loaded(model, _processor(token, model.config), Device(device, precision))
    reader = GotModel(loaded)
    reader.stops = frozenset({-1})  # lengths are forced
    return reader


def _processor(image_token: int, config: Any) -> Any:
    import torch

    vision = config.vision_config
    count = (vision.image_size // vision.patch_size // 4) ** 2
    ids = torch.tensor([[*range(1, BEFORE + 1), *[image_token] * count, *range(1, AFTER + 1)]])

    class Processor(SimpleNamespace):
        def __call__(self, *_: Any, **__: Any) -> dict[str, Any]:
            return {"input_ids": ids}

    side = vision.image_size
    images = SimpleNamespace(
        size={"width": side, "height": side},
        resample=3,
        rescale_factor=1 / 255,
        image_mean=[0.48145466, 0.4578275, 0.40821073],
        image_std=[0.26862954, 0.26130258, 0.27577711],
    )
    words = SimpleNamespace(eos_token_id=None, unk_token_id=None, convert_tokens_to_ids=lambda _: None)
    return Processor(image_processor=images, tokenizer=words)


def page_pictures() -> list[np.ndarray]:
    """The samples' pages at 150 dpi, uint8 (height, width, 3)."""
    import pymupdf

    pictures = []
    for path in sorted(SAMPLES.rglob("*.pdf")):
        with pymupdf.open(path) as document:
            for page in document:
                pixels = page.get_pixmap(dpi=150, alpha=False)
                pictures.append(np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width, 3))
    return pictures


def lengths_of(count: int, mean: int, longest: int) -> list[int]:
    """Tokens of each page: lognormal, with this mean before the cap."""
    drawn = np.random.default_rng(0).lognormal(np.log(mean) - SPREAD**2 / 2, SPREAD, count)
    return [int(value) for value in np.clip(drawn, min(SHORTEST, longest), longest)]


def wait(device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.synchronize()


def memory_gb(device: str) -> float | None:
    import torch

    return torch.cuda.max_memory_allocated() / 1e9 if device == "cuda" else None


def free_memory(device: str) -> None:
    import gc

    import torch

    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def through_batcher(reader: GotModel, pixels: Sequence[Any], lengths: Sequence[int], slots: int, mean: int) -> Row:
    """All pages at once; the graphs are captured by a warm-up first."""
    device, longest = reader.device.type, max(lengths)
    on_gpu = device == "cuda"
    options = Options(slots=slots, max_tokens=longest, vision_batch=8 if on_gpu else 2, ahead=on_gpu, graphs=on_gpu)
    free_memory(device)
    batcher = SlotBatcher(reader, options)
    warm = [batcher.submit(pixels[0], longest if index == 0 else SHORTEST) for index in range(slots)]
    for future in warm:
        future.result()
    batcher.counters = Counters()
    wait(device)
    began = perf_counter()
    futures = [batcher.submit(page, length) for page, length in zip(pixels, lengths, strict=True)]
    tokens = sum(len(future.result().tokens) for future in futures)
    seconds = perf_counter() - began
    counters = batcher.counters
    batcher.close()
    occupancy = counters.slot_steps / max(counters.steps * slots, 1)
    share = _share(reader, tokens / seconds, slots, mean)
    return Row(f"batcher, {slots} slots", mean, len(futures), tokens, seconds, occupancy, memory_gb(device), share)


def through_generate(
    reader: GotModel, pixels: Sequence[Any], lengths: Sequence[int], batch: int, mean: int, *, static: bool = False
) -> Row:
    """Static batches in the order of arrival, each as long as its longest page."""
    import torch

    device = reader.device.type
    free_memory(device)
    prompt = torch.cat([reader.processor()["input_ids"]] * batch).to(reader.device)
    more = {"cache_implementation": "static"} if static else {}
    seconds = tokens = 0.0
    for number, start in enumerate(range(0, len(lengths) - batch + 1, batch)):
        inputs = {
            "input_ids": prompt,
            "attention_mask": torch.ones_like(prompt),
            "pixel_values": reader._normalised(torch.stack(list(pixels[start : start + batch]))),
            "do_sample": False,
            "max_new_tokens": max(lengths[start : start + batch]),
            **more,
        }
        if number == 0 and static:
            _generate(reader, inputs, stop_after=8)  # compiles
        wait(device)
        began = perf_counter()
        _generate(reader, inputs)
        wait(device)
        seconds += perf_counter() - began
        tokens += sum(lengths[start : start + batch])
    pages = len(lengths) // batch * batch
    name = f"generate, batch {batch}" + (", static cache, compiled" if static else "")
    return Row(name, mean, pages, int(tokens), seconds, memory_gb=memory_gb(device))


def _generate(reader: GotModel, inputs: dict[str, Any], stop_after: int = 0) -> None:
    import torch
    from transformers import StoppingCriteriaList

    start = inputs["input_ids"].shape[1]

    def enough(ids: Any, _: Any, **__: Any) -> Any:
        return torch.full((len(ids),), bool(stop_after) and ids.shape[1] >= start + stop_after, device=ids.device)

    before = reader.text_config._attn_implementation
    reader.text_config._attn_implementation = "sdpa"
    with torch.inference_mode():
        reader.model.generate(**inputs, stopping_criteria=StoppingCriteriaList([enough]))
    reader.text_config._attn_implementation = before


def _share(reader: GotModel, tokens_s: float, slots: int, mean: int) -> float | None:
    """Of the tokens that the memory bandwidth allows: weights once per step, and each page's keys and values."""
    bandwidth = _bandwidth(reader.device.type)
    if bandwidth is None:
        return None
    size = reader.dtype.itemsize
    weights = sum(part.numel() for part in reader.language.parameters()) * size
    context = (reader.prompt_tokens + mean / 2) * bytes_per_token(reader.text_config, size)
    return tokens_s / (slots * bandwidth / (weights + slots * context))


def _bandwidth(device: str) -> float | None:
    """Bytes per second."""
    import torch

    if device != "cuda":
        return None
    name = torch.cuda.get_device_name()
    return next((value * 1e12 for key, value in BANDWIDTH_TB_S.items() if key in name), None)


def parts(reader: GotModel, pixels: Sequence[Any], slots: int, longest: int, mean: int) -> Iterator[str]:
    """Milliseconds of vision, of vision with the prompt, and of one decode step with all slots full."""
    import torch

    device, count = reader.device.type, min(8, slots, len(pixels))
    free_memory(device)
    with torch.inference_mode():
        state = SlotState(reader, plan_shelves(slots, reader.prompt_tokens, longest), longest, graphs=device == "cuda")
        images = torch.stack(list(pixels[:count]))

        def picture() -> Any:
            return reader.model.get_image_features(reader._normalised(images)).pooler_output

        yield f"vision: {_milliseconds(picture, device) / count:.2f} ms a page, in micro-batches of {count}"
        begin = _milliseconds(lambda: state.begin(list(pixels[:count]), range(count), [longest] * count), device)
        yield f"vision and prefill: {begin / count:.2f} ms a page"
        for start in range(0, slots, count):
            rows = range(start, min(start + count, slots))
            state.begin([pixels[0]] * len(rows), rows, [longest] * len(rows))
        needed = reader.prompt_tokens + mean
        step = _milliseconds(lambda: state.steps(8, needed), device) / 8
        yield f"decode: {step:.2f} ms a step of {slots} slots"


def _milliseconds(call: Any, device: str, times: int = 3) -> float:
    call()
    wait(device)
    began = perf_counter()
    for _ in range(times):
        call()
    wait(device)
    return (perf_counter() - began) / times * 1000


def describe(device: str, tiny: bool) -> str:
    import torch

    from scripts.bench_machine import machine

    card = torch.cuda.get_device_name() if device == "cuda" else "no GPU"
    size = "a TINY model" if tiny else "GOT-OCR2 at full size"
    versions = f"torch {version('torch')}, transformers {version('transformers')}"
    return f"{machine()}\n{card}, {versions}; {size} with RANDOM weights, lengths forced"


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench got", description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a tiny model and short pages: shows that the bench runs")
    parser.add_argument("--quick", action="store_true", help="few rows")
    parser.add_argument("--means", type=int, nargs="+", default=[600, 1500], help="mean tokens of a page")
    parser.add_argument("--slots", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16, 64], help="of generate")
    parser.add_argument("--pages", type=int, default=1024, help="pages through the batcher")
    parser.add_argument("--longest", type=int, default=LONGEST, help="cap of a page's tokens")
    options = parser.parse_args(arguments)
    if options.quick:
        options.means, options.slots, options.batches, options.pages = [600], [128], [64], 512
    if options.tiny:
        options.means, options.slots, options.batches, options.pages, options.longest = [60], [4, 32], [1, 8], 48, 200
    return options


def main(arguments: Sequence[str]) -> None:
    asked = options_of(arguments)
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu" and not asked.tiny:
        sys.exit("there is no GPU here: run this on a GPU host, or try it with --tiny")
    print(describe(device, asked.tiny), flush=True)
    precision = "bfloat16" if device == "cuda" else "float32"
    pictures = page_pictures()
    reader = make_reader(device, precision, asked.tiny)
    prepared = [reader.prepare(picture) for picture in pictures]
    pixels = [prepared[index % len(prepared)] for index in range(asked.pages)]
    for line in parts(reader, pixels, max(asked.slots), asked.longest, asked.means[0]):
        print(line, flush=True)
    print("\n| how | mean tokens | pages/s | tokens/s | occupancy | GPU memory, GB | of the limit | measured |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for mean in asked.means:
        for row in rows_of(reader, pixels, mean, asked, compiled=device == "cuda"):
            print(row.line(), flush=True)


def rows_of(
    reader: GotModel, pixels: Sequence[Any], mean: int, asked: argparse.Namespace, *, compiled: bool
) -> Iterator[Row]:
    lengths = lengths_of(asked.pages, mean, asked.longest)
    for slots in asked.slots:
        yield through_batcher(reader, pixels, lengths, slots, mean)
    for batch in asked.batches:
        count = max(batch, min(asked.pages, 3))
        yield through_generate(reader, pixels[:count], lengths[:count], batch, mean)
    if compiled:
        batch = max(asked.batches)
        yield through_generate(reader, pixels[:batch], lengths[:batch], batch, mean, static=True)
