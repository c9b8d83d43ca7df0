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
_CONTAINERS = (
    (b"PK\x03\x04", "a ZIP archive or an Office file"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"PK\x07\x08", "a part of a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office file or an Outlook message"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an XZ archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
)
"""What holds other files: a PDF inside one of them is not what the file is."""
_OTHERS = (
    (b"{\\rtf", "an RTF file"),
    (b"%!PS", "a PostScript file"),
    (b"GIF8", "a GIF image"),
)
_TAR_MARK = slice(257, 262)  # where a tar archive says "ustar"
_MAIL_FIELDS = (b"from:", b"received:", b"return-path:", b"delivered-to:", b"mime-version:", b"message-id:", b"date:")


def sniff(path: Path | str) -> str:
    """The media type of a file: ``application/pdf`` or one of IMAGES.

    Raises InputError with the reason where the file is none of these, NotFoundError where there is none.
    """
    return kind_of(head_of(Path(path)))


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
    """The media type that the first bytes of a file show, "" where it is unknown.

    A PDF may begin with some junk, but not with the head of an archive, whose first member it would be.
    """
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    return PDF if b"%PDF-" in head[:HEAD_BYTES] and not _container(head) else ""


def is_plainly(head: bytes) -> bool:
    """Does a file whose name says nothing begin as a PDF or an image does, without anything before it?"""
    kind = sniff_bytes(head)
    return kind in IMAGES or (kind == PDF and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"%PDF-"))


def words_of(head: bytes) -> str:
    """What a file that begins so is, in words: "a ZIP archive or an Office file", "plain text"."""
    kind = sniff_bytes(head)
    return {PDF: "a PDF", FAKE: "a fake document"}.get(kind) or (
        f"an image ({kind.removeprefix('image/').upper()})" if kind else _guess(head)
    )


def _container(head: bytes) -> str:
    """The archive that a file is, "" where it is none."""
    if head[_TAR_MARK] == b"ustar":
        return "a tar archive"
    return next((words for magic, words in _CONTAINERS if head.startswith(magic)), "")


def head_of(path: Path) -> bytes:
    """The first bytes of a regular file; InputError or NotFoundError where there are none to be had."""
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
    if container := _container(head):
        return container
    for magic, words in _OTHERS:
        if head.startswith(magic):
            return words
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:256].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    if start.startswith(b"<?xml"):
        return "an XML file"
    if start.startswith(_MAIL_FIELDS):
        return "a mail message"
    return "plain text" if b"\0" not in head and _is_text(head) else "of an unknown kind"


def _is_text(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4
    return True
