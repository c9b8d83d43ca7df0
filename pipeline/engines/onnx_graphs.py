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
from typing import NamedTuple

import numpy as np

from pipeline.engines.onnx_encoding import BYTES, FOUR_BYTES, VARINT, Field, fields_of, message, text

_GRAPH = 7  # numbers of fields in onnx.proto: of a model,
_NODE, _INITIALIZER, _GRAPH_OUTPUT = 1, 5, 12  # of a graph,
_VALUE_TYPE, _TENSOR_TYPE, _ELEMENT = 2, 1, 1  # of an output, of its type, of that of a tensor
_INPUT, _OUTPUT, _NODE_NAME, _OP_TYPE, _ATTRIBUTE = 1, 2, 3, 4, 5  # of a node,
_NAME, _FLOAT, _INTEGER, _TYPE = 1, 2, 3, 20  # of an attribute,
_DIMENSION, _DATA_TYPE, _FLOAT_DATA, _TENSOR_NAME, _RAW_DATA = 1, 2, 4, 8, 9  # of a tensor
_IS_FLOAT, _IS_INTEGER = 1, 2  # types of tensors and attributes


def faster(model: bytes) -> bytes:
    """The same model with all that is known here done to it. ``model``: an ONNX file."""
    model = with_leaky_relus(model) if b"PRelu" in model else model
    return with_products_by_row(model) if b"Gemm" in model and b"Gather" in model else model


def with_leaky_relus(model: bytes) -> bytes:
    """The same model with LeakyRelu in the place of each PRelu that has one constant slope. ``model``: an ONNX file."""
    return message(
        field._replace(data=_graph_with_leaky_relus(field.data)) if field.key == _GRAPH else field
        for field in fields_of(model)
    )


def _graph_with_leaky_relus(graph: bytes) -> bytes:
    fields = list(fields_of(graph))
    slopes = dict(slope for field in fields if field.key == _INITIALIZER for slope in _slope_of(field.data))
    return message(
        field._replace(data=_node_as_leaky_relu(field.data, slopes)) if field.key == _NODE else field
        for field in fields
    )


