"""A preview of a schema: what it finds in a document that was read, before anything is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.document_types import type_of, why_not
from pipeline.fingerprints import extractor_of
from pipeline.queries.records import record_view
from pipeline.stages.extract import joined, missing
from pipeline.step_context import Resources
from stores.corrections import missing_remark
from stores.errors import InputError
from stores.models import Page, Record, Schema
from stores.views import RecordView

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore
    from stores.contracts.queries import Availability

MOST_PAGES = 100
"""Pages of a document that a preview looks at, so that it comes while somebody waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaPreview:
    """What a schema found. ``read``: pages that were looked at, of ``pages``; the record says if it would not apply."""

    schema: Schema
    record: RecordView
    read: int
    pages: int


def schema_preview(resources: Resources, store: KnowledgeStore, shown: Availability, schema: Schema) -> SchemaPreview:
    """Fill a schema from the first pages of a document, the way that the settings say."""
    pages = store.pages.read(shown.document, shown.generation)
    if not any(page.text for page in pages):
        raise InputError("no page of this document is read yet: choose another one", code="conflict")
    view = store.document_queries.get(shown.document)
    looked_at = pages[:MOST_PAGES]
    record = _filled(resources, schema, looked_at, view.source)
    absent = missing(schema, record)
    remarks = [missing_remark(field.name) for field in (absent.fields if absent else ()) if field.required]
    record = replace(
        record,
        schema=schema.name,
        remarks=(*record.remarks, *remarks),
        not_applicable=why_not(type_of(looked_at), schema.types),
    )
    return SchemaPreview(
        schema=schema,
        record=record_view(view.document, view.source, record),
        read=len(looked_at),
        pages=len(pages),
    )


def _filled(resources: Resources, schema: Schema, pages: Sequence[Page], source: str) -> Record:
    mode = extractor_of(resources, schema)
    if mode == "model":
        return resources.model_extractor().extract(schema, pages, source)
    record = resources.extractor(schema.engine).extract(schema, pages, source)
    wanted = missing(schema, record) if mode == "auto" else None
    return joined(record, resources.model_extractor().extract(wanted, pages, source)) if wanted else record
