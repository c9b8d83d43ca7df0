"""Extract: records of every schema that was asked for, each value with its proof."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.work import Work
from stores.effects import Extracted
from stores.errors import InputError
from stores.models import Page, Record


def run(work: Work) -> Extracted:
    """Fill the schema ``document`` and those of the request from the pages as read."""
    pages = work.pages()
    wanted = ("document", *(name for name in work.claim.options.schemas if name != "document"))
    with work.deadline(work.tools.settings.document_timeout_s):
        records = tuple(_fill(work, name, pages) for name in wanted)
    about = records[0].fields
    return Extracted(records=records, title=str(about.get("title") or ""), language=str(about.get("language") or ""))


def _fill(work: Work, name: str, pages: Sequence[Page]) -> Record:
    schema = work.tools.schemas.get(name)
    if schema is None:
        raise InputError(f"there is no schema {name!r} any more: restore it, or ingest with another", code="no_schema")
    return work.tools.extractor(schema.engine).extract(schema, pages, work.claim.source)
