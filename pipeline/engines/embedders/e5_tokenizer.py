"""The tokenizer of multilingual-e5-small on sentencepiece: the tokens of ``tokenizers`` in a fifth of its memory."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.engines.embedders.e5_weights import Vocabulary

_NORMAL, _UNKNOWN, _CONTROL = 1, 2, 3  # types of pieces
_AFTER_TEXT = 7  # bytes of a piece's score and type


class E5Tokenizer:
    """Cuts texts into the ids of the vocabulary's pieces; no special tokens are added and nothing is cut off."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        from sentencepiece import SentencePieceProcessor

        self.bos, self.eos = vocabulary.bos, vocabulary.eos
        self._replacements = vocabulary.replacements
        self._processor = SentencePieceProcessor(model_proto=model_file(vocabulary))

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text."""
        return [self._processor.encode(self._prepared(text)) for text in texts]  # a list would start threads

    def _prepared(self, text: str) -> str:
        return text.encode(errors="replace").decode().translate(self._replacements)


def model_file(vocabulary: Vocabulary) -> bytes:
    """The vocabulary as a model file of sentencepiece: a unigram model that normalises nothing by itself.

    The file is a protobuf message ``ModelProto``, written here field by field
    (https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto).
    """
    special = {index: _CONTROL for index in (vocabulary.bos, vocabulary.eos, vocabulary.pad)}
    special |= {index: _CONTROL for index, piece in enumerate(vocabulary.pieces) if piece == b"<mask>"}
    special[vocabulary.unknown] = _UNKNOWN
    parts = _pieces(vocabulary, special)
    trainer = _number(3, _NORMAL) + _number(4, len(vocabulary.pieces))
    for field, index in ((40, vocabulary.unknown), (41, vocabulary.bos), (42, vocabulary.eos), (43, vocabulary.pad)):
        trainer += _number(field, index)
    normaliser = _message(1, b"identity") + _number(3, 1) + _number(4, 1) + _number(5, 1)
    return b"".join([*parts, _message(2, trainer), _message(3, normaliser)])


def _pieces(vocabulary: Vocabulary, special: Mapping[int, int]) -> list[bytes]:
    """The pieces as fields of the file; ``special``: the types of those that are no text.

    There are 250,000, so nothing is called for each: what stands before a piece depends on its length alone.
    """
    heads = [_head(length) for length in range(max(map(len, vocabulary.pieces)) + 1)]
    scores = struct.pack(f"<{len(vocabulary.scores)}f", *vocabulary.scores)
    normal = _number(3, _NORMAL)
    parts = [
        heads[len(piece)] + piece + b"\x15" + scores[4 * index : 4 * index + 4] + normal
        for index, piece in enumerate(vocabulary.pieces)
    ]
    for index, kind in special.items():
        parts[index] = parts[index].removesuffix(normal) + _number(3, kind)
    return parts


def _head(length: int) -> bytes:
    """What stands before the text of a piece of so many bytes; its score and type follow the text."""
    text = _message(1, bytes(length))
    return _message(1, text + bytes(_AFTER_TEXT))[: -length - _AFTER_TEXT]


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    encoded = b""
    while value > 127:
        encoded += bytes([value & 127 | 128])
        value >>= 7
    return encoded + bytes([value])
