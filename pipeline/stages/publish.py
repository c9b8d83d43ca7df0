"""Publish: keywords and vectors are written, then the new version answers and the old one goes.

The order makes every point of a crash harmless: what is not visible does not answer, and each act may be repeated.
"""

from __future__ import annotations

from typing import Any

from pipeline.reindexing import rebuild
from pipeline.removal import remove_obsolete
from pipeline.step_context import StepContext
from stores.contracts import Scalar, VectorRow, metadata_of
from stores.effects import Published
from stores.errors import DamagedIndexError, InputError
from stores.models import Chunk, Page, Record, chunk_id

_SLICE = 200  # chunks written at once


def run(work: StepContext) -> Published:
    """Make this generation the one that answers."""
    _check_readable(work)
    key = work.claim.key
    records = work.store.record_tables.read(key.document, key.generation)
    _index(work, records)
    obsolete = work.store.publication.switch(work.claim)
    _write_files(work, records)
    for old in obsolete:
        remove_obsolete(work.resources, work.store, old)
    work.resources.files.drop_page_images(key.knowledge_id, key.document, key.generation)
    return Published()


def _check_readable(work: StepContext) -> None:
    """A document none of whose pages could be read has failed, though every step of it ended well."""
    key = work.claim.key
    read, first_fault = work.store.publication.unread_faults(key.document, key.generation)
    if not read and first_fault:
        raise InputError(f"no page of it could be read ({first_fault})", code="unreadable")


def _index(work: StepContext, records: list[Record]) -> None:
    """Write keywords and vectors of all chunks, a slice at a time."""
    key = work.claim.key
    about = _metadata(work, records)
    after = -1
    while rows := work.store.pages.chunk_rows(key.document, key.generation, after, _SLICE):
        with work.deadline(work.resources.settings.document_timeout_s):
            work.store.publication.index_keywords(rows, work.claim.title)
            found = [_vector(work, c, about) for _, c in rows]
            _upsert(work, found)
        work.store.steps.beat(work.claim)
        after = rows[-1][1].ordinal


def _upsert(work: StepContext, rows: list[VectorRow]) -> None:
    """Write vectors; an index that is damaged, or holds those of another embedder, is made anew from SQL first."""
    knowledge_id, embedder = work.claim.key.knowledge_id, work.embedder().fingerprint
    try:
        work.resources.vectors().upsert(knowledge_id, embedder, rows)
    except (DamagedIndexError, InputError) as error:
        if error.code not in (DamagedIndexError.code, "other_embedder"):
            raise
        rebuild(work.resources, work.store)
        work.resources.vectors().upsert(knowledge_id, embedder, rows)


def _vector(work: StepContext, chunk: Chunk, about: dict[str, Scalar]) -> VectorRow:
    key = work.claim.key
    return VectorRow(
        id=chunk_id(key.document, key.generation, chunk.ordinal),
        text=chunk.text,
        embedding=chunk.embedding,
        metadata=about | {"first_page": chunk.first_page, "last_page": chunk.last_page, "heading": chunk.heading},
    )


def _metadata(work: StepContext, records: list[Record]) -> dict[str, Scalar]:
    key, claim = work.claim.key, work.claim
    own: dict[str, Scalar] = {"document": key.document, "generation": key.generation, "name": claim.source}
    return metadata_of([record.fields for record in records], own | {"language": claim.language})


def _write_files(work: StepContext, records: list[Record]) -> None:
    key = work.claim.key
    name = work.resources.files.name_of(work.claim.source, key.document)
    pages = work.pages(blocks=False)
    work.resources.files.write_markdown(key.knowledge_id, name, document_markdown(pages))
    work.resources.files.write_json(key.knowledge_id, name, _as_json(work, pages, records))
    work.resources.files.drop_renamed(key.knowledge_id, key.document, name)


def document_markdown(pages: list[Page]) -> str:
    """The Markdown of all pages, before each a comment with its number, and one that says what is missing."""
    return "\n\n".join(f"<!-- page {page.number} -->{_note(page)}\n\n{page.markdown}".rstrip() for page in pages) + "\n"


def _note(page: Page) -> str:
    if page.read:
        said = page.warning.message if page.warning else ""
    else:
        said = f"not read: {page.error}" if page.error else "not read yet"
    shown = " ".join(said.split()).replace("--", "- -").replace(">", "&gt;")  # it must not end the comment
    return f"\n<!-- {shown} -->" if shown else ""


def _as_json(work: StepContext, pages: list[Page], records: list[Record]) -> dict[str, Any]:
    return {
        "document": work.claim.key.document,
        "source": work.claim.source,
        "title": work.claim.title,
        "language": work.claim.language,
        "pages": [_page_json(page) for page in pages],
        "records": {record.schema: _record_json(record) for record in records},
    }


def _page_json(page: Page) -> dict[str, Any]:
    warning = page.warning.message if page.warning else None
    return {
        "number": page.number,
        "route": page.route,
        "reason": page.reason,
        "error": page.error,
        "warning": warning,
    }


def _record_json(record: Record) -> dict[str, Any]:
    evidence = {
        e.path: {"page": e.page, "boxes": [list(box) for box in e.boxes], "quote": e.quote, "found": e.found}
        for e in record.evidence
    }
    return {"fields": dict(record.fields), "evidence": evidence}
