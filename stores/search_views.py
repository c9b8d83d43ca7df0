"""Views of searches: what the keyword index found, and the hits that a search answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stores.models import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordHits:
    """The chunks that the keyword index has for a query.

    ``ids``: best first. ``exact``: those that may hold what was quoted, or an identifier of the query. ``rarity``: for
    each word that is looked for how much it tells, 0 for one that all chunks hold. ``absent``: those of them that no
    chunk holds.
    """

    ids: list[str]
    exact: list[str]
    rarity: Mapping[str, float]
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The hits of a search, best first. Where ``nothing_fits`` they are only the nearest of what does not answer.

    ``remark``: why the reranker that is set did not order them; empty where it did, or none is set.
    """

    hits: tuple[Hit, ...]
    nothing_fits: bool = False
    remark: str = ""
