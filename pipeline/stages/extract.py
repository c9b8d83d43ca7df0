"""Extract: fill the requested schemas from a document, each value with its evidence.

It is the first stage that sees all pages, so it also decides the document's structure: its headings and its running
lines. A schema for documents of another type is not filled: its record says why. Where a language model is set to fill
what rules do not find, rules come first. A schema that fails leaves the others, and what its rules found, as they are:
the step ends as failed, with their records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.contracts import Extractor
from pipeline.document_types import DocumentType, given_type, type_of, why_not
from pipeline.fingerprints import extractor_of
from pipeline.places import with_places
from pipeline.schemas.selection import ALWAYS, AUTO, wanted_names
from pipeline.step_context import StepContext
from pipeline.structure.document import structured
from stores.corrections import missing_remark
from stores.effects import Extracted
from stores.errors import IngotError, InputError, TransientError, UnavailableError
from stores.models import Evidence, Fault, Page, Record, Schema

TYPE_FIELD = "type"
"""The field of the schema ``document`` that holds the type."""


def run(context: StepContext) -> Extracted:
    """Fill the schema ``document`` and the requested ones from the pages as read."""
    pages = _structured(context)
    document_type = _type_of(context, pages)
    about = _fill(context, ALWAYS, pages, document_type)
    records, faults = [about], [about.fault]
    for name in _further_names(context, document_type):
        try:
            records.append(_fill(context, name, pages, document_type))
            faults.append(records[-1].fault)
        except InputError as error:
            faults.append(_fault(error))
        except TransientError as error:
            faults.append(_fault_of_last_try(context, error))
    return Extracted(
        records=tuple(records),
        title=str(about.fields.get("title") or ""),
        language=str(about.fields.get("language") or ""),
        fault=next(filter(None, faults), None),
    )


def _type_of(context: StepContext, pages: Sequence[Page]) -> DocumentType:
    with context.deadline(context.resources.settings.document_timeout_s):
        return given_type(context.claim.options.type) if context.claim.options.type else type_of(pages)


def _further_names(context: StepContext, document_type: DocumentType) -> Iterator[str]:
    """The schemas to fill beside ``document``: those asked for by name, and those that fit the document's type."""
    asked, known = context.claim.options.schemas, context.resources.schemas
    by_name = set(asked) - {AUTO}
    for name in wanted_names(asked, known):
        if name != ALWAYS and (name in by_name or _fits(known, name, document_type)):
            yield name


def _structured(context: StepContext) -> Sequence[Page]:
    """All pages with the structure of the document; changed pages are saved for the stages that follow."""
    pages, outline = context.pages(), context.outline()
    with context.deadline(context.resources.settings.document_timeout_s):
        with_structure = structured(pages, outline)
    context.save_structure([after for before, after in zip(pages, with_structure, strict=True) if after is not before])
    return with_structure


def _fits(known: Mapping[str, Schema], name: str, document_type: DocumentType) -> bool:
    """Tell whether ``auto`` takes a schema: one for documents of exactly this type."""
    return name in known and document_type.name in known[name].types


def _fill(context: StepContext, name: str, pages: Sequence[Page], document_type: DocumentType) -> Record:
    schema = context.resources.schemas.get(name)
    if schema is None:
        raise InputError(f"there is no schema {name!r} any more: restore it, or ingest with another", code="no_schema")
    if reason := why_not(document_type, schema.types):
        return Record(schema=name, fields={}, not_applicable=reason)
    record = _extracted(context, schema, pages)
    record = _with_type(record, document_type) if name == ALWAYS else record
    record = replace(record, remarks=(*record.remarks, *_required_remarks(schema, record)))
    return with_places(record, pages)


def _extracted(context: StepContext, schema: Schema, pages: Sequence[Page]) -> Record:
    mode, source = extractor_of(context.resources, schema), context.claim.source
    if mode == "model":
        return _model(context).extract(schema, pages, source)
    with context.deadline(context.resources.settings.document_timeout_s):
        record = context.resources.extractor(schema.engine).extract(schema, pages, source)
    wanted = missing(schema, record) if mode == "auto" else None
    return _completed(context, record, wanted, pages) if wanted else record


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


def _required_remarks(schema: Schema, record: Record) -> list[str]:
    """A remark for each required field without a value."""
    absent = missing(schema, record)
    return [missing_remark(field.name) for field in (absent.fields if absent else ()) if field.required]


def _model(context: StepContext) -> Extractor:
    """The extractor of a language model. UnavailableError where this worker knows none: another one may."""
    try:
        return context.resources.model_extractor()
    except InputError as error:
        raise UnavailableError(f"this worker cannot extract: {error.message}", code=error.code) from error


def _completed(context: StepContext, record: Record, wanted: Schema, pages: Sequence[Page]) -> Record:
    """Add what the model finds of the fields that rules left empty; without it, the record says why."""
    try:
        return joined(record, _model(context).extract(wanted, pages, context.claim.source))
    except InputError as error:
        return replace(record, fault=_fault(error))
    except TransientError as error:
        return replace(record, fault=_fault_of_last_try(context, error))


def missing(schema: Schema, record: Record) -> Schema | None:
    """The schema with those of its fields that have no value in a record; None where all have one."""
    fields = tuple(field for field in schema.fields if record.fields.get(field.name) in (None, "", []))
    return replace(schema, fields=fields) if fields else None


def joined(record: Record, more: Record) -> Record:
    """A record with the fields and the evidence of another one, which has none of its values."""
    return replace(
        record,
        fields={**record.fields, **more.fields},
        evidence=(*record.evidence, *more.evidence),
        tokens=record.tokens + more.tokens,
    )


def _fault(error: IngotError) -> Fault:
    return Fault(code=error.code, message=error.message)


def _fault_of_last_try(context: StepContext, error: TransientError) -> Fault:
    """The error as a fault where there is no other try; else it is raised, and the step is due again."""
    if not context.last_try:
        raise error
    return Fault(code=error.code, message=f"{error.message} (tried {context.claim.attempt} times)")