def _slope_of(tensor: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and encoded value of a tensor that holds one float; nothing of others."""
    fields = {field.key: field for field in fields_of(tensor)}
    value = fields.get(_RAW_DATA) or fields.get(_FLOAT_DATA)
    if fields[_DATA_TYPE].number == _IS_FLOAT and value and len(value.data) == 4:
        yield fields[_TENSOR_NAME].data, value.data


def _node_as_leaky_relu(node: bytes, slopes: Mapping[bytes, bytes]) -> bytes:
    fields = list(fields_of(node))
    inputs = [field for field in fields if field.key == _INPUT]
    if text(_OP_TYPE, b"PRelu") not in fields or inputs[1].data not in slopes:
        return node
    kept = [field for field in fields if field.key != _OP_TYPE and field is not inputs[1]]
    alpha = (
        text(_NAME, b"alpha"),
        Field(_FLOAT, FOUR_BYTES, slopes[inputs[1].data]),
        Field(_TYPE, VARINT, number=_IS_FLOAT),
    )
    return message([*kept, text(_OP_TYPE, b"LeakyRelu"), text(_ATTRIBUTE, message(alpha))])


def with_small_maps(model: bytes, joined: bytes, enlarged: int) -> bytes:
    """The same model, whose output ``joined`` is left out, and what it is joined of put out one by one.

    Of these the first ``enlarged`` are as they are joined, the others as they are before they are enlarged. Nodes that
    nothing needs any more go. ``model``: an ONNX file without branches, whose outputs are of floats.
    """
    return message(
        field._replace(data=_graph_with_small_maps(field.data, joined, enlarged)) if field.key == _GRAPH else field
        for field in fields_of(model)
    )


def _graph_with_small_maps(graph: bytes, joined: bytes, enlarged: int) -> bytes:
    fields = list(fields_of(graph))
    nodes = {node.output: node for node in (_read_node(field.data) for field in fields if field.key == _NODE)}
    parts = nodes[joined].inputs
    maps = [*parts[:enlarged], *(nodes[part].inputs[0] for part in parts[enlarged:])]
    kept = [field for field in fields if field.key == _GRAPH_OUTPUT and _name_of(field.data) != joined]
    needed = _needed([*maps, *(_name_of(field.data) for field in kept)], nodes)
    inside = [
        field
        for field in fields
        if field.key != _GRAPH_OUTPUT and (field.key != _NODE or _read_node(field.data).output in needed)
    ]
    floats = text(_VALUE_TYPE, message([text(_TENSOR_TYPE, message([Field(_ELEMENT, VARINT, number=_IS_FLOAT)]))]))
    made = [text(_GRAPH_OUTPUT, message([text(_NAME, name), floats])) for name in maps]
    return message([*inside, *made, *kept])


def _name_of(value: bytes) -> bytes:
    return next(field.data for field in fields_of(value) if field.key == _NAME)


def _needed(outputs: list[bytes], nodes: Mapping[bytes, _Node]) -> set[bytes]:
    """The outputs of all nodes that these are computed from."""
    needed: set[bytes] = set()
    while outputs:
        name = outputs.pop()
        if name in nodes and name not in needed:
            needed.add(name)
            outputs += nodes[name].inputs
    return needed


class _Node(NamedTuple):
    """A node of a graph; ``data`` is all of it, encoded."""

    kind: bytes
    inputs: Sequence[bytes]
    output: bytes
    data: bytes

    @property
    def settings(self) -> dict[bytes, float]:
        """Its attributes that are numbers, by name."""
        attributes = [
            {f.key: f for f in fields_of(field.data)} for field in fields_of(self.data) if field.key == _ATTRIBUTE
        ]
        numbers = ((a[_NAME].data, a.get(_FLOAT), a.get(_INTEGER)) for a in attributes)
        return {
            name: float(np.frombuffer(real.data, "<f4")[0]) if real else _signed(whole.number if whole else 0)
            for name, real, whole in numbers
        }


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A product of pairs: ``gemm`` of (one, other - one), where one and other are rows of ``rows``, picked by index."""

    gemm: _Node
    rows: bytes
    ones: bytes
    others: bytes
    parts: tuple[_Node, ...]  # the nodes that make the pairs

    def rewritten(self, weights: Mapping[bytes, np.ndarray]) -> tuple[list[bytes], list[bytes]]:
        """Nodes and initializers that compute the same row by row."""
        name, (_, weight, bias) = self.gemm.output, self.gemm.inputs
        first, second = np.split(weights[weight], 2, axis=1)
        of_one, of_other = name + b"/one", name + b"/other"
        nodes = [
            _node(b"Gemm", [self.rows, of_one + b"/weight", bias], of_one, transB=1),
            _node(b"Gemm", [self.rows, of_other + b"/weight"], of_other, transB=1),
            _node(b"Gather", [of_one, self.ones], of_one + b"/picked", axis=0),
            _node(b"Gather", [of_other, self.others], of_other + b"/picked", axis=0),
            _node(b"Add", [of_one + b"/picked", of_other + b"/picked"], name),
        ]
        return nodes, [_tensor(of_one + b"/weight", first - second), _tensor(of_other + b"/weight", second)]


def with_products_by_row(model: bytes) -> bytes:
    """The same model, in which products of pairs of rows are sums of products of rows. ``model``: an ONNX file."""
    return message(
        field._replace(data=_graph_with_products_by_row(field.data)) if field.key == _GRAPH else field
        for field in fields_of(model)
    )


def _graph_with_products_by_row(graph: bytes) -> bytes:
    fields = list(fields_of(graph))
    nodes = [_read_node(field.data) for field in fields if field.key == _NODE]
    by_output = {node.output: node for node in nodes}
    weights = dict(w for field in fields if field.key == _INITIALIZER for w in _matrix_of(field.data))
    pairs = {p.gemm.output: p for p in (_pairs_of(node, by_output, weights) for node in nodes) if p}
    unused = _unused(list(pairs.values()), nodes)
    written: list[Field] = []
    for field in fields:
        node = _read_node(field.data) if field.key == _NODE else None
        if node is None or node.output not in pairs.keys() | unused:
            written.append(field)
        elif node.output in pairs:
            more, made = pairs[node.output].rewritten(weights)
            written += [*(text(_NODE, data) for data in more), *(text(_INITIALIZER, data) for data in made)]
    return message(written)


def _read_node(data: bytes) -> _Node:
    fields = list(fields_of(data))
    inputs, outputs, kinds = ([f.data for f in fields if f.key == key] for key in (_INPUT, _OUTPUT, _OP_TYPE))
    return _Node(kinds[0], inputs, outputs[0] if outputs else b"", data)


def _matrix_of(tensor: bytes) -> Iterator[tuple[bytes, np.ndarray]]:
    """Name and values of a tensor that is a matrix of floats; nothing of others."""
    fields = list(fields_of(tensor))
    raw = {field.key: field for field in fields if field.key != _DIMENSION}
    sides = [field.number for field in fields if field.key == _DIMENSION and field.wire == VARINT]
    if len(sides) == 2 and raw[_DATA_TYPE].number == _IS_FLOAT and _RAW_DATA in raw:
        yield raw[_TENSOR_NAME].data, np.frombuffer(raw[_RAW_DATA].data, "<f4").reshape(sides)


def _pairs_of(gemm: _Node, nodes: Mapping[bytes, _Node], weights: Mapping[bytes, np.ndarray]) -> _Pairs | None:
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


def _picks_rows(node: _Node) -> bool:
    return node.kind == b"Gather" and node.settings.get(b"axis", 0) == 0


def _unused(pairs: Sequence[_Pairs], nodes: Sequence[_Node]) -> set[bytes]:
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


def _node(kind: bytes, inputs: Sequence[bytes], output: bytes, **settings: int) -> bytes:
    attributes = [
        message(
            [
                text(_NAME, name.encode()),
                Field(_INTEGER, VARINT, number=value),
                Field(_TYPE, VARINT, number=_IS_INTEGER),
            ]
        )
        for name, value in settings.items()
    ]
    return message(
        [
            *(text(_INPUT, name) for name in inputs),
            text(_OUTPUT, output),
            text(_NODE_NAME, output),
            text(_OP_TYPE, kind),
            *(text(_ATTRIBUTE, attribute) for attribute in attributes),
        ]
    )


def _tensor(name: bytes, values: np.ndarray) -> bytes:
    return message(
        [
            *(Field(_DIMENSION, VARINT, number=side) for side in values.shape),
            Field(_DATA_TYPE, VARINT, number=_IS_FLOAT),
            text(_TENSOR_NAME, name),
            Field(_RAW_DATA, BYTES, np.ascontiguousarray(values, "<f4").tobytes()),
        ]
    )
