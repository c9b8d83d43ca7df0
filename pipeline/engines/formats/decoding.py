"""Text files as text: which encoding their bytes are in."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from pipeline.engines.text_kinds import utf16_of
from stores.errors import InputError

LARGEST_BYTES = 100 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""")
_LEAST_WHOLE = 30  # letters beyond ASCII that are whole, for each damaged one
_SAMPLE = 64 << 10
_BETTER_THAN = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252", "latin-1": "cp1252", "ascii": "cp1252"}


def read_text(path: Path, *, markup: bool = False) -> str:
    """Read a text file. ``markup``: it may declare its encoding. InputError where it is too large or not text."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"The text is larger than {LARGEST_BYTES >> 20} MB; split it.", code="too_large")
        return decoded(path.read_bytes(), markup=markup)
    except OSError as error:
        raise InputError(f"The file cannot be read ({error.strerror or error}).") from error


def decoded(data: bytes, *, declared: str = "", markup: bool = False) -> str:
    """Decode by the byte order mark, as UTF-8, as declared, or by the look of the bytes."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _unified(data.decode(encoding, "replace"))
    if encoding := utf16_of(data):
        return _unified(data.decode(encoding, "replace"))
    if markup and not declared and (named := _DECLARED.search(data[:4096])):
        declared = named[1].decode("ascii")
    for encoding in ("utf-8", _known(declared)):
        try:
            return _unified(data.decode(encoding)) if encoding else _unified(_guessed(data))
        except UnicodeDecodeError:
            if (text := _nearly(data, encoding)) is not None:
                return _unified(text)
    return _unified(_guessed(data))


def _nearly(data: bytes, encoding: str) -> str | None:
    """Text in an encoding of which a few bytes are damaged, None where more of them are."""
    text = data.decode(encoding, "replace")
    damaged = text.count("\ufffd")
    whole = sum(not letter.isascii() for letter in text) - damaged
    return text if damaged * _LEAST_WHOLE <= whole else None


def _known(name: str) -> str:
    try:
        return _BETTER_THAN.get(codecs.lookup(name).name, name) if name else ""
    except LookupError:
        return ""


def _guessed(data: bytes) -> str:
    """Decode by the look of the bytes; bytes that mean nothing become replacement characters."""
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE]).best()
    encoding = _BETTER_THAN.get(best.encoding.replace("_", "-"), best.encoding) if best else "cp1252"
    return data.decode(encoding, "replace")


def _unified(text: str) -> str:
    """Line ends as ``\\n``, without NUL."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
