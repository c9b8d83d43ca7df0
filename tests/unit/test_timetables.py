"""Numbers that stand apart in a row of a table are columns of it; those of one number are not."""

from __future__ import annotations

import pytest

from pipeline.engines.layout.cells.cells import filled, frames_of_grid
from pipeline.engines.layout.cells.columns import respecting_gaps
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment
from pipeline.engines.layout.lines.styles import Style

STYLE = Style(size=8.0, bold=False, mono=False, raised=False, hidden=False, font="Sans")


def row(label: str, numbers: list[str], y: float, gap: float) -> list[Fragment]:
    """A label at the left, and numbers of 4 points a digit with ``gap`` points between them as one text."""
    glyphs, x = [], 100.0
    for number in numbers:
        glyphs += [Glyph(char, x + 4 * at, y, x + 4 * at + 4, y + 8, STYLE) for at, char in enumerate(number)]
        x = glyphs[-1].x1 + gap
        glyphs.append(Glyph(" ", glyphs[-1].x1, y, x, y + 8, STYLE))
    label_glyphs = [Glyph(char, 5 + 4.0 * at, y, 9 + 4.0 * at, y + 8, STYLE) for at, char in enumerate(label)]
    return [fragment(label_glyphs), fragment(glyphs[:-1])]


def cells(gap: float, rows: list[list[str]]) -> list[list[str]]:
    parts = [part for at, numbers in enumerate(rows) for part in row(f"Stop {at}", numbers, 5 + 20 * at, gap)]
    frames = respecting_gaps(frames_of_grid([0, 90, 240], [20.0 * at for at in range(len(rows) + 1)]), parts)
    table = filled(parts, frames, frozenset())
    assert table is not None
    lines = [line for line in table.markdown().splitlines() if "---" not in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


TIMES = [["0645", "0710", "0715", "0745"], ["0650", "0715", "0720", "0750"], ["0657", "0722", "0727", "0757"]]


def test_times_of_a_timetable_are_columns() -> None:
    assert cells(5.0, TIMES) == [[f"Stop {at}", *times] for at, times in enumerate(TIMES)]


@pytest.mark.parametrize("gap", [2.0, 3.0])
def test_the_groups_of_a_number_are_one(gap: float) -> None:
    amounts = [["12", "104,50"], ["10", "900,00"], ["16", "700,00"]]
    assert cells(gap, amounts) == [[f"Stop {at}", " ".join(amount)] for at, amount in enumerate(amounts)]
