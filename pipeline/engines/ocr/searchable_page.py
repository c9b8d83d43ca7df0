"""Make a one-page PDF in memory: the upright page image with the recognised lines as invisible text above it.

The layout reader then treats a scan like any page with a text layer. The text stands in a font that exists by name
only, with its own table of characters: every character that the recognition model knows is read back unchanged, every
word lies where it is printed, and no font is embedded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.engines.pdf import mupdf
from stores.models import Box

if TYPE_CHECKING:
    import numpy as np

_FONT = "OCR"
_ASCENT, _DESCENT = 0.8, 0.2  # of the font size; together the height of a line
_JPEG_QUALITY = 80
_WIDE, _NARROW = 1000, 500  # thousandths of the font size
_WIDTH_STEP = 20
_MAX_CODES = 65_000  # of a font with two-byte codes

_Glyph = tuple[str, int]  # a character and its width in thousandths of the font size


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A piece of a line without spaces; ``start`` and ``end`` in points from where the line begins."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """A line to write: its words in order, its place and its font size in points.

    ``quarters``: 0 runs to the right, 1 downwards, 3 upwards.
    """

    box: Box
    size: float
    words: tuple[Word, ...]
    quarters: int = 0
    confidence: float = 1.0  # of its reading, 0 to 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _SetLine:
    line: TextLine
    words: list[tuple[float, list[_Glyph]]]  # where they start; characters with the space behind them


def make_page(pixels: np.ndarray, width_pt: float, height_pt: float, lines: Sequence[TextLine]) -> Any:
    """Make a pymupdf document of one page. ``pixels`` is uint8 (height, width, 3), BGR, and fills the page."""
    pymupdf = mupdf.load()
    document = pymupdf.open()
    page = document.new_page(width=width_pt, height=height_pt)
    page.insert_image(page.rect, stream=_jpeg(pixels))
    if lines:
        write_lines(document, page, lines)
    return document


def write_lines(document: Any, page: Any, lines: Sequence[TextLine]) -> None:
    """Write lines as invisible text on a page of ``document`` that has content, but no fonts of its own."""
    _write(document, page, [_set_line(line) for line in lines], float(page.rect.height))


def _write(document: Any, page: Any, lines: Sequence[_SetLine], height_pt: float) -> None:
    """Append the lines to the content of the page."""
    codes = _codes(lines)
    kind, resources = document.xref_get_key(page.xref, "Resources")
    owner, prefix = (int(resources.split()[0]), "") if kind == "xref" else (page.xref, "Resources/")
    document.xref_set_key(owner, f"{prefix}Font", f"<</{_FONT} {_add_font(document, codes)} 0 R>>")
    last = page.get_contents()[-1]
    document.update_stream(last, document.xref_stream(last) + b"\n" + _drawing(lines, codes, height_pt))


def _jpeg(pixels: np.ndarray) -> bytes:
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    return bytes(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1])


def _set_line(line: TextLine) -> _SetLine:
    words = [(word.start, _set_word(word, line.size)) for word in line.words if word.text]
    space = (" ", _NARROW // 2)
    spaced = [(start, [*glyphs, space] if n + 1 < len(words) else glyphs) for n, (start, glyphs) in enumerate(words)]
    return _SetLine(line=line, words=spaced)


def _set_word(word: Word, size: float) -> list[_Glyph]:
    """Pair each character with the width that makes the word as wide as it is printed."""
    natural = sum(_natural_width(char) for char in word.text) * size / 1000
    stretch = min(max((word.end - word.start) / natural, 0.1), 10.0)
    return [(char, max(round(_natural_width(char) * stretch / _WIDTH_STEP), 1) * _WIDTH_STEP) for char in word.text]


def _natural_width(char: str) -> int:
    return _WIDE if ord(char) >= 0x2E80 else _NARROW


def _codes(lines: Sequence[_SetLine]) -> dict[_Glyph, int]:
    """Assign a font code to each pair of character and width that the lines use."""
    distinct = sorted({glyph for line in lines for _, glyphs in line.words for glyph in glyphs})
    return {glyph: code for code, glyph in enumerate(distinct[:_MAX_CODES], start=1)}


def _add_font(document: Any, codes: dict[_Glyph, int]) -> int:
    """Add a composite font whose code ``codes[char, width]`` means ``char``, ``width`` wide; returns its xref."""
    widths = " ".join(f"{code} [{width}]" for (_, width), code in codes.items())
    descriptor = _add(
        document,
        f"<</Type/FontDescriptor/FontName/{_FONT}/Flags 4/FontBBox[0 -200 1000 800]/ItalicAngle 0"
        f"/Ascent {_ASCENT * 1000:.0f}/Descent -{_DESCENT * 1000:.0f}/CapHeight 700/StemV 80>>",
    )
    descendant = _add(
        document,
        f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{_FONT}/FontDescriptor {descriptor} 0 R/DW {_WIDE}/W[{widths}]"
        "/CIDToGIDMap/Identity/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>",
    )
    mapping = _add(document, "<<>>")
    document.update_stream(mapping, _character_map(codes))
    return _add(
        document,
        f"<</Type/Font/Subtype/Type0/BaseFont/{_FONT}/Encoding/Identity-H"
        f"/DescendantFonts[{descendant} 0 R]/ToUnicode {mapping} 0 R>>",
    )


def _add(document: Any, source: str) -> int:
    xref: int = document.get_new_xref()
    document.update_object(xref, source)
    return xref


def _character_map(codes: dict[_Glyph, int]) -> bytes:
    """The ToUnicode stream; PDF allows 100 entries in one section."""
    entries = [f"<{code:04x}> <{char.encode('utf-16-be').hex()}>" for (char, _), code in codes.items()]
    parts = [entries[start : start + 100] for start in range(0, len(entries), 100)]
    sections = "\n".join(f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar" for part in parts)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /OCR def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{sections}\nendcmap end end"
    ).encode()


def _drawing(lines: Sequence[_SetLine], codes: dict[_Glyph, int], height_pt: float) -> bytes:
    """The operators of invisible text (render mode 3), every word at its place."""
    commands = ["q BT 3 Tr"]
    for set_line in lines:
        commands.append(f"/{_FONT} {set_line.line.size:.2f} Tf")
        for start, glyphs in set_line.words:
            shown = "".join(f"{codes[glyph]:04x}" for glyph in glyphs if glyph in codes)
            commands.append(f"{_place(set_line.line, start, height_pt)} Tm <{shown}> Tj")
    commands.append("ET Q")
    return "\n".join(commands).encode()


def _place(line: TextLine, start: float, height_pt: float) -> str:
    """The text matrix of a word that begins ``start`` points behind the beginning of its line."""
    x0, y0, x1, y1 = line.box
    drop = line.size * (_ASCENT - _DESCENT) / 2  # from the middle of the line to its baseline
    match line.quarters:
        case 1:
            return f"0 -1 1 0 {(x0 + x1) / 2 - drop:.2f} {height_pt - y0 - start:.2f}"
        case 3:
            return f"0 1 -1 0 {(x0 + x1) / 2 + drop:.2f} {height_pt - y1 + start:.2f}"
    return f"1 0 0 1 {x0 + start:.2f} {height_pt - (y0 + y1) / 2 - drop:.2f}"
