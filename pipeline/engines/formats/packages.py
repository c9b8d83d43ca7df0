"""Opens ZIP packages (Office, OpenDocument, EPUB) and the XML in them, within limits."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from stores.errors import EncryptedError, IngotError, InputError

MOST_PARTS = 20_000
MOST_BYTES = 1 << 30  # of all parts, unpacked
MOST_PART_BYTES = 300 << 20
MOST_RATIO = 300  # unpacked to packed; text that repeats itself reaches 100
_RATIO_FROM_BYTES = 20 << 20  # a small part may be packed as tightly as it likes

Failures = (
    zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError, KeyError, IndexError, TypeError,
    AttributeError, RuntimeError, RecursionError, ArithmeticError, LookupError, SyntaxError,
)  # fmt: skip
"""What the libraries raise over damaged files."""


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Translate errors of a library into InputError; ``what`` is the format's name: "Word document"."""
    try:
        yield
    except IngotError:
        raise
    except MemoryError as error:
        raise InputError(f"The {what} needs more memory than this process may use.", code="too_large") from error
    except Exception as error:  # lxml, openpyxl and mammoth have classes of their own
        if not isinstance(error, Failures) and type(error).__module__.split(".")[0] not in _LIBRARIES:
            raise
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"The {what} is damaged ({reason}); save it again.", code="damaged") from error


_LIBRARIES = (
    "lxml",
    "openpyxl",
    "pptx",
    "mammoth",
    "oxmsg",
    "olefile",
    "xml",
    "zlib",
    "struct",
    "email",
    "csv",
    "_csv",
)


@contextmanager
def opened(path: Path, what: str) -> Iterator[zipfile.ZipFile]:
    """A package whose parts, all together, unpack to an acceptable size. InputError for others."""
    with translated(what), zipfile.ZipFile(path) as package:
        check_size(package, what)
        yield package


def check_size(package: zipfile.ZipFile, what: str) -> None:
    """Raise InputError for a package that would unpack to too much, by the sizes that reading is held to."""
    parts = package.infolist()
    if len(parts) > MOST_PARTS:
        raise _bomb(what, f"it has {len(parts)} parts, more than {MOST_PARTS}")
    if sum(part.file_size for part in parts) > MOST_BYTES:
        raise _bomb(what, f"it would unpack to more than {MOST_BYTES >> 20} MB")
    for part in parts:
        if part.flag_bits & 1:
            raise EncryptedError(f"The {what} is encrypted; save it without a password.")
        if part.file_size > MOST_PART_BYTES:
            raise _bomb(what, f"a part of it would unpack to {part.file_size >> 20} MB")
        if part.file_size > _RATIO_FROM_BYTES and part.file_size > MOST_RATIO * max(1, part.compress_size):
            raise _bomb(what, f"a part of it unpacks to {part.file_size // max(1, part.compress_size)} times its size")


def _bomb(what: str, why: str) -> InputError:
    return InputError(f"The {what} is refused: {why}.", code="too_large")


_STRICT = b"http://purl.oclc.org/ooxml/"
_TRANSITIONAL = (
    (b"http://purl.oclc.org/ooxml/officeDocument/", b"http://schemas.openxmlformats.org/officeDocument/2006/"),
    (b"http://purl.oclc.org/ooxml/spreadsheetml/", b"http://schemas.openxmlformats.org/spreadsheetml/2006/"),
    (b"http://purl.oclc.org/ooxml/presentationml/", b"http://schemas.openxmlformats.org/presentationml/2006/"),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
)


def readable(package: zipfile.ZipFile, path: Path, main: str) -> IO[bytes]:
    """A file of the package as the libraries read it: without the names of the strict form of Office Open XML.

    ``main``: its main part. A file and no path, since a library may judge a path by its suffix.
    """
    if _STRICT not in part(package, main)[:10_000]:
        return path.open("rb")
    rewritten = BytesIO()
    with zipfile.ZipFile(rewritten, "w", zipfile.ZIP_STORED) as copy:
        for name in dict.fromkeys(package.namelist()):
            data = package.read(name)
            if name.endswith((".xml", ".rels")):
                for strict, usual in _TRANSITIONAL:
                    data = data.replace(strict, usual)
            copy.writestr(name, data)
    rewritten.seek(0)
    return rewritten


def part(package: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of a part, b"" where there is none."""
    try:
        return package.read(name)
    except KeyError:
        return b""


def parse_xml(data: bytes) -> Any:
    """Parse XML without entities, DTDs or the network: the root element."""
    from lxml import etree

    return etree.fromstring(data, xml_parser())


def xml_parser() -> Any:
    """A parser that neither expands entities nor loads anything."""
    from lxml import etree

    return etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, recover=True)


def whole(text: str, default: int = 0) -> int:
    """A whole number as files write it, ``default`` for anything else or one that is out of all reason."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default


def local(element: Any) -> str:
    """The name of an element without its namespace, "" for comments."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Any, name: str) -> str:
    """The value of an attribute whatever its namespace, "" where there is none."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")
