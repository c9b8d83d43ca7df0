"""Tables of annual reports: signs that stand apart from their numbers, and heads over several columns."""

from __future__ import annotations

import pytest

from pipeline.engines.layout.cells.cells import Frame, filled, frames_of_grid
from pipeline.engines.layout.cells.columns import respecting_gaps
from pipeline.engines.layout.cells.signs import with_signs_beside_numbers
from pipeline.engines.layout.cells.spanning_heads import with_spanning_heads
from pipeline.engines.layout.cells.table_texts import Rule, texts_of
from pipeline.engines.layout.cells.wrapped_labels import with_whole_labels
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.regions.regions import Region
from pipeline.engines.layout.tables.heads_above import level_rules, with_heads
from stores.models import Label

STYLE = Style(size=8.0, bold=False, mono=False, raised=False, hidden=False, font="Sans")
COLUMNS = [0.0, 150.0, 165.0, 220.0, 235.0, 290.0, 305.0, 360.0]  # a label, and three signs with their numbers
ENDS = [215, 285, 355]


def text(words: str, x: float, y: float) -> Fragment:
    """A text in letters of 4 points from ``x`` on."""
    return fragment([Glyph(char, x + 4 * at, y, x + 4 * at + 4, y + 8, STYLE) for at, char in enumerate(words)])


def up_to(words: str, x1: float, y: float) -> Fragment:
    return text(words, x1 - 4 * len(words), y)


def over(words: str, x: float, y: float) -> Fragment:
    return text(words, x - 2 * len(words), y)


def statement(sign: str = "$", *, years: bool = True) -> list[Fragment]:
    """Years over three columns of numbers, the signs flush left and far from them."""
    parts = [up_to(year, end, 22) for year, end in zip(("2017", "2016", "2015"), ENDS, strict=True)] if years else []
    for at, (label, numbers) in enumerate({"Sales": ("606", "659", "644"), "Costs": ("(329)", "—", "1,282")}.items()):
        parts.append(text(label, 5, 42 + 20 * at))
        for number, end in zip(numbers, ENDS, strict=True):
            parts += [text(sign, end - 60, 42 + 20 * at), up_to(number, end, 42 + 20 * at)]
    return parts


def rows_of(parts: list[Fragment], frames: list[Frame], rules: list[Rule]) -> list[list[str]]:
    """The texts of the rows of a table, each as often as its cell spans columns."""
    moved = with_signs_beside_numbers(parts)
    table = filled(moved, with_spanning_heads(respecting_gaps(frames, moved), moved, rules), frozenset())
    assert table is not None
    rows: dict[int, list[str]] = {}
    for cell in sorted(table.cells, key=lambda cell: (cell.row, cell.column)):
        rows.setdefault(cell.row, []).extend([cell.text] * cell.columns)
    return list(rows.values())


GRID = frames_of_grid(COLUMNS, [0, 18, 38, 58, 78])
VALUES = [["Sales", "$606", "$659", "$644"], ["Costs", "$(329)", "$—", "$1,282"]]
YEARS = ["", "2017", "2016", "2015"]


@pytest.mark.parametrize("sign", ["$", "€", "£", "HK$"])
def test_signs_far_from_their_numbers_stand_in_one_cell_with_them(sign: str) -> None:
    rows_read = rows_of(statement(sign), GRID, [])
    assert rows_read == [YEARS, *[[cell.replace("$", sign) for cell in row] for row in VALUES]]


def test_signs_behind_numbers_and_those_of_heads_stay() -> None:
    behind = [text("Umsatz", 5, 42), text("1.234 €", 170, 42), text("5.678 €", 250, 42)]
    heads = [text("2022 $", 170, 22), text("2021 $", 250, 22)]
    assert with_signs_beside_numbers(behind) == behind
    assert with_signs_beside_numbers(heads) == heads


def test_brackets_and_per_cent_signs_that_stand_apart_close_their_numbers() -> None:
    parts = [text("Costs", 5, 42), text("(329", 180, 42), text(")", 200, 42), text("5.1", 250, 42), text("%", 268, 42)]
    words = {"".join(glyph.char for glyph in part.glyphs) for part in with_signs_beside_numbers(parts)}
    assert words == {"Costs", "(329)", "5.1%"}


