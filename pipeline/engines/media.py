"""What kind of file this is, told by its first bytes and never by its name. Pure: imports nothing heavy."""

from __future__ import annotations

import stat
from pathlib import Path

from stores.errors import InputError, NotFoundError

PDF = "application/pdf"
FAKE = "text/x-fake-pages"
IMAGES = ("image/png", "image/jpeg", "image/tiff", "image/bmp", "image/webp")

HEAD_BYTES = 1024
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
    (b"%FAKE", FAKE),
)
_OTHERS = (
    (b"PK\x03\x04", "a ZIP archive or an Office file"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"{\\rtf", "an RTF file"),
    (b"%!PS", "a PostScript file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"GIF8", "a GIF image"),
)


def sniff(path: Path | str) -> str:
    """The media type of a file: ``application/pdf`` or one of IMAGES.

    Raises InputError with the reason where the file is none of these, NotFoundError where there is none.
    """
    return kind_of(_head(Path(path)))


def kind_of(head: bytes) -> str:
    """The media type of a file that begins so (1024 bytes do); InputError with the reason where it is not taken."""
    if not head:
        raise InputError("The file is empty (0 bytes); export or copy it again.", code="empty")
    kind = sniff_bytes(head)
    if kind:
        return kind
    raise InputError(
        f"The file is {_guess(head)}, not a PDF or an image (PNG, JPEG, TIFF, BMP, WebP); convert it first.",
        code="unsupported_media_type",
    )


def sniff_bytes(head: bytes) -> str:
    """The media type that the first bytes of a file show, "" where it is unknown. A PDF may begin with some junk."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    return PDF if b"%PDF-" in head[:HEAD_BYTES] else ""


def _head(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputError("This is a folder, not a file; name the files in it.")
        if not stat.S_ISREG(mode):
            raise InputError("This is not a regular file but a pipe, socket or device; copy its contents into a file.")
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError as error:
        raise NotFoundError("There is no such file; check the path.") from error
    except OSError as error:
        raise InputError(f"The file cannot be read ({error.strerror or error}); check its permissions.") from error
    return head


def _guess(head: bytes) -> str:
    for magic, words in _OTHERS:
        if head.startswith(magic):
            return words
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:256].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    if start.startswith(b"<?xml"):
        return "an XML file"
    return "plain text" if b"\0" not in head and _is_text(head) else "of an unknown kind"


def _is_text(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4
    return True
