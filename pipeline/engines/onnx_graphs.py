"""Rewrite ONNX files for speed, without the onnx package: the same results from less work.

onnxruntime fuses a LeakyRelu into the convolution before it, and keeps its own layout of memory between them. A PRelu
whose one slope is a constant computes the same and is not fused: the layout model's image part, which has 26 of
them, takes 28 % fewer CPU seconds after the exchange.

The layout models connect each text with its 20 nearest: they multiply the pair (one, other - one) by a matrix, for
every pair. The same product comes from one per text and one per neighbour, added: a twentieth of the multiplications,
and half of the time of such a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.engines.onnx_encoding import FOUR_BYTES, VARINT, Field, encoded, fields_of, message, text
from pipeline.engines.onnx_nodes import (
    ATTRIBUTE,
    DATA_TYPE,
    DIMENSION,
    FLOAT,
    FLOAT_DATA,
    GRAPH,
    INITIALIZER,
    INPUT,
    IS_FLOAT,
    NAME,
    NODE,
    OP_TYPE,
    RAW_DATA,
    TENSOR_NAME,
    TYPE,
    Node,
    encoded_node,
    encoded_tensor,
    read_node,
)
from pipeline.engines.onnx_rows import with_rows

_GRAPH_OUTPUT = 12  # number of a field in onnx.proto: of a graph
_VALUE_TYPE, _TENSOR_TYPE, _ELEMENT = 2, 1, 1  # of an output, of its type, of that of a tensor


def faster(model: bytes) -> bytes:
    """The same model with all that is known here done to it. ``model``: an ONNX file."""
    model = with_leaky_relus(model) if _has(model, b"PRelu") else model
    pairs = all(_has(model, kind) for kind in (b"Gemm", b"Gather", b"Sub"))
    model = with_products_by_row(model) if pairs else model
    return with_rows(model) if _has(model, b"ScatterElements") else model


def _has(model: bytes, kind: bytes) -> bool:
    """Whether a model may hold nodes of a kind."""
    return encoded(text(OP_TYPE, kind)) in model


def with_leaky_relus(model: bytes) -> bytes:
    """The same model with LeakyRelu in the place of each PRelu that has one constant slope. ``model``: an ONNX file."""
    return message(
        field._replace(data=_graph_with_leaky_relus(field.data)) if field.key == GRAPH else field
        for field in fields_of(model)
    )


def _graph_with_leaky_relus(graph: bytes) -> bytes:
    fields = list(fields_of(graph))
    slopes = dict(slope for field in fields if field.key == INITIALIZER for slope in _slope_of(field.data))
    return message(
        field._replace(data=_node_as_leaky_relu(field.data, slopes)) if field.key == NODE else field for field in fields
    )


def _slope_of(tensor: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and encoded value of a tensor that holds one float; nothing of others."""
    fields = {field.key: field for field in fields_of(tensor)}
    value = fields.get(RAW_DATA) or fields.get(FLOAT_DATA)
    if fields[DATA_TYPE].number == IS_FLOAT and value and len(value.data) == 4:
        yield fields[TENSOR_NAME].data, value.data


def _node_as_leaky_relu(node: bytes, slopes: Mapping[bytes, bytes]) -> bytes:
    fields = list(fields_of(node))
    inputs = [field for field in fields if field.key == INPUT]
    if text(OP_TYPE, b"PRelu") not in fields or inputs[1].data not in slopes:
        return node
    kept = [field for field in fields if field.key != OP_TYPE and field is not inputs[1]]
    alpha = (
        text(NAME, b"alpha"),
        Field(FLOAT, FOUR_BYTES, slopes[inputs[1].data]),
        Field(TYPE, VARINT, number=IS_FLOAT),
    )
    return message([*kept, text(OP_TYPE, b"LeakyRelu"), text(ATTRIBUTE, message(alpha))])


def with_small_maps(model: bytes, joined: bytes, enlarged: int) -> bytes:
    """The same model, whose output ``joined`` is left out, and what it is joined of put out one by one.

    Of these the first ``enlarged`` are as they are joined, the others as they are before they are enlarged. Nodes that
    nothing needs any more go. ``model``: an ONNX file without branches, whose outputs are of floats.
    """
    return message(
        field._replace(data=_graph_with_small_maps(field.data, joined, enlarged)) if field.key == GRAPH else field
        for field in fields_of(model)
    )


def _graph_with_small_maps(graph: bytes, joined: bytes, enlarged: int) -> bytes:
    fields = list(fields_of(graph))
    nodes = {node.output: node for node in (read_node(field.data) for field in fields if field.key == NODE)}
    parts = nodes[joined].inputs
    maps = [*parts[:enlarged], *(nodes[part].inputs[0] for part in parts[enlarged:])]
    kept = [field for field in fields if field.key == _GRAPH_OUTPUT and _name_of(field.data) != joined]
    needed = _needed([*maps, *(_name_of(field.data) for field in kept)], nodes)
    inside = [
        field
        for field in fields
        if field.key != _GRAPH_OUTPUT and (field.key != NODE or read_node(field.data).output in needed)
    ]
    floats = text(_VALUE_TYPE, message([text(_TENSOR_TYPE, message([Field(_ELEMENT, VARINT, number=IS_FLOAT)]))]))
    made = [text(_GRAPH_OUTPUT, message([text(NAME, name), floats])) for name in maps]
    return message([*inside, *made, *kept])


def _name_of(value: bytes) -> bytes:
    return next(field.data for field in fields_of(value) if field.key == NAME)


