"""Search: keywords and vectors, fused. Only chunks of visible generations are ranked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.knowledge_base_embedder import embedder_choices, with_own_embedder
from pipeline.reindexing import rebuild
from pipeline.search import filters
from pipeline.search.exclusions import holds_excluded, without_excluded
from pipeline.search.floor import FLOORS, NEAREST, Signals, is_unspaced
from pipeline.search.ranking import COMPARED, Ranked, Share, by_words, exact_first, fuse, one_per_page, vector_weight
from pipeline.search.reranking import reordered
from pipeline.search.word_share import exact_share, word_share
from pipeline.step_context import Resources
from stores.clean_text import clean
from stores.contracts import Where
from stores.errors import DamagedIndexError, IngotError, InputError
from stores.models import Chunk, Hit
from stores.search_views import KeywordHits, SearchResult
from stores.suggestions import check
from stores.words import query_words, unspaced_share

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

MODES = ("hybrid", "keyword", "vector")
MOST_HITS = 1000
_CANDIDATES = 50  # chunks that each half returns, at least
_MORE_CANDIDATES = 4  # times as many where words are excluded
_READ_AT_ONCE = 16
_MOST_COMPARED = 8000  # characters of a chunk that a reranker reads


def search(
    resources: Resources, knowledge_id: str, query: str, limit: int, mode: str, where: filters.Where = None
) -> list[Hit]:
    """The best pages for a query, each by its best chunk; see ``search_result``."""
    return list(search_result(resources, knowledge_id, query, limit, mode, where).hits)


def search_result(
    resources: Resources, knowledge_id: str, query: str, limit: int, mode: str, where: filters.Where = None
) -> SearchResult:
    """The best pages for a query, each by its best chunk, and whether they fit.

    ``where``: a filter on record fields and on what is known of a document, see ``filter_language``. Words behind a
    minus sign are excluded.
    """
    check("mode", mode, MODES, code="unknown_mode")
    if not 1 <= limit <= MOST_HITS:
        raise InputError(f"the number of hits must be between 1 and {MOST_HITS}")
    query = query.encode("utf-8", "replace").decode()  # a shell may pass bytes of any encoding
    if not query.strip():
        raise InputError("the query is empty: say what to look for")
    query, excluded = without_excluded(clean(query))
    store = resources.catalog.store(knowledge_id)
    tree = filters.as_filter(where)
    filters.check_conditions(resources, store, tree)
    documents = store.chunks.filtered(tree)
    if documents is not None and not documents:
        return SearchResult(hits=())
    candidates = _Candidates(resources, store, query, mode, documents, excluded, max(_CANDIDATES, 3 * limit))
    hits = tuple(replace(hit, knowledge_id=knowledge_id) for hit in candidates.best(limit))
    return SearchResult(hits=hits, nothing_fits=bool(hits) and not candidates.fit, remark=candidates.remark)


class _Candidates:
    """The chunks that may be hits of one search; each is read from the store when its rank needs it.

    Words and exact texts are compared, and a reranker is asked, where both halves are; the other modes show one half
    as it is. ``remark``: why the reranker that is set did not answer.
    """

    def __init__(
        self,
        resources: Resources,
        store: KnowledgeStore,
        query: str,
        mode: str,
        documents: Collection[str] | None,
        excluded: Sequence[str],
        wanted: int,
    ) -> None:
        self._resources, self._store, self._query, self.remark = resources, store, query, ""
        self._excludes = holds_excluded(excluded) if excluded else None
        wanted *= _MORE_CANDIDATES if excluded else 1
        nothing = KeywordHits(ids=[], exact=[], rarity={})
        keyword = store.chunks.keyword_hits(query, wanted, documents) if mode != "vector" else nothing
        vector = _by_vectors(resources, store, query, wanted, documents) if mode != "keyword" else _NO_VECTORS
        english_only = with_own_embedder(resources, store).embedder().english_only
        weight = vector_weight(unspaced_share(query), english_only=english_only)
        ranked = fuse(keyword.ids, list(vector.similarity), weight, keyword.exact if mode == "hybrid" else [])
        self._chunks: dict[str, tuple[Chunk, str]] = {}
        self._asked: set[str] = set()  # ids that were read, there or gone
        self.fit = True
        self._ranked = self._compared(ranked, keyword, vector) if mode == "hybrid" else ranked

    def best(self, limit: int) -> Iterator[Hit]:
        """The best hits, one per page, each with the number of those that it stands for."""
        shown = list(islice(one_per_page(self._still_there(self._ranked), self._pages), limit))
        folded = self._folded([hit.id for hit in shown])
        return (_hit(ranked, *self._chunks[ranked.id], folded.get(ranked.id, 0)) for ranked in shown)

    def _folded(self, shown: Sequence[str]) -> Counter[str]:
        """How many further chunks of the pages of each hit are among those that were read."""
        of_page: dict[tuple[str, int], str] = {}
        for id in shown:
            for page in self._pages(id):
                of_page.setdefault(page, id)
        others = (self._pages(hit.id) for hit in self._ranked if hit.id in self._chunks and hit.id not in set(shown))
        return Counter(of_page[pages[0]] for pages in others if all(page in of_page for page in pages))

    def _compared(self, ranked: Sequence[Ranked[str]], keyword: KeywordHits, vector: _Nearest) -> list[Ranked[str]]:
        self._read([hit.id for hit in ranked[:COMPARED]] + keyword.exact)
        first = list(islice(self._still_there(ranked), COMPARED))
        texts = {id: f"{chunk.heading}\n{chunk.text}" for id, (chunk, _) in self._chunks.items()}
        rest = [hit for hit in ranked if hit not in first and (hit.id in texts or hit.id not in self._asked)]
        there = [*first, *rest]
        share, exact = cache(word_share(keyword.rarity)), cache(exact_share(query_words(self._query).exact))
        if (floor := FLOORS.get(vector.embedder)) and vector.similarity:
            best_share = max((share(texts[hit.id]) for hit in first), default=0.0)
            self.fit = floor.fits(self._signals(texts, keyword, vector, share, exact, best_share))
        by_share = self._reranked(by_words(there, texts, share))
        texts = {id: f"{chunk.heading}\n{chunk.text}" for id, (chunk, _) in self._chunks.items()}
        return exact_first(by_share, texts, exact) if keyword.exact else by_share

    def _reranked(self, ranked: list[Ranked[str]]) -> list[Ranked[str]]:
        """The hits, the first in the order of the reranker. What stands in the way of it becomes the remark."""
        try:
            reranker = self._resources.reranker()
            first = list(islice(self._still_there(ranked), self._resources.settings.reranker_hits if reranker else 0))
            if reranker is None or len(first) < 2:
                return ranked
            chunks = [self._chunks[hit.id][0] for hit in first]
            texts = [f"{chunk.heading}\n{chunk.text}".strip()[:_MOST_COMPARED] for chunk in chunks]
            scores = reranker.scores(self._query, texts)
            return reordered(ranked, dict(zip((hit.id for hit in first), scores, strict=True)))
        except IngotError as error:
            self.remark = f"Not reranked: {error.message}."
            return ranked

    def _signals(
        self,
        texts: Mapping[str, str],
        keyword: KeywordHits,
        vector: _Nearest,
        share: Share,
        exact: Share,
        best_share: float,
    ) -> Signals:
        nearest = [texts[id] for id in vector.similarity if id in texts][:NEAREST]
        unspaced = unspaced_share(self._query)
        same = sum(is_unspaced(unspaced_share(text)) == is_unspaced(unspaced) for text in nearest)
        return Signals(
            similarity=max((vector.similarity[id] for id in texts if id in vector.similarity), default=0.0),
            nearest_share=max(map(share, nearest), default=0.0),
            best_share=best_share,
            absent_share=keyword.absent_share,
            same_script=same / max(len(nearest), 1),
            exact_share=max((exact(texts[id]) for id in keyword.exact if id in texts), default=0.0),
            unspaced=unspaced,
        )

    def _still_there(self, ranked: Sequence[Ranked[str]]) -> Iterator[Ranked[str]]:
        """The ranked chunks that answer now; those that were not read yet are read by the slice."""
        for at, hit in enumerate(ranked):
            if hit.id not in self._asked:
                self._read([later.id for later in ranked[at : at + _READ_AT_ONCE]])
            if hit.id in self._chunks:
                yield hit

    def _read(self, ids: Iterable[str]) -> None:
        """Read chunks that were not read yet; those with excluded words count as gone."""
        new = [id for id in dict.fromkeys(ids) if id not in self._asked]
        rows = self._store.chunks.read(new)
        if self._excludes:
            rows = {id: row for id, row in rows.items() if not self._excludes(f"{row[0].heading}\n{row[0].text}")}
        self._chunks |= rows
        self._asked |= set(new)

    def _pages(self, id: str) -> list[tuple[str, int]]:
        chunk, _ = self._chunks[id]
        return [(id.split(":")[0], number) for number in range(chunk.first_page, chunk.last_page + 1)]


@dataclass(frozen=True, slots=True)
class _Nearest:
    """Visible chunk ids, nearest first, with their cosine; and the fingerprint of the embedder that found them."""

    embedder: str
    similarity: dict[str, float]


_NO_VECTORS = _Nearest("", {})


def _by_vectors(
    resources: Resources, store: KnowledgeStore, query: str, wanted: int, documents: Collection[str] | None
) -> _Nearest:
    """The nearest visible chunks. Raises InputError ``other_embedder`` where no embedder of ours made the index.

    The index has the vectors of one embedder; it is asked with each that may have made it, the likeliest first.
    """
    refusals: list[InputError] = []
    answered = False
    for choice in embedder_choices(resources, store):
        try:
            if visible := _nearest_visible(choice, store, query, wanted, documents):
                return _Nearest(choice.embedder().fingerprint, visible)
            answered = True
        except InputError as error:
            if error.code != "other_embedder":
                raise
            refusals.append(error)
    if refusals and not answered:
        raise refusals[0]
    return _NO_VECTORS


def _nearest_visible(
    resources: Resources, store: KnowledgeStore, query: str, wanted: int, documents: Collection[str] | None
) -> dict[str, float]:
    vector = resources.embedder().embed_query(query).astype("<f4").tobytes()
    where: Where = {"document": sorted(documents)} if documents else {}
    asked = wanted
    while True:
        nearest = _nearest(resources, store, vector, asked, where)
        visible = store.chunks.only_visible([at for at, _ in nearest])
        if len(visible) >= wanted or len(nearest) < asked:
            similarity = {at: 1.0 - distance for at, distance in nearest}
            return {at: similarity[at] for at in visible[:wanted]}
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


def _hit(ranked: Ranked[str], chunk: Chunk, source: str, more_on_page: int) -> Hit:
    return Hit(
        chunk=ranked.id,
        document=ranked.id.split(":")[0],
        source=source,
        first_page=chunk.first_page,
        last_page=chunk.last_page,
        heading=chunk.heading,
        text=chunk.text,
        boxes=chunk.boxes,
        place=chunk.place,
        score=ranked.score,
        keyword_rank=ranked.keyword_rank,
        vector_rank=ranked.vector_rank,
        more_on_page=more_on_page,
    )
