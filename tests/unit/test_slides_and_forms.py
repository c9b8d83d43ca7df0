"""Slides and forms: titles at the top, points set far apart, lines of labels, texts over several columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipeline.engines.layout.cells.cells import filled, frames_of_grid
from pipeline.engines.layout.cells.columns import respecting_gaps
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, PrintedLine, fragment, printed_lines, raised
from pipeline.engines.layout.lines.headings import heading_parts, is_heading_line, is_no_heading, looks_like_heading
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.order.margins import label_at_margin
from pipeline.engines.layout.regions.regions import Region
from pipeline.engines.layout.writing.blocks import pieces
from pipeline.engines.layout.writing.writing import written
from stores.models import Label


def line(text: str, y: float, *, size: float = 10.0, x: float = 50.0, bold: bool = False) -> PrintedLine:
    return PrintedLine(text, (x, y, x + size * len(text) / 2, y + size), size, bold=bold, mono=False)


PORTRAIT, SLIDE = (595.0, 842.0), (720.0, 405.0)


@pytest.mark.parametrize(
    ("page", "size", "y", "label"),
    [
        (SLIDE, 14.0, 10.0, Label.HEADING),
        (SLIDE, 10.0, 10.0, Label.HEADER),
        (PORTRAIT, 14.0, 100.0, Label.HEADING),
        (PORTRAIT, 14.0, 30.0, Label.HEADER),  # a letterhead
    ],
)
def test_a_header_in_large_type_is_a_title(page: tuple[float, float], size: float, y: float, label: Label) -> None:
    title = line("Reading whole pages", y, size=size)
    assert label_at_margin(Label.HEADER, title.box, [title], page, 10.0) is label


def test_a_page_number_in_large_type_is_no_title() -> None:
    number = line("17", 10.0, size=20.0)
    assert label_at_margin(Label.HEADER, number.box, [number], SLIDE, 10.0) is Label.HEADER


@pytest.mark.parametrize(("size", "gap", "count"), [(24.0, 20.0, 3), (24.0, 6.0, 1), (12.0, 10.0, 1)])
def test_points_of_a_slide_do_not_run_on(size: float, gap: float, count: int) -> None:
    texts = ["缓冲区的算法", "扫描线的算法", "消隐算法的改进"]
    lines = [line(text, 100 + at * (size + gap), size=size) for at, text in enumerate(texts)]
    assert len(pieces(lines, Label.TEXT, size)) == count


FORM = ["Name: A. Walker DOB: 09/04/1986", "Address: 24 Barn Lane City: Tow State: NJ Zip: 07082", "aches, chills"]


@pytest.mark.parametrize("text", FORM)
def test_lines_of_a_filled_in_form_are_no_headings(text: str) -> None:
    large = [line(text, 100.0, size=16.0)]
    assert is_no_heading(large, 10.0) or text == FORM[-1]
    assert not looks_like_heading(large, 10.0)
    assert not is_heading_line(large[0], 10.0)


@pytest.mark.parametrize("text", ["= ∑ log p(u|C(w))", "≈ log II p(u|C(w))", "L(θ) = ∑ log p", "∂L of the whole"])
def test_a_formula_that_ocr_read_in_large_type_is_no_heading(text: str) -> None:
    line = PrintedLine(text=text, box=(72, 100, 200, 120), size=16.0, bold=False, mono=False)
    assert is_no_heading([line], 10.0)
    assert not is_heading_line(line, 10.0)


@pytest.mark.parametrize("text", ["Chapter 1: Origins", "Part II: On reading: a view", "Note: what this is"])
def test_headings_with_colons_are_headings(text: str) -> None:
    assert looks_like_heading([line(text, 100.0, size=16.0)], 10.0)


def test_the_last_line_of_a_paragraph_that_ends_in_a_number_is_no_heading() -> None:
    assert is_no_heading([line("Both kinds of the module, as shown in Figure 1.", 100.0)], 10.0)
    assert not is_no_heading([line("Figure 1.", 100.0)], 10.0)


def test_a_sentence_far_below_a_heading_is_text() -> None:
    lines = [line("三、图像空间的算法", 100.0, size=24.0), line("这类算法是主流！", 170.0, size=24.0)]
    assert len(heading_parts(lines)) == 2
    region = Region(Label.HEADING, (50, 100, 300, 200), lines=lines)
    page = written([region], frozenset(), 12.0, "test", None)
    assert page.markdown == "## 三、图像空间的算法\n\n这类算法是主流！"


def words(text: str, x: float, y: float) -> Fragment:
    style = Style(size=8.0, bold=False, mono=False, raised=False, hidden=False, font="Sans")
    return fragment([Glyph(char, x + 4 * at, y, x + 4 * at + 4, y + 8, style) for at, char in enumerate(text)])


def table(head: Callable[[], list[Fragment]]) -> Any:
    parts = [*head(), words("Net income", 5, 25), words("5,070", 130, 25), words("6,046", 190, 25)]
    parts += [words("Interest", 5, 45), words("131", 130, 45), words("605", 190, 45)]
    frames = respecting_gaps(frames_of_grid([0, 100, 170, 240], [0, 22, 40, 60]), parts)
    cells = filled(parts, frames, frozenset())
    assert cells is not None
    return cells.markdown().splitlines()


def test_a_text_over_two_columns_is_one_cell() -> None:
    rows = table(lambda: [words("FOR THE TRAILING FIVE", 125, 2), words("QUARTERS ENDED", 139, 12)])
    assert '<td colspan="2">FOR THE TRAILING FIVE QUARTERS ENDED</td>' in rows[1].replace("th", "td")


def test_names_of_columns_that_stand_a_blank_apart_stay_two() -> None:
    rows = table(lambda: [words("MAY CREDITS", 124, 12), words("DEBITS", 172, 12)])
    assert rows[0] == "|  | MAY CREDITS | DEBITS |"


def test_two_rows_of_a_scan_that_the_model_sees_as_one_are_parted() -> None:
    """One cell lacks its second line, one shows what OCR misread, and the names of the columns stand upright."""
    parts = [
        words(name, 5, 25 + 10 * at)
        for at, name in enumerate(["North", "East", "South", "West", "Coast", "Isles", "Total"])
    ]
    for at in range(7):
        for column in range(1, 7):
            if (at, column) != (2, 3):
                parts.append(words(str(10 * at + column), 40 * column + 5, 25.3 + 10 * at + 0.3 * column))
    parts.append(replace(words("Votes", 45, 2), upright=False))
    frames = frames_of_grid([0, 40, 80, 120, 160, 200, 240, 280], [0, 22, 34, 54, 64, 74, 84, 96])
    cells = filled(parts, respecting_gaps(frames, parts), frozenset())
    assert cells is not None
    assert [row.split(" | ")[:4] for row in cells.markdown().splitlines()[2:6]] == [
        ["| North", "1", "2", "3"],
        ["| East", "11", "12", "13"],
        ["| South", "21", "22", ""],
        ["| West", "31", "32", "33"],
    ]


def test_a_line_of_characters_without_a_meaning_is_none() -> None:
    parts = [words("\ufffd", 50, 20), words("\\documentclass", 60, 40), words("\ufffd", 50, 60)]
    assert [line.text for line in printed_lines(parts)] == ["\\documentclass"]


@pytest.mark.parametrize(("mark", "text"), [("iii", "reportⁱⁱⁱ"), ("vi", "reportᵛⁱ"), ("th", "reportth")])
def test_small_roman_numbers_behind_a_word_are_marks_of_notes(mark: str, text: str) -> None:
    note = raised(words(mark, 74, 18))
    assert printed_lines([words("report", 50, 20), note])[0].text == text


@pytest.mark.parametrize(
    ("texts", "large"),
    [
        (["file the form with the Commissioner of the", "Internal Revenue, Attention: CC4, 1111", "Washington."], 1),
        (["the change begins with the new section.", "The Tax Reform Act: the change is", "treated as begun."], 1),
    ],
)
def test_a_tall_line_of_a_recognised_sentence_is_no_heading(texts: list[str], large: int) -> None:
    """The size of a recognised line is the height of its box, which a comma or a speck makes larger."""
    lines = [
        PrintedLine(text, (50, 100 + 9 * at, 250, 108 + 9 * at), 12.0 if at == large else 8.0, bold=False, mono=False)
        for at, text in enumerate(texts)
    ]
    assert [piece.label for piece in pieces(lines, Label.TEXT, 8.0)] == [Label.TEXT]
    printed = [replace(line, font="Sans") for line in lines]
    assert Label.HEADING in [piece.label for piece in pieces(printed, Label.TEXT, 8.0)]


def test_the_lines_of_a_paragraph_in_large_type_are_no_headings() -> None:
    texts = [
        "The council of the state is an office of six",
        "members that are elected every year for one",
        "year, and not again.",
    ]
    lines = [line(text, 100 + 16 * at, size=14.0) for at, text in enumerate(texts)]
    assert [piece.label for piece in pieces(lines, Label.TEXT, 10.0)] == [Label.TEXT]
    lines = [line("Facts", 100, size=14.0), line("It is an office of six members of the state.", 116, size=14.0)]
    assert [piece.label for piece in pieces(lines, Label.TEXT, 10.0)] == [Label.HEADING, Label.TEXT]
