"""Does the vector index still hold what the chunk rows say? Counting does not see damage: it has to be queried."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from stores.contracts import VectorStore

# Healthy graphs miss up to 1.6 in 100 of their own vectors; broken ones raise, or lose far more.
_UNFOUND_SHARE = 0.05
_NEAREST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexReport:
    """``missing`` are ids without a vector, ``stray`` vectors without a chunk, ``unfound`` of ``asked`` not found."""

    missing: frozenset[str]
    stray: frozenset[str]
    asked: int
    unfound: tuple[str, ...]

    @property
    def healthy(self) -> bool:
        return not self.missing and not self.stray and len(self.unfound) <= self.asked * _UNFOUND_SHARE


def check_index(
    store: VectorStore, knowledge_id: str, embedder: str, expected: Set[str], sample: Mapping[str, bytes]
) -> IndexReport:
    """Compare the ids, and ask for each vector of ``sample`` (id to embedding): it must be among its ten nearest.

    Vectors that are as near as the tenth count as found, since equal texts have equal vectors. Raises what
    ``VectorStore.query`` raises, DamagedIndexError among it.
    """
    kept = store.ids(knowledge_id)
    unfound = [id for id, embedding in sample.items() if not _finds(store, knowledge_id, embedder, id, embedding)]
    return IndexReport(
        missing=frozenset(expected - kept), stray=frozenset(kept - expected), asked=len(sample), unfound=tuple(unfound)
    )


def _finds(store: VectorStore, knowledge_id: str, embedder: str, id: str, embedding: bytes) -> bool:
    near = store.query(knowledge_id, embedder, embedding, _NEAREST, {})
    return any(other == id for other, _ in near) or (len(near) == _NEAREST and near[-1][1] < 1e-6)
