"""Extract: fill the requested schemas from a document, each value with its evidence.

It is the first stage that sees all pages, so it also decides which running headers and footers are left out. Where a
language model is set to fill what rules do not find, rules come first. A schema that fails leaves the others, and what
its rules found, as they are: the step ends as failed, with their records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.contracts import Extractor
from pipeline.fingerprints import extractor_of
from pipeline.running_lines import settled
from pipeline.step_context import StepContext
from stores.effects import Extracted
from stores.errors import IngotError, InputError, TransientError, UnavailableError
from stores.models import Fault, Page, Record, Schema


def run(context: StepContext) -> Extracted:
    """Fill the schema ``document`` and the requested ones from the pages as read."""
    pages = _settled(context)
    about = _fill(context, "document", pages)
    records, faults = [about], [about.fault]
    for name in context.claim.options.schemas:
        if name == "document":
            continue
        try:
            records.append(_fill(context, name, pages))
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


def _settled(context: StepContext) -> Sequence[Page]:
    """All pages without their running headers and footers; changed pages are saved for the stages that follow."""
    pages = context.pages()
    with context.deadline(context.resources.settings.document_timeout_s):
        without_running_lines = settled(pages)
    context.save_margins(
        [after for before, after in zip(pages, without_running_lines, strict=True) if after is not before]
    )
    return without_running_lines


def _fill(context: StepContext, name: str, pages: Sequence[Page]) -> Record:
    schema = context.resources.schemas.get(name)
    if schema is None:
        raise InputError(f"there is no schema {name!r} any more: restore it, or ingest with another", code="no_schema")
    mode, source = extractor_of(context.resources, schema), context.claim.source
    if mode == "model":
        return _model(context).extract(schema, pages, source)
    with context.deadline(context.resources.settings.document_timeout_s):
        record = context.resources.extractor(schema.engine).extract(schema, pages, source)
    wanted = missing(schema, record) if mode == "auto" else None
    return _completed(context, record, wanted, pages) if wanted else record


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