def test_a_head_without_a_rule_spans_the_columns_over_whose_middle_it_stands() -> None:
    parts = [*statement(), over("Year Ended", 262, 4)]
    assert rows_of(parts, GRID, []) == [["", *["Year Ended"] * 3], YEARS, *VALUES]


def test_a_rule_below_a_head_says_its_columns() -> None:
    parts = [*statement(), over("Group", 210, 4), over("Bank", 320, 4)]
    rules = [(150.0, 286.0, 15.0), (300.0, 357.0, 15.0), (0.0, 357.0, 36.0)]
    assert rows_of(parts, GRID, rules) == [["", "Group", "Group", "Bank"], YEARS, *VALUES]


def test_heads_of_two_rows_seen_as_one_are_parted_at_their_rules() -> None:
    parts = [*statement(), over("Year Ended", 255, 2), over("Group", 220, 13), over("Bank", 325, 13)]
    rules = [(150.0, 357.0, 11.5), (150.0, 286.0, 21.0), (300.0, 357.0, 21.0)]
    grid = frames_of_grid(COLUMNS, [0, 21.5, 38, 58, 78])
    years = [part for part in parts if part.box[1] != 22] + [
        up_to(year, end, 26) for year, end in zip(("2017", "2016", "2015"), ENDS, strict=True)
    ]
    assert rows_of(years, grid, rules) == [["", *["Year Ended"] * 3], ["", "Group", "Group", "Bank"], YEARS, *VALUES]


def test_names_of_all_columns_and_lines_below_values_span_nothing() -> None:
    frames = respecting_gaps(GRID, with_signs_beside_numbers(statement()))
    moved = with_signs_beside_numbers(statement())
    assert with_spanning_heads(frames, moved, [(0.0, 357.0, 36.0), (150.0, 357.0, 52.0)]) == frames


def table_below(label: Label, head: Fragment) -> list[Region]:
    grid = frames_of_grid(COLUMNS, [18, 38, 58, 78])
    table = Region(Label.TABLE, (0, 18, 360, 78), fragments=statement(), frames=grid)
    return [Region(label, head.box, fragments=[head]), table]


@pytest.mark.parametrize("label", [Label.TEXT, Label.HEADING])
def test_a_head_that_stands_above_a_table_becomes_its_first_row(label: Label) -> None:
    [table] = with_heads(table_below(label, over("Year Ended December 31,", 262, 6)), [])
    assert rows_of(table.fragments, table.frames, table.rules)[:2] == [["", *["Year Ended December 31,"] * 3], YEARS]


@pytest.mark.parametrize("above", [text("Sales by year", 5, 6), text("A sentence over the whole table, about:", 40, 6)])
def test_titles_and_sentences_above_a_table_stay_outside(above: Fragment) -> None:
    assert len(with_heads(table_below(Label.TEXT, above), [])) == 2


def test_rules_drawn_cell_by_cell_are_one() -> None:
    boxes = [(150.0, 10.0, 165.0, 11.0), (165.5, 10.0, 220.0, 11.0), (240.0, 10.0, 290.0, 11.0)]
    assert level_rules([{"items": [("re", box)]} for box in boxes]) == [(150.0, 220.0, 10.5), (240.0, 290.0, 10.5)]


def test_a_rule_over_the_whole_table_makes_no_head_of_a_label() -> None:
    parts = [*statement(years=False), text("2017 $m", 5, 22)]
    rows_read = rows_of(parts, GRID, [(0.0, 357.0, 32.0)])
    assert rows_read == [["2017 $m", "", "", ""], *VALUES]


def test_a_currency_that_is_the_label_of_a_row_stays_there() -> None:
    parts = [text("Assets", 5, 22), up_to("2017", 215, 22), text("US$", 5, 42), up_to("1,862", 215, 42)]
    assert with_signs_beside_numbers(parts) == parts


