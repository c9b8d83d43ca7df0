"""Knowledge bases: their names, counts, figures, languages and schemas."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.processing_plan import schemas_of
from pipeline.queries.answer_cache import AnswerCache
from pipeline.step_context import Resources
from pipeline.still_there import of_each
from stores.models import Schema
from stores.views import KnowledgeBaseView

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.queries import Figures


class KnowledgeBaseQueries:
    """Queries about the knowledge bases of one home. NotFoundError for one that is unknown."""

    def __init__(self, resources: Resources, cache: AnswerCache) -> None:
        self._resources = resources
        self._cache = cache

    def ids(self) -> list[str]:
        """The ids of all knowledge bases, sorted."""
        return self._resources.catalog.names()

    def all(self) -> list[KnowledgeBaseView]:
        """All knowledge bases with their counts."""
        return list(of_each(self.ids(), self.get))

    def get(self, knowledge_id: str) -> KnowledgeBaseView:
        """Counts and size of one; what took long to count is counted again only after ten times as long."""
        store = self._resources.catalog.store(knowledge_id)
        counted = self._cache.get_adaptive(f"counts {store.knowledge_id}", lambda: self._count(store))
        return replace(counted, name=store.get_meta("name"))

    def name(self, knowledge_id: str) -> str:
        """The name that one was given, its id where it was given none."""
        return self._resources.catalog.store(knowledge_id).get_meta("name") or knowledge_id

    def figures(self, knowledge_id: str) -> Figures:
        """For metrics: documents and callbacks by state, and what the steps of each stage cost so far."""
        store = self._resources.catalog.store(knowledge_id)
        return self._cache.get_adaptive(f"figures {store.knowledge_id}", store.queries.figures)

    def languages(self, knowledge_id: str) -> list[str]:
        """The languages of its documents, as codes."""
        return self._resources.catalog.store(knowledge_id).page_queries.languages()

    def schemas(self, knowledge_id: str | None = None) -> dict[str, Schema]:
        """The schemas that can be asked for; with a knowledge base, also those that its documents were made with."""
        if knowledge_id is None:
            return dict(self._resources.schemas)
        return schemas_of(self._resources, self._resources.catalog.store(knowledge_id))

    def _count(self, store: KnowledgeStore) -> KnowledgeBaseView:
        return KnowledgeBaseView(
            knowledge_id=store.knowledge_id,
            name="",
            embedder=", ".join(store.chunks.embedders()),
            created_at=float(store.get_meta("created_at") or 0.0),
            size_bytes=self._resources.files.size_bytes(store.knowledge_id) + store.size_bytes(),
            counts=store.document_queries.counts_by_state(),
            **store.queries.answering(),
        )
