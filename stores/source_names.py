"""File names of any encoding as text that can be kept, shown and sent, and back again; no two names become one.

Bytes that are no UTF-8, ends of lines, and what moves the cursor or turns the direction of writing are written as
``\\xNN`` or ``\\uNNNN``; so is a backslash that would look like one of these.
"""

from __future__ import annotations

import os
import re
from pathlib import PurePosixPath

_WRITTEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]|\\(?=x[0-9a-f]{2}|u[0-9a-f]{4})"
)
_READ = re.compile(r"\\x([0-9a-f]{2})|\\u([0-9a-f]{4})")
_UNSAFE = re.compile(r"[^\w.\-一-鿿]+")
_LONGEST_RESULT = 80
_ASCII_END = 0x80
_BYTES = range(0xDC80, 0xDD00)  # how Python carries bytes that are no UTF-8


def kept_name(name: str | os.PathLike[str]) -> str:
    """A name as the file system gave it, as it is kept."""
    return _WRITTEN.sub(lambda found: _written(ord(found[0])), os.fspath(name))


def path_of_name(kept: str) -> str:
    """The name as the file system knows it."""
    return _READ.sub(lambda found: _read(found[1], found[2]), kept)


def asked_name(name: str) -> str:
    """A name that somebody typed: as it is kept already, or as the file system gave it to the shell."""
    return kept_name(name) if any(ord(sign) in _BYTES for sign in name) else name


def handed_out_name(source: str, renamed_from: str) -> str:
    """Return the name of a document's file as it is handed out: a renamed document keeps the suffix of its file."""
    suffix = PurePosixPath(renamed_from).suffix
    return source if source.casefold().endswith(suffix.casefold()) else source + suffix


def result_name(source: str, document: str) -> str:
    """Return the name of a document's Markdown and JSON files, without suffix: readable, safe, unique."""
    plain = _UNSAFE.sub("_", source)[-_LONGEST_RESULT:].strip("._") or "document"
    return f"{plain}.{document[:12]}"


def _written(code: int) -> str:
    if code in _BYTES:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < _ASCII_END else f"\\u{code:04x}"


def _read(byte: str | None, code: str | None) -> str:
    if code:
        return chr(int(code, 16))
    value = int(byte or "0", 16)
    return chr(value) if value < _ASCII_END else chr(value + 0xDC00)
