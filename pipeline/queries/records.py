"""Records: those of one document, those of one schema, and those that contain given words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.processing_plan import check_schema_of, schemas_of
from pipeline.queries.availability import standing
from pipeline.queries.record_filter import ALL_RECORDS, RecordFilter, read_conditions
from pipeline.queries.record_table import RecordTable, TableRequest, rows_of
from pipeline.step_context import Resources
from stores.cursors import cursor_of, key_of
from stores.models import Record
from stores.views import QueryResult, RecordView, Slice

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
        return [record_view(view.document, view.source, record) for record in records]

    def counts(self, knowledge_id: str) -> dict[str, int]:
        """The number of records by schema."""
        return self._resources.catalog.store(knowledge_id).page_queries.records_by_schema()

    def filter(
        self,
        knowledge_id: str,
        schema: str,
        where: Sequence[str] = (),
        *,
        proved: bool = False,
        inapplicable: bool = False,
    ) -> RecordFilter:
        """Read conditions such as ``total>100`` on the fields of a schema. InputError where one cannot be read."""
        store = self._resources.catalog.store(knowledge_id)
        check_schema_of(self._resources, store, schema)
        known = schemas_of(self._resources, store).get(schema) if where else None
        return RecordFilter(where=read_conditions(where, known), proved=proved, inapplicable=inapplicable)

    def slice(
        self,
        knowledge_id: str,
        schema: str,
        cursor: str | None = None,
        limit: int = 100,
        wanted: RecordFilter = ALL_RECORDS,
    ) -> Slice[RecordView]:
        """A slice of the records of one schema, of every visible document, by document id."""
        store = self._resources.catalog.store(knowledge_id)
        check_schema_of(self._resources, store, schema)
        after = key_of(cursor, str)
        place = after[0] if after else ""
        items: list[RecordView] = []
        while True:
            rows = store.record_tables.visible_part(schema, place, limit + 1, inapplicable=wanted.inapplicable)
            for document, source, record in rows:
                shown = wanted.applied(record)
                if shown is not None and len(items) == limit:
                    return Slice(items=tuple(items), next_cursor=cursor_of(items[-1].document))
                if shown is not None:
                    items.append(record_view(document, source, shown))
            if len(rows) <= limit:
                return Slice(items=tuple(items), next_cursor=None)
            place = rows[-1][0]

    def query(self, knowledge_id: str, statement: str, limit: int, timeout_s: float) -> QueryResult:
        """The answer to a reading SQL statement. InputError where it is none, or takes longer."""
        return self._resources.catalog.store(knowledge_id).query(statement, limit, timeout_s)

    def all(self, knowledge_id: str, schema: str, wanted: RecordFilter = ALL_RECORDS) -> Iterator[RecordView]:
        """All records of one schema, by document id, read in slices. An unknown schema is refused at once."""
        check_schema_of(self._resources, self._resources.catalog.store(knowledge_id), schema)
        return self._in_slices(knowledge_id, schema, wanted)

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
            record_view(document, source, record)
            for document, generation, source in rows[:limit]
            for record in store.record_tables.read(document, generation)
            if record.schema == schema
        )
        return Slice(items=items, next_cursor=cursor_of(rows[limit - 1][0]) if len(rows) > limit else None)

    def table(self, knowledge_id: str, schema: str, wanted: TableRequest) -> RecordTable:
        """A part of the records of one schema in any order; all of their values are read, and evidence of the part."""
        store = self._resources.catalog.store(knowledge_id)
        check_schema_of(self._resources, store, schema)
        rows = rows_of(store, schema, wanted, schemas_of(self._resources, store).get(schema))
        items = tuple(
            record_view(row.document, row.source, record)
            for row in rows[wanted.offset : wanted.offset + wanted.limit]
            for record in store.record_tables.read(row.document, row.generation)
            if record.schema == schema
        )
        return RecordTable(items=items, total=len(rows))

    def _in_slices(self, knowledge_id: str, schema: str, wanted: RecordFilter) -> Iterator[RecordView]:
        cursor: str | None = None
        while True:
            part = self.slice(knowledge_id, schema, cursor, _SLICE, wanted)
            yield from part.items
            cursor = part.next_cursor
            if cursor is None:
                return


def record_view(document: str, source: str, record: Record) -> RecordView:
    """A record and its document, with its evidence by the path of each value."""
    return RecordView(
        document=document,
        source=source,
        schema=record.schema,
        fields=record.fields,
        not_applicable=record.not_applicable,
        remarks=record.remarks,
        corrections=record.corrections,
        evidence={
            e.path: {
                "page": e.page,
                "boxes": [list(b) for b in e.boxes],
                "quote": e.quote,
                "found": e.found,
                "place": e.place,
            }
            for e in record.evidence
        },
    )
