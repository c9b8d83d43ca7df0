"""Lines across all columns of a page part sections of it; a figure stands where its labels stand."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.engines.layout.lines.glyphs import PrintedLine
from pipeline.engines.layout.order.sections import sections_of
from pipeline.engines.layout.regions.regions import Region, shrink_figures
from pipeline.engines.pdf import mupdf
from stores.models import Box, Label


def region(name: str, box: Box, label: Label = Label.TEXT) -> Region:
    return Region(label, box, lines=[PrintedLine(name, box, 10.0, bold=False, mono=False)])


def rule(x0: float, y: float, x1: float) -> dict[str, Any]:
    point = mupdf.load().Point
    return {"type": "s", "items": [("l", point(x0, y), point(x1, y))]}


PAGE = [
    region("a left", (50, 100, 280, 200)),
    region("a right", (300, 100, 540, 190)),
    region("heading", (50, 210, 150, 224), Label.HEADING),
    region("b left", (50, 236, 280, 400)),
    region("b right", (300, 236, 540, 390)),
]


def names(sections: list[list[Region]]) -> list[list[str]]:
    return [[one.lines[0].text for one in section] for section in sections]


def test_a_line_across_the_columns_parts_sections_and_its_heading_belongs_below() -> None:
    assert names(sections_of(PAGE, [rule(48, 228, 542)])) == [["a left", "a right"], ["heading", "b left", "b right"]]


@pytest.mark.parametrize(
    "drawn",
    [rule(48, 228, 285), rule(48, 300, 542), rule(48, 80, 542)],  # of one column, through texts, above all columns
)
def test_other_lines_part_nothing(drawn: dict[str, Any]) -> None:
    assert names(sections_of(PAGE, [drawn])) == [[one.lines[0].text for one in PAGE]]


def test_a_page_in_one_column_has_one_section() -> None:
    assert len(sections_of([PAGE[0], PAGE[3]], [rule(48, 228, 282)])) == 1


def test_a_figure_over_other_texts_stands_where_its_labels_do() -> None:
    figure = region("label", (400, 300, 500, 312), Label.FIGURE)
    figure.box = (40, 90, 550, 420)
    shrink_figures([*PAGE, figure])
    assert figure.box == (400, 300, 500, 312)
    alone = region("axis", (60, 110, 100, 120), Label.FIGURE)
    alone.box = (50, 100, 280, 200)
    shrink_figures([PAGE[0], alone])
    assert alone.box == (50, 100, 280, 200)