def test_names_that_stand_in_two_rows_are_one() -> None:
    upper = [up_to(name, end, 12) for name, end in zip(("Hedge", "Tax", "Other"), ENDS, strict=True)]
    lower = [up_to("reserve", end, 22) for end in ENDS]
    names = ["", "Hedge reserve", "Tax reserve", "Other reserve"]
    grid = frames_of_grid(COLUMNS, [0, 21, 38, 58, 78])
    assert rows_of([*statement(years=False), *upper, *lower], grid, []) == [names, *VALUES]
    rule = [(150.0, 357.0, 21.0)]
    assert len(rows_of([*statement(years=False), *upper, *lower], grid, rule)) == 4


def labels_of(*lines: tuple[str, float, bool]) -> list[str]:
    """The labels of the rows of a table: text, height, and whether a value stands beside it."""
    heights = [y for _, y, _ in lines]
    grid = frames_of_grid([0, 150, 220], [0, *(y - 1 for y in heights[1:]), heights[-1] + 10])
    parts = [text(label, 5, y) for label, y, _ in lines]
    parts += [up_to(f"{at},105", 215, y) for at, (_, y, valued) in enumerate(lines) if valued]
    table = filled(parts, with_whole_labels(grid, parts), frozenset())
    assert table is not None
    return [cell.text for cell in table.cells if cell.column == 0 and cell.text]


def test_a_label_goes_on_in_the_row_of_its_value() -> None:
    lines = ("Sales", 2, True), ("Fair value of", 18, False), ("hedges", 28, True), ("Costs", 44, True)
    assert labels_of(*lines) == ["Sales", "Fair value of hedges", "Costs"]


def test_a_label_goes_on_below_its_value() -> None:
    lines = ("Sales", 2, True), ("Borrowings due", 18, True), ("in one year", 28, False), ("Costs", 44, True)
    assert labels_of(*lines) == ["Sales", "Borrowings due in one year", "Costs"]


@pytest.mark.parametrize("head", ["Sales of:", "Sales"])
def test_rows_below_the_head_of_a_section_stay_rows(head: str) -> None:
    lines = ("Income", 2, True), (head, 16, False), ("wood" if head[-1] == ":" else "Wood", 30, True), ("Tax", 44, True)
    assert labels_of(*lines) == ["Income", head, lines[2][0], "Tax"]


@pytest.mark.parametrize("value", [". . $3,058", "… (346)", ".5900", "$3,058"])
def test_leaders_that_reach_into_the_cell_of_a_value_are_left_out(value: str) -> None:
    parts = [text("Loans . . . . .", 5, 2), text(value, 160, 2)]
    table = filled(parts, frames_of_grid([0, 150, 220], [0, 20]), frozenset())
    assert table is not None
    assert [cell.text for cell in table.cells][1:] == [value.lstrip(".… ") if " " in value else value]


@pytest.mark.parametrize("value", ["TO JUL. 15 AND", "Deb.nr. 2056981", "p. 5", "21,00 %", "€ 399,00"])
def test_what_a_cell_says_is_left_as_it_is_printed(value: str) -> None:
    parts = [text("Item", 0, 10), text("Name", 100, 10), text("one", 0, 30), text(value, 100, 30)]
    frames = frames_of_grid([0.0, 90.0, 200.0], [8.0, 20.0, 40.0])
    table = filled(with_signs_beside_numbers(parts), frames, frozenset())
    assert table is not None and table.markdown().splitlines()[-1] == f"| one | {value} |"


@pytest.mark.parametrize(("blank", "expected"), [(2, ["TOTAL", "FAIR VALUE"]), (1, ["TOTAL FAIR VALUE"])])
def test_a_wide_blank_over_the_side_of_a_cell_parts_two_names(blank: int, expected: list[str]) -> None:
    heads = text("TOTAL" + " " * blank + "FAIR VALUE", 100, 10)
    frames = frames_of_grid([0.0, 90.0, 100.0 + 4 * (5 + blank) - 1, 200.0], [8.0, 20.0])
    assert [one.text for one in texts_of(frames, [heads])] == expected
