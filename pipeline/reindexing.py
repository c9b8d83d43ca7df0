"""Rebuilds the vector index from SQL when it is damaged or gone, without OCR or a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.step_context import Resources
from stores.contracts import VectorRow
from stores.models import chunk_id

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore


def rebuild(resources: Resources, store: KnowledgeStore) -> int:
    """Rebuild the vector index from the chunk rows. Returns the number of vectors.

    Vectors of another embedder are left out: their documents are found by keywords until they are embedded again.
    """
    vectors, embedder = resources.vectors(), resources.embedder()
    vectors.drop(store.knowledge_id)
    written = 0
    for rows in store.chunks.vectors(embedder.fingerprint):
        vectors.upsert(
            store.knowledge_id,
            embedder.fingerprint,
            [
                VectorRow(
                    id=chunk_id(document, generation, chunk.ordinal),
                    text=chunk.text,
                    embedding=chunk.embedding,
                    metadata=metadata,
                )
                for document, generation, chunk, metadata in rows
            ],
        )
        written += len(rows)
    return written
