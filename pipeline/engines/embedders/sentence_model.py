"""One sentence-transformers model in memory: it embeds texts in one thread and counts tokens in any."""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.engines.embedders.chunk_batcher import QUERY
from pipeline.engines.embedders.model_source import ModelSource, missing
from stores.errors import InputError, UnavailableError

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger("ingot.embed")

_UNKNOWN_LENGTH, _LONGEST = 512, 1 << 15
_COUNTED_AT_ONCE = 64
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")  # the order in which sentence-transformers looks


class SentenceModel:
    """A loaded model. Only one thread may call ``encode``. Raises UnavailableError or InputError where it cannot load.

    Weights are float32 whatever the file holds: in half precision a vector depends on the other texts of its batch.
    """

    def __init__(self, source: ModelSource, device: str | None, asked_for: str) -> None:
        self._model = _load(source, device, asked_for)
        self._name = asked_for
        self._counting = threading.Lock()
        self.device = str(self._model.device.type)

    @cached_property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or self._model.encode(["x"]).shape[1])

    @cached_property
    def max_tokens(self) -> int:
        """Tokens of a chunk that are read, without those that the model adds itself."""
        prompt = next((self._model.prompts[name] for name in _DOCUMENT_PROMPTS if name in self._model.prompts), "")
        return max(self.longest - self._special_tokens - (self.count_tokens([prompt])[0] if prompt else 0), 1)

    @cached_property
    def longest(self) -> int:
        """Positions of the model that are used, at most 32,768."""
        positions = self._model.max_seq_length
        return int(min(positions, _LONGEST)) if positions else _UNKNOWN_LENGTH  # infinite where words are only averaged

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, special tokens left out, nothing cut."""
        counts: list[int] = []
        for start in range(0, len(texts), _COUNTED_AT_ONCE):
            counts += self._count(list(texts[start : start + _COUNTED_AT_ONCE]))
        return counts

    def encode(self, texts: list[str], kind: str) -> np.ndarray:
        """float32 array (len(texts), dimension), rows of length 1, as one batch; ``kind`` picks the prompt."""
        return self._encode(texts, kind, None)

    def encode_on_cpu(self, texts: list[str], kind: str) -> np.ndarray:
        """Encode on the CPU; moving the weights there and back takes seconds."""
        device = self._model.device
        try:
            return self._encode(texts, kind, "cpu")
        finally:
            self._model.to(device)

    def _encode(self, texts: list[str], kind: str, device: str | None) -> np.ndarray:
        ask = self._model.encode_query if kind == QUERY else self._model.encode_document
        vectors = ask(
            texts,
            batch_size=len(texts),
            device=device,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return _with_direction(vectors, self._name)

    def _count(self, texts: list[str]) -> list[int]:
        fast, slow = self._tokenizers
        if fast is not None:
            return [len(encoding.ids) for encoding in fast.encode_batch_fast(texts, add_special_tokens=False)]
        with self._counting:
            encoded = slow(texts, add_special_tokens=False, truncation=False, padding=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    @cached_property
    def _tokenizers(self) -> tuple[Any, Any]:
        """A tokenizer apart from the model's, which is set to cut and to pad and cannot be shared between threads."""
        from tokenizers import Tokenizer

        tokenizer = self._model.tokenizer
        fast = tokenizer if isinstance(tokenizer, Tokenizer) else getattr(tokenizer, "backend_tokenizer", None)
        if fast is None:
            return None, copy.deepcopy(tokenizer)
        own = Tokenizer.from_str(fast.to_str())
        own.no_truncation()
        own.no_padding()
        return own, None

    @cached_property
    def _special_tokens(self) -> int:
        fast, slow = self._tokenizers
        return int((slow if fast is None else fast).num_special_tokens_to_add(False))


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether an error means exhausted memory, of the GPU or of the CPU (whose allocator raises RuntimeError)."""
    import torch

    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)


def _with_direction(vectors: np.ndarray, name: str) -> np.ndarray:
    """Give zero vectors (texts without a token) the first axis as direction; InputError where one is not finite."""
    import numpy as np

    directed = np.asarray(vectors, np.float32)
    if not np.isfinite(directed).all():
        raise InputError(
            f"The embedding model {name} makes vectors that are not numbers: its weights are damaged, or not made for "
            "float32; download it again, or choose another",
            code="bad_model",
        )
    directed[np.linalg.norm(directed, axis=1) < 0.5] = np.eye(1, directed.shape[1], dtype=np.float32)
    return directed


def require_packages() -> None:
    """Raises UnavailableError where sentence-transformers or what it needs is missing."""
    try:
        import sentence_transformers
    except ImportError as error:
        raise UnavailableError(
            "The embedder sentence-transformers is not installed; run: pip install 'ingot[gpu]', "
            "or set INGOT_EMBEDDER=e5",
            code="no_engine",
        ) from error
    del sentence_transformers


def _load(source: ModelSource, device: str | None, asked_for: str) -> Any:
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    try:
        model = _from_files(source, device)
        model.encode(["x"], show_progress_bar=False)  # a model of pictures loads, and fails here
    except Exception as error:  # torch, transformers, safetensors and the hub each have errors of their own
        raise _why_not(error, asked_for) from error
    return model


def _from_files(source: ModelSource, device: str | None) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer

    options = {"revision": source.commit, "device": device, "model_kwargs": {"dtype": torch.float32}}
    if source.commit and source.cached:
        try:
            return SentenceTransformer(source.place, local_files_only=True, **options).eval()
        except Exception as error:  # whatever is wrong with the copy, the hub may have a better one
            log.info("the copy of %s on this machine does not load (%s): the hub is asked", source.place, error)
    return SentenceTransformer(source.place, **options).eval()


def _why_not(error: Exception, asked_for: str) -> UnavailableError | InputError:
    if isinstance(error, OSError):
        return missing(asked_for)
    if is_out_of_memory(error):
        return UnavailableError(
            f"The embedding model {asked_for} does not fit into the memory of the GPU: free some, or choose another "
            "GPU with CUDA_VISIBLE_DEVICES",
            code="out_of_gpu_memory",
        )
    reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    return InputError(
        f"The embedding model {asked_for} cannot be loaded ({reason}): give INGOT_EMBEDDER_MODEL the folder of a "
        "sentence-transformers model, or owner/name of the Hugging Face hub",
        code="bad_model",
    )
