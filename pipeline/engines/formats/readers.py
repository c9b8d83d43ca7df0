"""The reader of each media type, imported when a file of that type is read."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from pipeline.engines import media
from pipeline.engines.formats.elements import Content
from stores.errors import InputError

READERS: Mapping[str, str] = {
    media.DOCX: "word:read_word",
    media.PPTX: "slides:read_slides",
    media.XLSX: "workbook:read_workbook",
    media.ODT: "opendocument:read_opendocument",
    media.ODS: "opendocument:read_opendocument",
    media.ODP: "opendocument:read_opendocument",
    media.EPUB: "ebook:read_ebook",
    media.MSG: "outlook:read_outlook",
    media.HTML: "web:read_web",
    media.EML: "mail:read_mail",
    media.MARKDOWN: "texts:read_markdown",
    media.CSV: "texts:read_csv",
    media.TEXT: "texts:read_plain",
}
"""Media type -> module and function from a path to Content, in this folder."""


def read_content(path: Path, media_type: str) -> Content:
    """Read a file. InputError where it is damaged, encrypted, too large or of a type that is not read here."""
    if media_type not in READERS:
        raise InputError(f"This engine does not read {media_type} files.")
    module, function = READERS[media_type].split(":")
    content: Content = getattr(import_module(f"pipeline.engines.formats.{module}"), function)(path)
    return content
