"""Tells what a ZIP package or an old Office container holds: a document, an archive, or something that is not read."""

from __future__ import annotations

import mmap
import re
import struct
import zipfile
from pathlib import Path

from stores.errors import EncryptedError, InputError

_OOXML = "application/vnd.openxmlformats-officedocument."
DOCX = f"{_OOXML}wordprocessingml.document"
PPTX = f"{_OOXML}presentationml.presentation"
XLSX = f"{_OOXML}spreadsheetml.sheet"
ODT, ODS, ODP = (f"application/vnd.oasis.opendocument.{kind}" for kind in ("text", "spreadsheet", "presentation"))
EPUB = "application/epub+zip"
MSG = "application/vnd.ms-outlook"
ZIP = "application/zip"

_ZIP_HEADS = (b"PK\x03\x04", b"PK\x05\x06")
_OLE_HEAD = b"\xd0\xcf\x11\xe0"
_END = struct.Struct("<4s4H2LH")  # the end of a ZIP archive's directory
_MOST_DIRECTORY_BYTES = 32 << 20
_MOST_TYPES_BYTES = 4 << 20
_MAIN_PARTS = (  # content types of the main part, of documents, templates and those with macros
    (re.compile(rb"(wordprocessingml\.(document|template)|ms-word\.[a-z]+\.macroEnabled[A-Za-z]*)\.main\+xml"), DOCX),
    (
        re.compile(
            rb"(presentationml\.(presentation|slideshow|template)|ms-powerpoint\.[a-z]+\.macroEnabled[A-Za-z]*)\.main\+xml"
        ),
        PPTX,
    ),
    (re.compile(rb"(spreadsheetml\.(sheet|template)|ms-excel\.[a-z]+\.macroEnabled[A-Za-z]*)\.main\+xml"), XLSX),
)
_MIMETYPES = (ODT, ODS, ODP, EPUB)
_OLE_NAMES = (
    ("__properties_version1.0", MSG),
    ("EncryptedPackage", "encrypted"),
)


def kind_of_container(path: Path, head: bytes) -> str:
    """The media type of a ZIP file or Outlook message, "" for other files. InputError with the reason for others."""
    if head.startswith(_ZIP_HEADS):
        return _kind_of_zip(path)
    if head.startswith(_OLE_HEAD):
        return _kind_of_ole(path)
    return ""


def _kind_of_zip(path: Path) -> str:
    try:
        check_directory(path)
        with zipfile.ZipFile(path) as package:
            return _kind_of_package(package)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError) as error:
        raise InputError(
            "The file begins as a ZIP archive or an Office file and cannot be opened; it may be truncated: copy or "
            "download it again.",
            code="unsupported_media_type",
        ) from error


def _kind_of_package(package: zipfile.ZipFile) -> str:
    names = set(package.namelist())
    if "mimetype" in names and package.getinfo("mimetype").file_size < 200:
        kind = package.read("mimetype").decode("ascii", "replace").strip().removesuffix("-template")
        if kind in _MIMETYPES:
            return kind
    if "[Content_Types].xml" in names:
        with package.open("[Content_Types].xml") as file:
            types = file.read(_MOST_TYPES_BYTES)
        if kind := next((kind for pattern, kind in _MAIN_PARTS if pattern.search(types)), ""):
            return kind
        if "xl/workbook.bin" in names:
            raise InputError(
                "The file is an Excel binary workbook (.xlsb), which is not read; save it as .xlsx.",
                code="unsupported_media_type",
            )
    if {"META-INF/container.xml"} <= names and "mimetype" not in names:
        return EPUB
    return ZIP


def check_directory(path: Path) -> None:
    """Raise InputError for an archive whose directory alone would fill the memory."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - (1 << 16) - _END.size))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at >= 0 and len(tail) - at >= _END.size:
        size = _END.unpack_from(tail, at)[5]
        if size > _MOST_DIRECTORY_BYTES and size != 0xFFFFFFFF:
            raise InputError("The archive lists too many files; unpack it.", code="too_large")
        if size == 0xFFFFFFFF:
            raise InputError("The archive is larger than 4 GB or lists too many files; unpack it.", code="too_large")


def _kind_of_ole(path: Path) -> str:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        kinds = [kind for name, kind in _OLE_NAMES if data.find(name.encode("utf-16-le")) >= 0]
    if "encrypted" in kinds:
        raise EncryptedError("The Office file is encrypted with a password; save it without one.")
    if MSG in kinds:
        return MSG
    raise InputError(
        "The file is an old Office file (.doc, .xls or .ppt), which is not read; save it as .docx, .xlsx or .pptx.",
        code="unsupported_media_type",
    )
