"""ETags of documents and records, computed without reading them."""

from __future__ import annotations

from pipeline.queries.record_filter import ALL_RECORDS, RecordFilter
from pipeline.step_context import Resources
from stores.cursors import key_of
from stores.errors import NotFoundError
from stores.suggestions import unknown


class Etags:
    """Entity tags for the knowledge bases of one home."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def of_document(self, knowledge_id: str, name: str) -> str:
        """A tag that changes with anything that was read of a document; "" while it is being processed."""
        store = self._resources.catalog.store(knowledge_id)
        return store.etags.of_document(store.document_queries.find(name))

    def of_records(
        self,
        knowledge_id: str,
        schema: str,
        cursor: str | None = None,
        limit: int | None = None,
        wanted: RecordFilter = ALL_RECORDS,
    ) -> str:
        """A tag that changes with a slice of the records of one schema, or without a limit with any of them."""
        if schema not in self._resources.schemas:
            raise unknown("schema", schema, sorted(self._resources.schemas), code="no_schema", error=NotFoundError)
        after = key_of(cursor, str)
        store = self._resources.catalog.store(knowledge_id)
        most = limit + 1 if limit and not wanted.where else None
        state = store.etags.of_records(schema, after[0] if after else "", most, inapplicable=wanted.inapplicable)
        return f"{self._resources.schemas[schema]!r} {cursor} {limit} {wanted!r} {state}"
