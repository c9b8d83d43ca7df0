"""``ingot kb export`` and ``ingot kb import``: a knowledge base as one file."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from ingest.cli.context import AsJson, load_settings, open_service
from ingest.cli.kb_check import Progress
from stores.errors import InputError, UnavailableError
from stores.models import check_knowledge_id

File = Annotated[Path, typer.Argument(metavar="FILE", help="The file, a tar.")]


def kb_export(
    knowledge: Annotated[str, typer.Argument(metavar="ID", help="The knowledge base.")],
    file: File,
    as_json: AsJson = False,
) -> None:
    """Write a knowledge base into one file, with checksums; it may be in use meanwhile."""
    from ingest.cli import console
    from ingest.quantities import size
    from ingest.version import version

    check_knowledge_id(knowledge)
    blocks = open_service(load_settings()).knowledge_bases.export(knowledge, version(), Progress())
    write_atomically(file, blocks)
    if as_json:
        console.print_json({"knowledge_id": knowledge, "file": str(file), "size_bytes": file.stat().st_size})
    console.note(f"exported {knowledge} to {file} ({size(file.stat().st_size)}); passwords of documents are in it")


def write_atomically(file: Path, blocks: Iterable[bytes]) -> None:
    """Write a file that is complete or not there. InputError for a folder, UnavailableError where it cannot be."""
    if file.is_dir():
        raise InputError(f"{file} is a folder: name a file", code="usage")
    part = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            for block in blocks:
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
        part.replace(file)
    except OSError as error:
        raise UnavailableError(f"{file} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def kb_import(
    file: File,
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="Import it under another name.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a knowledge base out of an exported file: complete, or not at all."""
    from ingest import serializers
    from ingest.cli import console
    from ingest.runtime import embedded

    settings = load_settings()
    try:
        stream = file.open("rb")
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}", code="unreadable") from error
    with stream, embedded.searching(settings) as connected:
        try:
            report = open_service(connected).knowledge_bases.take_in(stream, name, Progress())
        except InputError as error:
            raise InputError(f"{file}: {error.message}", code=error.code) from error
    if as_json:
        console.print_json(serializers.import_report(report))
    documents = console.plural(report.documents, "document")
    console.note(f"imported {report.knowledge_id}: {documents}, {console.plural(report.chunks, 'chunk')}")
    if report.missing:
        console.note(f"{console.plural(len(report.missing), 'original')} were lost before the export")
    if report.cancelled:
        were = console.plural(report.cancelled, "document")
        console.note(f"{were} in work at the export: cancelled here; `ingot docs retry` makes them")
