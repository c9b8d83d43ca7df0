"""The Reranker for cross-encoders of sentence-transformers, on the GPU where there is one; needs the extra ``gpu``."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from stores.errors import InputError, UnavailableError

_BATCH = 16


class CrossEncoderReranker:
    """Compares with ``model``: a folder, or owner/name[@revision] of the Hugging Face hub. Loads on first use."""

    def __init__(self, model: str, device: str | None = None) -> None:
        self._name, self._device = model, device
        self._using = threading.Lock()
        self._model: Any = None

    def warm_up(self) -> None:
        """Load the model."""
        with self._using:
            if self._model is None:
                self._model = _load(self._name, self._device)

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        self.warm_up()
        pairs = [(query, text) for text in texts]
        try:
            with self._using:
                scores = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False)
            return [float(score) for score in scores]
        except (RuntimeError, MemoryError) as error:
            raise UnavailableError(f"the reranker {self._name} failed ({_first_line(error)})") from error
        except (TypeError, ValueError) as error:  # several numbers for a text: a classifier
            raise InputError(f"the model {self._name} gives no score for a text: name a reranker") from error


def _load(name: str, device: str | None) -> Any:
    try:
        import torch
        from sentence_transformers import CrossEncoder
    except ImportError as error:
        raise UnavailableError(
            "a reranker by sentence-transformers is set, which is not installed; run: pip install 'ingot[gpu]'",
            code="no_engine",
        ) from error
    place, _, revision = name.partition("@")
    try:
        return CrossEncoder(
            place,
            device=device,
            revision=revision or None,
            trust_remote_code=False,
            model_kwargs={"dtype": torch.float32},
        )
    except Exception as error:  # torch, transformers and the hub each have errors of their own
        raise InputError(
            f"the reranker {name} cannot be loaded ({_first_line(error)}): give INGOT_RERANKER the folder of a "
            "cross-encoder, owner/name of the Hugging Face hub, or the URL of a rerank API",
            code="bad_model",
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
