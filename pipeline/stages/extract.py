"""Extract: records of every schema that was asked for, each value with its proof.

It is the first to see all pages of a document, so it also settles which headers and footers run and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.running_lines import settled
from pipeline.step_context import StepContext
from stores.effects import Extracted
from stores.errors import InputError
from stores.models import Page, Record


def run(context: StepContext) -> Extracted:
    """Fill the schema ``document`` and those of the request from the pages as read."""
    pages = _settled(context)
    wanted = ("document", *(name for name in context.claim.options.schemas if name != "document"))
    with context.deadline(context.resources.settings.document_timeout_s):
        records = tuple(_fill(context, name, pages) for name in wanted)
    about = records[0].fields
    return Extracted(records=records, title=str(about.get("title") or ""), language=str(about.get("language") or ""))


def _settled(context: StepContext) -> Sequence[Page]:
    """All pages with what runs over them left out of their Markdown, and nothing else; kept for who reads next."""
    pages = context.pages()
    with context.deadline(context.resources.settings.document_timeout_s):
        found = settled(pages)
    context.save_margins([after for before, after in zip(pages, found, strict=True) if after is not before])
    return found


def _fill(context: StepContext, name: str, pages: Sequence[Page]) -> Record:
    schema = context.resources.schemas.get(name)
    if schema is None:
        raise InputError(f"there is no schema {name!r} any more: restore it, or ingest with another", code="no_schema")
    return context.resources.extractor(schema.engine).extract(schema, pages, context.claim.source)
