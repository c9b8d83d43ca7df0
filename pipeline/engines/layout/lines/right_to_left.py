"""Lines of Arabic and Hebrew in the order in which they are read, with their numbers in place. Pure.

MuPDF turns runs of such letters but leaves the runs of a line where they stand from left to right, and takes the parts
of a lam-alef ligature apart in the wrong order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.engines.layout.lines.glyph import Glyph

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_ALEFS = "\u0627\u0622\u0623\u0625"
_LAM = "\u0644"
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_OPENING, _CLOSING = "([{", ")]}"
_ENDS = ".!\u060c\u061b\u061f"
_NO_WIDTH_PT = 0.1
_JUMP_EM = 0.6  # a wider gap ends a run
_BLANK_EM = 0.18


def runs_right_to_left(text: str) -> bool:
    """Whether most letters of a line belong to a script that is read from right to left."""
    count = len(RIGHT_TO_LEFT.findall(text))
    return count > 0 and 2 * count > sum(map(str.isalpha, text))


def in_reading_order(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """The characters of such a line from right to left, its numbers and foreign words from left to right."""
    runs = _runs(_with_lam_before_alef(glyphs))
    runs.sort(key=lambda run: -max(glyph.x1 for glyph in run))
    ordered: list[Glyph] = []
    for run in _foreign_together(runs):
        if ordered and _is_gap(ordered[-1], run):
            ordered.append(ordered[-1]._replace(char=" "))
        ordered.extend(run)
    if len(ordered) > 1 and ordered[0].char in _ENDS:  # a page laid out from left to right puts it there
        ordered.append(ordered.pop(0))
    return _with_brackets(ordered)


def _with_brackets(glyphs: list[Glyph]) -> list[Glyph]:
    """The characters with all brackets turned, where fewer of them make pairs as they are: they were named as drawn."""
    text = "".join(glyph.char for glyph in glyphs)
    if not any(char in text for char in _OPENING + _CLOSING) or _unpaired(text) <= _unpaired(text.translate(_MIRRORED)):
        return glyphs
    return [glyph._replace(char=glyph.char.translate(_MIRRORED)) for glyph in glyphs]


def _unpaired(text: str) -> int:
    """How many brackets of a text have no other half."""
    opened: list[str] = []
    count = 0
    for char in text:
        if char in _OPENING:
            opened.append(char)
        elif char in _CLOSING:
            if opened and _OPENING.index(opened[-1]) == _CLOSING.index(char):
                opened.pop()
            else:
                count += 1
    return count + len(opened)


def _is_gap(before: Glyph, run: Sequence[Glyph]) -> bool:
    left, right = min(g.x0 for g in run), max(g.x1 for g in run)
    return max(before.x0 - right, left - before.x1) > _BLANK_EM * before.style.size


def _with_lam_before_alef(glyphs: Sequence[Glyph]) -> list[Glyph]:
    ordered: list[Glyph] = []
    for glyph in glyphs:
        alef = ordered[-1] if ordered else None
        if alef and glyph.char == _LAM and _is_of_ligature(alef, glyph):
            ordered[-1:] = [glyph, alef._replace(x0=glyph.x0, x1=glyph.x0 + _NO_WIDTH_PT)]
        else:
            ordered.append(glyph)
    return ordered


def _is_of_ligature(alef: Glyph, lam: Glyph) -> bool:
    """Whether an alef has no place of its own beside a lam: both were one sign."""
    return alef.char in _ALEFS and alef.x1 - alef.x0 < _NO_WIDTH_PT / 2 and alef.x0 >= lam.x1 - 0.5


def _runs(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Neighbouring characters of one direction, in the order in which MuPDF gives them."""
    runs: list[list[Glyph]] = []
    for glyph in glyphs:
        if runs and _continues(runs[-1], glyph):
            runs[-1].append(glyph)
        else:
            runs.append([glyph])
    return runs


def _continues(run: Sequence[Glyph], glyph: Glyph) -> bool:
    before = run[-1]
    if unicodedata.category(glyph.char[0]) == "Mn":
        return True
    jump = _JUMP_EM * glyph.style.size
    leftwards = glyph.x1 <= before.x0 + 0.3 * jump and before.x0 - glyph.x1 < jump
    rightwards = glyph.x0 >= before.x1 - 0.3 * jump and glyph.x0 - before.x1 < jump
    if _is_foreign(glyph.char) or _is_foreign(before.char):
        return (
            rightwards
            and not (RIGHT_TO_LEFT.match(glyph.char) or RIGHT_TO_LEFT.match(before.char))
            and (_is_foreign(before.char) and not glyph.char.isspace())
        )
    return leftwards and (glyph.x0 <= before.x0 or before.x1 - before.x0 < _NO_WIDTH_PT)


def _is_foreign(char: str) -> bool:
    """Whether a character is set from left to right: a digit, or a letter of another script."""
    return bool(char.isdigit() or (char.isalpha() and not RIGHT_TO_LEFT.match(char)))


def _foreign_together(runs: Sequence[list[Glyph]]) -> list[list[Glyph]]:
    """Runs from right to left, several foreign words in a row turned back into their own order."""
    ordered: list[list[Glyph]] = []
    pending: list[list[Glyph]] = []
    for run in runs:
        foreign = any(_is_foreign(glyph.char) for glyph in run)
        blank = all(glyph.char.isspace() for glyph in run)
        if foreign or (blank and pending):
            pending.append(run)
            continue
        ordered += _turned(pending)
        pending = []
        ordered.append(run)
    return ordered + _turned(pending)


def _turned(runs: list[list[Glyph]]) -> list[list[Glyph]]:
    """Foreign words from left to right, the blanks behind them where they are; numbers keep their places."""
    end = len(runs)
    while end and all(glyph.char.isspace() for glyph in runs[end - 1]):
        end -= 1
    words = runs[:end]
    if any(glyph.char.isalpha() for run in words for glyph in run):
        words = words[::-1]
    return words + runs[end:]
