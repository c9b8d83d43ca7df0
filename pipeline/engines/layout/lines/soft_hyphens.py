"""Soft hyphens that a page shows inside a line: hyphens of their own, as in "Table 4-1". Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.engines.layout.lines.glyph import Glyph

SOFT = "\u00ad"
_PRINTED_EM = 0.15  # a narrower one prints nothing


def with_printed_hyphens(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """The characters of a line, each soft hyphen before another character made the hyphen that is printed.

    At the end of a line it stays: there it only says where a word was broken.
    """
    return [
        glyph._replace(char="-") if glyph.char == SOFT and _is_inside(glyphs, at) else glyph
        for at, glyph in enumerate(glyphs)
    ]


def _is_inside(glyphs: Sequence[Glyph], at: int) -> bool:
    glyph, after = glyphs[at], glyphs[at + 1 : at + 2]
    width = glyph.x1 - glyph.x0
    return (
        bool(after) and not after[0].char.isspace() and _PRINTED_EM * glyph.style.size < width < after[0].x1 - glyph.x0
    )
