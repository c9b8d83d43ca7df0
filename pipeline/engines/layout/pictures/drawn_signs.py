"""Signs and formulas that a page draws as outlines within lines of text, as MathJax does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.engines.layout.lines.glyphs import Fragment
from pipeline.engines.layout.pictures.outlines import signs_of
from stores.models import Box, Fault

DRAWN_SIGNS = "drawn_signs"
_NEAR = 1.0  # sizes of a letter between it and a sign beside it
_HIGHEST = 2.5  # sizes of a letter: higher drawings are pictures
_COVERED = 0.5  # of a sign's width: it lies under or over text, or was read


def drawn_signs(paths: Sequence[dict[str, Any]], fragments: Sequence[Fragment], read: Sequence[Box]) -> list[Fault]:
    """Tell how many signs stand between the letters of lines though no text has them; ``read``: lines that OCR read."""
    import numpy as np

    printed = [glyph for part in fragments if part.upright for glyph in part.glyphs if not glyph.char.isspace()]
    signs = signs_of(paths) if printed else []
    if not signs:
        return []
    letters = np.array([(*glyph[1:5], glyph.style.size) for glyph in printed])
    known = np.array(read).reshape(-1, 4)
    count = sum(_stands_between(sign, letters) and not _is_covered(sign, known) for sign in signs)
    if not count:
        return []
    said = "a sign or formula is drawn" if count == 1 else f"{count} signs or formulas are drawn"
    return [Fault(code=DRAWN_SIGNS, message=f"{said} within lines of text, and could not be read")]


def _stands_between(sign: Box, letters: Any) -> bool:
    """Whether letters stand close on both sides of a sign, and none on it."""
    x0, y0, x1, y1 = sign
    lefts, tops, rights, bottoms, size = letters.T
    reach = (bottoms - tops).clip(min=size) / 2
    level = (abs(tops + bottoms - y0 - y1) / 2 < reach) & (y1 - y0 < _HIGHEST * size)
    before = level & (x0 - rights > -1) & (x0 - rights < _NEAR * size)
    behind = level & (lefts - x1 > -1) & (lefts - x1 < _NEAR * size)
    return bool(before.any() and behind.any() and not _is_covered(sign, letters[level, :4]))


def _is_covered(sign: Box, boxes: Any) -> bool:
    lefts, tops, rights, bottoms = boxes.T
    x0, y0, x1, y1 = sign
    across = (rights.clip(max=x1) - lefts.clip(min=x0)).clip(min=0)
    down = (bottoms.clip(max=y1) - tops.clip(min=y0)) > 0
    return bool((across * down).sum() > _COVERED * (x1 - x0))
