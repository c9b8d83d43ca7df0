"""Search: keywords and vectors, fused. Only chunks of visible generations are ranked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.knowledge_base_embedder import embedder_choices, with_own_embedder
from pipeline.reindexing import rebuild
from pipeline.search.filters import check_conditions
from pipeline.search.ranking import COMPARED, Ranked, by_words, exact_first, fuse, one_per_page, vector_weight
from pipeline.search.word_share import exact_share, word_share
from pipeline.step_context import Resources
from stores.clean_text import clean, clean_value
from stores.contracts import Where
from stores.errors import DamagedIndexError, InputError
from stores.models import Chunk, Hit
from stores.suggestions import check
from stores.views import KeywordHits
from stores.words import query_words, unspaced_share

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

MODES = ("hybrid", "keyword", "vector")
MOST_HITS = 1000
_CANDIDATES = 50  # chunks that each half returns, at least
_READ_AT_ONCE = 16


def search(
    resources: Resources, knowledge_id: str, query: str, limit: int, mode: str, where: Mapping[str, str]
) -> list[Hit]:
    """The best pages for a query, each by its best chunk.

    ``where``: values of record fields, ``source``, ``document`` or ``language``.
    """
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
    return list(_Candidates(resources, store, query, mode, documents, max(_CANDIDATES, 3 * limit)).best(limit))


class _Candidates:
    """The chunks that may be hits of one search; each is read from the store when its rank needs it.

    Words and exact texts are compared where both halves are asked; the other modes show one half as it is.
    """

    def __init__(
        self,
        resources: Resources,
        store: KnowledgeStore,
        query: str,
        mode: str,
        documents: Collection[str] | None,
        wanted: int,
    ) -> None:
        self._store, self._query = store, query
        nothing = KeywordHits(ids=[], exact=[], rarity={})
        keyword = store.chunks.keyword_hits(query, wanted, documents) if mode != "vector" else nothing
        vector = _by_vectors(resources, store, query, wanted, documents) if mode != "keyword" else []
        english_only = with_own_embedder(resources, store).embedder().english_only
        weight = vector_weight(unspaced_share(query), english_only=english_only)
        ranked = fuse(keyword.ids, vector, weight, keyword.exact if mode == "hybrid" else [])
        self._chunks: dict[str, tuple[Chunk, str]] = {}
        self._asked: set[str] = set()  # ids that were read, there or gone
        self._ranked = self._compared(ranked, keyword) if mode == "hybrid" else ranked

    def best(self, limit: int) -> Iterator[Hit]:
        """The best hits, one per page."""
        shown = one_per_page(self._still_there(), self._pages)
        return (_hit(ranked, *self._chunks[ranked.id]) for ranked in islice(shown, limit))

    def _compared(self, ranked: Sequence[Ranked[str]], keyword: KeywordHits) -> list[Ranked[str]]:
        self._read([hit.id for hit in ranked[:COMPARED]] + keyword.exact)
        texts = {id: f"{chunk.heading}\n{chunk.text}" for id, (chunk, _) in self._chunks.items()}
        there = [hit for hit in ranked[:COMPARED] if hit.id in texts] + list(ranked[COMPARED:])
        by_share = by_words(there, texts, word_share(keyword.rarity))
        return exact_first(by_share, texts, exact_share(query_words(self._query).exact)) if keyword.exact else by_share

    def _still_there(self) -> Iterator[Ranked[str]]:
        """The ranked chunks that answer now; those that were not read yet are read by the slice."""
        for at, hit in enumerate(self._ranked):
            if hit.id not in self._asked:
                self._read([later.id for later in self._ranked[at : at + _READ_AT_ONCE]])
            if hit.id in self._chunks:
                yield hit

    def _read(self, ids: Iterable[str]) -> None:
        new = [id for id in dict.fromkeys(ids) if id not in self._asked]
        self._chunks |= self._store.chunks.read(new)
        self._asked |= set(new)

    def _pages(self, id: str) -> list[tuple[str, int]]:
        chunk, _ = self._chunks[id]
        return [(id.split(":")[0], number) for number in range(chunk.first_page, chunk.last_page + 1)]


def _by_vectors(
    resources: Resources, store: KnowledgeStore, query: str, wanted: int, documents: Collection[str] | None
) -> list[str]:
    """Visible chunk ids, nearest first. Raises InputError ``other_embedder`` where no embedder of ours made the index.

    The index has the vectors of one embedder; it is asked with each that may have made it, the likeliest first.
    """
    refusals: list[InputError] = []
    answered = False
    for choice in embedder_choices(resources, store):
        try:
            if visible := _nearest_visible(choice, store, query, wanted, documents):
                return visible
            answered = True
        except InputError as error:
            if error.code != "other_embedder":
                raise
            refusals.append(error)
    if refusals and not answered:
        raise refusals[0]
    return []


def _nearest_visible(
    resources: Resources, store: KnowledgeStore, query: str, wanted: int, documents: Collection[str] | None
) -> list[str]:
    vector = resources.embedder().embed_query(query).astype("<f4").tobytes()
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


def _hit(ranked: Ranked[str], chunk: Chunk, source: str) -> Hit:
    return Hit(
        chunk=ranked.id,
        document=ranked.id.split(":")[0],
        source=source,
        first_page=chunk.first_page,
        last_page=chunk.last_page,
        heading=chunk.heading,
        text=chunk.text,
        boxes=chunk.boxes,
        score=ranked.score,
        keyword_rank=ranked.keyword_rank,
        vector_rank=ranked.vector_rank,
    )
