"""Tables that the model takes for one, or for text; pictures without text in a column of text."""

from __future__ import annotations

import pytest

from pipeline.engines.layout.cells.cells import filled, frames_of_grid
from pipeline.engines.layout.cells.columns import parted_below_heads
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment, printed_lines
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.order.order import reading_order
from pipeline.engines.layout.pictures.bare_pictures import bare_pictures
from pipeline.engines.layout.regions.regions import Region
from pipeline.engines.layout.regions.spaced_rows import with_spaced_rows
from pipeline.engines.layout.tables.table_headings import parted_at_headings
from stores.models import Box, Label

ROW = 20.0  # points from one row to the next
COLUMNS = [0.0, 90.0, 200.0]


def printed(text: str, x: float, row: int, *sizes: float) -> Fragment:
    """A text of 5 points a character; ``sizes`` of its characters, the last of all that follow."""
    glyphs = []
    for at, char in enumerate(text):
        size = sizes[min(at, len(sizes) - 1)]
        style = Style(size=size, bold=False, mono=False, raised=False, hidden=False, font="Sans")
        glyphs.append(Glyph(char, x + 5 * at, 5 + ROW * row, x + 5 * at + 5, 5 + ROW * row + size, style))
    return fragment(glyphs)


def table(*rows: tuple[float, str, str]) -> Region:
    """A table of rows of (size, left text, right text)."""
    parts = [
        printed(text, x, row, size)
        for row, (size, *texts) in enumerate(rows)
        for x, text in zip((0.0, 100.0), texts, strict=True)
        if text
    ]
    grid = frames_of_grid(COLUMNS, [ROW * row for row in range(len(rows) + 1)])
    return Region(Label.TABLE, (0.0, 0.0, 200.0, ROW * len(rows)), fragments=parts, frames=grid)


def written(region: Region) -> list[str]:
    if region.label is Label.HEADING:
        return [line.text for line in printed_lines(region.fragments)]
    cells = filled(region.fragments, region.frames, frozenset())
    assert cells is not None
    return [line for line in cells.markdown().splitlines() if "---" not in line]


def test_a_larger_line_that_stands_alone_heads_what_is_below_it() -> None:
    rows = [(8.0, "Start", "End"), (8.0, "May", "June"), (10.0, "Totals", ""), (8.0, "Month", "Sum"), (8.0, "May", "4")]
    parts = parted_at_headings([table(*rows)])
    assert [part.label for part in parts] == [Label.TABLE, Label.HEADING, Label.TABLE]
    assert [written(part) for part in parts] == [
        ["| Start | End |", "| May | June |"],
        ["Totals"],
        ["| Month | Sum |", "| May | 4 |"],
    ]


def test_a_larger_first_line_is_the_heading_of_its_table() -> None:
    parts = parted_at_headings([table((11.0, "Prices", ""), (8.0, "Item", "Price"), (8.0, "Bolt", "4"))])
    assert [written(part) for part in parts] == [["Prices"], ["| Item | Price |", "| Bolt | 4 |"]]


def test_a_first_line_over_several_columns_is_the_title_of_the_table() -> None:
    rows = (8.0, "Statement of the banking account", ""), (8.0, "Date", "Amount"), (8.0, "May", "4"), (8.0, "June", "5")
    parts = parted_at_headings([table(*rows)])
    assert [part.label for part in parts] == [Label.HEADING, Label.TABLE]
    assert parted_at_headings([table(rows[1], rows[0], *rows[2:])]) == [table(rows[1], rows[0], *rows[2:])]


@pytest.mark.parametrize(
    "row",
    [
        (8.0, "Assets", ""),  # set like the rows: a label of those below
        (10.0, "Total", "12"),  # not alone
        (10.0, "", "Sum"),  # not at the left
        (10.0, "12 of 40", ""),  # begins with no letter
    ],
)
def test_other_lines_part_no_table(row: tuple[float, str, str]) -> None:
    whole = table((8.0, "Item", "Price"), (8.0, "Bolt", "4"), row, (8.0, "Nut", "2"), (8.0, "Rod", "3"))
    assert parted_at_headings([whole]) == [whole]


def test_a_last_line_heads_nothing_and_drawn_cells_stay() -> None:
    last = table((8.0, "Item", "Price"), (8.0, "Bolt", "4"), (10.0, "Ends", ""))
    assert parted_at_headings([last]) == [last]
    ruled = table((8.0, "Item", "Price"), (10.0, "Parts", ""), (8.0, "Bolt", "4"), (8.0, "Nut", "2"))
    ruled.ruled = True
    assert parted_at_headings([ruled]) == [ruled]


def test_nothing_is_lost_above_a_heading_where_the_table_has_no_cells() -> None:
    whole = table(
        (8.0, "Item", "Price"), (8.0, "Bolt", "4"), (10.0, "Totals", ""), (8.0, "May", "4"), (8.0, "June", "5")
    )
    whole.frames = [frame for frame in whole.frames if frame.row > 2]
    assert parted_at_headings([whole]) == [whole]


