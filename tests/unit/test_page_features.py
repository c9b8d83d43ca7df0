"""What the image part sees at a text is the same, whether its maps are enlarged before they are read or not."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pymupdf
import pytest

from pipeline.engines.layout.model.page_features import ENLARGED, features_of
from pipeline.engines.onnx_graphs import with_small_maps

MODEL = Path(pymupdf.__file__).parent / "layout" / "resources" / "onnx" / "feature_imf1.onnx"
SIDE, WIDTH, HEIGHT = 300, 612, 792
BOXES = [
    [0, 0, 612, 792],
    [50, 60, 560, 71],
    [300.2, 400.7, 300.9, 401],
    [-20, 700, 80, 900],
    [590, 10, 640, 20],
    [100, 100, 102, 700],
]


def enlarged(small: Any) -> Any:
    """A map of ``SIDE`` cells a side, by linear interpolation with the middles of the cells in their places."""
    at = np.clip((np.arange(SIDE) + 0.5) * small.shape[-1] / SIDE - 0.5, 0, small.shape[-1] - 1)
    before = np.minimum(at.astype(int), small.shape[-1] - 2)
    share = at - before
    rows = small[:, before] * (1 - share)[:, None] + small[:, before + 1] * share[:, None]
    return rows[:, :, before] * (1 - share) + rows[:, :, before + 1] * share


def pooled(joined: Any, logits: Any) -> Any:
    pooling: Any = importlib.import_module("pymupdf.layout.roi_pooling")
    arguments = (BOXES, WIDTH, HEIGHT)
    texts = pooling.extract_bbox_features_by_roi_pooling(
        joined, *arguments, pooling_ops=pooling.DEFAULT_FEATURE_MAP_POOLING_OPS
    )
    classes = pooling.extract_bbox_features_by_roi_pooling(
        logits, *arguments, pooling_ops=pooling.DEFAULT_CLASS_LOGITS_POOLING_OPS, apply_softmax=True
    )
    return np.concatenate([texts, classes], axis=1)


def test_small_maps_give_the_features_of_enlarged_ones() -> None:
    chance = np.random.default_rng(6)
    maps = [chance.normal(size=(1, 3, side, side)).astype("f4") for side in (SIDE, SIDE, 37, 18, 9)]
    logits = 4 * chance.normal(size=(1, 12, SIDE, SIDE)).astype("f4")
    joined = [*maps[:ENLARGED], *(enlarged(one[0].astype("f8"))[None].astype("f4") for one in maps[ENLARGED:])]
    features = features_of(maps, logits, BOXES, WIDTH, HEIGHT)
    assert features.dtype == np.float32
    assert np.allclose(features, pooled(np.concatenate(joined, axis=1), logits), atol=1e-4)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_image_part_puts_out_its_small_maps(seed: int) -> None:
    source = MODEL.read_bytes()
    feed = {"input": np.random.default_rng(seed).uniform(0, 1, (1, 1, SIDE, SIDE)).astype("f4")}
    before, after = (
        onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, feed)
        for model in (source, with_small_maps(source, b"combined", ENLARGED))
    )
    *maps, logits = after
    assert [one.shape[-1] for one in maps] == [SIDE, SIDE, 37, 18, 9]
    assert np.allclose(features_of(maps, logits, BOXES, WIDTH, HEIGHT), pooled(*before), atol=1e-3)
