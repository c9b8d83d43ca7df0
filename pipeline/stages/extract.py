"""Extract: fill the requested schemas from a document, each value with its evidence.

It is the first stage that sees all pages, so it also decides which running headers and footers are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.running_lines import settled
from pipeline.step_context import StepContext
from stores.effects import Extracted
from stores.errors import InputError
from stores.models import Page, Record


def run(context: StepContext) -> Extracted:
    """Fill the schema ``document`` and the requested ones from the pages as read."""
    pages = _settled(context)
    schemas = ("document", *(name for name in context.claim.options.schemas if name != "document"))
    with context.deadline(context.resources.settings.document_timeout_s):
        records = tuple(_fill(context, name, pages) for name in schemas)
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


def _fill(context: StepContext, name: str, pages: Sequence[Page]) -> Record:
    schema = context.resources.schemas.get(name)
    if schema is None:
        raise InputError(f"there is no schema {name!r} any more: restore it, or ingest with another", code="no_schema")
    return context.resources.extractor(schema.engine).extract(schema, pages, context.claim.source)
