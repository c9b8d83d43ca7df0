"""Tables that only their lines show, drawn check marks, boxes that stamps tick, printed soft hyphens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.engines.layout.cells.cells import filled
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment
from pipeline.engines.layout.lines.soft_hyphens import with_printed_hyphens
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.lines.symbols import folded
from pipeline.engines.layout.regions.regions import Region
from pipeline.engines.layout.regions.ticks import marks_in_cells, with_ticked_boxes
from pipeline.engines.layout.sheet.annotations import comments_of
from pipeline.engines.layout.sheet.drawn_lines import span_of
from pipeline.engines.layout.tables.drawn_tables import drawn_tables
from pipeline.engines.pdf import mupdf
from stores.models import Label

TICK = [(0, 0.55), (0.15, 0.45), (0.4, 0.75), (0.9, 0), (1, 0.05), (0.42, 1)]
CROSS = [(0.1, 0), (0.5, 0.4), (0.9, 0), (1, 0.1), (0.6, 0.5), (1, 0.9), (0.9, 1), (0.5, 0.6), (0.1, 1), (0, 0.9)]
CROSS += [(0.4, 0.5), (0, 0.1)]
STAR = [(0.5, 0), (0.6, 0.4), (1, 0.4), (0.7, 0.6), (0.8, 1), (0.5, 0.8), (0.2, 1), (0.3, 0.6), (0, 0.4), (0.4, 0.4)]
STYLE = Style(size=10.0, bold=False, mono=False, raised=False, hidden=False)


def printed(text: str, x: float, y: float) -> Fragment:
    return fragment([Glyph(char, x + 5 * at, y, x + 5 * at + 5, y + 10, STYLE) for at, char in enumerate(text)])


def page_of(draw: Callable[[Any], None]) -> Any:
    document = mupdf.load().open()
    page = document.new_page(width=595, height=842)
    draw(page)
    return page


def outline(page: Any, points: list[tuple[float, float]], x: float, y: float) -> None:
    shape = page.new_shape()
    shape.draw_polyline([(x + 6 * px, y + 6 * py) for px, py in points])
    shape.finish(fill=(0, 0.5, 0), color=None, closePath=True)
    shape.commit()


def bars(page: Any, rows: int = 4) -> None:
    """A grid of three columns whose lines are thin filled shapes with curved outlines, as converters write them."""
    shape = page.new_shape()
    for x in (100, 200, 260, 320):
        shape.draw_bezier((x, 100), (x, 110), (x, 120), (x, 100 + 20 * rows))
    for row in range(rows + 1):
        shape.draw_bezier((100, 100 + 20 * row), (150, 100 + 20 * row), (200, 100 + 20 * row), (320, 100 + 20 * row))
    shape.finish(color=(0, 0, 0), width=0.5)
    shape.commit()


TEXTS = [printed("Function", 105, 105), printed("Pro", 205, 105), printed("Basic", 265, 105)]
TEXTS += [printed("Offline upgrade", 105, 125), printed("Wireless", 105, 145), printed("Star", 105, 165)]


def functions(page: Any) -> None:
    bars(page)
    for points, x, y in ((TICK, 225, 126), (CROSS, 285, 126), (CROSS, 225, 146), (TICK, 285, 146), (STAR, 225, 166)):
        outline(page, points, x, y)


def test_a_whole_grid_is_a_table_though_the_model_sees_text_and_drawn_marks_are_said() -> None:
    page = page_of(functions)
    paths = page.get_drawings()
    tables = drawn_tables([Region(Label.TEXT, (100, 100, 320, 180))], paths, TEXTS)
    assert len(tables) == 1
    table = filled([*TEXTS, *marks_in_cells(page, tables, paths, TEXTS)], tables[0].frames, frozenset())
    assert table is not None
    assert [line for line in table.markdown().splitlines() if "---" not in line] == [
        "| Function | Pro | Basic |",
        "| Offline upgrade | ✓ | ✗ |",
        "| Wireless | ✗ | ✓ |",
        "| Star |  |  |",
    ]


@pytest.mark.parametrize("label", [Label.TABLE, Label.FIGURE])
def test_what_the_model_sees_there_is_believed(label: Label) -> None:
    paths = page_of(functions).get_drawings()
    assert not drawn_tables([Region(label, (100, 100, 320, 180))], paths, TEXTS)


def test_an_empty_grid_is_no_table_nor_one_with_text_across_its_lines() -> None:
    paths = page_of(bars).get_drawings()
    assert not drawn_tables([], paths, TEXTS[:3])
    assert not drawn_tables([], page_of(functions).get_drawings(), [*TEXTS, printed("x" * 30, 110, 165)])


def test_a_straight_curve_is_a_line() -> None:
    point = mupdf.load().Point
    assert span_of(("c", point(5, 9), point(6, 9), point(7, 9), point(95, 9))) == (5, 9, 95, 9)
    assert span_of(("c", point(5, 9), point(6, 19), point(7, 19), point(95, 9))) is None


def stamped(page: Any) -> None:
    for x in (100, 200):
        page.add_stamp_annot((x, 100, x + 12, 112))


def test_a_small_stamp_ticks_the_box_below_it() -> None:
    page = page_of(stamped)
    parts = with_ticked_boxes(page, [printed("☐ Yes", 103, 101), printed("☐ No", 150, 101), printed("Old", 202, 101)])
    assert ["".join(glyph.char for glyph in part.glyphs) for part in parts] == ["☑ Yes", "☐ No", "Old"]


@pytest.mark.parametrize(("name", "texts"), [("Stamp", []), ("Confidential", ["Confidential"])])
def test_stamps_that_say_nothing_are_no_comments(name: str, texts: list[str]) -> None:
    def draw(page: Any) -> None:
        stamp = page.add_rect_annot((300, 300, 400, 340))
        page.parent.xref_set_key(stamp.xref, "Subtype", "/Stamp")
        page.parent.xref_set_key(stamp.xref, "Name", f"/{name}")

    document = mupdf.load().open("pdf", page_of(draw).parent.tobytes())
    assert [comment.text for comment in comments_of(document[0])] == texts


def test_the_shadowed_box_of_wingdings_is_a_box_to_tick() -> None:
    assert folded("\uf072", "wingdings-regular") == "☐"


@pytest.mark.parametrize(
    ("text", "expected"), [("Table 4\u00ad1", "Table 4-1"), ("wire\u00ad", "wire\u00ad"), ("a\u00ad b", "a\u00ad b")]
)
def test_a_soft_hyphen_that_is_printed_inside_a_line_is_a_hyphen(text: str, expected: str) -> None:
    assert "".join(glyph.char for glyph in with_printed_hyphens(printed(text, 0, 0).glyphs)) == expected


def test_a_soft_hyphen_without_width_stays() -> None:
    one, soft, other = printed("a\u00adb", 0, 0).glyphs
    soft = soft._replace(x1=soft.x0)
    assert "".join(glyph.char for glyph in with_printed_hyphens([one, soft, other])) == "a\u00adb"


def calls(page: Any) -> None:
    """Two columns, and a grid whose first column has one cell for all rows."""
    shape = page.new_shape()
    for x in (100, 180, 300):
        shape.draw_line((x, 100), (x, 160))
        shape.draw_line((x, 300), (x, 360))
    shape.draw_line((240, 300), (240, 360))
    for y in (0, 20, 40, 60):
        shape.draw_line((100, 100 + y), (300, 100 + y))
        shape.draw_line((100 if y in (0, 60) else 180, 300 + y), (300, 300 + y))
    shape.finish(color=(0, 0, 0), width=0.5)
    shape.commit()


def test_grids_of_two_columns_and_with_a_cell_over_all_rows_are_tables() -> None:
    parts = [printed(text, 105, 105 + 20 * at) for at, text in enumerate(["Prototype", "Input", "Output"])]
    parts += [printed(text, 185, 105 + 20 * at) for at, text in enumerate(["int open()", "none", "a number"])]
    parts += [printed("Basic", 105, 325)]
    parts += [printed(text, x, 305 + 20 * at) for at in range(3) for x, text in ((185, f"call{at}"), (245, "does"))]
    tables = drawn_tables([], page_of(calls).get_drawings(), parts)
    assert sorted(len({frame.column for frame in table.frames}) for table in tables) == [2, 3]
    assert not drawn_tables([], page_of(calls).get_drawings(), parts[:5])  # one cell of two columns is empty
