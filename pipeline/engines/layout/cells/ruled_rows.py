"""What stands in the cells that drawn lines part: lines of text, and rows that no line parts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from pipeline.engines.layout.cells.cells import Frame
from stores.models import Box

SAME_PT = 3.0  # what differs by less stands at one height
MANY_LINES = 3  # in a cell
_WIDE_LINES = 0.5  # of the texts of a cell
_SHARED_HEIGHTS = 0.7  # of the lines of a cell


def middle_in(text: Box, box: Box) -> bool:
    x, y = (text[0] + text[2]) / 2, (text[1] + text[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def holds_rows(frames: Sequence[Frame], texts: Sequence[Box]) -> bool:
    """Whether two cells of one row have many lines of text at the same heights: rows that no line parts."""
    for row in {frame.row for frame in frames}:
        many = [lines for f in frames if f.row == row if len(lines := heights_in(f.box, texts)) >= MANY_LINES]
        for one, other in pairwise(many):
            shared = sum(any(abs(a - b) <= SAME_PT for b in other) for a in one)
            if shared > _SHARED_HEIGHTS * min(len(one), len(other)):
                return True
    return False


def is_paragraph(frame: Frame, texts: Sequence[Box]) -> bool:
    """Whether most of what stands in a cell reaches over half of it: lines of a paragraph, not of columns."""
    widths = [text[2] - text[0] for text in texts if middle_in(text, frame.box)]
    return sum(2 * width > frame.box[2] - frame.box[0] for width in widths) > _WIDE_LINES * len(widths)


def with_unruled_rows(frames: list[Frame], texts: Sequence[Box]) -> list[Frame]:
    """The cells with those rows cut in which lines of text stand at the same heights in every column."""
    cut: list[Frame] = []
    added = 0
    for row in sorted({frame.row for frame in frames}):
        cells = [frame for frame in frames if frame.row == row]
        heights = [heights_in(frame.box, texts) for frame in cells]
        plain = len(cells) > 2 and all(f.rows == 1 for f in cells) and not _spanned(frames, row)
        lines = heights[0] if plain and _alike(heights) else []
        bounds = [cells[0].box[1], *((a + b) / 2 for a, b in pairwise(lines)), cells[0].box[3]]
        for at, (top, bottom) in enumerate(pairwise(bounds)):
            cut += (
                [replace(f, row=f.row + added + at, box=(f.box[0], top, f.box[2], bottom)) for f in cells]
                if lines
                else []
            )
        if not lines:
            cut += [replace(f, row=f.row + added) for f in cells]
        added += max(0, len(lines) - 1)
    return cut


def _spanned(frames: Sequence[Frame], row: int) -> bool:
    return any(frame.row < row < frame.row + frame.rows for frame in frames)


def heights_in(box: Box, texts: Sequence[Box]) -> list[float]:
    """The heights of the lines of text in a box."""
    inside = sorted((text[1] + text[3]) / 2 for text in texts if middle_in(text, box))
    return [y for at, y in enumerate(inside) if not at or y - inside[at - 1] > SAME_PT]


def _alike(heights: Sequence[Sequence[float]]) -> bool:
    """Whether all columns have lines of text at the same heights, more than one."""
    first = heights[0]
    if len(first) < 2 or any(len(other) != len(first) for other in heights):
        return False
    return all(abs(a - b) <= SAME_PT for other in heights for a, b in zip(first, other, strict=True))


def holds_single_texts(frames: Sequence[Frame], texts: Sequence[Box]) -> bool:
    """Whether no cell has two texts beside one another, with a wide gap between: columns that no line parts."""
    for frame in frames:
        inside = sorted((text for text in texts if middle_in(text, frame.box)), key=lambda text: text[1] + text[3])
        level = (b[1] + b[3] - a[1] - a[3] < 2 * SAME_PT for a, b in pairwise(inside))
        if any(level):
            return False
    return True
