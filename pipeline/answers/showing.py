"""What is shown of documents: their bytes, Markdown, pages, passages and records, long lists in parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.answers.inspecting import record_view
from pipeline.placing import check_schemas
from pipeline.stages.publish import document_markdown
from pipeline.work import Tools
from stores.cursors import cursor_of, key_of
from stores.errors import InputError
from stores.models import Options, Page, chunk_id
from stores.views import ChunkView, Original, RecordView, Slice

if TYPE_CHECKING:
    from stores.records import RecordStore

_PART = 200  # records read at once where all are wanted


def original(tools: Tools, store: RecordStore, name: str) -> Original:
    """The stored copy of a document's bytes."""
    view = store.overview.document(store.overview.find(name))
    sha256 = store.overview.sha256(view.document)
    path = tools.files.original(store.knowledge_id, sha256)
    if not path.exists():
        raise InputError("its stored copy is gone: ingest the file again", code="original_missing")
    called = view.source.replace("\\", "/").rpartition("/")[2] or view.document
    return Original(path=path, media_type=view.media_type, name=called, document=view.document, sha256=sha256)


def markdown(store: RecordStore, name: str) -> str:
    """The Markdown of all pages that were read."""
    document = store.overview.find(name)
    return document_markdown(store.pages.read(document, store.overview.generation_to_show(document), blocks=False))


def pages(store: RecordStore, name: str, cursor: str | None, limit: int) -> Slice[Page]:
    """A part of a document's pages, without blocks."""
    document = store.overview.find(name)
    after = key_of(cursor, int)
    generation = store.overview.generation_to_show(document)
    found = store.pages.part(document, generation, after[0] if after else 0, limit + 1)
    shown = tuple(found[:limit])
    return Slice(items=shown, next_cursor=cursor_of(shown[-1].number) if len(found) > limit else None)


def chunks(store: RecordStore, name: str, cursor: str | None, limit: int) -> Slice[ChunkView]:
    """A part of a document's passages. The cursor knows the generation: after a new one the list begins anew."""
    document = store.overview.find(name)
    generation = store.overview.generation_to_show(document)
    after = key_of(cursor, int, int)
    begin = after[1] if after and after[0] == generation else -1
    rows = store.pages.chunk_rows(document, generation, begin, limit + 1)
    items = tuple(
        ChunkView(chunk=chunk_id(document, generation, found.ordinal), document=document, passage=found)
        for _, found in rows[:limit]
    )
    more = cursor_of(generation, items[-1].passage.ordinal) if len(rows) > limit else None
    return Slice(items=items, next_cursor=more)


def records_page(tools: Tools, store: RecordStore, schema: str, cursor: str | None, limit: int) -> Slice[RecordView]:
    """A part of the records of one schema, of every document that answers, by document id."""
    check_schemas(tools, Options(schemas=(schema,)))
    after = key_of(cursor, str)
    rows = store.typed.visible_part(schema, after[0] if after else "", limit + 1)
    items = tuple(record_view(document, source, record) for document, source, record in rows[:limit])
    return Slice(items=items, next_cursor=cursor_of(items[-1].document) if len(rows) > limit else None)


def all_records(tools: Tools, store: RecordStore, schema: str) -> Iterator[RecordView]:
    """All of them, read in parts. An unknown schema is refused at once."""
    check_schemas(tools, Options(schemas=(schema,)))
    return _in_parts(tools, store, schema)


def _in_parts(tools: Tools, store: RecordStore, schema: str) -> Iterator[RecordView]:
    cursor: str | None = None
    while True:
        part = records_page(tools, store, schema, cursor, _PART)
        yield from part.items
        cursor = part.next_cursor
        if cursor is None:
            return
