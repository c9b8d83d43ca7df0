"""Search: keywords and vectors, fused. Only chunks of visible generations are found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.reindexing import rebuild
from pipeline.search.filters import check_conditions
from pipeline.search.ranking import Ranked, fuse
from pipeline.step_context import Resources
from stores.clean_text import clean, clean_value
from stores.contracts import Where
from stores.errors import DamagedIndexError, InputError
from stores.models import Chunk, Hit
from stores.suggestions import check
from stores.words import unspaced_share

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

MODES = ("hybrid", "keyword", "vector")
MOST_HITS = 1000
_CANDIDATES = 50  # chunks that each half returns, at least


def search(
    resources: Resources, knowledge_id: str, query: str, limit: int, mode: str, where: Mapping[str, str]
) -> list[Hit]:
    """The best chunks for a query. ``where``: values of record fields, ``source``, ``document`` or ``language``."""
    check("mode", mode, MODES, code="unknown_mode")
    if not 1 <= limit <= MOST_HITS:
        raise InputError(f"the number of hits must be between 1 and {MOST_HITS}")
    query = query.encode("utf-8", "replace").decode()  # a shell may pass bytes of any encoding
    if not query.strip():
        raise InputError("the query is empty: say what to look for")
    query, where = clean(query), clean_value(where)
    store = resources.catalog.store(knowledge_id)
    check_conditions(resources, store, where)
    documents = store.chunks.filtered(where)
    if documents is not None and not documents:
        return []
    wanted = max(_CANDIDATES, 3 * limit)
    keyword = _by_keywords(store, query, wanted, documents) if mode != "vector" else []
    vector = _by_vectors(resources, store, query, wanted, documents) if mode != "keyword" else []
    english_only = resources.embedder().english_only
    return _hits(store, fuse(keyword, vector, unspaced_share(query), limit, multilingual=not english_only))


def _by_keywords(store: KnowledgeStore, query: str, wanted: int, documents: Collection[str] | None) -> list[str]:
    """Chunk ids, best first."""
    return store.chunks.keyword_hits(query, wanted, documents)


def _by_vectors(
    resources: Resources, store: KnowledgeStore, query: str, wanted: int, documents: Collection[str] | None
) -> list[str]:
    """Visible chunk ids, nearest first. A damaged index is rebuilt from SQL, once."""
    embedder = resources.embedder()
    vector = embedder.embed_query(query).astype("<f4").tobytes()
    where: Where = {"document": sorted(documents)} if documents else {}
    asked = wanted
    while True:
        nearest = _nearest(resources, store, vector, asked, where)
        visible = store.chunks.only_visible([at for at, _ in nearest])
        if len(visible) >= wanted or len(nearest) < asked:
            return visible[:wanted]
        asked *= 4


def _nearest(
    resources: Resources, store: KnowledgeStore, vector: bytes, asked: int, where: Where
) -> list[tuple[str, float]]:
    """(chunk id, distance), nearest first. A damaged or missing index is rebuilt from SQL, once."""
    vectors, embedder = resources.vectors(), resources.embedder().fingerprint
    try:
        nearest = vectors.query(store.knowledge_id, embedder, vector, asked, where)
    except DamagedIndexError:
        nearest = []
    if nearest or where or not store.chunks.any_visible(embedder):
        return nearest
    rebuild(resources, store)
    return vectors.query(store.knowledge_id, embedder, vector, asked, where)


def _hits(store: KnowledgeStore, ranked: Sequence[Ranked[str]]) -> list[Hit]:
    chunks = store.chunks.read([found.id for found in ranked])
    return [_hit(found, *chunks[found.id]) for found in ranked if found.id in chunks]


def _hit(found: Ranked[str], chunk: Chunk, source: str) -> Hit:
    return Hit(
        chunk=found.id,
        document=found.id.split(":")[0],
        source=source,
        first_page=chunk.first_page,
        last_page=chunk.last_page,
        heading=chunk.heading,
        text=chunk.text,
        boxes=chunk.boxes,
        score=found.score,
        keyword_rank=found.keyword_rank,
        vector_rank=found.vector_rank,
    )
