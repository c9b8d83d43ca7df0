"""Publish: write keywords and vectors, make the new generation the visible one, remove the old one.

In this order a crash at any point is harmless: what is not visible is not found, and every step may be repeated.
"""

from __future__ import annotations

from typing import Any

from pipeline.reindexing import rebuild, vector_row
from pipeline.removal import remove_obsolete
from pipeline.step_context import StepContext
from stores.contracts import Scalar, VectorRow, metadata_of
from stores.effects import Published
from stores.errors import DamagedIndexError, InputError
from stores.models import Page, Record
from stores.source_names import result_name

_SLICE = 200  # chunks written at once


def run(context: StepContext) -> Published:
    """Make this generation the visible one."""
    _check_readable(context)
    key = context.claim.key
    records = context.store.record_tables.read(key.document, key.generation)
    _index(context, records)
    obsolete = context.store.publication.switch(context.claim)
    _write_files(context, records)
    for old in obsolete:
        remove_obsolete(context.resources, context.store, old)
    context.resources.files.drop_page_images(key.knowledge_id, key.document, key.generation)
    return Published()


def _check_readable(context: StepContext) -> None:
    """Raise InputError ``unreadable`` for a document none of whose pages could be read."""
    key = context.claim.key
    read, first_fault = context.store.publication.unread_faults(key.document, key.generation)
    if not read and first_fault:
        raise InputError(f"no page of it could be read ({first_fault})", code="unreadable")


def _index(context: StepContext, records: list[Record]) -> None:
    """Write keywords and vectors of all chunks, a slice at a time."""
    key = context.claim.key
    about = _metadata(context, records)
    after = -1
    while rows := context.store.pages.chunk_rows(key.document, key.generation, after, _SLICE):
        with context.deadline(context.resources.settings.document_timeout_s):
            context.store.publication.index_keywords(rows, context.claim.title)
            _upsert(context, [vector_row(key.document, key.generation, chunk, about) for _, chunk in rows])
        context.store.steps.beat(context.claim)
        after = rows[-1][1].ordinal


def _upsert(context: StepContext, rows: list[VectorRow]) -> None:
    """Write vectors; an index that is damaged, or of another embedder, is rebuilt from SQL first."""
    knowledge_id, embedder = context.claim.key.knowledge_id, context.embedder().fingerprint
    try:
        context.resources.vectors().upsert(knowledge_id, embedder, rows)
    except (DamagedIndexError, InputError) as error:
        if error.code not in (DamagedIndexError.code, "other_embedder"):
            raise
        rebuild(context.resources, context.store)
        context.resources.vectors().upsert(knowledge_id, embedder, rows)


def _metadata(context: StepContext, records: list[Record]) -> dict[str, Scalar]:
    key, claim = context.claim.key, context.claim
    own: dict[str, Scalar] = {"document": key.document, "generation": key.generation, "name": claim.source}
    return metadata_of([record.fields for record in records], own | {"language": claim.language})


def _write_files(context: StepContext, records: list[Record]) -> None:
    key = context.claim.key
    name = result_name(context.claim.source, key.document)
    pages = context.pages(blocks=False)
    context.resources.files.write_markdown(key.knowledge_id, name, document_markdown(pages))
    claim = context.claim
    content = document_json(key.document, claim.source, claim.title, claim.language, pages, records)
    context.resources.files.write_json(key.knowledge_id, name, content)
    context.resources.files.drop_renamed(key.knowledge_id, key.document, name)


def document_markdown(pages: list[Page]) -> str:
    """The Markdown of all pages, each after a comment with its number and a comment with what is missing."""
    return "\n\n".join(f"<!-- page {page.number} -->{_note(page)}\n\n{page.markdown}".rstrip() for page in pages) + "\n"


def _note(page: Page) -> str:
    if page.read:
        said = page.warning.message if page.warning else ""
    else:
        said = f"not read: {page.error}" if page.error else "not read yet"
    shown = " ".join(said.split()).replace("--", "- -").replace(">", "&gt;")  # it must not end the comment
    return f"\n<!-- {shown} -->" if shown else ""


def document_json(
    document: str, source: str, title: str, language: str, pages: list[Page], records: list[Record]
) -> dict[str, Any]:
    """The JSON file of a document: what it is, how its pages were read, and its records."""
    return {
        "document": document,
        "source": source,
        "title": title,
        "language": language,
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
        e.path: {
            "page": e.page,
            "boxes": [list(box) for box in e.boxes],
            "quote": e.quote,
            "found": e.found,
            "place": e.place,
        }
        for e in record.evidence
    }
    about = {
        "not_applicable": record.not_applicable,
        "remarks": list(record.remarks),
        "corrections": [mark.as_json() for mark in record.corrections],
    }
    return {"fields": dict(record.fields), "evidence": evidence} | {
        name: value for name, value in about.items() if value
    }
