"""Fuses the keyword and the vector hits into one list by weighted reciprocal rank. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Id = TypeVar("Id", bound=Hashable)

# A small constant gives the first ranks weight: with the usual 60 the twentieth has three quarters of the first.
RANK_CONSTANT = 10
KEYWORD_WEIGHT = 0.8
VECTOR_WEIGHT = 1.0
# MiniLM knows no Chinese: there its half only breaks ties, and decides where keywords find nothing.
VECTOR_WEIGHT_UNKNOWN = 0.05
_UNKNOWN_SHARE = 0.25  # a query with so much Chinese counts as Chinese, despite English names in it


@dataclass(frozen=True, slots=True)
class Ranked(Generic[Id]):
    """One hit. ``score`` is 0 to 1, 1 for what stands first in both lists; ranks count from 1."""

    id: Id
    score: float
    keyword_rank: int | None
    vector_rank: int | None


def fuse(
    keyword: Sequence[Id],
    vector: Sequence[Id],
    unspaced_share: float,
    limit: int,
    *,
    multilingual: bool = False,
) -> list[Ranked[Id]]:
    """The best ``limit`` of both lists (best first, each without repetition).

    ``unspaced_share`` is the share, 0 to 1, of the query that is in a script without spaces (``stores.words``): the
    vectors' half weighs less the more of it there is, unless the embedder is ``multilingual``.
    """
    keyword_ranks = {id: rank for rank, id in enumerate(keyword, 1)}
    vector_ranks = {id: rank for rank, id in enumerate(vector, 1)}
    share = 0.0 if multilingual else min(unspaced_share / _UNKNOWN_SHARE, 1.0)
    vector_weight = VECTOR_WEIGHT + share * (VECTOR_WEIGHT_UNKNOWN - VECTOR_WEIGHT)
    whole = (KEYWORD_WEIGHT + vector_weight) / (RANK_CONSTANT + 1)
    ranked = [
        Ranked(
            id,
            (_part(KEYWORD_WEIGHT, keyword_ranks.get(id)) + _part(vector_weight, vector_ranks.get(id))) / whole,
            keyword_ranks.get(id),
            vector_ranks.get(id),
        )
        for id in dict.fromkeys([*keyword, *vector])
    ]
    return sorted(ranked, key=lambda found: -found.score)[:limit]


def _part(weight: float, rank: int | None) -> float:
    return 0.0 if rank is None else weight / (RANK_CONSTANT + rank)
