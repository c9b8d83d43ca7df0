"""Characters that a file draws from right to left though they read from left to right, in their order. Pure.

Some formula editors write ``0.1`` as ``1``, ``.``, ``0``, each at its place.
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from operator import attrgetter

from pipeline.engines.layout.lines.glyph import Glyph

_BACK_EM = 0.1  # a character ends this far, or less, behind the beginning of the one before
_SHARED = 0.3  # of the width of a character that the next one may cover


def in_printed_order(glyphs: tuple[Glyph, ...]) -> tuple[Glyph, ...]:
    """The characters of a line from left to right; as they are where they run from the right, or are printed twice."""
    if not any(_steps_back(before, after) for before, after in pairwise(glyphs)):
        return glyphs
    if any(unicodedata.bidirectional(glyph.char[0]) in ("R", "AL", "AN") for glyph in glyphs):
        return glyphs
    ordered = sorted(glyphs, key=attrgetter("x0"))
    apart = all(_SHARED * (before.x1 - before.x0) > before.x1 - after.x0 for before, after in pairwise(ordered))
    return tuple(ordered) if apart else glyphs


def _steps_back(before: Glyph, after: Glyph) -> bool:
    return after.x1 < before.x0 + _BACK_EM * before.style.size and after.x0 < before.x0
