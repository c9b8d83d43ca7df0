"""Rebuilds the vector index from SQL when it is damaged or gone, without OCR or a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pipeline.step_context import Resources
from stores.contracts import Scalar, VectorRow
from stores.models import Chunk, chunk_id

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore


def rebuild(resources: Resources, store: KnowledgeStore, embedder: str = "") -> int:
    """Rebuild the vector index from the chunk rows. Returns the number of vectors.

    ``embedder``: the fingerprint of the embedder whose vectors are taken, by default that of this process. Vectors of
    another one are left out: their documents are found by keywords until they are embedded again.
    """
    vectors, fingerprint = resources.vectors(), embedder or resources.embedder().fingerprint
    vectors.drop(store.knowledge_id)
    written, usual = 0, 0
    for rows in store.chunks.vectors(fingerprint):
        usual = usual or usual_length(chunk.embedding for _, _, chunk, _ in rows)
        fit = [vector_row(*row) for row in rows if len(row[2].embedding) == usual]
        vectors.upsert(store.knowledge_id, fingerprint, fit)
        written += len(fit)
    return written


def usual_length(embeddings: Iterable[bytes]) -> int:
    """How many bytes most of these embeddings have: an index takes no others. 0 where there is none."""
    lengths = Counter(map(len, embeddings)).most_common(1)
    return lengths[0][0] if lengths else 0


def vector_row(document: str, generation: int, chunk: Chunk, about: Mapping[str, Scalar]) -> VectorRow:
    """The vector of a chunk; ``about`` is the metadata that all chunks of its document share."""
    return VectorRow(
        id=chunk_id(document, generation, chunk.ordinal),
        text=chunk.text,
        embedding=chunk.embedding,
        metadata={
            **about,
            "first_page": chunk.first_page,
            "last_page": chunk.last_page,
            "heading": chunk.heading,
        },
    )
