"""ETags of documents and records, computed without reading them."""

from __future__ import annotations

from pipeline.processing_plan import check_schemas
from pipeline.step_context import Resources
from stores.cursors import key_of
from stores.models import Options


class Etags:
    """Entity tags for the knowledge bases of one home."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def of_document(self, knowledge_id: str, name: str) -> str:
        """A tag that changes with anything that was read of a document; "" while it is being processed."""
        store = self._resources.catalog.store(knowledge_id)
        return store.etags.of_document(store.document_queries.find(name))

    def of_records(self, knowledge_id: str, schema: str, cursor: str | None = None, limit: int | None = None) -> str:
        """A tag that changes with a slice of the records of one schema, or without a limit with any of them."""
        check_schemas(self._resources, Options(schemas=(schema,)))
        after = key_of(cursor, str)
        store = self._resources.catalog.store(knowledge_id)
        state = store.etags.of_records(schema, after[0] if after else "", limit + 1 if limit else None)
        return f"{self._resources.schemas[schema]!r} {cursor} {limit} {state}"
