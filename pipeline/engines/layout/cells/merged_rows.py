"""Rows of a table that a model sees as one, where no line parts them: parted again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from pipeline.engines.layout.cells.cells import Frame
from pipeline.engines.layout.lines.glyphs import Fragment

_SAME_PT = 2.0  # texts whose middles differ by less stand in one row
_SAME = 0.25  # of the usual distance of two rows: a scan lies askew
_MANY_CELLS, _MOST, _ODD = 5, 0.6, 0.2  # cells of a row; so many of them say its lines, so many say others
_PITCH = 0.85  # of the usual distance of two rows: the lines of one cell stand closer
_LEAST_CELLS = 2  # with text in a row


def parted_rows(frames: Sequence[Frame], fragments: Sequence[Fragment]) -> list[Frame]:
    """The cells of a table, every row parted whose cells hold several values at the same heights.

    Lines of one cell stand closer than rows do, and not all cells of a row go on in a second line with numbers.
    """
    heights = {frame: _heights(frame, fragments) for frame in frames}
    pitch = _usual_pitch(heights)
    parted: list[Frame] = []
    added = 0
    for row in sorted({frame.row for frame in frames}):
        cells = [frame for frame in frames if frame.row == row]
        lines = _lines_of_row(cells, heights, fragments, pitch) if _is_plain(cells, frames, row) else []
        bounds = [cells[0].box[1], *((a + b) / 2 for a, b in pairwise(lines)), cells[0].box[3]]
        for at, (top, bottom) in enumerate(pairwise(bounds)):
            parted += [_cut(frame, frame.row + added + at, top, bottom, whole=not lines) for frame in cells]
        added += max(0, len(lines) - 1)
    return parted


def _cut(frame: Frame, row: int, top: float, bottom: float, *, whole: bool) -> Frame:
    box = frame.box if whole else (frame.box[0], top, frame.box[2], bottom)
    return replace(frame, row=row, box=box)


def _is_plain(cells: Sequence[Frame], frames: Sequence[Frame], row: int) -> bool:
    spanned = any(frame.row < row < frame.row + frame.rows for frame in frames)
    return not spanned and all(cell.rows == 1 for cell in cells)


def _inside(frame: Frame, fragments: Sequence[Fragment]) -> list[Fragment]:
    x0, y0, x1, y1 = frame.box
    middles = [(part, (part.box[0] + part.box[2]) / 2, (part.box[1] + part.box[3]) / 2) for part in fragments]
    return [part for part, x, y in middles if x0 <= x <= x1 and y0 <= y <= y1]


def _heights(frame: Frame, fragments: Sequence[Fragment]) -> list[float]:
    """The middles of the lines of a cell."""
    inside = sorted((part.box[1] + part.box[3]) / 2 for part in _inside(frame, fragments))
    return [y for at, y in enumerate(inside) if not at or y - inside[at - 1] > _SAME_PT]


def _usual_pitch(heights: dict[Frame, list[float]]) -> float:
    """The usual distance of two rows that hold one line each."""
    several = {frame.row for frame, lines in heights.items() if len(lines) > 1}
    single = {frame.row: lines[0] for frame, lines in heights.items() if lines and frame.row not in several}
    rows = sorted(single.values())
    steps = [below - above for above, below in pairwise(rows)]
    return median(steps) if steps else 0.0


def _lines_of_row(
    cells: Sequence[Frame], heights: dict[Frame, list[float]], fragments: Sequence[Fragment], pitch: float
) -> list[float]:
    """The heights at which all cells of a row hold a value, but for a label before them; none where it is one row."""
    full = [cell for cell in cells if heights[cell]]
    label = [cell for cell in full[:1] if len(heights[cell]) == 1 and cell.column == 0]
    full = full[len(label) :]
    same = max(_SAME_PT, _SAME * pitch)
    lines = _lines_of_most([heights[cell] for cell in full], same) if len(full) >= _LEAST_CELLS else []
    far = pitch > 0 and all(below - above > _PITCH * pitch for above, below in pairwise(lines))
    numbers = any(_are_numbers(cell, len(lines), fragments) for cell in full)
    return lines if len(lines) > 1 and far and numbers else []


def _lines_of_most(cells: Sequence[Sequence[float]], same: float) -> list[float]:
    """The heights at which all cells have lines; of many cells a few may lack a line, or show what OCR misread."""
    exact = [sum(len(other) == len(lines) and _are_among(other, lines, same) for other in cells) for lines in cells]
    best = max(exact)
    lines = list(cells[exact.index(best)])
    odd = sum(not _are_among(other, lines, same) for other in cells)
    if len(cells) < _MANY_CELLS:
        return lines if best == len(cells) else []
    return lines if best >= _MOST * len(cells) and odd <= _ODD * len(cells) else []


def _are_among(heights: Sequence[float], lines: Sequence[float], same: float) -> bool:
    return all(any(abs(height - line) < same for line in lines) for height in heights)


def _are_numbers(cell: Frame, count: int, fragments: Sequence[Fragment]) -> bool:
    """Whether every line of a cell is a number or holds one."""
    inside = _inside(cell, fragments)
    return sum(any(glyph.char.isdigit() for glyph in part.glyphs) for part in inside) >= count
