"""``ingot export``: documents as a ZIP of Markdown, JSON and CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.cli.context import AsJson, Knowledge, load_settings, open_service
from ingest.cli.kb_transfer import write_atomically
from stores.models import check_knowledge_id


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The ZIP that is written.")],
    documents: Annotated[
        list[str] | None, typer.Argument(metavar="DOC...", help="Only these documents; all without it.")
    ] = None,
    knowledge: Knowledge = "default",
    originals: Annotated[bool, typer.Option("--originals", help="With the files themselves.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write documents into a ZIP: Markdown, JSON, and records as CSV."""
    from ingest.cli import console
    from ingest.document_zip import zip_documents
    from ingest.quantities import size

    service = open_service(load_settings())
    blocks = zip_documents(service, check_knowledge_id(knowledge), documents or (), originals=originals)
    write_atomically(file, blocks)
    if as_json:
        console.print_json({"knowledge_id": knowledge, "file": str(file), "size_bytes": file.stat().st_size})
    console.note(f"exported {knowledge} to {file} ({size(file.stat().st_size)})")
