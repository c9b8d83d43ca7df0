"""The use case "look": a document's strip of pages, one page with all that stands on it, records that hold words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.placing import check_schemas
from pipeline.work import Tools
from stores.cursors import cursor_of, key_of
from stores.errors import NotFoundError
from stores.models import Options, Record
from stores.views import Leaf, PageMark, RecordView, Slice

if TYPE_CHECKING:
    from stores.records import RecordStore


def strip(store: RecordStore, name: str) -> list[PageMark]:
    """The pages of the version that is shown; none before they are planned."""
    document = store.overview.find(name)
    return store.inspection.strip(document, store.overview.generation_to_show(document))


def leaf(store: RecordStore, name: str, number: int) -> Leaf:
    """Page ``number`` with its passages and the values proved on it; NotFoundError where there is no such page."""
    document = store.overview.find(name)
    generation = store.overview.generation_to_show(document)
    pages = store.pages.read(document, generation, [number])
    if not pages:
        raise NotFoundError(f"{name!r} has no page {number}")
    return Leaf(
        document=document,
        generation=generation,
        page=pages[0],
        chunks=tuple(store.inspection.chunks_on(document, generation, number)),
        proofs=tuple(store.inspection.proofs_on(document, generation, number)),
    )


def place_of(store: RecordStore, name: str, chunk: int | None, value: tuple[str, str] | None) -> int:
    """The page of a passage (its ordinal) or of a value ((schema, path)), 0 where there is none."""
    document = store.overview.find(name)
    generation = store.overview.generation_to_show(document)
    if chunk is not None:
        return store.inspection.page_of_chunk(document, generation, chunk)
    return store.inspection.page_of_value(document, generation, *value) if value else 0


def records_of(store: RecordStore, name: str) -> list[RecordView]:
    """Everything that was extracted from one document, one record per schema."""
    view = store.overview.document(store.overview.find(name))
    return [
        record_view(view.document, view.source, found) for found in store.typed.read(view.document, view.generation)
    ]


def record_view(document: str, source: str, record: Record) -> RecordView:
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


def records_holding(
    tools: Tools, store: RecordStore, schema: str, text: str, cursor: str | None, limit: int
) -> Slice[RecordView]:
    """A part of the records of one schema that hold every word of ``text`` in any field or in the document's name."""
    check_schemas(tools, Options(schemas=(schema,)))
    after = key_of(cursor, str)
    words = text.casefold().split()
    rows = store.inspection.documents_holding(schema, words, after[0] if after else "", limit + 1)
    items = tuple(
        record_view(document, source, found)
        for document, generation, source in rows[:limit]
        for found in store.typed.read(document, generation)
        if found.schema == schema
    )
    return Slice(items=items, next_cursor=cursor_of(rows[limit - 1][0]) if len(rows) > limit else None)
