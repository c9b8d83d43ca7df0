"""The nodes and tensors of ONNX graphs, read and written as fields of onnx.proto."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.engines.onnx_encoding import BYTES, VARINT, Field, fields_of, message, text

GRAPH = 7  # numbers of fields in onnx.proto: of a model,
NODE, INITIALIZER, OUTPUT_OF_GRAPH = 1, 5, 12  # of a graph,
INPUT, OUTPUT, NODE_NAME, OP_TYPE, ATTRIBUTE = 1, 2, 3, 4, 5  # of a node,
NAME, FLOAT, INTEGER, STRING, TENSOR, SUBGRAPH, TYPE = 1, 2, 3, 4, 5, 6, 20  # of an attribute,
DIMENSION, DATA_TYPE, FLOAT_DATA, TENSOR_NAME, RAW_DATA = 1, 2, 4, 8, 9  # of a tensor
IS_FLOAT, IS_INTEGER, IS_STRING = 1, 2, 3  # types of tensors and attributes
IS_INT64 = 7  # type of a tensor


class Node(NamedTuple):
    """A node of a graph; ``data`` is all of it, encoded."""

    kind: bytes
    inputs: Sequence[bytes]
    outputs: Sequence[bytes]
    data: bytes

    @property
    def output(self) -> bytes:
        return self.outputs[0] if self.outputs else b""

    @property
    def attributes(self) -> dict[bytes, dict[int, Field]]:
        """Its attributes by name: the fields of each by number."""
        read = [{f.key: f for f in fields_of(field.data)} for field in fields_of(self.data) if field.key == ATTRIBUTE]
        return {attribute[NAME].data: attribute for attribute in read}

    @property
    def settings(self) -> dict[bytes, float]:
        """Its attributes that are numbers, by name."""
        numbers = ((name, a.get(FLOAT), a.get(INTEGER)) for name, a in self.attributes.items())
        return {
            name: float(np.frombuffer(real.data, "<f4")[0]) if real else _signed(whole.number if whole else 0)
            for name, real, whole in numbers
        }

    @property
    def read(self) -> set[bytes]:
        """The names of all tensors that it reads, those that its branches read among them."""
        graphs = (attribute[SUBGRAPH].data for attribute in self.attributes.values() if SUBGRAPH in attribute)
        inside = (read_node(field.data) for graph in graphs for field in fields_of(graph) if field.key == NODE)
        return set(self.inputs).union(*(one.read for one in inside))


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def read_node(data: bytes) -> Node:
    """Read a node. ``data``: encoded."""
    fields = list(fields_of(data))
    inputs, outputs, kinds = ([f.data for f in fields if f.key == key] for key in (INPUT, OUTPUT, OP_TYPE))
    return Node(kinds[0], inputs, outputs, data)


def encoded_node(kind: bytes, inputs: Sequence[bytes], output: bytes, **settings: int | bytes) -> bytes:
    """Encode a node with one output; ``settings`` are its attributes."""
    return message(
        [
            *(text(INPUT, name) for name in inputs),
            text(OUTPUT, output),
            text(NODE_NAME, output),
            text(OP_TYPE, kind),
            *(text(ATTRIBUTE, _attribute(name.encode(), value)) for name, value in settings.items()),
        ]
    )


def _attribute(name: bytes, value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return message([text(NAME, name), text(STRING, value), Field(TYPE, VARINT, number=IS_STRING)])
    return message([text(NAME, name), Field(INTEGER, VARINT, number=value), Field(TYPE, VARINT, number=IS_INTEGER)])


def encoded_tensor(name: bytes, values: np.ndarray) -> bytes:
    """Encode a tensor of floats."""
    return message(
        [
            *(Field(DIMENSION, VARINT, number=side) for side in values.shape),
            Field(DATA_TYPE, VARINT, number=IS_FLOAT),
            text(TENSOR_NAME, name),
            Field(RAW_DATA, BYTES, np.ascontiguousarray(values, "<f4").tobytes()),
        ]
    )