@pytest.mark.parametrize(
    ("text", "sizes", "size"),
    [
        ("I. INTRODUCTION", (10.0, 10.0, 10.0, 10.0, 8.0), 10.0),  # small capitals
        ("I. Introduction", (10.0, 10.0, 10.0, 10.0, 8.0), 8.0),
        ("A5 PAPER", (20.0, 10.0), 10.0),  # an initial is no capital of small ones
    ],
)
def test_small_capitals_are_of_the_size_of_their_capitals(text: str, sizes: tuple[float, ...], size: float) -> None:
    (line,) = printed_lines([printed(text, 0.0, 0, *sizes)])
    assert line.size == size


def paragraph(*rows: tuple[tuple[float, str], ...]) -> Region:
    parts = [printed(text, x, row, 8.0) for row, texts in enumerate(rows) for x, text in texts]
    return Region(Label.TEXT, (0.0, 0.0, 300.0, ROW * len(rows)), fragments=parts, lines=printed_lines(parts))


def test_rows_of_texts_that_blanks_part_are_a_table() -> None:
    rows = [((0.0, name), (100.0, sold), (200.0, more)) for name, sold, more in (("Region", "Sold", "More"),) * 3]
    (region,) = with_spaced_rows([paragraph(*rows)])
    assert region.label is Label.TABLE
    assert written(region) == ["| Region | Sold | More |"] * 3


def test_rows_whose_texts_stand_askew_do_not_run_on() -> None:
    rows = (
        ((0.0, "Region"), (100.0, "Sold")),
        ((0.0, "North"), (60.0, "4"), (120.0, "5")),
        ((0.0, "East"), (90.0, "6")),
    )
    (region,) = with_spaced_rows([paragraph(*rows)])
    assert region.label is Label.TEXT and region.by_row


@pytest.mark.parametrize(("place", "rows"), [(100.0, True), (115.0, False)])
def test_two_lines_with_values_below_one_another_do_not_run_on(place: float, rows: bool) -> None:
    (region,) = with_spaced_rows(
        [paragraph(((0.0, "Number"), (100.0, "4711")), ((0.0, "Date"), (place, "18 October")))]
    )
    assert region.by_row is rows


def test_a_paragraph_with_one_wide_gap_runs_on() -> None:
    whole = paragraph(((0.0, "Company:"), (100.0, "Mill")), ((0.0, "It stands at the river"),), ((0.0, "and grinds."),))
    assert with_spaced_rows([whole]) == [whole]


LEFT, RIGHT = (50.0, 430.0, 250.0, 700.0), (280.0, 90.0, 480.0, 160.0)
BELOW = (280.0, 180.0, 480.0, 270.0), (280.0, 290.0, 480.0, 450.0), (280.0, 460.0, 480.0, 700.0)


def test_a_picture_without_text_holds_the_place_of_its_column() -> None:
    boxes: list[Box] = [LEFT, RIGHT, *BELOW]
    regions = [Region(Label.TEXT, box) for box in boxes]
    strips = [("fill-image", (55.0, 95.0 + 40 * at, 245.0, 135.0 + 40 * at)) for at in range(8)]
    pictures = bare_pictures([*strips, ("fill-text", LEFT)], regions, 540.0, 740.0)
    assert [picture.box for picture in pictures] == [(55.0, 95.0, 245.0, 415.0)]
    assert reading_order([*boxes, pictures[0].box]) == [5, 0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "box",
    [
        (0.0, 0.0, 540.0, 740.0),  # a background
        (55.0, 95.0, 75.0, 115.0),  # a logo
        (270.0, 80.0, 490.0, 300.0),  # text is printed on it
    ],
)
def test_other_pictures_hold_none(box: Box) -> None:
    regions = [Region(Label.TEXT, place) for place in (LEFT, RIGHT, *BELOW)]
    assert bare_pictures([("fill-image", box)], regions, 540.0, 740.0) == []


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ((("Item", "Price", "Rem."), ("Nougat", "4,55", "10%"), ("Oil", "3,20", "")), 3),
        ((("Item", "Price", "Rem."), ("Nougat", "4,55", "10%"), ("Oil", "a text that lies across", "")), 2),
        ((("Item", "Price", "Rem."), ("Nougat", "Ann", "Roe"), ("Oil", "Bob", "")), 2),
        ((("Item", "Price", ""), ("Nougat", "4,55", "10%"), ("Oil", "3,20", "")), 2),
        ((("Item", "2023", "2024"), ("Nougat", "4,55", "10%"), ("Oil", "3,20", "")), 2),
    ],
)
def test_two_names_over_two_numbers_between_drawn_lines_are_two_columns(
    rows: tuple[tuple[str, str, str], ...], columns: int
) -> None:
    parts = [
        printed(text, x, row, 8.0)
        for row, texts in enumerate(rows)
        for x, text in zip((0.0, 100.0, 160.0), texts, strict=True)
        if text
    ]
    frames = parted_below_heads(frames_of_grid([0.0, 90.0, 240.0], [ROW * row for row in range(4)]), parts)
    assert max(frame.column for frame in frames) + 1 == columns
