"""The small marks that notes begin with, such as a raised (a), printed as texts of their own. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from pipeline.engines.layout.lines.glyph import Glyph

_MARK = re.compile(r"\((?:[a-z]|[ivx]{1,5}|\d{1,2})\)")
_SMALL = 0.85  # of the size of the note
_NEAR_EM, _OVER_EM = 1.2, 0.1


def with_note_mark(row: list[Any]) -> list[Any]:  # of Fragment, whose module imports this one
    """A line's fragments from left to right, the first one raised and apart where it is the mark of a note."""
    if len(row) < 2 or not _marks(row[0], row[1]):
        return row
    mark, note, *others = row
    glyphs = [glyph._replace(style=replace(glyph.style, raised=True)) for glyph in _printed(mark)]
    blank = note.glyphs[0]._replace(char=" ", x1=note.glyphs[0].x0)
    return [replace(mark, glyphs=tuple(glyphs)), replace(note, glyphs=(blank, *note.glyphs)), *others]


def _printed(part: Any) -> list[Glyph]:
    return [glyph for glyph in part.glyphs if not glyph.char.isspace()]


def _marks(mark: Any, note: Any) -> bool:
    glyphs, size = _printed(mark), note.glyphs[0].style.size
    if not _MARK.fullmatch("".join(glyph.char for glyph in glyphs)) or glyphs[0].style.size > _SMALL * size:
        return False
    gap = note.box[0] - mark.box[2]
    raised = bool(mark.box[1] + mark.box[3] < note.box[1] + note.box[3])
    return raised and bool(-_OVER_EM * size <= gap < _NEAR_EM * size)
