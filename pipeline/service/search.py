"""Searching a knowledge base."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.search import filters, hit_pages, search
from pipeline.step_context import Resources
from stores.models import Hit


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
        where: Mapping[str, str] | None = None,
    ) -> list[Hit]:
        """The best chunks for a query; ``mode`` is hybrid, keyword or vector."""
        return search.search(self._resources, knowledge_id, query, limit, mode, where or {})

    def check_conditions(self, knowledge_id: str, where: Mapping[str, str]) -> None:
        """Raise InputError where a search cannot be narrowed so: an unknown field, a text for a number."""
        filters.check_conditions(self._resources, self._resources.catalog.store(knowledge_id), where)

    def documents(self, knowledge_id: str, where: Mapping[str, str]) -> set[str] | None:
        """The documents whose fields have these values; None where no value is given. InputError as above."""
        self.check_conditions(knowledge_id, where)
        return self._resources.catalog.store(knowledge_id).chunks.filtered(where)

    def page_of_hit(self, knowledge_id: str, hit: Hit, query: str) -> int:
        """The page of a hit on which the words of the query stand; a chunk may span several pages."""
        return hit_pages.page_of_hit(self._resources.catalog.store(knowledge_id), hit, query)
