"""The media types that Ingot reads, told by a file's bytes and never by its name. Imports nothing heavy.

A format more is a row of ``MEDIA_TYPES`` here and its engines in ``FORMATS`` of ``pipeline/wiring.py``.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.engines import containers, text_kinds
from pipeline.engines.containers import DOCX, EPUB, MSG, ODP, ODS, ODT, PPTX, XLSX, ZIP
from pipeline.engines.text_kinds import CSV, EML, HTML, MARKDOWN, TEXT
from stores.errors import InputError, NotFoundError

PDF = "application/pdf"
FAKE = "text/x-fake-pages"
IMAGES = ("image/png", "image/jpeg", "image/tiff", "image/bmp", "image/webp")
PACKAGES = (DOCX, PPTX, XLSX, ODT, ODS, ODP, EPUB, MSG)
TEXTS = (HTML, MARKDOWN, CSV, EML, TEXT)
CARRIERS = (EML, MSG, PDF)  # may hold attached files
WITHOUT_IMAGES = (*PACKAGES, *TEXTS)
"""Types whose pages have no image: they hold text without a fixed layout."""

HEAD_BYTES = 4096
_PDF_BYTES = 1024  # a PDF's mark stands in so many
READ = "PDF, images, Office, web, mail and text files are read"
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
    return b"%PDF-" in head[:_PDF_BYTES] and not _container(head)


def _package(name: str, words: str, *suffixes: str) -> MediaType:
    """A type that only the whole file tells (``containers``)."""
    return MediaType(name=name, words=words, suffixes=frozenset(suffixes), recognise=lambda _: False)


def _text(name: str, words: str, *suffixes: str) -> MediaType:
    def recognise(head: bytes) -> bool:
        return not _is_foreign(head) and text_kinds.kind_of_text(head) == name

    return MediaType(name=name, words=words, suffixes=frozenset(suffixes), recognise=recognise)


def _is_foreign(head: bytes) -> bool:
    """Whether a file is of a kind that is named and not read."""
    return bool(_container(head)) or any(head.startswith(magic) for magic, _ in _OTHERS)


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
    _package(DOCX, "a Word document", ".docx", ".docm", ".dotx"),
    _package(PPTX, "a PowerPoint presentation", ".pptx", ".pptm", ".ppsx", ".potx"),
    _package(XLSX, "an Excel workbook", ".xlsx", ".xlsm", ".xltx"),
    _package(ODT, "an OpenDocument text", ".odt", ".ott"),
    _package(ODS, "an OpenDocument spreadsheet", ".ods", ".ots"),
    _package(ODP, "an OpenDocument presentation", ".odp", ".otp"),
    _package(EPUB, "an e-book (EPUB)", ".epub"),
    _package(MSG, "an Outlook message", ".msg"),
    _package(ZIP, "a ZIP archive", ".zip"),
    _text(HTML, "an HTML page", ".html", ".htm", ".xhtml"),
    _text(EML, "a mail message", ".eml"),
    _text(CSV, "a table as text (CSV)", ".csv", ".tsv"),
    _text(MARKDOWN, "a Markdown text", ".md", ".markdown"),
    _text(TEXT, "plain text", ".txt", ".text"),
)
"""The first row that recognises a file names its type. A PDF's mark may stand anywhere in the head; text comes last."""

SUFFIXES = frozenset().union(*(media_type.suffixes for media_type in MEDIA_TYPES))
"""Of the files that are taken from a folder: lower case, with the dot."""


def sniff(path: Path | str, head: bytes | None = None) -> str:
    """Detect the media type of a file: the name of one of MEDIA_TYPES. ``head``: its first HEAD_BYTES, if known.

    Raises InputError with the reason where the file is of another kind, NotFoundError where it does not exist.
    """
    path = Path(path)
    head = head_of(path) if head is None else head
    if not head:
        raise InputError("The file is empty (0 bytes); export or copy it again.", code="empty")
    kind = containers.kind_of_container(path, head) or sniff_bytes(head)
    if kind:
        return kind
    raise InputError(f"The file is {_guess(head)}: {READ}; convert it first.", code="unsupported_media_type")


def sniff_named(path: Path, name: str, head: bytes | None = None) -> str:
    """Detect the media type of a file that was given under a name; InputError where the name promises another.

    An HTML page named .pdf is an error page that somebody saved, and an archive named .docx no document. A name that
    is wrong in a harmless way (a PNG named .jpg, Markdown named .txt) is not refused.
    """
    kind = sniff(path, head)
    suffix = PurePosixPath(name).suffix.lower()
    promised = [media_type.name for media_type in MEDIA_TYPES if suffix in media_type.suffixes]
    if kind not in (*TEXTS, ZIP) or not promised or kind in promised or set(promised) <= set(TEXTS):
        return kind
    raise InputError(
        f"The file is {words_of_type(kind)}, though its name ends in {suffix}: export or download it again, or rename "
        "it to have it read as what it is.",
        code="unsupported_media_type",
    )


def words_of_type(media_type: str) -> str:
    """How a person calls a media type: "a Word document"."""
    return next((row.words for row in MEDIA_TYPES if row.name == media_type), media_type)


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
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        return "an XML file"
    return "of an unknown kind" if head.strip() else "blank"
