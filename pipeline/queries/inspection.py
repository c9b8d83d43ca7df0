"""The use case "look": a document's strip of pages, one page with all that stands on it, records that hold words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.processing_plan import check_schema_of
from pipeline.queries.availability import standing
from pipeline.search.highlighting import highlights
from pipeline.step_context import Resources
from stores.cursors import cursor_of, key_of
from stores.errors import NotFoundError
from stores.models import Box, Hit, Page, Record
from stores.views import PageMark, PageView, RecordView, Slice

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

_MOST_PAGES = 6  # of one passage that are looked through


def strip(store: KnowledgeStore, name: str) -> list[PageMark]:
    """The pages of the version that is shown; none before they are planned."""
    document = store.queries.find(name)
    return store.page_queries.strip(document, store.queries.generation_to_show(document))


def page_view(store: KnowledgeStore, name: str, number: int) -> PageView:
    """Page ``number`` with its passages and the values proved on it; NotFoundError where there is no such page."""
    document = store.queries.find(name)
    generation = store.queries.generation_to_show(document)
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


def place_of(store: KnowledgeStore, name: str, chunk: int | None, value: tuple[str, str] | None) -> int:
    """The page of a passage (its ordinal) or of a value ((schema, path)), 0 where there is none."""
    document = store.queries.find(name)
    generation = store.queries.generation_to_show(document)
    if chunk is not None:
        return store.page_queries.page_of_chunk(document, generation, chunk)
    return store.page_queries.page_of_value(document, generation, *value) if value else 0


def page_of_hit(store: KnowledgeStore, hit: Hit, query: str) -> int:
    """The page of a found passage that holds most different words of the query; the first of equals."""
    if hit.first_page == hit.last_page:
        return hit.first_page
    numbers = range(hit.first_page, min(hit.last_page, hit.first_page + _MOST_PAGES - 1) + 1)
    pages = store.pages.read(hit.document, int(hit.chunk.split(":")[1]), list(numbers))
    held = {page.number: _words_held(page, hit, query) for page in pages}
    return max(held, key=lambda number: (held[number], -number), default=hit.first_page)


def _words_held(page: Page, hit: Hit, query: str) -> int:
    boxes = [placed.box for placed in hit.boxes if placed.page == page.number]
    text = "\n".join(block.text for block in page.blocks if any(_touch(block.box, box) for box in boxes))
    return len({text[start:end].casefold() for start, end in highlights(text, query)})


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def records_of(store: KnowledgeStore, name: str, *, so_far: bool = False) -> list[RecordView]:
    """Everything that was extracted from one document, one record per schema."""
    at = standing(store, name, so_far=so_far)
    view = store.queries.document(at.document)
    return [
        record_view(view.document, view.source, found) for found in store.record_tables.read(at.document, at.generation)
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
    resources: Resources, store: KnowledgeStore, schema: str, text: str, cursor: str | None, limit: int
) -> Slice[RecordView]:
    """A part of the records of one schema that hold every word of ``text`` in any field or in the document's name."""
    check_schema_of(resources, store, schema)
    after = key_of(cursor, str)
    words = text.casefold().split()
    rows = store.page_queries.documents_holding(schema, words, after[0] if after else "", limit + 1)
    items = tuple(
        record_view(document, source, found)
        for document, generation, source in rows[:limit]
        for found in store.record_tables.read(document, generation)
        if found.schema == schema
    )
    return Slice(items=items, next_cursor=cursor_of(rows[limit - 1][0]) if len(rows) > limit else None)
