"""The reader of each media type, imported when a file of that type is read."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from pipeline.engines.containers import DOCX, EPUB, MSG, ODP, ODS, ODT, PPTX, XLSX
from pipeline.engines.formats.elements import Content
from pipeline.engines.text_kinds import CSV, EML, HTML, MARKDOWN, TEXT
from stores.errors import InputError

READERS: Mapping[str, str] = {
    DOCX: "word:read_word",
    PPTX: "slides:read_slides",
    XLSX: "workbook:read_workbook",
    ODT: "opendocument:read_opendocument",
    ODS: "opendocument:read_opendocument",
    ODP: "opendocument:read_opendocument",
    EPUB: "ebook:read_ebook",
    MSG: "outlook:read_outlook",
    HTML: "web:read_web",
    EML: "mail:read_mail",
    MARKDOWN: "texts:read_markdown",
    CSV: "texts:read_csv",
    TEXT: "texts:read_plain",
}
"""Media type -> module and function from a path to Content, in this folder."""


def read_content(path: Path, media_type: str) -> Content:
    """Read a file. InputError where it is damaged, encrypted, too large or of a type that is not read here."""
    if media_type not in READERS:
        raise InputError(f"This engine does not read {media_type} files.")
    module, function = READERS[media_type].split(":")
    content: Content = getattr(import_module(f"pipeline.engines.formats.{module}"), function)(path)
    return content
