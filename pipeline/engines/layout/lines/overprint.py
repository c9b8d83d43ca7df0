"""Whether texts stand on one another, as what is filled into forms does, and templates that do not fit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pipeline.engines.layout.lines.glyph import Glyph
from stores.models import Box

_WORD = 3  # letters
_MOST = 0.7  # of a character's width
_ALONE = 0.6  # of the width of a single character
_EDGE_EM = 0.1  # so much of a character is blank beside its print


class Printed(Protocol):
    """A text and its characters, at least one."""

    @property
    def box(self) -> Box: ...
    @property
    def glyphs(self) -> Sequence[Glyph]: ...


def follows(one: Printed, other: Printed) -> bool:
    """Whether a fragment begins at the last of several characters of another: fonts may say that theirs are wide."""
    first, second = sorted((one, other), key=lambda part: part.box[0])
    return len(first.glyphs) > 1 and second.box[0] > first.glyphs[-1].x0 > first.box[0]


def covers(one: Printed, other: Printed) -> bool:
    """Whether characters of two fragments stand over one another; one may stand in a gap that the other leaves."""
    shared = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
    if shared < 0.5 * max(min(one.box[2] - one.box[0], other.box[2] - other.box[0]), 0.1):
        return False
    shorter, longer = sorted((one, other), key=lambda part: part.box[2] - part.box[0])
    x0, x1 = shorter.box[0] + 0.5, shorter.box[2] - 0.5
    within = [glyph for glyph in longer.glyphs if glyph.x0 < x1 and glyph.x1 > x0 and not glyph.char.isspace()]
    edge = max(0.5, _EDGE_EM * shorter.glyphs[0].style.size)
    printed = [glyph for glyph in shorter.glyphs if not glyph.char.isspace()] if within else []
    over = [(g, s) for g in within for s in printed if g.x0 < s.x1 - edge and g.x1 > s.x0 + edge]
    return x0 >= x1 or any(not (len(printed) == 1 and _reaches_over(*pair)) for pair in over)


def _reaches_over(one: Glyph, other: Glyph) -> bool:
    """Whether a symbol reaches over a part of the letter beside it, as fonts of formulas let it."""
    symbols = any("symbol" in glyph.style.font.lower() for glyph in (one, other))
    shared = min(one.x1, other.x1) - max(one.x0, other.x0)
    return symbols and shared <= _ALONE * min(one.x1 - one.x0, other.x1 - other.x0)


def collide(left: Printed, right: Printed) -> bool:
    """Whether a character of the right text stands on one of the left text, and begins before it; of words alone."""
    if any(sum(glyph.char.isalpha() for glyph in text.glyphs) < _WORD for text in (left, right)):
        return False  # the parts of a formula
    over = [glyph for glyph in right.glyphs if glyph.x0 < left.box[2] and not glyph.char.isspace()]
    under = [glyph for glyph in left.glyphs if glyph.x1 > right.box[0] and not glyph.char.isspace()]
    return any(one.x0 < other.x0 and _stands_on(one, other) for one in over for other in under)


def _stands_on(one: Glyph, other: Glyph) -> bool:
    """Whether two characters share most of the narrower one's width: those of formulas reach over one another."""
    shared = min(one.x1, other.x1) - max(one.x0, other.x0)
    return shared > _MOST * min(one.x1 - one.x0, other.x1 - other.x0)
