"""Labels beside a text, as on tax forms, and tables that a model sees around a whole form."""

from __future__ import annotations

from typing import Any

from pipeline.engines.layout import reader
from pipeline.engines.layout.cells.cells import filled, frames_of_grid
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, PrintedLine, fragment
from pipeline.engines.layout.lines.side_labels import parted_at_label
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.regions.regions import Region
from pipeline.engines.layout.tables.outer_tables import without_outer_tables
from pipeline.engines.layout.writing.blocks import pieces
from pipeline.engines.pdf import mupdf
from stores.models import Box, Label, Line

pymupdf = mupdf.load()

PLAIN = Style(size=10, bold=False, mono=False, raised=False, hidden=False)
BOLD = Style(size=10, bold=True, mono=False, raised=False, hidden=False)
LABEL = ["Step 2:", "Several", "boats", "at once"]
TEXT = [
    "Fill in this part if you own more than one boat, or if a boat of",
    "yours lies in more than one harbour. The sum of all that you pay",
    "for them decides how much the town gives back to you in spring.",
    "Do only one of these, and say below which of them you have done,",
    "since the clerk cannot know it otherwise and sends all of it back.",
]


def text(words: str, x: float, y: float, style: Style = PLAIN) -> Fragment:
    """A line of 4 points a character."""
    return fragment([Glyph(char, x + 4 * at, y, x + 4 * at + 4, y + 10, style) for at, char in enumerate(words)])


def words_of(parts: list[Fragment]) -> list[str]:
    return ["".join(glyph.char for glyph in part.glyphs) for part in parts]


def form(label_style: Style = BOLD) -> list[Fragment]:
    label = [text(line, 20, 50 + 13 * at, label_style) for at, line in enumerate(LABEL)]
    return [*label, *(text(line, 100, 50 + 11 * at) for at, line in enumerate(TEXT))]


def test_a_label_of_several_lines_is_parted_from_the_text_beside_it_and_from_what_stands_below() -> None:
    sides = parted_at_label([*form(), text("Leave the rest of these steps blank.", 20, 120)])
    assert sides is not None
    assert [words_of(side) for side in sides] == [LABEL, TEXT, ["Leave the rest of these steps blank."]]


def test_what_is_not_bold_or_stands_level_is_no_label() -> None:
    rows = [text(word, 20, 50 + 11 * at, BOLD) for at, word in enumerate(("Name", "Town", "Boat", "Mast", "Keel"))]
    assert parted_at_label(form(PLAIN)) is None
    assert parted_at_label([*rows, *form()[len(LABEL) :]]) is None


def test_the_text_of_a_cell_begins_with_its_label() -> None:
    table = filled([*form(), text("3", 420, 60)], frames_of_grid([0, 400, 450], [40, 130]), frozenset())
    assert table is not None
    assert table.cells[0].text == " ".join([*LABEL, *TEXT]) and table.cells[1].text == "3"


def test_a_label_beside_a_text_is_read_before_it() -> None:
    document = pymupdf.open()
    page: Any = document.new_page(width=595, height=400)
    for at, line in enumerate(LABEL):
        page.insert_text((60, 60 + 13.5 * at), line, fontname="hebo", fontsize=10)
    for at, line in enumerate(TEXT):
        page.insert_text((140, 60 + 11.5 * at), line, fontname="helv", fontsize=10)
    page.insert_text((60, 130), "Leave the other steps blank if this one is all that you have to say.", fontsize=10)
    saved = pymupdf.open("pdf", document.tobytes())
    markdown = reader.read_page(saved[0], "test", False, None).markdown.replace("\n", " ")
    assert "Step 2: Several boats at once" in markdown
    assert "more than one boat, or if a boat of yours lies in more than one harbour." in markdown


def test_what_stands_between_the_tables_in_a_table_around_them_is_text() -> None:
    def table(box: Box) -> Region:
        return Region(Label.TABLE, box, frames=frames_of_grid([box[0], box[2]], [box[1], box[3]]))

    outer, upper, lower = table((30, 30, 570, 700)), table((30, 30, 570, 150)), table((32, 300, 568, 500))
    prose = [
        text("All that the clerk has to say of boats that lie here over winter, and of their sails.", 40, y)
        for y in (160, 180, 200, 220)
    ]
    regions = without_outer_tables([outer, upper, lower], prose)
    texts = [region.box for region in regions if region.label is Label.TEXT]
    assert texts == [(30, 150, 570, 300), (30, 500, 570, 700)]
    assert [region for region in regions if region.label is Label.TABLE] == [upper, lower]
    assert without_outer_tables([outer, upper], prose) == [outer, upper]
    rows = [text("Total", 40, y) for y in (160, 180, 200, 220)]
    assert without_outer_tables([outer, upper, lower], rows) == [outer, upper, lower]


def line_of(parts: list[tuple[str, float]], y: float) -> PrintedLine:
    """A printed line of texts at their left edges, 4 points a character."""
    lines = tuple(Line(box=(x, y, x + 4 * len(words), y + 9), text=words) for words, x in parts)
    box = (parts[0][1], y, lines[-1].box[2], y + 9)
    return PrintedLine(" ".join(words for words, _ in parts), box, 9, False, False, lines if len(lines) > 1 else ())


def test_bare_numbers_that_stand_apart_begin_the_lines_of_a_worksheet() -> None:
    rows = [
        [("1", 20), ("If you own two boats, find the amount", 50)],
        [("in the table and enter it here", 50), ("1 $", 190)],
        [("2", 20), ("If you own three boats, complete lines 2a", 50)],
        [("and 2b below", 50), ("2 $", 130)],
    ]
    lines = [line_of(parts, 20 + 11 * at) for at, parts in enumerate(rows)]
    read = [[line.text for line in part] for piece in pieces(lines, Label.LIST, 9) for part in piece.parts]
    assert read == [[line.text for line in lines[:2]], [line.text for line in lines[2:]]]
