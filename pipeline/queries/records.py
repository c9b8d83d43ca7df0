"""Records: those of one document, those of one schema, and those that contain given words."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.processing_plan import check_schema_of
from pipeline.queries.availability import standing
from pipeline.step_context import Resources
from stores.cursors import cursor_of, key_of
from stores.models import Record
from stores.views import RecordView, Slice

_SLICE = 200  # records read at once where all are wanted


class RecordQueries:
    """Queries about extracted records. NotFoundError for an unknown knowledge base, document or schema."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def of_document(self, knowledge_id: str, name: str, *, so_far: bool = False) -> list[RecordView]:
        """Everything that was extracted from one document, one record per schema. NotReadyError: see ``standing``."""
        store = self._resources.catalog.store(knowledge_id)
        shown = standing(store, name, so_far=so_far)
        view = store.document_queries.get(shown.document)
        records = store.record_tables.read(shown.document, shown.generation)
        return [_record_view(view.document, view.source, record) for record in records]

    def counts(self, knowledge_id: str) -> dict[str, int]:
        """The number of records by schema."""
        return self._resources.catalog.store(knowledge_id).page_queries.records_by_schema()

    def slice(self, knowledge_id: str, schema: str, cursor: str | None = None, limit: int = 100) -> Slice[RecordView]:
        """A slice of the records of one schema, of every visible document, by document id."""
        store = self._resources.catalog.store(knowledge_id)
        check_schema_of(self._resources, store, schema)
        after = key_of(cursor, str)
        rows = store.record_tables.visible_part(schema, after[0] if after else "", limit + 1)
        items = tuple(_record_view(document, source, record) for document, source, record in rows[:limit])
        return Slice(items=items, next_cursor=cursor_of(items[-1].document) if len(rows) > limit else None)

    def all(self, knowledge_id: str, schema: str) -> Iterator[RecordView]:
        """All records of one schema, by document id, read in slices. An unknown schema is refused at once."""
        check_schema_of(self._resources, self._resources.catalog.store(knowledge_id), schema)
        return self._in_slices(knowledge_id, schema)

    def containing(
        self, knowledge_id: str, schema: str, text: str, cursor: str | None = None, limit: int = 100
    ) -> Slice[RecordView]:
        """A slice of the records of one schema that contain every word of ``text``, the document's name included."""
        store = self._resources.catalog.store(knowledge_id)
        check_schema_of(self._resources, store, schema)
        after = key_of(cursor, str)
        words = text.casefold().split()
        rows = store.page_queries.documents_holding(schema, words, after[0] if after else "", limit + 1)
        items = tuple(
            _record_view(document, source, record)
            for document, generation, source in rows[:limit]
            for record in store.record_tables.read(document, generation)
            if record.schema == schema
        )
        return Slice(items=items, next_cursor=cursor_of(rows[limit - 1][0]) if len(rows) > limit else None)

    def _in_slices(self, knowledge_id: str, schema: str) -> Iterator[RecordView]:
        cursor: str | None = None
        while True:
            part = self.slice(knowledge_id, schema, cursor, _SLICE)
            yield from part.items
            cursor = part.next_cursor
            if cursor is None:
                return


def _record_view(document: str, source: str, record: Record) -> RecordView:
    """A record and its document, with its evidence by the path of each value."""
    return RecordView(
        document=document,
        source=source,
        schema=record.schema,
        fields=record.fields,
        evidence={
            e.path: {"page": e.page, "boxes": [list(b) for b in e.boxes], "quote": e.quote, "found": e.found}
            for e in record.evidence
        },
    )
