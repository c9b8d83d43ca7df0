"""``ingot extract``: fill further schemas from documents that were read before."""

from __future__ import annotations

from typing import Annotated

import typer

from ingest.cli.context import AsJson, AsLines, Knowledge, load_settings, open_service
from ingest.cli.ingest_options import TypeName
from ingest.cli.jobs import Timeout, prepare_workers, watch_or_leave
from stores.models import check_knowledge_id


def extract(
    docs: Annotated[
        list[str] | None, typer.Argument(metavar="[DOC]...", help="Only these documents; without any, all.")
    ] = None,
    knowledge: Knowledge = "default",
    schema: Annotated[
        list[str] | None, typer.Option("--schema", help="A schema or a schema file (repeatable); auto: what fits.")
    ] = None,
    document_type: TypeName = "",
    force: Annotated[bool, typer.Option("--force", help="Also where nothing has changed.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Watch until all is done.")] = True,
    timeout: Timeout = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
) -> int:
    """Fill schemas from documents that were read before; no page is read again."""
    from ingest.cli import console, exit_codes
    from ingest.cli.schemas import named_schemas
    from ingest.runtime import embedded
    from stores.models import Options

    check_knowledge_id(knowledge)
    names, own = named_schemas(schema or ())
    options = Options(schemas=names, type=document_type)
    prepare_workers()
    with embedded.attached(load_settings()) as connected:
        report = open_service(connected, own).documents.extract(knowledge, docs or (), options, force=force)
    for document, reason in report.failed.items():
        console.note(f"not done   {document}  - {reason}")
    read = f"{console.plural(report.unread, 'page')} read that never was" if report.unread else "no page read again"
    console.note(f"{console.plural(report.extracted, 'document')} to extract, {report.unchanged} unchanged; {read}")
    if report.job is None:
        return exit_codes.Exit.ALL_FAILED if report.failed and not report.unchanged else exit_codes.Exit.WELL
    return watch_or_leave(report.job, wait, timeout, as_json=as_json, as_lines=as_lines)
