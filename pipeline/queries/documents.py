"""What is shown of documents: their bytes, Markdown, pages, passages and records, long lists in parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.processing_plan import check_schema_of
from pipeline.queries.availability import check_page, standing
from pipeline.queries.inspection import record_view
from pipeline.stages.publish import document_markdown
from pipeline.step_context import Resources
from stores.cursors import cursor_of, key_of
from stores.errors import NotFoundError
from stores.models import Page, chunk_id
from stores.views import ChunkView, Original, RecordView, Slice

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

_PART = 200  # records read at once where all are wanted


def original(resources: Resources, store: KnowledgeStore, name: str) -> Original:
    """The stored copy of a document's bytes."""
    view = store.queries.document(store.queries.find(name))
    sha256 = store.queries.sha256(view.document)
    path = resources.files.original(store.knowledge_id, sha256)
    called = view.source.replace("\\", "/").rpartition("/")[2] or view.document
    return Original(path=path, media_type=view.media_type, name=called, document=view.document, sha256=sha256)


def markdown(store: KnowledgeStore, name: str, *, so_far: bool = False) -> str:
    """The Markdown of all pages; of one that is not read, why."""
    at = standing(store, name, so_far=so_far)
    return document_markdown(store.pages.read(at.document, at.generation, blocks=False))


def pages(store: KnowledgeStore, name: str, cursor: str | None, limit: int, *, so_far: bool = False) -> Slice[Page]:
    """A part of a document's pages, without blocks."""
    at = standing(store, name, so_far=so_far)
    after = key_of(cursor, int)
    found = store.pages.part(at.document, at.generation, after[0] if after else 0, limit + 1)
    shown = tuple(found[:limit])
    return Slice(items=shown, next_cursor=cursor_of(shown[-1].number) if len(found) > limit else None)


def whole_pages(store: KnowledgeStore, name: str, numbers: Sequence[int], *, so_far: bool = False) -> list[Page]:
    """Some pages with their blocks, all where none is named."""
    at = standing(store, name, so_far=so_far)
    return store.pages.read(at.document, at.generation, numbers)


def page(store: KnowledgeStore, name: str, number: int, *, so_far: bool = False) -> Page:
    """One page that was read."""
    found = whole_pages(store, name, [number], so_far=so_far)
    if not found:
        raise NotFoundError(f"there is no page {number} in {name!r}")
    check_page(name, found[0], so_far=so_far)
    return found[0]


def chunks(
    store: KnowledgeStore, name: str, cursor: str | None, limit: int, *, so_far: bool = False
) -> Slice[ChunkView]:
    """A part of a document's passages. The cursor knows the generation: after a new one the list begins anew."""
    at = standing(store, name, so_far=so_far)
    document, generation = at.document, at.generation
    after = key_of(cursor, int, int)
    begin = after[1] if after and after[0] == generation else -1
    rows = store.pages.chunk_rows(document, generation, begin, limit + 1)
    items = tuple(
        ChunkView(chunk=chunk_id(document, generation, found.ordinal), document=document, passage=found)
        for _, found in rows[:limit]
    )
    more = cursor_of(generation, items[-1].passage.ordinal) if len(rows) > limit else None
    return Slice(items=items, next_cursor=more)


def records_page(
    resources: Resources, store: KnowledgeStore, schema: str, cursor: str | None, limit: int
) -> Slice[RecordView]:
    """A part of the records of one schema, of every document that answers, by document id."""
    check_schema_of(resources, store, schema)
    after = key_of(cursor, str)
    rows = store.record_tables.visible_part(schema, after[0] if after else "", limit + 1)
    items = tuple(record_view(document, source, record) for document, source, record in rows[:limit])
    return Slice(items=items, next_cursor=cursor_of(items[-1].document) if len(rows) > limit else None)


def all_records(resources: Resources, store: KnowledgeStore, schema: str) -> Iterator[RecordView]:
    """All of them, read in parts. An unknown schema is refused at once."""
    check_schema_of(resources, store, schema)
    return _in_parts(resources, store, schema)


def _in_parts(resources: Resources, store: KnowledgeStore, schema: str) -> Iterator[RecordView]:
    cursor: str | None = None
    while True:
        part = records_page(resources, store, schema, cursor, _PART)
        yield from part.items
        cursor = part.next_cursor
        if cursor is None:
            return
