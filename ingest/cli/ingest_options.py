"""Options of the commands that take documents in: which files, how they are read, and what is extracted of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class OcrMode(StrEnum):
    """When pages are read by OCR: where the text layer is bad, always, or never."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


Globs = Annotated[list[str] | None, typer.Option("--glob", help="Only files that match, e.g. '*.pdf'.")]
Excludes = Annotated[list[str] | None, typer.Option("--exclude", help="No files that match.")]
SchemaNames = Annotated[
    list[str] | None,
    typer.Option(
        "--schema", help="Extract this too (repeatable): a schema, a schema file, or auto, what fits each document."
    ),
]
TypeName = Annotated[
    str, typer.Option("--type", metavar="TYPE", help="Type of these documents, where it is known: invoice, ...")
]
Ocr = Annotated[OcrMode, typer.Option("--ocr", help="When to read pages by OCR.")]
Attachments = Annotated[
    bool,
    typer.Option("--attachments", help="Read files attached to mail messages and PDFs as documents of their own."),
]
Priority = Annotated[
    int, typer.Option("--priority", metavar="N", min=-100, max=100, help="Larger first among waiting documents.")
]
Passwords = Annotated[
    list[str] | None, typer.Option("--password", metavar="P", help="Try this on encrypted files (repeatable).")
]
