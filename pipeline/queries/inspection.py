"""The inspector: the pages of a document, and one page with everything that was found on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.queries.making import Comparison, Making, comparison, making
from pipeline.step_context import Resources
from stores.errors import NotFoundError
from stores.views import PageMark, PageView

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore


class InspectionQueries:
    """Queries about the generation of a document that is shown: the visible one, else the newest."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def strip(self, knowledge_id: str, name: str) -> list[PageMark]:
        """The pages of a document without what was read of them; empty before they are planned."""
        store, document, generation = self._shown(knowledge_id, name)
        return store.page_queries.strip(document, generation)

    def page_view(self, knowledge_id: str, name: str, number: int) -> PageView:
        """Page ``number`` with its blocks, chunks and evidence. NotFoundError where there is no such page."""
        store, document, generation = self._shown(knowledge_id, name)
        pages = store.pages.read(document, generation, [number])
        if not pages:
            raise NotFoundError(f"{name!r} has no page {number}")
        return PageView(
            document=document,
            generation=generation,
            page=pages[0],
            chunks=tuple(store.page_queries.chunks_on(document, generation, number)),
            evidence=tuple(store.page_queries.evidence_on(document, generation, number)),
        )

    def page_of(self, knowledge_id: str, name: str, chunk: int | None, value: tuple[str, str] | None) -> int:
        """The page of a chunk (its ordinal) or of a value ((schema, path)), 0 where there is none."""
        store, document, generation = self._shown(knowledge_id, name)
        if chunk is not None:
            return store.page_queries.page_of_chunk(document, generation, chunk)
        return store.page_queries.page_of_value(document, generation, *value) if value else 0

    def making(self, knowledge_id: str, name: str) -> Making:
        """What the newest generation of a document cost, and which generations are kept."""
        store = self._resources.catalog.store(knowledge_id)
        return making(store, store.document_queries.find(name))

    def comparison(self, knowledge_id: str, name: str) -> Comparison | None:
        """The visible generation of a document beside the newest, page by page; None where only one is kept."""
        store = self._resources.catalog.store(knowledge_id)
        return comparison(store, store.document_queries.find(name))

    def _shown(self, knowledge_id: str, name: str) -> tuple[KnowledgeStore, str, int]:
        """(store, document id, number of the generation to show)."""
        store = self._resources.catalog.store(knowledge_id)
        document = store.document_queries.find(name)
        return store, document, store.document_queries.generation_to_show(document)
