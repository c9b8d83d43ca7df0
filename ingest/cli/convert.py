"""``ingot convert``: a document in, its Markdown out, nothing kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import Pages, open_service, page_numbers
from ingest.cli.docs import Form, exit_code_of, page_remarks, page_text
from ingest.cli.ingest_options import Ocr, OcrMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.cli.exit_codes import Exit
    from pipeline.service import IngestRequest, Service
    from pipeline.settings import Settings
    from stores.models import Schema

_KNOWLEDGE_ID = "converted"


def convert(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A document.")],
    form: Annotated[
        Form, typer.Option("--as", help="Markdown, plain text, or JSON with blocks and records.")
    ] = Form.MARKDOWN,
    schema: Annotated[
        list[str] | None,
        typer.Option("--schema", help="Extract this into the JSON (repeatable): a schema, a schema file, or auto."),
    ] = None,
    ocr: Ocr = OcrMode.AUTO,
    pages: Pages = "",
    password: Annotated[
        list[str] | None, typer.Option("--password", metavar="P", help="Try this on an encrypted file (repeatable).")
    ] = None,
) -> int:
    """Print a document as Markdown; nothing of it is kept."""
    from ingest.cli.schemas import named_schemas
    from ingest.given_settings import read_settings
    from ingest.runtime.private_home import private_home
    from pipeline.service import IngestRequest
    from stores.errors import InputError
    from stores.models import Options

    page_numbers(pages)
    if file.is_dir():
        raise InputError(f"{file} is a folder: name a file, or make a knowledge base of it with ingot ingest")
    names, own_schemas = named_schemas(schema or ())
    options = Options(ocr=ocr.value, pages=pages, schemas=names)
    request = IngestRequest(paths=(file,), options=options, passwords=tuple(password or ()))
    with private_home(read_settings()) as settings:
        return _convert(settings, request, own_schemas, form)


def _convert(settings: Settings, request: IngestRequest, schemas: Sequence[Schema], form: Form) -> Exit:
    from ingest.cli import console
    from ingest.cli.exit_codes import Exit
    from ingest.cli.watch import watch_job
    from ingest.runtime import embedded
    from stores.errors import InputError

    with embedded.session(settings) as connected:
        service = open_service(connected, schemas)
        report = service.ingestion.ingest(_KNOWLEDGE_ID, request)
        if len(report.files) != 1:
            raise InputError(f"{request.paths[0]} is an archive: unpack it, or read it with ingot ingest")
        (file,) = report.files
        if report.job is None:
            console.note(f"{console.printable(file.source)}: {file.error.message if file.error else file.outcome}")
            return Exit.ALL_FAILED
        (document,) = watch_job(service, settings, report.job).documents
        if document.error and not document.pages:
            return Exit.ALL_FAILED
        return _print(service, document.document, form)


def _print(service: Service, document: str, form: Form) -> Exit:
    from ingest import record_serializers, serializers
    from ingest.cli import console

    view = service.documents.get(_KNOWLEDGE_ID, document)
    pages = service.documents.pages(_KNOWLEDGE_ID, document, so_far=True)
    if form is Form.JSON:
        records = service.records.of_document(_KNOWLEDGE_ID, document, so_far=True)
        shown = [record_serializers.record(record) for record in records]
        console.print_json({**serializers.document_pages(view, pages), "records": shown})
    else:
        console.print_text("\n\n".join(page_text(page, form) for page in pages))
    for remark in page_remarks(pages):
        console.note(remark)
    return exit_code_of(pages)
