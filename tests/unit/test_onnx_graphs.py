"""Graphs that were rewritten for speed compute what they computed before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pymupdf
import pytest
from onnx import TensorProto, helper, numpy_helper

from pipeline.engines.onnx_graphs import with_leaky_relus, with_products_by_row
from pipeline.engines.onnx_rows import with_rows

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


def pairs(*, bias: bool = True, negative_axis: bool = True, branch: bool = False) -> bytes:
    """A product of (one, other - one) of picked rows, as in the layout models; ``branch``: others read it too."""
    weight = np.random.default_rng(2).normal(size=(3, 8)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["x", "ones"], ["one"], axis=0),
        helper.make_node("Gather", ["x", "others"], ["other"], axis=0),
        helper.make_node("Sub", ["other", "one"], ["difference"]),
        helper.make_node("Concat", ["one", "difference"], ["pair"], axis=-1 if negative_axis else 1),
        helper.make_node("Gemm", ["pair", "weight", *(["bias"] if bias else [])], ["y"], transB=1, alpha=1.0),
        helper.make_node("Relu", ["y"], ["z"]),
        *([helper.make_node("Neg", ["difference"], ["again"])] if branch else []),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])]
    inputs += [helper.make_tensor_value_info(name, TensorProto.INT64, ["m"]) for name in ("ones", "others")]
    names = ["z", *(["again"] if branch else [])]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["m", None]) for name in names]
    initializers = [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(weight[:, 0], "bias")]
    made = helper.make_graph(nodes, "g", inputs, outputs, initializers)
    opset = helper.make_opsetid("", 18)
    return helper.make_model(made, opset_imports=[opset], ir_version=9).SerializeToString()


ROWS = {
    "x": np.random.default_rng(3).normal(size=(5, 4)).astype(np.float32),
    "ones": np.array([0, 0, 3, 4, 1, 2]),
    "others": np.array([1, 2, 0, 4, 3, 3]),
}


@pytest.mark.parametrize("negative_axis", [True, False])
@pytest.mark.parametrize("branch", [True, False])
def test_a_product_of_pairs_becomes_one_of_rows(negative_axis: bool, branch: bool) -> None:
    before = pairs(negative_axis=negative_axis, branch=branch)
    after = with_products_by_row(before)
    onnx.checker.check_model(onnx.load_from_string(after))
    assert kinds(after).count("Gemm") == 2 and "Concat" not in kinds(after)
    assert ("Sub" in kinds(after)) is branch  # what others need stays
    for one, other in zip(answers(before, ROWS), answers(after, ROWS), strict=True):
        assert np.allclose(one, other, rtol=1e-5, atol=1e-5)


def test_a_product_without_a_bias_stays() -> None:
    model = pairs(bias=False)
    assert kinds(with_products_by_row(model)) == kinds(model)


@pytest.mark.parametrize("name", ["layout_rf2.4.1.onnx", "layout_rf2.4.1+imf1.onnx"])
def test_the_layout_models_answer_the_same(name: str) -> None:
    source = (MODELS / name).read_bytes()
    quicker = with_products_by_row(source)
    assert kinds(source).count("Gemm") + 2 == kinds(quicker).count("Gemm")
    feed = page(source)
    for one, other in zip(answers(source, feed), answers(quicker, feed), strict=True):
        assert np.allclose(one, other, rtol=1e-3, atol=1e-3)


def page(model: bytes, nodes: int = 30, edges: int = 80) -> dict[str, np.ndarray]:
    """What a layout model is told of a page of so many lines."""
    chance = np.random.default_rng(4)
    known = {
        "edge_index": chance.integers(0, nodes, (2, edges)),
        "k": np.array(min(nodes, 20)),
        "batch": np.zeros(nodes, np.int64),
    }
    widths = {"x": 8, "edge_attr": 24, "rf_features": 118, "text_patterns": 40, "image_features": 358}
    return {
        given.name: known[given.name]
        if given.name in known
        else chance.uniform(0, 1, (edges if given.name == "edge_attr" else nodes, widths[given.name])).astype("f4")
        for given in onnx.load_from_string(model).graph.input
    }


@pytest.mark.parametrize("name", ["layout_rf2.4.1.onnx", "layout_rf2.4.1+imf1.onnx"])
def test_the_layout_models_sort_what_they_use_and_gather_rows(name: str) -> None:
    source = (MODELS / name).read_bytes()
    quicker = with_rows(source)
    onnx.checker.check_model(onnx.load_from_string(quicker))
    by_number = kinds(source).count("ScatterElements")
    assert kinds(quicker).count("ScatterND") >= 2  # what is left gathers into vectors, which have no rows
    assert kinds(quicker).count("ScatterND") + kinds(quicker).count("ScatterElements") == by_number
    assert "Expand" not in [node.op_type for node in feeding(quicker, "ScatterND")]
    assert not any(node.op_type == "Gather" for node in feeding(quicker, "TopK"))  # it would ask for all of a row
    for nodes in (1, 12, 30):
        feed = page(source, nodes)
        for one, other in zip(answers(source, feed), answers(quicker, feed), strict=True):
            assert np.array_equal(one, other)


def feeding(model: bytes, kind: str) -> list[onnx.NodeProto]:
    """The nodes that nodes of a kind read."""
    nodes = onnx.load_from_string(model).graph.node
    read = {name for node in nodes if node.op_type == kind for name in node.input}
    return [node for node in nodes if not read.isdisjoint(node.output)]


def gathered(version: int, *, wide: bool = True) -> bytes:
    """Rows whose largest are gathered by an index; ``wide``: the index is that of a row, spread over its columns."""
    nodes = [
        helper.make_node("Constant", [], ["column"], value=numpy_helper.from_array(np.array([-1, 1]))),
        helper.make_node("Reshape", ["index", "column"], ["rows"]),
        helper.make_node("Shape", ["updates"], ["shape"]),
        helper.make_node("Expand", ["rows", "shape"], ["spread"]),
        helper.make_node(
            "ScatterElements", ["data", "spread" if wide else "given", "updates"], ["y"], axis=0, reduction="max"
        ),
    ]
    floats = (("data", ["n", 4]), ("updates", ["m", 4]))
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in floats]
    inputs += [helper.make_tensor_value_info("index", TensorProto.INT64, ["m"])]
    inputs += [] if wide else [helper.make_tensor_value_info("given", TensorProto.INT64, ["m", 4])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])]
    made = helper.make_graph(nodes, "g", inputs, outputs)
    opset = helper.make_opsetid("", version)
    return helper.make_model(made, opset_imports=[opset], ir_version=9).SerializeToString()


def test_rows_are_gathered_as_numbers_were() -> None:
    chance = np.random.default_rng(5)
    feed = {
        "data": chance.normal(size=(6, 4)).astype("f4"),
        "updates": chance.normal(size=(9, 4)).astype("f4"),
        "index": chance.integers(0, 6, 9),
    }
    before = gathered(16)
    after = with_rows(before)
    assert kinds(after) == ["Constant", "Reshape", "ScatterND"]
    assert np.array_equal(answers(before, feed)[0], answers(after, feed)[0])


def test_numbers_with_an_index_each_and_newer_models_stay() -> None:
    assert "ScatterElements" in kinds(with_rows(gathered(16, wide=False)))
    assert with_rows(gathered(18)) == gathered(18)
