"""Rows of a table whose cells are set to the middle: a text of two lines stands above and below its numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

from pipeline.engines.rules.page_rows import Row

_EVEN = 0.35  # heights of a line by which the lines above and below may differ in their distance
_NEAR = 1.6  # heights of a line from the middle of the numbers to the first line above or below them
_MOST_OF = 0.5  # of the rows with numbers that have lines around them


class Part(Enum):
    """What a printed row holds of a row of the table."""

    NUMBERS = "numbers"
    TEXT = "text"
    OTHER = "other"


def joined_centred(rows: Sequence[Row], part_of: Callable[[Row], Part]) -> list[Row]:
    """The printed rows; where a table is so set, lines of text are joined to the numbers that they stand around."""
    parts = [part_of(row) for row in rows]
    numbers = [at for at, part in enumerate(parts) if part is Part.NUMBERS]
    around = [at for at in numbers if _stands_between(rows, parts, at)]
    if not around or numbers[0] != around[0] or len(around) < _MOST_OF * len(numbers):
        return list(rows)
    groups: dict[int, list[int]] = {}
    for at, part in enumerate(parts):
        owner = _nearest(rows, at, numbers) if part is Part.TEXT else at
        groups.setdefault(owner, []).append(at)
    return [_joined(rows, group) for _, group in sorted(groups.items())]


def _stands_between(rows: Sequence[Row], parts: Sequence[Part], at: int) -> bool:
    """Whether lines of text stand right above and right below the numbers of a printed row, equally far."""
    if not 0 < at < len(rows) - 1 or parts[at - 1] is not Part.TEXT or parts[at + 1] is not Part.TEXT:
        return False
    above, row, below = rows[at - 1], rows[at], rows[at + 1]
    if not above.page == row.page == below.page:
        return False
    height = min(cell.height for cell in row.cells)
    distances = _middle(row) - _middle(above), _middle(below) - _middle(row)
    return max(distances) <= _NEAR * height and abs(distances[0] - distances[1]) <= _EVEN * height


def _nearest(rows: Sequence[Row], at: int, numbers: Sequence[int]) -> int:
    """The printed row with numbers that is nearest to one on its page; itself where there is none."""
    ours = [other for other in numbers if rows[other].page == rows[at].page]
    return min(ours, key=lambda other: abs(_middle(rows[other]) - _middle(rows[at])), default=at)


def _middle(row: Row) -> float:
    return sum(cell.middle for cell in row.cells) / len(row.cells)


def _joined(rows: Sequence[Row], group: Sequence[int]) -> Row:
    cells = [cell for at in group for cell in rows[at].cells]
    return Row(page=rows[group[0]].page, cells=tuple(sorted(cells, key=lambda cell: (cell.middle, cell.box[0]))))
