"""Lists of contents that a model takes for tables are lines, column by column."""

from __future__ import annotations

from pipeline.engines.layout.cells.cells import frames_of_grid
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment, printed_lines
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.regions.regions import Region
from pipeline.engines.layout.tables.contents_lists import with_contents
from stores.models import Label

PLAIN = Style(size=10, bold=False, mono=False, raised=False, hidden=False)
ENTRIES = ["Harbour", "Cranes", "Sails", "Boats", "Ropes", "Clerks"]


def text(words: str, x: float, y: float) -> Fragment:
    """A line of 5 points a character."""
    return fragment([Glyph(char, x + 5 * at, y, x + 5 * at + 5, y + 10, PLAIN) for at, char in enumerate(words)])


def entries(left: float, pages: list[str], leader: str = ". " * 14) -> list[Fragment]:
    """Entries of one column: number, title, dots and page, set to the right."""
    parts = []
    for at, (title, page) in enumerate(zip(ENTRIES, pages, strict=True)):
        y = 20 + 14 * at
        parts += [
            text(f"1.{at}", left, y),
            text(title, left + 30, y),
            *([text(leader, left + 80, y)] if leader else []),
        ]
        parts.append(text(page, left + 240 - 5 * len(page), y))
    return parts


def read(parts: list[Fragment], *, ruled: bool = False) -> list[list[str]] | None:
    """The lines of each text that a table becomes; None where it stays one."""
    table = Region(
        Label.TABLE, (0, 0, 600, 120), parts, frames=frames_of_grid([0, 300, 600], [0, 60, 120]), ruled=ruled
    )
    regions = with_contents([table])
    if regions == [table]:
        return None
    return [[line.text for line in printed_lines(region.fragments)] for region in regions]


def lines(pages: list[str]) -> list[str]:
    return [f"1.{at} {title} … {page}" for at, (title, page) in enumerate(zip(ENTRIES, pages, strict=True))]


def test_the_entries_of_two_columns_are_read_one_column_after_the_other() -> None:
    first, second = ["1", "2", "9", "10", "11", "12"], ["13", "14", "99", "100", "101", "iv"]
    assert read([*entries(0, first), *entries(300, second)]) == [lines(first), lines(second)]


def test_tables_of_numbers_and_ruled_tables_stay_tables() -> None:
    numbers = ["1", "2", "9", "10", "11", "12"]
    assert read(entries(0, numbers, leader="")) is None
    assert read(entries(0, numbers), ruled=True) is None
    assert read([*entries(0, numbers), text("5 m", 400, 40)]) is None
