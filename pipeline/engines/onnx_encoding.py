"""The encoding of ONNX files, Protocol Buffers, without the onnx package: messages to fields and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

VARINT, BYTES, FOUR_BYTES = 0, 2, 5  # wire types
_LENGTHS = {1: 8, FOUR_BYTES: 4}  # of those of one length


class Field(NamedTuple):
    """A field of a message: a ``number`` where the wire type is a varint, else ``data``."""

    key: int
    wire: int
    data: bytes = b""
    number: int = 0


def text(key: int, data: bytes) -> Field:
    """A field of characters, bytes or another message."""
    return Field(key, BYTES, data)


def message(fields: Iterable[Field]) -> bytes:
    """A message of these fields."""
    return b"".join(map(encoded, fields))


def fields_of(message: bytes) -> Iterator[Field]:
    """The fields of a message, in their order."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        key, wire = tag >> 3, tag & 7
        if wire == VARINT:
            number, at = _varint(message, at)
            yield Field(key, wire, number=number)
            continue
        length, at = _varint(message, at) if wire == BYTES else (_LENGTHS[wire], at)
        yield Field(key, wire, message[at : at + length])
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """The number that begins at a place, and the place behind it."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def encoded(field: Field) -> bytes:
    """A field as a part of a message."""
    tag = _varint_of(field.key << 3 | field.wire)
    if field.wire == VARINT:
        return tag + _varint_of(field.number)
    return tag + (_varint_of(len(field.data)) if field.wire == BYTES else b"") + field.data


def _varint_of(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
