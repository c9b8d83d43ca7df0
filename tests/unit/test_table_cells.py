"""Cells of tables: drawn lines and the gaps between texts go before the grid that a model sees."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from pipeline.engines.layout import reader as layout
from pipeline.engines.layout.cells.cells import Frame, filled, frames_of_grid
from pipeline.engines.layout.cells.columns import respecting_gaps
from pipeline.engines.layout.cells.merged_rows import parted_rows
from pipeline.engines.layout.cells.ruled_grids import ruled_frames
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.pdf import mupdf

STYLE = Style(size=10, bold=False, mono=False, raised=False, hidden=False)
ROW = 20.0  # points from one row to the next
Texts = list[tuple[float, str]]  # x and text


def fragments(rows: list[Texts]) -> list[Fragment]:
    """Texts of 5 points a character."""
    return [
        fragment(
            [
                Glyph(char, x + 5 * at, 5 + ROW * row, x + 5 * at + 5, 15 + ROW * row, STYLE)
                for at, char in enumerate(text)
            ]
        )
        for row, texts in enumerate(rows)
        for x, text in texts
    ]


def cells(rows: list[Texts], columns: list[float]) -> list[str]:
    """The rows of a table that a model cut at ``columns``, as it is written."""
    grid = frames_of_grid(columns, [ROW * row for row in range(len(rows) + 1)])
    parts = fragments(rows)
    table = filled(parts, respecting_gaps(grid, parts), frozenset())
    assert table is not None
    return [line for line in table.markdown().splitlines() if "---" not in line]


def test_two_columns_of_numbers_in_one_are_parted() -> None:
    rows: list[Texts] = [
        [(0, "Part"), (100, "Qty"), (150, "Price"), (220, "Sum")],
        [(0, "Chain"), (100, "12"), (150, "104,50 €"), (220, "1.254,00")],
        [(0, "Shackle"), (100, "4"), (150, "7,25 €"), (220, "29,00")],
        [(100, "Net amount of all"), (220, "1.283,00")],
    ]
    assert cells(rows, [0, 90, 210, 300]) == [
        "| Part | Qty | Price | Sum |",
        "| Chain | 12 | 104,50 € | 1.254,00 |",
        "| Shackle | 4 | 7,25 € | 29,00 |",
        "|  | Net amount of all |  | 1.283,00 |",
    ]


def test_three_columns_in_one_are_parted() -> None:
    rows: list[Texts] = [[(0, f"Row {n}"), (100, f"{n}0"), (140, f"{n}1"), (180, f"{n}2")] for n in range(1, 5)]
    assert cells(rows, [0, 90, 300])[0] == "| Row 1 | 10 | 11 | 12 |"


def test_a_line_through_long_numbers_moves_into_the_gap() -> None:
    rows: list[Texts] = [
        [(0, "Item"), (100, "Unit price"), (170, "Amount")],
        [(0, "Rope"), (100, "132.7433628"), (170, "1327.43")],
        [(0, "Tar"), (100, "9.5"), (170, "19.00")],
    ]
    assert cells(rows, [0, 90, 124, 300])[1] == "| Rope | 132.7433628 | 1327.43 |"


def test_running_text_with_chance_gaps_stays_one_column() -> None:
    rows: list[Texts] = [
        [(0, "1"), (50, "The harbour office opened its books")],
        [(0, "2"), (50, "Grain came"), (120, "from the north in sacks")],
        [(0, "3"), (50, "Timber was floated along"), (190, "the river")],
        [(0, "4"), (50, "Visitors were shown the shelves")],
    ]
    assert all(line.count("|") == 3 for line in cells(rows, [0, 40, 300]))


def test_a_sum_below_its_label_parts_nothing() -> None:
    rows: list[Texts] = [
        [(0, "Name"), (100, "Description of the goods")],
        [(0, "A"), (100, "a long text that goes on")],
        [(0, "B"), (100, "Sum"), (190, "12,00")],
    ]
    assert all(line.count("|") == 3 for line in cells(rows, [0, 90, 300]))


def path(*lines: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    """Drawn lines from (x, y) to (x, y), as MuPDF lists them."""
    point = mupdf.load().Point
    return [{"type": "s", "items": [("l", point(a, b), point(c, d))]} for a, b, c, d in lines]


FRAME = ((0, 0, 120, 0), (0, 60, 120, 60), (0, 0, 0, 60), (120, 0, 120, 60))


def test_cells_without_a_line_between_them_are_one() -> None:
    lines = path(*FRAME, (40, 20, 120, 20), (0, 40, 120, 40), (40, 0, 40, 60), (80, 20, 80, 60))
    frames = ruled_frames((5, 5, 115, 55), lines, columns=3, rows=3)
    spans = {(f.row, f.column): (f.rows, f.columns) for f in frames}
    assert spans == {
        (0, 0): (2, 1),
        (0, 1): (1, 2),
        (1, 1): (1, 1),
        (1, 2): (1, 1),
        (2, 0): (1, 1),
        (2, 1): (1, 1),
        (2, 2): (1, 1),
    }
    assert {(f.row, f.column) for f in frames if f.heading} == {(0, 0), (0, 1), (1, 1), (1, 2)}


def test_the_last_row_is_no_heading_below_a_title_over_all_columns() -> None:
    lines = path(*FRAME, (0, 30, 120, 30), (40, 30, 40, 60))
    frames = ruled_frames((5, 5, 115, 55), lines, columns=2, rows=2)
    assert {(f.row, f.column) for f in frames if f.heading} == {(0, 0)}
    assert len(frames) == 3


@pytest.mark.parametrize(
    ("lines", "columns", "rows"),
    [
        (FRAME, 3, 3),  # a frame around a table
        ((*FRAME, (0, 20, 120, 20)), 3, 3),  # a frame and a line below the head
        (((0, 0, 120, 0), (0, 20, 120, 20), (0, 60, 120, 60)), 3, 6),  # level lines alone
        ((*FRAME, (40, 0, 40, 60), (80, 0, 80, 60), (0, 20, 120, 20)), 3, 9),  # one ruled row of many
        ((*FRAME, (60, 0, 60, 60), (0, 30, 120, 30)), 5, 2),  # more columns than lines part
        ((*FRAME, (40, 0, 40, 40), (80, 20, 80, 60), (0, 20, 80, 20), (40, 40, 120, 40)), 3, 3),  # a pinwheel
    ],
)
def test_lines_that_part_not_all_cells_say_nothing(lines: Any, columns: int, rows: int) -> None:
    frames = ruled_frames((5, 5, 115, 55), path(*lines), columns, rows)
    assert not frames or len({f.column for f in frames}) >= columns


def ruled_page(page: Any, rows: list[list[str]], lines: list[tuple[float, float, float, float]]) -> None:
    page.insert_text((60, 60), "A heading of the page", fontsize=16)
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            page.insert_text((110 + 120 * column, 114 + 20 * at), text, fontsize=10)
    for a, b, c, d in lines:
        page.draw_line((a, b), (c, d))


def test_a_cell_of_two_lines_is_one_cell() -> None:
    document = mupdf.load().open()
    rows = [
        ["Command", "Meaning"],
        ["ls", "list files"],
        ["cp", "copy files to"],
        ["", "another folder"],
        ["rm", "remove"],
    ]
    level = [100, 120, 140, 180, 200]
    lines = [(100.0, float(y), 340.0, float(y)) for y in level]
    lines += [(float(x), 100.0, float(x), 200.0) for x in (100, 220, 340)]
    page = document.new_page()
    ruled_page(page, rows, lines)
    assert "| cp | copy files to another folder |" in layout.read_page(page, "test", False, None).markdown


def test_a_row_in_which_nothing_begins_is_dropped_and_spans_over_it_are_shorter() -> None:
    frames = [
        Frame(0, 0, 1, 1, (0, 0, 100, 20)),
        Frame(0, 1, 1, 1, (100, 0, 200, 20)),
        Frame(1, 0, 2, 1, (0, 20, 100, 60)),
        Frame(1, 1, 1, 1, (100, 20, 200, 40)),
        Frame(2, 1, 1, 1, (100, 40, 200, 60)),
    ]
    table = filled(fragments([[(0, "Name"), (100, "See")], [(0, "Manual"), (100, "Form 4")]]), frames, frozenset())
    assert table is not None
    assert table.markdown().splitlines()[-1] == "| Manual | Form 4 |"


def test_an_invoice_of_one_line_has_its_columns_below_other_rows() -> None:
    rows: list[Texts] = [
        [(0, "Invoice #"), (60, "10392")],
        [(0, "Item"), (100, "Qty"), (150, "Price"), (220, "Sum")],
        [(0, "Rope"), (100, "3"), (150, "$40.00"), (220, "$120.00")],
        [(100, "Subtotal with all"), (220, "$120.00")],
        [(100, "Sales tax (8.25%)"), (220, "$9.90")],
        [(100, "Total of the sale"), (220, "$129.90")],
    ]
    assert cells(rows, [0, 90, 210, 300])[1:4] == [
        "| Item | Qty | Price | Sum |",
        "| Rope | 3 | $40.00 | $120.00 |",
        "|  | Subtotal with all |  | $120.00 |",
    ]


@pytest.mark.parametrize("label", ["Total to pay now", "Summe aller Teile", "Net à payer en euros"])
def test_a_label_of_several_words_stays_in_one_cell(label: str) -> None:
    rows: list[Texts] = [
        [(0, "Part"), (100, "Qty"), (150, "Price"), (220, "Sum")],
        [(0, "Chain"), (100, "12"), (150, "104,50 €"), (220, "1.254,00")],
        [(100, label), (220, "1.283,00")],
    ]
    assert cells(rows, [0, 90, 145, 210, 300])[-1] == f"|  | {label} |  | 1.283,00 |"


def test_names_of_two_columns_may_stand_close_together() -> None:
    rows: list[Texts] = [
        [(0, "Artikel"), (80, "BTW Hoeveelheid"), (180, "Bedrag")],
        [(0, "Onderhoud"), (80, "21%"), (130, "1 PCS"), (180, "49,99")],
        [(0, "Flyer"), (80, "21%"), (130, "2 PCS"), (180, "0,00")],
    ]
    assert cells(rows, [0, 75, 175, 230])[0] == "| Artikel | BTW | Hoeveelheid | Bedrag |"


@pytest.mark.parametrize("sign", ["€", "EUR", "$"])
def test_a_currency_far_from_its_amounts_is_no_column(sign: str) -> None:
    rows: list[Texts] = [
        [(0, "Artikel"), (80, "Prijs per stuk"), (180, "Bedrag")],
        [(0, "Onderhoud"), (80, sign), (130, "12,00"), (180, "49,99")],
        [(0, "Flyer"), (80, sign), (130, "9,00"), (180, "0,00")],
    ]
    assert cells(rows, [0, 75, 175, 230])[0] == "| Artikel | Prijs per stuk | Bedrag |"


@pytest.mark.parametrize("heights", [(2, 3, 2), (3, 1, 2), (1, 4, 1)])
def test_ruled_cells_of_several_lines_are_cells_though_a_model_sees_more_rows(heights: tuple[int, ...]) -> None:
    lines = path(*FRAME, (40, 0, 40, 60), (80, 0, 80, 60), (0, 12, 120, 12))
    texts = [(5.0 + 40 * n, 2.0, 35.0 + 40 * n, 9.0) for n in range(3)]
    texts += [
        (5.0 + 40 * n, 14 + 11.0 * at, 35.0 + 40 * n, 23 + 11.0 * at) for n in range(3) for at in range(heights[n])
    ]
    assert len(ruled_frames((5, 2, 115, 58), lines, columns=3, rows=5, texts=texts)) == 6


def test_many_lines_at_shared_heights_are_rows_that_no_line_parts() -> None:
    lines = path(*FRAME, (40, 0, 40, 60), (80, 0, 80, 60), (0, 12, 120, 12))
    texts = [
        (5.0 + 40 * n, 14 + 8.0 * at, 35.0 + 40 * n, 21 + 8.0 * at) for n in range(3) for at in range(5 - (n == 2))
    ]
    assert not ruled_frames((5, 2, 115, 58), lines, columns=3, rows=6, texts=texts)


def box_of(x0: float, y0: float, x1: float, y1: float) -> tuple[tuple[float, float, float, float], ...]:
    return (x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1)


def test_boxes_of_a_form_are_cells_however_wide_each_row_wants_them() -> None:
    rows = [(0, 70, 120), (0, 30, 90, 120), (0, 50, 120)]
    boxes = [(a, 30 * at, b, 30 * at + 30) for at, row in enumerate(rows) for a, b in pairwise(row)]
    lines = path(*(line for box in boxes for line in box_of(*box)))
    texts = [(x0 + 3.0, y0 + top, x0 + 15.0, y0 + top + 8.0) for x0, y0, _, _ in boxes for top in (3, 15)]
    frames = ruled_frames((3, 3, 105, 83), lines, columns=4, rows=6, texts=texts)
    assert [frame.box for frame in frames] == boxes
    assert not any(frame.heading for frame in frames)


def test_a_row_with_more_lines_than_the_others_has_more_cells() -> None:
    lines = path(*FRAME, (0, 20, 120, 20), (0, 40, 120, 40), (40, 0, 40, 60), (80, 40, 80, 60))
    texts = [(x, y, x + 20.0, y + 9.0) for x in (5.0, 45.0) for y in (5.0, 25.0, 45.0)] + [(85.0, 45.0, 105.0, 54.0)]
    frames = ruled_frames((5, 5, 115, 55), lines, columns=2, rows=3, texts=texts)
    assert [sum(frame.row == row for frame in frames) for row in range(3)] == [2, 2, 3]


def test_two_rows_in_one_are_parted_where_both_hold_numbers() -> None:
    rows: list[Texts] = [
        [(0, "Employee"), (80, "Ortiz"), (160, "004417")],
        [(0, "Department"), (80, "Store"), (160, "1257")],
        [(0, "Pay method"), (80, "Bank"), (160, "11")],
        [(0, "Period"), (80, "March"), (160, "12")],
    ]
    parts = fragments(rows)
    grid = frames_of_grid([0, 75, 155, 220], [0, 40, 60, 80])
    assert len({frame.row for frame in parted_rows(grid, parts)}) == 4
    names = fragments([[(0, "Unit"), (80, "Total")], [(0, "price"), (80, "amount")], [(0, "5"), (80, "9")]])
    heads = frames_of_grid([0, 75, 155], [0, 40, 60])
    assert len({frame.row for frame in parted_rows(heads, names)}) == 2


def pieces(*heights: float) -> list[tuple[float, float, float, float]]:
    """Upright lines at three places, each drawn in pieces between the heights."""
    return [(x, top, x, bottom) for x in (0, 60, 120) for top, bottom in pairwise(heights)]


def test_upright_lines_in_pieces_part_the_rows_that_no_level_line_does() -> None:
    lines = path((0, 0, 120, 0), (0, 20, 120, 20), (0, 60, 120, 60), *pieces(0, 20, 40, 60))
    assert len(ruled_frames((5, 5, 115, 55), lines, columns=2, rows=3)) == 6


def test_tables_that_are_open_at_their_sides_are_parted_there_too() -> None:
    level = [(0, y, 240, y) for y in (0, 20, 60)]
    upright = [(x + 60, top, x + 60, bottom) for x, top, _, bottom in pieces(0, 20, 40, 60)]
    assert len(ruled_frames((5, 5, 235, 55), path(*level, *upright), columns=4, rows=3)) == 12


@pytest.mark.parametrize("more", [[], [(60, 40, 120, 40)]])
def test_cells_over_several_rows_stay_whole(more: list[tuple[float, float, float, float]]) -> None:
    """Without pieces nothing says where rows are; with a level line for one column, that line says it."""
    whole = path((0, 0, 120, 0), (0, 20, 120, 20), (0, 60, 120, 60), *pieces(0, 20, 60))
    parted = path((0, 0, 120, 0), (0, 20, 120, 20), (0, 60, 120, 60), *more, *pieces(0, 20, 40, 60))
    frames = ruled_frames((5, 5, 115, 55), parted if more else whole, columns=2, rows=3)
    assert max(frame.rows for frame in frames) == (2 if more else 1)
    assert len(frames) == (5 if more else 4)


def test_rows_seen_as_one_are_parted_beside_one_label() -> None:
    rows: list[Texts] = [
        [(0, "Period"), (80, "delivery"), (160, "60 days")],
        [(80, "validity"), (160, "90 days")],
        [(0, "Price"), (80, "tax"), (160, "0")],
        [(0, "Terms"), (80, "post"), (160, "0")],
    ]
    grid = frames_of_grid([0, 75, 155, 220], [0, 40, 60, 80])
    assert len({frame.row for frame in parted_rows(grid, fragments(rows))}) == 4


def test_dates_a_blank_before_the_texts_of_their_rows_are_a_column() -> None:
    rows: list[Texts] = [[(0, "Date"), (50, "Narration"), (200, "Amount")]]
    rows += [[(0, f"0{n}-Apr-23 Payment {n} to the mill"), (200, f"{n}0,00")] for n in range(1, 6)]
    table = cells(rows, [0, 190, 260])
    assert table[0] == "| Date | Narration | Amount |"
    assert table[1] == "| 01-Apr-23 | Payment 1 to the mill | 10,00 |"


@pytest.mark.parametrize(
    "text", ["Total {n} of the mill", "{n}00 Bolts of iron", "0{n}-Apr-2{n}" + "{n}" * 3 + " askew"]
)
def test_other_first_words_are_no_column(text: str) -> None:
    rows: list[Texts] = [[(0, text.format(n=n)), (200, f"{n}0,00")] for n in range(1, 6)]
    assert cells(rows, [0, 190, 260])[0].count("|") == 3
