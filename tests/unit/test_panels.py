"""Sidebars: columns on a coloured strip, beside a line or simply narrow are read apart from the text beside them."""

from __future__ import annotations

from typing import Any

from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.order.order import reading_order
from pipeline.engines.layout.order.panels import order_of, panels_of, parted_at_panels
from pipeline.engines.layout.regions.regions import Region
from stores.models import Box, Label

WIDTH, HEIGHT = 595.0, 842.0
STRIP: Box = (400.0, 110.0, 595.0, 842.0)
BANNER: Box = (40.0, 30.0, 560.0, 70.0)
MAIN: list[Box] = [(40.0, 125.0 + 60 * at, 380.0, 170.0 + 60 * at) for at in range(9)]
SIDE: list[Box] = [(412.0, 125.0 + 60 * at, 560.0, 140.0 + 60 * at) for at in range(4)]


def drawn(*boxes: Box, fill: tuple[float, float, float] | None = (0.9, 0.9, 0.8)) -> list[dict[str, Any]]:
    return [{"items": [("re", box, 1)], "rect": box, "fill": fill, "type": "f"} for box in boxes]


def line(x: float, top: float, bottom: float) -> dict[str, Any]:
    return {"items": [("l", (x, top), (x, bottom))], "rect": (x, top, x, bottom), "fill": None, "type": "s"}


def texts(*boxes: Box) -> list[Region]:
    return [Region(Label.TEXT, box) for box in boxes]


def word(text: str, x: float, y: float) -> Fragment:
    style = Style(size=10.0, bold=False, mono=False, raised=False, hidden=False)
    return fragment([Glyph(char, x + 5 * at, y - 10, x + 5 * at + 5, y, style) for at, char in enumerate(text)])


def test_what_stands_on_a_strip_is_read_in_one_go() -> None:
    regions = texts(*(box for pair in zip(MAIN, [*SIDE, *SIDE], strict=False) for box in pair), BANNER)
    order = [regions[at].box for at in order_of(regions, panels_of(drawn(STRIP), WIDTH, HEIGHT))]
    sides = [at for at, box in enumerate(order) if box in SIDE]
    assert order[0] == BANNER
    assert sides == list(range(sides[0], sides[0] + len(sides)))


def test_tall_narrow_fills_and_lone_tall_lines_mark_columns() -> None:
    assert panels_of(drawn(STRIP), WIDTH, HEIGHT) == [STRIP]
    assert panels_of([line(420.0, 100.0, 800.0)], WIDTH, HEIGHT) == [(420.0, 100.0, WIDTH, 800.0)]
    cards = drawn(*((40.0, 100.0 + 90 * at, 180.0, 170.0 + 90 * at) for at in range(4)))
    assert panels_of(cards, WIDTH, HEIGHT) == [(40.0, 100.0, 180.0, 440.0)]


def test_white_low_and_wide_fills_grids_and_rows_of_cards_mark_none() -> None:
    assert panels_of(drawn(STRIP, fill=(1, 1, 1)), WIDTH, HEIGHT) == []
    assert panels_of(drawn((400, 110, 595, 200), (0, 0, WIDTH, HEIGHT)), WIDTH, HEIGHT) == []
    grid = [line(300.0, 100.0, 800.0), *drawn((40, 300, 560, 301), (40, 500, 560, 501))]
    assert panels_of(grid, WIDTH, HEIGHT) == []
    cards = drawn(*((x, 100.0 + 200 * at, x + 200, 280.0 + 200 * at) for at in range(3) for x in (40.0, 300.0)))
    assert panels_of(cards, WIDTH, HEIGHT) == []


def test_a_region_over_the_edge_of_a_strip_is_parted_but_not_rows_of_labels_and_values() -> None:
    prose = Region(Label.TEXT, (40, 120, 560, 200))
    prose.fragments = [word("main", 40, 130 + 14 * at) for at in range(4)]
    prose.fragments += [word("side", 420, 137 + 18 * at) for at in range(3)]
    assert sorted(len(part.fragments) for part in parted_at_panels([prose], [STRIP])) == [3, 4]
    rows = Region(Label.TEXT, (40, 120, 560, 200))
    rows.fragments = [word(text, x, 130 + 14 * at) for at in range(4) for text, x in (("Rent", 40), ("900", 420))]
    assert parted_at_panels([rows], [STRIP]) == [rows]


def test_a_narrow_column_of_its_own_text_is_a_column() -> None:
    side = [(440.0, y, 560.0, y + 10) for y in (131.0, 160.0, 205.0, 243.0, 290.0)]
    boxes = [BANNER, *MAIN[:4], *side]
    assert reading_order(boxes) == list(range(len(boxes)))
    dates = [(40.0, box[1], 100.0, box[1] + 10) for box in MAIN[:5]]
    entries = [(140.0, *box[1:]) for box in MAIN[:5]]
    assert reading_order([*dates, *entries, BANNER])[:5] == [10, 0, 5, 1, 6]


def test_a_heading_below_columns_stays_with_what_it_heads() -> None:
    left = [(40.0, y, 290.0, y + 80) for y in (100.0, 190.0)]
    right = [(310.0, y, 560.0, y + 75) for y in (100.0, 185.0)]
    heading, below = (40.0, 290.0, 120.0, 304.0), (40.0, 308.0, 560.0, 380.0)
    assert reading_order([*left, *right, heading, below]) == [0, 1, 2, 3, 4, 5]


def test_paragraphs_close_below_one_another_are_columns_though_all_begin_level() -> None:
    columns = [(x, y, x + 160.0, y + 44) for x in (40.0, 215.0, 390.0) for y in (100.0, 150.0, 200.0)]
    assert reading_order([*columns, BANNER]) == [9, *range(9)]
    cards = [(x, y, x + 160.0, y + 44) for x in (40.0, 215.0, 390.0) for y in (100.0, 170.0, 240.0)]
    assert reading_order([*cards, BANNER])[:4] == [9, 0, 3, 6]


def formula(*box: float) -> Region:
    return Region(Label.FORMULA, (box[0], box[1], box[2], box[3]), tex="x")


def test_short_lines_between_formulas_in_the_middle_are_no_column() -> None:
    words = texts((57, 59, 147, 70), (57, 117, 120, 127), (57, 165, 540, 209))
    shown = [formula(190, 71, 403, 109), formula(214, 129, 382, 157)]
    regions = [*words, *shown]
    in_order = [regions[at] for at in order_of(regions, [])]
    assert in_order == [words[0], shown[0], words[1], shown[1], words[2]]


def test_a_formula_in_the_middle_parts_short_lines_where_no_text_is_as_wide() -> None:
    words = [Region(Label.HEADER, (57, 20, 539, 30)), *texts((57, 637, 78, 647), (57, 728, 158, 739))]
    shown = [formula(198, 648, 397, 677), formula(235, 683, 398, 711)]
    regions = [*words, *shown]
    assert [regions[at] for at in order_of(regions, [])] == [words[0], words[1], *shown, words[2]]


def test_formulas_of_one_column_leave_the_column_beside_it_alone() -> None:
    left = [*texts((40, 100, 290, 200), (40, 260, 290, 420), (40, 430, 290, 700))]
    right = [*texts((310, 100, 560, 330), (310, 360, 560, 700))]
    shown = [formula(90, 210, 240, 250), formula(350, 335, 500, 355)]
    regions = [*left, *right, *shown]
    in_order = [regions[at] for at in order_of(regions, [])]
    assert in_order == [left[0], shown[0], *left[1:], right[0], shown[1], right[1]]
