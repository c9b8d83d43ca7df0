"""Labels of a table's rows that go on in a second line, which a model takes for another row. Pure.

The values of such a row stand beside its last line, or beside its first: ``Change in fair value of cash flow hedges``
above ``(net of tax) | 30.5``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.engines.layout.cells.cells import Frame
from pipeline.engines.layout.cells.head_rows import have_same_cells, merged_rows
from pipeline.engines.layout.lines.glyphs import Fragment
from stores.models import Box

_MOST_FRAMES = 2000
_TIGHT = 0.9  # of the distance to the rows around: the lines of one label stand closer
_PITCH = 1.7  # of the height of a line, between two lines of a label
_INDENT_EM = 1.8  # by which the second line may stand further right
_FLUSH_PT = 1.5
_LONGEST = 60  # characters of what goes on
_ENDS = ":;.：；。"


@dataclass(frozen=True, slots=True)
class _Row:
    """The label of a row, its lines from top to bottom, and whether values stand beside it."""

    lines: tuple[tuple[Box, str], ...]
    values: bool

    @property
    def top(self) -> Box:
        return self.lines[0][0]

    @property
    def bottom(self) -> Box:
        return self.lines[-1][0]


def with_whole_labels(frames: Sequence[Frame], fragments: Sequence[Fragment]) -> list[Frame]:
    """The cells of a table, two rows made one where the label of the first goes on in the second."""
    plain = [frame for frame in frames if frame.rows == 1 and frame.column == 0 and frame.columns == 1]
    if not 4 <= len(frames) <= _MOST_FRAMES or any(frame.rows > 1 for frame in frames):
        return list(frames)
    rows = _rows(plain, fragments)
    numbers = sorted(rows)
    onto: dict[int, int] = {}
    for at in range(1, len(numbers)):
        upper, lower = numbers[at - 1], numbers[at]
        around = [rows[numbers[beside]] for beside in (at - 2, at + 1) if 0 <= beside < len(numbers)]
        if lower == upper + 1 and _goes_on(rows[upper], rows[lower], at > 1, around):
            onto[lower] = onto.get(upper, upper)
    alike = all(have_same_cells(frames, row, upper) for row, upper in onto.items())
    return merged_rows(frames, onto) if onto and alike else list(frames)


def _rows(plain: Sequence[Frame], fragments: Sequence[Fragment]) -> dict[int, _Row]:
    """The rows that have a label, by their number."""
    labels: dict[int, list[tuple[Box, str]]] = {}
    valued: set[int] = set()
    bands = {frame.row: frame.box for frame in plain}
    for part in fragments:
        middle = (part.box[1] + part.box[3]) / 2
        row = next((row for row, box in bands.items() if box[1] <= middle < box[3]), None)
        text = "".join(glyph.char for glyph in part.glyphs).strip()
        if row is None or not text:
            continue
        if (part.box[0] + part.box[2]) / 2 < bands[row][2]:
            labels.setdefault(row, []).append((part.box, text))
        else:
            valued.add(row)
    return {
        row: _Row(tuple(sorted(own, key=lambda line: (round(line[0][1]), line[0][0]))), row in valued)
        for row, own in labels.items()
    }


def _goes_on(upper: _Row, lower: _Row, heads: bool, around: Sequence[_Row]) -> bool:
    """Whether the label of a row is the end of that above: a small letter, close below, only one with values."""
    (box, text), (_, before) = lower.lines[0], upper.lines[-1]
    if upper.values == lower.values or not heads or before[-1] in _ENDS or len(text) > _LONGEST:
        return False
    if not (text[0].islower() or (text[0] == "(" and text[1:2].islower())) or not any(map(str.isalpha, before)):
        return False
    height = upper.bottom[3] - upper.bottom[1]
    step = box[3] - upper.bottom[3]
    indent = box[0] - upper.top[0]
    aligned = -_FLUSH_PT < indent < _INDENT_EM * height
    near = 0 < step < _PITCH * height
    return aligned and near and all(step < _TIGHT * _distance(row, upper, lower) for row in around)


def _distance(row: _Row, upper: _Row, lower: _Row) -> float:
    """From the label of a row above or below to the nearer of two."""
    if row.top[1] < upper.top[1]:
        return upper.top[3] - row.bottom[3]
    return row.top[3] - lower.bottom[3]
