"""PDFs whose fonts say that their glyphs mean something else than what they draw."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pymupdf

TEXT, SIGNS = "tiro", "helv"


def page_of(
    lines: Sequence[str],
    folder: Path,
    meanings: Mapping[str, str],
    *,
    font: str = TEXT,
    signs: str = "",
    name: str = "",
) -> Path:
    """A PDF of these lines. ``meanings``: what the text layer has for a character; nothing where it is empty.

    ``signs``: characters that are set in a font of their own, which is called ``name``; it alone has the meanings.
    """
    document = pymupdf.open()
    page = document.new_page()
    writer = pymupdf.TextWriter(page.rect)
    fonts = {False: pymupdf.Font(font), True: pymupdf.Font(SIGNS)}
    for at, line in enumerate(lines):
        end = pymupdf.Point(72, 100 + 40 * at)
        for piece in re.split(f"([{re.escape(signs)}])", line) if signs else [line]:
            if piece:
                writer.append(end, piece, font=fonts[piece in signs], fontsize=11)
                end = writer.last_point
    writer.write_text(page)
    misled = fonts[bool(signs)]
    for xref in _fonts_of(page, signs and "Helvetica"):
        _mislead(document, xref, {misled.has_glyph(ord(char)): text for char, text in meanings.items()})
        if name:
            _rename(document, xref, name)
    document.save(folder / "a.pdf")
    return folder / "a.pdf"


def _fonts_of(page: pymupdf.Page, name: str) -> list[int]:
    return [xref for xref, _, _, base, *_ in page.get_fonts() if not name or name in base]


def _rename(document: pymupdf.Document, xref: int, name: str) -> None:
    descendant = int(re.search(r"(\d+) 0 R", document.xref_get_key(xref, "DescendantFonts")[1])[1])  # type: ignore[index]
    descriptor = int(document.xref_get_key(descendant, "FontDescriptor")[1].split()[0])
    document.xref_set_key(xref, "BaseFont", f"/{name}")
    document.xref_set_key(descendant, "BaseFont", f"/{name}")
    document.xref_set_key(descriptor, "FontName", f"/{name}")


def _mislead(document: pymupdf.Document, font: int, meanings: Mapping[int, str]) -> None:
    """Make the table of characters of a font say other meanings, by glyph."""
    xref = int(document.xref_get_key(font, "ToUnicode")[1].split()[0])
    head, _, said = document.xref_stream(xref).decode().partition("endcodespacerange")
    ranges = [[int(end, 16) for end in row] for row in re.findall(r"<(\w{4})> <(\w{4})> <(\w{4})>", said)]
    meant = {first + step: chr(code + step) for first, last, code in ranges for step in range(last - first + 1)}
    rows = [
        f"<{glyph:04x}> <{text.encode('utf-16-be').hex()}>" for glyph, text in {**meant, **meanings}.items() if text
    ]
    body = "\n".join([f"{len(rows)} beginbfchar", *rows, "endbfchar"])
    document.update_stream(xref, f"{head}endcodespacerange\n{body}\nendcmap\n".encode())
