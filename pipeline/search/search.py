"""Search: keywords and vectors, fused. Only chunks of visible generations are ranked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from pipeline.knowledge_base_embedder import with_own_embedder
from pipeline.search import filters
from pipeline.search.copies import fold_copies
from pipeline.search.exclusions import holds_excluded, without_excluded
from pipeline.search.floor import CLEAR_LEAD, FLOORS, LEAD_UNKNOWN, Floor, Signals, agreement, is_unspaced
from pipeline.search.nearest import NO_VECTORS, Nearest, nearest_chunks
from pipeline.search.ranking import (
    COMPARED,
    KEYWORD_WEIGHT,
    VECTOR_WEIGHT,
    Ranked,
    Share,
    by_words,
    exact_first,
    fuse,
    keyword_weight,
    one_per_page,
    vector_weight,
)
from pipeline.search.reranking import reordered
from pipeline.search.word_share import WeightedWords, absent_share, exact_share, weighted_words, word_share
from pipeline.step_context import Resources
from stores.clean_text import clean
from stores.errors import IngotError, InputError
from stores.models import Chunk, Hit
from stores.search_views import KeywordHits, SearchResult
from stores.suggestions import check
from stores.words import query_words, unspaced_share

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

MODES = ("hybrid", "keyword", "vector")
MOST_HITS = 1000
_CANDIDATES = 50  # chunks that each half returns, at least
_WEIGHED = 10  # first hits by keyword, which tell how much the keywords weigh
_MORE_CANDIDATES = 4  # times as many where words are excluded
_READ_AT_ONCE = 16
_MORE_FOR_COPIES = 10  # hits behind the last that are looked at for what text files repeat
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


def signals_of(resources: Resources, knowledge_id: str, query: str) -> tuple[Signals, bool] | None:
    """What tells whether anything fits, and whether chunks in the query's script are as near as any; see ``floor``.

    None where the knowledge base is empty or its embedder has no floor.
    """
    store = resources.catalog.store(knowledge_id)
    return _Candidates(resources, store, query, "hybrid", None, (), _CANDIDATES).judged


class _Shares(NamedTuple):
    """How much a text holds of a query: of its words, and of what must stand there as it is written."""

    words: Share
    exact: Share


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
        self._chunks: dict[str, tuple[Chunk, str]] = {}
        self._asked: set[str] = set()  # ids that were read, there or gone
        self.fit = True
        self.judged: tuple[Signals, bool] | None = None
        nothing = KeywordHits(ids=[], exact=[], rarity={})
        keyword = store.chunks.keyword_hits(query, wanted, documents) if mode != "vector" else nothing
        vector = nearest_chunks(resources, store, query, wanted, documents) if mode != "keyword" else NO_VECTORS
        if mode == "hybrid":
            self._ranked = self._compared(keyword, vector)
        else:
            self._ranked = fuse(keyword.ids, list(vector.similarity))

    def best(self, limit: int) -> Iterator[Hit]:
        """The best hits, one per page, each with the number of those that it stands for."""
        hits = one_per_page(self._still_there(self._ranked), self._pages)
        shown = list(islice(hits, limit))
        if any(self._is_unpaged(hit.id) for hit in shown):
            shown = fold_copies([*shown, *islice(hits, _MORE_FOR_COPIES)], self._is_unpaged, self._text)[:limit]
        folded = self._folded([hit.id for hit in shown])
        return (_hit(ranked, *self._chunks[ranked.id], folded.get(ranked.id, 0)) for ranked in shown)

    def _folded(self, shown: Sequence[str]) -> Counter[str]:
        """How many further chunks of the pages of each hit are among those that were read."""
        of_page: dict[tuple[str, int], str] = {}
        for id in shown:
            for page in self._pages(id):
                of_page.setdefault(page, id)
        ahead = set(shown)
        others = (self._pages(hit.id) for hit in self._ranked if hit.id in self._chunks and hit.id not in ahead)
        return Counter(of_page[pages[0]] for pages in others if all(page in of_page for page in pages))

    def _compared(self, keyword: KeywordHits, vector: Nearest) -> list[Ranked[str]]:
        asked = query_words(self._query)
        words = weighted_words(keyword.rarity, asked.runs)
        shares = _Shares(cache(word_share(words)), cache(exact_share(asked.exact)))
        ranked = self._fused(keyword, vector, shares.words)
        self._read([hit.id for hit in ranked[:COMPARED]] + keyword.exact)
        first = list(islice(self._still_there(ranked), COMPARED))
        texts = {id: self._text(id) for id in self._chunks}
        ahead = {hit.id for hit in first}
        rest = [hit for hit in ranked if hit.id not in ahead and (hit.id in texts or hit.id not in self._asked)]
        there = [*first, *rest]
        if (floor := FLOORS.get(vector.embedder)) and vector.similarity:
            self.judged = signals, same_script = self._judged(floor, keyword, vector, words, shares)
            self.fit = floor.fits(signals, same_script=same_script)
        by_share = self._reranked(by_words(there, texts, shares.words))
        texts = {id: self._text(id) for id in self._chunks}
        return exact_first(by_share, texts, shares.exact) if keyword.exact else by_share

    def _fused(self, keyword: KeywordHits, vector: Nearest, share: Share) -> list[Ranked[str]]:
        """Both halves as one list; keywords weigh as much as their first chunks have of the query's words."""
        unspaced = unspaced_share(self._query)
        english_only = unspaced > 0 and with_own_embedder(self._resources, self._store).embedder().english_only
        weight = vector_weight(unspaced, english_only=english_only)
        halves = keyword.ids, list(vector.similarity), weight, keyword.exact
        ranked = fuse(*halves)
        self._read([hit.id for hit in ranked[:COMPARED]] + keyword.exact)
        if not vector.similarity or weight != VECTOR_WEIGHT:
            return ranked
        first = (self._text(id) for id in keyword.ids[:_WEIGHED] if id in self._chunks)
        of_keywords = keyword_weight(max(map(share, first), default=0.0))
        return ranked if of_keywords == KEYWORD_WEIGHT else fuse(*halves, of_keywords=of_keywords)

    def _is_unpaged(self, id: str) -> bool:
        """Whether a chunk is of a format without page images, which names places instead."""
        return bool(self._chunks[id][0].place)

    def _text(self, id: str) -> str:
        """The words of a chunk that was read, those of its headings before them."""
        chunk, _ = self._chunks[id]
        return f"{chunk.heading}\n{chunk.text}"

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

    def _judged(
        self,
        floor: Floor,
        keyword: KeywordHits,
        vector: Nearest,
        words: WeightedWords,
        shares: _Shares,
    ) -> tuple[Signals, bool]:
        """What tells whether what was read fits the query, and whether chunks in its script are as near as any."""
        texts = {id: self._text(id) for id in self._chunks}
        unspaced = is_unspaced(unspaced_share(self._query))
        lead = vector.lead_of_other_script(unspaced=unspaced)
        signals = Signals(
            similarity=next(iter(vector.similarity.values())),
            unspaced=float(unspaced),
            lead=LEAD_UNKNOWN if lead is None else lead,
            margin=floor.margin(vector.nearness.values()),
            best_share=max(map(shares.words, texts.values()), default=0.0),
            absent_share=absent_share(words, keyword.absent),
            agreement=agreement(keyword.ids, vector.similarity),
            exact_share=max((shares.exact(texts[id]) for id in keyword.exact if id in texts), default=0.0),
        )
        return signals, lead is not None and lead < CLEAR_LEAD

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
