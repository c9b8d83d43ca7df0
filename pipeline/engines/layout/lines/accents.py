"""Accents that a text layer holds as characters of their own, put onto the letters that they are printed over. Pure.

Fonts of older TeX documents have no accented letters: "ö" is printed as "¨" and "o" at one place, "≠" as a stroke
and "=".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.engines.layout.lines.glyph import Glyph

_COMBINING = {
    "`": "\u0300",
    "´": "\u0301",
    "ˆ": "\u0302",
    "˜": "\u0303",
    "¯": "\u0304",
    "˘": "\u0306",
    "˙": "\u0307",
    "¨": "\u0308",
    "˚": "\u030a",
    "˝": "\u030b",
    "ˇ": "\u030c",
    "¸": "\u0327",
    "˛": "\u0328",
}
_STROKE = "\u0338"  # printed through the sign that follows: it is none of what it marks
_MARKS = frozenset(_COMBINING) | {_STROKE}
_DOTLESS = {"ı": "i", "ȷ": "j"}
_OVER = 0.5  # of the accent's width lies over its letter


def may_have_accents(chars: Iterable[str]) -> bool:
    """Whether any of the characters may be an accent of its own."""
    return not _MARKS.isdisjoint(chars)


def with_accents(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """The glyphs of a line, each accent put onto the letter that it is printed over."""
    return list(_composed(glyphs))


def _composed(glyphs: Sequence[Glyph]) -> Iterator[Glyph]:
    waiting: Glyph | None = None  # a printed glyph that the next one may be an accent of
    at = 0
    while at < len(glyphs):
        glyph = glyphs[at]
        after = _next_printed(glyphs, at) if glyph.char in _MARKS else None
        if after is not None and (whole := _onto(glyph, glyphs[after])):
            glyph, at = whole, after
        elif waiting is not None and (whole := _onto(glyph, waiting)):
            glyph, waiting = whole, None
        if waiting is not None:
            yield waiting
        waiting = glyph
        at += 1
    if waiting is not None:
        yield waiting


def _next_printed(glyphs: Sequence[Glyph], at: int) -> int | None:
    """The place of the glyph that follows, over one blank: a text layer may have one between accent and letter."""
    following = range(at + 1, min(at + 3, len(glyphs)))
    return next((index for index in following if not glyphs[index].char.isspace()), None)


def _onto(accent: Glyph, letter: Glyph) -> Glyph | None:
    """The letter with the accent; None where they are not printed over one another, or make no character."""
    combining = _STROKE if accent.char == _STROKE else _COMBINING.get(accent.char)
    if combining is None or (combining is not _STROKE and not (letter.char.isalpha() and _lies_over(accent, letter))):
        return None
    base = _DOTLESS.get(letter.char, letter.char)
    whole = unicodedata.normalize("NFC", base + combining)
    return letter._replace(char=whole) if len(whole) == 1 else None


def _lies_over(accent: Glyph, letter: Glyph) -> bool:
    shared = min(accent.x1, letter.x1) - max(accent.x0, letter.x0)
    return shared > _OVER * min(accent.x1 - accent.x0, letter.x1 - letter.x0) > 0
