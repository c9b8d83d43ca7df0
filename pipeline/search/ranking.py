"""Ranks the hits of the keyword and the vector index as one list. Pure.

The two lists are fused by weighted reciprocal rank. The first of the fused list gain by the share of the query's words
that they hold. What holds a quoted text or an identifier of the query as it is written comes before all else. Of the
chunks of a page only the best is a hit.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

Id = TypeVar("Id", bound=Hashable)
Share = Callable[[str], float]

# A small constant gives the first ranks weight: with the usual 60 the twentieth has three quarters of the first.
RANK_CONSTANT = 10
KEYWORD_WEIGHT = 0.8
VECTOR_WEIGHT = 1.0
# An English model knows no Chinese: there its half only breaks ties, and decides where keywords find nothing.
VECTOR_WEIGHT_UNKNOWN = 0.05
WORDS_WEIGHT = 0.15  # of the share of words, against 1 for the fused ranks
COMPARED = 20  # hits whose words are compared, from the first
# Hits by keyword with less of the query's words than the first, as where it is in another language, say nothing.
_WORTHLESS_SHARE, _FULL_SHARE = 0.1, 0.4
_UNKNOWN_SHARE = 0.25  # a query with so much Chinese counts as Chinese, despite English names in it


@dataclass(frozen=True, slots=True)
class Ranked(Generic[Id]):
    """One hit. ``score`` is 0 to 1, 1 for what stands first in both lists; ranks count from 1."""

    id: Id
    score: float
    keyword_rank: int | None
    vector_rank: int | None


def vector_weight(unspaced_share: float, *, english_only: bool) -> float:
    """How much the vectors' half weighs, by the share, 0 to 1, of a query that is in a script without spaces."""
    share = min(unspaced_share / _UNKNOWN_SHARE, 1.0) if english_only else 0.0
    return VECTOR_WEIGHT + share * (VECTOR_WEIGHT_UNKNOWN - VECTOR_WEIGHT)


def keyword_weight(best_share: float) -> float:
    """How much the keywords' half weighs, by the largest share, 0 to 1, of the query's words in its first chunks."""
    part = (best_share - _WORTHLESS_SHARE) / (_FULL_SHARE - _WORTHLESS_SHARE)
    return KEYWORD_WEIGHT * min(max(part, 0.0), 1.0)


def fuse(
    keyword: Sequence[Id],
    vector: Sequence[Id],
    weight: float = VECTOR_WEIGHT,
    others: Iterable[Id] = (),
    *,
    of_keywords: float = KEYWORD_WEIGHT,
) -> list[Ranked[Id]]:
    """All of both lists (best first, each without repetition), then the ``others``. ``weight``: of the vectors."""
    keyword_ranks = {id: rank for rank, id in enumerate(keyword, 1)}
    vector_ranks = {id: rank for rank, id in enumerate(vector, 1)}
    whole = (KEYWORD_WEIGHT + weight) / (RANK_CONSTANT + 1)
    ranked = [
        Ranked(
            id,
            (_part(of_keywords, keyword_ranks.get(id)) + _part(weight, vector_ranks.get(id))) / whole,
            keyword_ranks.get(id),
            vector_ranks.get(id),
        )
        for id in dict.fromkeys([*keyword, *vector, *others])
    ]
    return sorted(ranked, key=_descending)


def by_words(ranked: Sequence[Ranked[Id]], texts: Mapping[Id, str], share: Share) -> list[Ranked[Id]]:
    """Add to the scores of the first the share of the query's words that their texts hold."""
    first = [
        replace(hit, score=(hit.score + WORDS_WEIGHT * share(texts[hit.id])) / (1 + WORDS_WEIGHT))
        for hit in ranked[:COMPARED]
    ]
    rest = [
        Ranked(hit.id, hit.score / (1 + WORDS_WEIGHT), hit.keyword_rank, hit.vector_rank) for hit in ranked[COMPARED:]
    ]
    return sorted([*first, *rest], key=_descending)


def exact_first(ranked: Sequence[Ranked[Id]], texts: Mapping[Id, str], share: Share) -> list[Ranked[Id]]:
    """Put first what holds most of the texts that are looked for as they are written. Unchanged where nothing does."""
    shares = {hit.id: share(texts[hit.id]) for hit in ranked if hit.id in texts}
    if not any(shares.values()):
        return list(ranked)
    return sorted((replace(hit, score=(hit.score + shares.get(hit.id, 0.0)) / 2) for hit in ranked), key=_descending)


def one_per_page(ranked: Iterable[Ranked[Id]], pages: Callable[[Id], Iterable[Hashable]]) -> Iterator[Ranked[Id]]:
    """Leave out each hit all of whose pages better hits have shown."""
    shown: set[Hashable] = set()
    for hit in ranked:
        own = set(pages(hit.id))
        if not own <= shown:
            shown |= own
            yield hit


def _part(weight: float, rank: int | None) -> float:
    return 0.0 if rank is None else weight / (RANK_CONSTANT + rank)


def _descending(hit: Ranked[Id]) -> float:
    return -hit.score
