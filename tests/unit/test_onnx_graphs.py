"""Graphs that were rewritten for speed compute what they computed before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pymupdf
import pytest
from onnx import TensorProto, helper, numpy_helper

from pipeline.engines.onnx_graphs import with_leaky_relus

MODELS = Path(pymupdf.__file__).parent / "layout" / "resources" / "onnx"


def graph(slope: np.ndarray, *, constant: bool = True) -> bytes:
    """A PRelu and a Relu one after the other, with attributes and numbers of all kinds beside them."""
    nodes = [
        helper.make_node("PRelu", ["x", "slope"], ["y"], name="prelu"),
        helper.make_node("Clip", ["y", "low"], ["z"], name="clip", doc_string="长" * 200),
    ]
    low = numpy_helper.from_array(np.array(-1e6, np.float32), "low")
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 2, 3])]
    initializers = [low, numpy_helper.from_array(slope, "slope")]
    if not constant:
        inputs.append(helper.make_tensor_value_info("slope", TensorProto.FLOAT, slope.shape))
        initializers = [low]
    outputs = [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 2, 3])]
    made = helper.make_model(
        helper.make_graph(nodes, "g", inputs, outputs, initializers),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    helper.set_model_props(made, {"who": "made by a test"})
    return made.SerializeToString()


def kinds(model: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(model).graph.node]


def answers(model: bytes, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, feed)


@pytest.mark.parametrize("slope", [0.25, -0.5, 0.0, 1.75])
def test_a_prelu_of_one_slope_becomes_a_leaky_relu(slope: float) -> None:
    before = graph(np.full((1, 1), slope, np.float32))
    after = with_leaky_relus(before)
    onnx.checker.check_model(onnx.load_from_string(after))
    assert kinds(after) == ["LeakyRelu", "Clip"]
    feed = {"x": np.linspace(-3, 3, 12, dtype=np.float32).reshape(2, 2, 3)}
    assert np.array_equal(answers(before, feed)[0], answers(after, feed)[0])


@pytest.mark.parametrize(
    "model", [graph(np.ones((2, 1), np.float32)), graph(np.ones((1,), np.float32), constant=False)]
)
def test_other_prelus_stay(model: bytes) -> None:
    assert onnx.load_from_string(with_leaky_relus(model)) == onnx.load_from_string(model)


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.onnx")), ids=lambda path: path.name)
def test_nothing_else_of_a_model_changes(path: Path) -> None:
    before, after = onnx.load_from_string(path.read_bytes()), onnx.load_from_string(with_leaky_relus(path.read_bytes()))
    for one, other in zip(before.graph.node, after.graph.node, strict=True):
        assert one == other or (one.op_type, other.op_type, one.output) == ("PRelu", "LeakyRelu", other.output)
    del before.graph.node[:], after.graph.node[:]
    assert before == after


def test_the_image_model_answers_the_same() -> None:
    source = (MODELS / "feature_imf1.onnx").read_bytes()
    assert "PRelu" in kinds(source) and "PRelu" not in kinds(with_leaky_relus(source))
    feed = {"input": np.random.default_rng(1).uniform(0, 1, (1, 1, 300, 300)).astype(np.float32)}
    for one, other in zip(answers(source, feed), answers(with_leaky_relus(source), feed), strict=True):
        assert np.allclose(one, other, rtol=1e-4, atol=1e-4)
