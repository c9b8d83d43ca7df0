"""The media types that Ingot reads, told by a file's first bytes and never by its name. Imports nothing heavy.

A format more is a row of ``MEDIA_TYPES`` here and its engines in ``FORMATS`` of ``pipeline/wiring.py``.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stores.errors import InputError, NotFoundError

PDF = "application/pdf"
FAKE = "text/x-fake-pages"
IMAGES = ("image/png", "image/jpeg", "image/tiff", "image/bmp", "image/webp")

HEAD_BYTES = 1024
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
"""First bytes of archives and their names for people. A PDF inside an archive does not make the archive a PDF."""
_OTHERS = (
    (b"{\\rtf", "an RTF file"),
    (b"%!PS", "a PostScript file"),
    (b"GIF8", "a GIF image"),
)
_TAR_MARK = slice(257, 262)  # where a tar archive says "ustar"
_MAIL_FIELDS = (b"from:", b"received:", b"return-path:", b"delivered-to:", b"mime-version:", b"message-id:", b"date:")


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaType:
    """A format: how a person calls it, the suffixes of its files, and whether the first bytes of a file are its own."""

    name: str
    words: str
    suffixes: frozenset[str] = frozenset()
    recognise: Callable[[bytes], bool]


def _begins_with(*magics: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magics)


def _is_pdf(head: bytes) -> bool:
    """A PDF may begin with some junk, but not with the head of an archive, whose first member it would be."""
    return b"%PDF-" in head[:HEAD_BYTES] and not _container(head)


def _image(kind: str, recognise: Callable[[bytes], bool], *suffixes: str) -> MediaType:
    words = f"an image ({kind.upper()})"
    return MediaType(name=f"image/{kind}", words=words, suffixes=frozenset(suffixes), recognise=recognise)


MEDIA_TYPES = (
    _image("png", _begins_with(b"\x89PNG\r\n\x1a\n"), ".png"),
    _image("jpeg", _begins_with(b"\xff\xd8\xff"), ".jpg", ".jpeg"),
    _image("tiff", _begins_with(b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"), ".tif", ".tiff"),
    _image("bmp", lambda head: head[:2] == b"BM" and head[6:10] == b"\0\0\0\0", ".bmp"),
    _image("webp", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", ".webp"),
    MediaType(name=FAKE, words="a fake document", recognise=_begins_with(b"%FAKE")),
    MediaType(name=PDF, words="a PDF", suffixes=frozenset({".pdf"}), recognise=_is_pdf),
)
"""The first row that recognises a file names its type. PDF comes last: its mark may stand anywhere in the head."""

SUFFIXES = frozenset().union(*(media_type.suffixes for media_type in MEDIA_TYPES))
"""Of the files that are taken from a folder: lower case, with the dot."""


def sniff(path: Path | str) -> str:
    """Detect the media type of a file: the name of one of MEDIA_TYPES.

    Raises InputError with the reason where the file is of another kind, NotFoundError where it does not exist.
    """
    return kind_of(head_of(Path(path)))


def kind_of(head: bytes) -> str:
    """Return the media type of a file whose first 1024 bytes are ``head``. InputError where it has none."""
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
    """The media type that the first bytes of a file show, "" where it is unknown."""
    media_type = _recognised(head)
    return media_type.name if media_type else ""


def _recognised(head: bytes) -> MediaType | None:
    return next((media_type for media_type in MEDIA_TYPES if media_type.recognise(head)), None)


def is_plainly(head: bytes) -> bool:
    """Tell whether a file begins exactly as an image or a PDF does, without any junk before it."""
    kind = sniff_bytes(head)
    return kind in IMAGES or (kind == PDF and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"%PDF-"))


def words_of(head: bytes) -> str:
    """Describe a file by its first bytes: "a ZIP archive or an Office file", "plain text"."""
    media_type = _recognised(head)
    return media_type.words if media_type else _guess(head)


def _container(head: bytes) -> str:
    """The name for people of the archive that ``head`` begins, "" where it is none."""
    if head[_TAR_MARK] == b"ustar":
        return "a tar archive"
    return next((words for magic, words in _CONTAINERS if head.startswith(magic)), "")


def head_of(path: Path) -> bytes:
    """Read the first HEAD_BYTES of a regular file. InputError where it cannot be read, NotFoundError if missing."""
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
