"""Searching a knowledge base."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.search import filters, hit_pages, search
from pipeline.step_context import Resources
from stores.models import Hit
from stores.search_views import SearchResult


class Search:
    """Searches the visible chunks of a knowledge base."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def hits(
        self,
        knowledge_id: str,
        query: str,
        limit: int = 10,
        mode: str = "hybrid",
        where: filters.Where = None,
    ) -> list[Hit]:
        """The best chunks for a query; ``mode`` is hybrid, keyword or vector."""
        return list(self.result(knowledge_id, query, limit, mode, where).hits)

    def result(
        self,
        knowledge_id: str,
        query: str,
        limit: int = 10,
        mode: str = "hybrid",
        where: filters.Where = None,
    ) -> SearchResult:
        """The best chunks for a query, and whether they fit at all.

        ``where``: a filter as text (see ``pipeline.search.filter_language``), or values that fields equal.
        """
        return search.search_result(self._resources, knowledge_id, query, limit, mode, where)

    def result_over(
        self,
        knowledge_ids: Sequence[str],
        query: str,
        limit: int = 10,
        mode: str = "hybrid",
        where: filters.Where = None,
    ) -> SearchResult:
        """The best chunks of several knowledge bases; where some fit, only theirs.

        Scores come from ranks and words, not from distances, so those of different embedders can be compared.
        """
        results = [self.result(one, query, limit, mode, where) for one in dict.fromkeys(knowledge_ids)]
        filled = [result for result in results if result.hits]
        fitting = [result for result in filled if not result.nothing_fits]
        hits = [hit for result in fitting or filled for hit in result.hits]
        hits.sort(key=lambda hit: -hit.score)
        remark = next((result.remark for result in results if result.remark), "")
        return SearchResult(hits=tuple(hits[:limit]), nothing_fits=bool(hits) and not fitting, remark=remark)

    def check_conditions(self, knowledge_id: str, where: filters.Where) -> None:
        """Raise InputError where a search cannot be narrowed so: an unknown field, a text for a number."""
        store = self._resources.catalog.store(knowledge_id)
        filters.check_conditions(self._resources, store, filters.as_filter(where))

    def documents(self, knowledge_id: str, where: filters.Where) -> set[str] | None:
        """The documents that a filter leaves; None where it asks nothing. InputError as above."""
        self.check_conditions(knowledge_id, where)
        return self._resources.catalog.store(knowledge_id).chunks.filtered(filters.as_filter(where))

    def page_of_hit(self, knowledge_id: str, hit: Hit, query: str) -> int:
        """The page of a hit on which the words of the query stand; a chunk may span several pages."""
        return hit_pages.page_of_hit(self._resources.catalog.store(knowledge_id), hit, query)
