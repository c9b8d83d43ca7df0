"""Models run on one thread, on whichever runtime pays, and find the same on both."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pymupdf
import pytest
import rapidocr

from pipeline.engines import inference
from pipeline.engines.ocr.recognised_lines import ReadLine, read_lines
from pipeline.engines.ocr.text_lines import LineModels

RECOGNISER = Path(rapidocr.__file__).parent / "models" / "PP-OCRv6_rec_small.onnx"
LINES = ("Payment is due within thirty days.", "迁移学习的目标是解决新的问题。", "Total 1,284.50 EUR")


class BrokenCore:
    """OpenVINO's core where it can open no model."""

    def read_model(self, path: str) -> None:
        raise RuntimeError("Exception from plugin:\nno primitive for MaxPool\n\n")


_CACHED = inference._openvino


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    _CACHED.cache_clear()
    yield
    _CACHED.cache_clear()


def on_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run on OpenVINO whatever the processor is: without bfloat16 it computes in float32."""
    openvino = pytest.importorskip("openvino", reason="the package openvino is not installed")
    core = openvino.Core()
    if not inference._multiplies_bfloat16(inference._CPUINFO):
        monkeypatch.setitem(inference._ONE_THREAD, "INFERENCE_PRECISION_HINT", "f32")
    monkeypatch.setattr(inference, "_openvino", lambda: core)


def without_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)


def printed() -> np.ndarray:
    document = pymupdf.open()
    page = document.new_page(width=420, height=220)
    for row, text in enumerate(LINES):
        font = "china-s" if ord(text[0]) > 0x2E80 else "helv"
        page.insert_text((40, 60 + 40 * row), text, fontname=font, fontsize=12)
    pixels = page.get_pixmap(dpi=150, alpha=False)
    picture = np.frombuffer(pixels.samples, dtype=np.uint8).reshape(pixels.height, pixels.width, 3)
    return cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)


def read() -> list[ReadLine]:
    return sorted(read_lines(LineModels(), printed()).lines, key=lambda line: line.box[1])


def test_both_runtimes_read_the_same_lines_in_the_same_places(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        without_openvino(patch)
        usual = read()
    _CACHED.cache_clear()
    on_openvino(monkeypatch)
    other = read()
    assert [line.reading.text for line in usual] == [line.reading.text for line in other] == list(LINES)
    for one, two in zip(usual, other, strict=True):
        assert one.box == pytest.approx(two.box, abs=4.0)


def test_both_runtimes_tell_the_same_of_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    on_openvino(monkeypatch)
    usual, other = inference.open_model(RECOGNISER), inference.open_model(RECOGNISER, bfloat16_sizes=2)
    assert isinstance(other, inference._OpenVinoModel)
    assert [one.name for one in usual.get_inputs()] == [one.name for one in other.get_inputs()]
    assert [one.name for one in usual.get_outputs()] == [one.name for one in other.get_outputs()]
    assert other.get_inputs()[0].shape == [None, 3, 48, None]
    assert usual.get_modelmeta().custom_metadata_map == other.get_modelmeta().custom_metadata_map


def test_an_answer_stays_when_the_model_runs_again(monkeypatch: pytest.MonkeyPatch) -> None:
    on_openvino(monkeypatch)
    model = inference.open_model(RECOGNISER, bfloat16_sizes=2)
    name, white = model.get_inputs()[0].name, np.ones((1, 3, 48, 96), np.float32)
    first = model.run(None, {name: white})[0]
    before = first.copy()
    model.run(None, {name: -white})
    assert np.array_equal(first, before)


@pytest.mark.parametrize("bfloat16_sizes", [0, 2])
def test_without_the_package_models_run_on_onnxruntime(monkeypatch: pytest.MonkeyPatch, bfloat16_sizes: int) -> None:
    without_openvino(monkeypatch)
    model = inference.open_model(RECOGNISER, bfloat16_sizes=bfloat16_sizes)
    assert not isinstance(model, inference._OpenVinoModel)
    assert len(model.get_modelmeta().custom_metadata_map["character"].splitlines()) == 18708


@pytest.mark.parametrize(
    ("flags", "used"),
    [("avx512f avx512_vnni", False), ("avx512f avx512_bf16", True), ("amx_bf16", True), (None, False)],
)
def test_only_processors_with_bfloat16_gain(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str | None, used: bool
) -> None:
    told = tmp_path / "cpuinfo"
    if flags is not None:
        told.write_text(f"processor\t: 0\nmodel name\t: avx512_bf16 in a name\nflags\t\t: fpu {flags} sse\n")
    monkeypatch.setattr(inference, "_CPUINFO", told)
    monkeypatch.setitem(sys.modules, "openvino", SimpleNamespace(Core=BrokenCore))
    assert (inference._openvino() is not None) is used


def test_a_model_that_openvino_cannot_open_runs_on_onnxruntime(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(inference, "_openvino", BrokenCore)
    with caplog.at_level(logging.WARNING):
        model = inference.open_model(RECOGNISER, bfloat16_sizes=2)
    assert not isinstance(model, inference._OpenVinoModel)
    assert "PP-OCRv6_rec_small.onnx" in caplog.text and "no primitive for MaxPool" in caplog.text


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux tells which thread may use which core")
def test_a_model_takes_one_thread_and_binds_it_to_no_core(monkeypatch: pytest.MonkeyPatch) -> None:
    on_openvino(monkeypatch)
    before = cores_by_thread()
    model = inference.open_model(RECOGNISER, bfloat16_sizes=2)
    model.run(None, {model.get_inputs()[0].name: np.zeros((1, 3, 48, 96), np.float32)})
    assert isinstance(model, inference._OpenVinoModel)
    assert model.threads == 1
    assert all(cores == before.get(thread, os.sched_getaffinity(0)) for thread, cores in cores_by_thread().items())


def cores_by_thread() -> dict[int, set[int]]:
    return {int(path.name): os.sched_getaffinity(int(path.name)) for path in Path("/proc/self/task").iterdir()}