def _needed(outputs: list[bytes], nodes: Mapping[bytes, Node]) -> set[bytes]:
    """The outputs of all nodes that these are computed from."""
    needed: set[bytes] = set()
    while outputs:
        name = outputs.pop()
        if name in nodes and name not in needed:
            needed.add(name)
            outputs += nodes[name].inputs
    return needed


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A product of pairs: ``gemm`` of (one, other - one), where one and other are rows of ``rows``, picked by index."""

    gemm: Node
    rows: bytes
    ones: bytes
    others: bytes
    parts: tuple[Node, ...]  # the nodes that make the pairs

    def rewritten(self, weights: Mapping[bytes, np.ndarray]) -> tuple[list[bytes], list[bytes]]:
        """Nodes and initializers that compute the same row by row."""
        name, (_, weight, bias) = self.gemm.output, self.gemm.inputs
        first, second = np.split(weights[weight], 2, axis=1)
        of_one, of_other = name + b"/one", name + b"/other"
        nodes = [
            encoded_node(b"Gemm", [self.rows, of_one + b"/weight", bias], of_one, transB=1),
            encoded_node(b"Gemm", [self.rows, of_other + b"/weight"], of_other, transB=1),
            encoded_node(b"Gather", [of_one, self.ones], of_one + b"/picked", axis=0),
            encoded_node(b"Gather", [of_other, self.others], of_other + b"/picked", axis=0),
            encoded_node(b"Add", [of_one + b"/picked", of_other + b"/picked"], name),
        ]
        return nodes, [
            encoded_tensor(of_one + b"/weight", first - second),
            encoded_tensor(of_other + b"/weight", second),
        ]


def with_products_by_row(model: bytes) -> bytes:
    """The same model, in which products of pairs of rows are sums of products of rows. ``model``: an ONNX file."""
    return message(
        field._replace(data=_graph_with_products_by_row(field.data)) if field.key == GRAPH else field
        for field in fields_of(model)
    )


def _graph_with_products_by_row(graph: bytes) -> bytes:
    fields = [(field, read_node(field.data) if field.key == NODE else None) for field in fields_of(graph)]
    nodes = [node for _, node in fields if node is not None]
    by_output = {node.output: node for node in nodes}
    weights = dict(w for field, _ in fields if field.key == INITIALIZER for w in _matrix_of(field.data))
    pairs = {p.gemm.output: p for p in (_pairs_of(node, by_output, weights) for node in nodes) if p}
    if not pairs:
        return graph
    unused = _unused(list(pairs.values()), nodes)
    written: list[Field] = []
    for field, node in fields:
        if node is None or node.output not in pairs.keys() | unused:
            written.append(field)
        elif node.output in pairs:
            more, made = pairs[node.output].rewritten(weights)
            written += [*(text(NODE, data) for data in more), *(text(INITIALIZER, data) for data in made)]
    return message(written)


def _matrix_of(tensor: bytes) -> Iterator[tuple[bytes, np.ndarray]]:
    """Name and values of a tensor that is a matrix of floats; nothing of others."""
    fields = list(fields_of(tensor))
    raw = {field.key: field for field in fields if field.key != DIMENSION}
    sides = [field.number for field in fields if field.key == DIMENSION and field.wire == VARINT]
    if len(sides) == 2 and raw[DATA_TYPE].number == IS_FLOAT and RAW_DATA in raw:
        yield raw[TENSOR_NAME].data, np.frombuffer(raw[RAW_DATA].data, "<f4").reshape(sides)


def _pairs_of(gemm: Node, nodes: Mapping[bytes, Node], weights: Mapping[bytes, np.ndarray]) -> _Pairs | None:
    """The product of pairs that ends in a node, None where it is another."""
    if gemm.kind != b"Gemm" or len(gemm.inputs) != 3 or gemm.inputs[1] not in weights:
        return None
    plain = {b"alpha": 1.0, b"beta": 1.0, b"transA": 0, b"transB": 1}
    pair = nodes.get(gemm.inputs[0])
    if {**plain, b"transB": 0, **gemm.settings} != plain or pair is None or pair.kind != b"Concat":
        return None
    if len(pair.inputs) != 2 or pair.settings[b"axis"] not in (-1, 1):
        return None
    one, difference = (nodes.get(name) for name in pair.inputs)
    if one is None or difference is None or difference.kind != b"Sub" or difference.inputs[1] != one.output:
        return None
    other = nodes.get(difference.inputs[0])
    if other is None or not (_picks_rows(one) and _picks_rows(other)) or one.inputs[0] != other.inputs[0]:
        return None
    return _Pairs(gemm, one.inputs[0], one.inputs[1], other.inputs[1], (pair, difference, one, other))


def _picks_rows(node: Node) -> bool:
    return node.kind == b"Gather" and node.settings.get(b"axis", 0) == 0


def _unused(pairs: Sequence[_Pairs], nodes: Sequence[Node]) -> set[bytes]:
    """Outputs of the nodes that made the pairs and that no other node names, those inside of branches included."""
    parts = [part for pair in pairs for part in pair.parts]  # of each pair those that read others come first
    removed = {part.output for part in parts} | {pair.gemm.output for pair in pairs}
    rest = [node.data for node in nodes if node.output not in removed]
    unused: set[bytes] = set()
    for part in parts:
        if any(part.output in data for data in rest):
            rest.append(part.data)
        else:
            unused.add(part.output)
    return unused
