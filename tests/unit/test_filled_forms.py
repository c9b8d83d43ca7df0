"""What is printed into a form, and rows of numbers: each sign where it stands, each row and cell for itself."""

from __future__ import annotations

from dataclasses import replace

from pipeline.engines.layout.cells.cells import filled, frames_of_grid
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, PrintedLine, fragment, printed_lines
from pipeline.engines.layout.lines.joining import are_rows
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.writing.blocks import pieces
from stores.models import Label

STYLE = Style(size=9.0, bold=False, mono=False, raised=False, hidden=False)


def text(*glyphs: tuple[str, float, float]) -> Fragment:
    """A text whose signs stand from one x to another."""
    return fragment([Glyph(char, x0, 50.0, x1, 60.0, STYLE) for char, x0, x1 in glyphs])


def test_signs_that_one_text_leaves_room_for_are_read_between_its_own() -> None:
    """``月日`` is one text whose second sign stands far from the first; the day stands between them."""
    date = text(*[(c, 421.0 + 9 * at, 430.0 + 9 * at) for at, c in enumerate("开票日期")], ("8", 495, 499))
    day = (("3", 508.4, 512.6), ("0", 512.6, 516.8))
    parts = [text(*[(g.char, g.x0, g.x1) for g in date.glyphs], *day), text(("月", 500, 509), ("日", 516, 525))]
    assert [line.text.replace(" ", "") for line in printed_lines(parts)] == ["开票日期8月30日"]


def test_texts_of_two_columns_that_are_printed_on_one_another_stay_two() -> None:
    """As templates print them whose columns do not fit the names that are filled in."""
    label = text(*[(c, 41.0 + 4 * at, 45.0 + 4 * at) for at, c in enumerate("Invoice #")])
    name = text(*[(c, 71.0 + 5 * at, 76.0 + 5 * at) for at, c in enumerate("Client Name")])
    assert [line.text for line in printed_lines([label, name])] == ["Invoice # Client Name"]


def test_rows_that_end_in_numbers_stand_for_themselves() -> None:
    assert are_rows("Software License 01 ₹30000 ₹30000", "Support Service 01 ₹12000 ₹12000")
    assert are_rows("Labour 2 1,200.00 (80.00)", "Parts 14 $3.50 $49.00")
    assert not are_rows("the costs of the years rose from 12 to 15", "per cent, and fell from 7 4 in the end")
    assert not are_rows("as was shown in 1998", "and again in 2004")


def test_of_three_lines_the_nearest_two_tell_the_usual_pitch() -> None:
    def line(text: str, y: float) -> PrintedLine:
        return PrintedLine(text, (72.0, y, 72.0 + 5.0 * len(text), y + 10), 10.0, False, False)

    lines = [line("what is sold in the shop here", 100), line("a table that is made of oak", 124)]
    assert len(pieces([*lines, line("and a chair", 136)], Label.TEXT, 10.0)) == 2


def test_a_text_that_runs_through_narrow_cells_is_a_line_in_each() -> None:
    """The gaps of tight columns are no wider than blanks: rules and records go by the cells."""
    row = text(*[(c, 42.0 + 5 * at, 47.0 + 5 * at) for at, c in enumerate("9985 0.00 61336")])
    head = text(*[(c, 42.0 + 5 * at, 47.0 + 5 * at) for at, c in enumerate("SAC  CGST Total")])
    head = replace(head, glyphs=tuple(g._replace(y0=g.y0 - 20, y1=g.y1 - 20) for g in head.glyphs))
    head = fragment(head.glyphs)
    table = filled([head, row], frames_of_grid([40, 66, 91, 120], [25, 45, 65]), frozenset())
    assert table is not None
    lines = table.lines([head.box, row.box])
    assert [line.text for line in lines] == ["SAC", "CGST", "Total", "9985", "0.00", "61336"]
    assert lines[4].box[0] == 67.0
