"""Does the vector index hold what the chunk rows say? Ids are compared, and a sample is asked for itself.

Comparing does not see all damage: a graph that was lost keeps its ids, but its queries find nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.reindexing import usual_length, vector_row
from pipeline.step_context import Resources
from stores.contracts import Scalar
from stores.errors import DamagedIndexError, InputError
from stores.models import Chunk, chunk_id

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore, VectorStore

# Healthy graphs miss up to 1.6 in 100 of their own vectors; broken ones raise, or lose far more.
_UNFOUND_SHARE = 0.05
_NEAREST = 10
_SAME = 1e-3  # cosine distance of a vector to itself, at most
_SLICE = 500

_Row = tuple[str, int, Chunk, dict[str, Scalar]]


def vector_faults(
    resources: Resources, store: KnowledgeStore, in_work: set[str], sample: int, tell: Callable[[int], None]
) -> Iterator[tuple[str, str]]:
    """Yield (code, chunk id) of vectors that are missing, stray, or not found; (code, reason) of a damaged index."""
    try:
        embedder = used_embedder(resources, store)
        if embedder is None:
            yield "vectors_of_another", store.knowledge_id
            return
        if embedder:
            chosen = store.consistency.sample(embedder, sample)
            length = usual_length(chosen.values())
            yield from missing(resources.vectors(), store, embedder, length, in_work, tell)
            fit = {id: embedding for id, embedding in chosen.items() if len(embedding) == length}
            yield from not_found(resources.vectors(), store.knowledge_id, embedder, fit)
        yield from strays(resources.vectors(), store, in_work)
    except DamagedIndexError as error:
        yield "vectors_damaged", error.message


def used_embedder(resources: Resources, store: KnowledgeStore) -> str | None:
    """Return the embedder of the vector index, "" where nothing is embedded, None where no document has it."""
    names = store.chunks.embedders()
    mine = resources.embedder().fingerprint
    for name in sorted(names, key=lambda name: name != mine):
        vector = next(iter(store.consistency.sample(name, 1).values()), b"")
        if not vector or _accepts(resources.vectors(), store.knowledge_id, name, vector):
            return name
    return None if names else ""


def _accepts(vectors: VectorStore, knowledge_id: str, embedder: str, vector: bytes) -> bool:
    try:
        vectors.query(knowledge_id, embedder, vector, 1, {})
    except InputError as error:
        if error.code != "other_embedder":
            raise
        return False
    return True


def missing(
    vectors: VectorStore,
    store: KnowledgeStore,
    embedder: str,
    length: int,
    in_work: set[str],
    tell: Callable[[int], None],
) -> Iterator[tuple[str, str]]:
    """Yield the visible chunks that have no vector, though their embedding has so many bytes as the index takes."""
    after: int | None = 0
    compared = 0
    while after is not None:
        rows, after = store.consistency.chunk_part(embedder, after, _SLICE)
        ids = list(_by_id(rows, length))
        kept = vectors.existing(store.knowledge_id, ids) if ids else set()
        yield from (("vectors_missing", id) for id in ids if id not in kept and id.partition(":")[0] not in in_work)
        compared += len(ids)
        tell(compared)


def strays(vectors: VectorStore, store: KnowledgeStore, in_work: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the vectors whose chunk is neither visible nor being made."""
    for ids in vectors.id_slices(store.knowledge_id):
        idle = [id for id in ids if id.partition(":")[0] not in in_work]
        known = store.consistency.existing_chunks(idle)
        yield from (("vectors_stray", id) for id in idle if id not in known)


def not_found(
    vectors: VectorStore, knowledge_id: str, embedder: str, sample: Mapping[str, bytes]
) -> Iterator[tuple[str, str]]:
    """Ask for each vector of a sample (id to embedding); yield those not among their nearest, if they are too many.

    Vectors that are as near as the tenth count as found, since equal texts have equal vectors.
    """
    present = vectors.existing(knowledge_id, list(sample))
    asked = {id: embedding for id, embedding in sample.items() if id in present}
    lost = [id for id, embedding in asked.items() if not _finds(vectors, knowledge_id, embedder, id, embedding)]
    if len(lost) > len(asked) * _UNFOUND_SHARE:
        yield from (("vectors_unfound", id) for id in lost)


def _finds(vectors: VectorStore, knowledge_id: str, embedder: str, id: str, embedding: bytes) -> bool:
    near = vectors.query(knowledge_id, embedder, embedding, _NEAREST, {})
    own = any(other == id and distance < _SAME for other, distance in near)
    return own or (len(near) == _NEAREST and near[-1][1] < 1e-6)


def add_missing(resources: Resources, store: KnowledgeStore) -> int:
    """Add the vectors of visible chunks that have none; return how many."""
    vectors, embedder, added = resources.vectors(), used_embedder(resources, store), 0
    if not embedder:
        return 0
    length = usual_length(store.consistency.sample(embedder, _SLICE).values())
    after: int | None = 0
    while after is not None:
        rows, after = store.consistency.chunk_part(embedder, after, _SLICE)
        by_id = _by_id(rows, length)
        kept = vectors.existing(store.knowledge_id, list(by_id)) if by_id else set()
        lost = [vector_row(*row) for id, row in by_id.items() if id not in kept]
        vectors.upsert(store.knowledge_id, embedder, lost)
        added += len(lost)
    return added


def _by_id(rows: Sequence[_Row], length: int) -> dict[str, _Row]:
    return {chunk_id(row[0], row[1], row[2].ordinal): row for row in rows if len(row[2].embedding) == length}
