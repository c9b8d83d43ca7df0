"""Extract: fill the requested schemas from a document, each value with its evidence.

It is the first stage that sees all pages, so it also decides which running headers and footers are left out. A schema
for documents of another type is not filled: its record says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.document_types import DocumentType, given_type, type_of, why_not
from pipeline.running_lines import settled
from pipeline.schemas.selection import ALWAYS, AUTO, wanted_names
from pipeline.step_context import StepContext
from stores.effects import Extracted
from stores.errors import InputError
from stores.models import Evidence, Field, Page, Record, Schema

TYPE_FIELD = "type"
"""The field of the schema ``document`` that holds the type."""


def run(context: StepContext) -> Extracted:
    """Fill the schema ``document`` and the requested ones from the pages as read."""
    pages = _settled(context)
    options = context.claim.options
    known = context.resources.schemas
    with context.deadline(context.resources.settings.document_timeout_s):
        found_type = given_type(options.type) if options.type else type_of(pages)
        by_name = {name for name in options.schemas if name != AUTO} | {ALWAYS}
        names = [
            name for name in wanted_names(options.schemas, known) if name in by_name or _fits(known, name, found_type)
        ]
        records = tuple(_fill(context, name, pages, found_type) for name in names)
    about = records[0].fields
    return Extracted(records=records, title=str(about.get("title") or ""), language=str(about.get("language") or ""))


def _settled(context: StepContext) -> Sequence[Page]:
    """All pages without their running headers and footers; changed pages are saved for the stages that follow."""
    pages = context.pages()
    with context.deadline(context.resources.settings.document_timeout_s):
        without_running_lines = settled(pages)
    context.save_margins(
        [after for before, after in zip(pages, without_running_lines, strict=True) if after is not before]
    )
    return without_running_lines


def _fits(known: Mapping[str, Schema], name: str, document_type: DocumentType) -> bool:
    """Tell whether ``auto`` takes a schema: one for documents of exactly this type."""
    return name in known and document_type.name in known[name].types


def _fill(context: StepContext, name: str, pages: Sequence[Page], document_type: DocumentType) -> Record:
    schema = context.resources.schemas.get(name)
    if schema is None:
        raise InputError(f"there is no schema {name!r} any more: restore it, or ingest with another", code="no_schema")
    reason = why_not(document_type, schema.types)
    if reason:
        return Record(schema=name, fields={}, not_applicable=reason)
    record = context.resources.extractor(schema.engine).extract(schema, pages, context.claim.source)
    record = _with_type(record, document_type) if name == ALWAYS else record
    return replace(record, remarks=(*record.remarks, *_missing(schema, record)))


def _with_type(record: Record, document_type: DocumentType) -> Record:
    """The record with the document's type, and the line that says most for it as evidence."""
    if TYPE_FIELD not in record.fields or not document_type.name:
        return record
    evidence = Evidence(
        path=TYPE_FIELD,
        page=document_type.page,
        boxes=document_type.boxes,
        quote=document_type.line,
        found=document_type.page > 0,
    )
    return replace(
        record, fields={**record.fields, TYPE_FIELD: document_type.name}, evidence=(*record.evidence, evidence)
    )


def _missing(schema: Schema, record: Record) -> list[str]:
    """A remark for each required field without a value."""
    return [f"{field.name} is required, and was not found" for field in schema.fields if _is_missing(field, record)]


def _is_missing(field: Field, record: Record) -> bool:
    return field.required and record.fields.get(field.name) in (None, "", [])
