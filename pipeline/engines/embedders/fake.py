"""An embedder without a model: words are hashed into a vector, so that texts which share words lie near each other."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_WORD = re.compile(r"[^\W\d_a-zA-Z]|\w+")  # a letter that is not Latin is a word of its own, as in Chinese


class FakeEmbedder:
    """Deterministic and light; a text's vector is the sum of its words' vectors, scaled to length 1."""

    fingerprint = "fake-embedder/2"
    dimension = 32
    english_only = False
    max_tokens = 254

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Words of each text; every Chinese character is one."""
        return [len(_WORD.findall(text)) for text in texts]

    def embed_chunks(self, texts: Sequence[str]) -> np.ndarray:
        """float32 array (len(texts), 32), rows of length 1."""
        import numpy as np

        vectors = np.empty((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            words = _WORD.findall(text.lower())[: self.max_tokens] or [""]
            total = np.sum([self._word(word) for word in words], axis=0)
            vectors[row] = total / max(float(np.linalg.norm(total)), 1e-9)
        return vectors

    def embed_query(self, text: str) -> np.ndarray:
        """float32 array (32,), of length 1."""
        vector: np.ndarray = self.embed_chunks([text])[0]
        return vector

    def _word(self, word: str) -> np.ndarray:
        import numpy as np

        digest = hashlib.sha256(word.encode()).digest()
        return np.frombuffer(digest, np.uint8)[: self.dimension].astype(np.float32) - np.float32(127.5)
