"""What changes when an answer would: found without reading what is answered."""

from __future__ import annotations

from pipeline.processing_plan import check_schemas
from pipeline.step_context import Resources
from stores.cursors import key_of
from stores.models import Options


class Etags:
    """The stamps of what a home's knowledge bases hold."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def of_document(self, knowledge_id: str, name: str) -> str:
        """Changes when anything that was read of a document does; "" while that goes on."""
        store = self._resources.catalog.store(knowledge_id)
        return store.etags.of_document(store.queries.find(name))

    def of_records(self, knowledge_id: str, schema: str, cursor: str | None = None, limit: int | None = None) -> str:
        """Changes when a part of the records of one schema does, or without a limit when any of them does."""
        check_schemas(self._resources, Options(schemas=(schema,)))
        after = key_of(cursor, str)
        store = self._resources.catalog.store(knowledge_id)
        found = store.etags.of_records(schema, after[0] if after else "", limit + 1 if limit else None)
        return f"{self._resources.schemas[schema]!r} {cursor} {limit} {found}"
