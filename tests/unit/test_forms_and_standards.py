"""Pages of forms, payslips, exams and standards: boxes of paragraphs, columns of listings, fractions, wide letters."""

from __future__ import annotations

from typing import Any

from pipeline.engines.layout import reader
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import PrintedLine, fragment
from pipeline.engines.layout.lines.joining import are_rows, is_list_start
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.tables.text_boxes import boxes_of_paragraphs
from pipeline.engines.layout.writing.blocks import is_no_item
from pipeline.engines.pdf import mupdf

pymupdf = mupdf.load()

PLAIN = Style(size=10, bold=False, mono=False, raised=False, hidden=False)
SENTENCE = "The harbour keeps nine cranes and a loft for the sails of all boats that lie there over winter. "


def markdown_of(document: Any) -> str:
    """The Markdown of the first page of a document, saved and opened again."""
    saved = pymupdf.open("pdf", document.tobytes())
    return reader.read_page(saved[0], "test", False, None).markdown


def test_a_form_of_which_some_boxes_hold_paragraphs_is_a_table() -> None:
    document = pymupdf.open()
    page = document.new_page(width=595, height=700)
    heights = [60, 85, 110, 135, 160, 185, 326, 466]
    upper, lower = (
        [["Name", "A. Bell", "Berth", "14", "West"], ["Boat", "Tern", "Long", "9 m", "Red"]],
        [
            ["Flag", "Dutch", "Year", "1998"],
            ["Mast", "wood", "Keel", "lead"],
            ["Oars", "three", "Dog", "none"],
        ],
    )
    for y in heights:
        page.draw_line((60, y), (530, y))
    for x, top, bottom in ((60, 60, 466), (150, 60, 466), (530, 60, 466), (240, 60, 110), (320, 60, 110)):
        page.draw_line((x, top), (x, bottom))
    for x, top, bottom in ((430, 60, 110), (270, 110, 185), (390, 110, 185)):
        page.draw_line((x, top), (x, bottom))
    for row, texts in enumerate([*upper, *lower]):
        places = (66, 156, 246, 326, 436) if row < 2 else (66, 156, 276, 396)
        for x, text in zip(places, texts, strict=True):
            page.insert_text((x, heights[row] + 17), text, fontsize=10)
    for row, label in ((5, "Reasons"), (6, "Remarks")):
        page.insert_text((66, heights[row] + 17), label, fontsize=10)
        page.insert_textbox((156, heights[row] + 6, 526, heights[row + 1]), SENTENCE * 8, fontsize=10)
    markdown = markdown_of(document)
    assert "<td>Tern</td>" in markdown and ">1998</td>" in markdown
    assert '<td>Reasons</td><td colspan="6">The harbour keeps nine cranes' in markdown


def set_apart(page: Any, words: list[str], x: float, y: float) -> None:
    """Write words letter by letter in a font that says all letters are as wide as high, as Chinese programs do."""
    font = page.insert_font(fontname="helv")
    document = page.parent
    document.xref_set_key(font, "FirstChar", "32")
    document.xref_set_key(font, "LastChar", "126")
    document.xref_set_key(font, "Widths", f"[{'1000 ' * 95}]")
    commands = []
    for word in words:
        for char in word:
            commands.append(f"BT /helv 12 Tf 1 0 0 1 {x:.2f} {page.rect.height - y:.2f} Tm ({char}) Tj ET")
            x += pymupdf.get_text_length(char, "helv", 12)
        x += 4.5
    page.insert_text((x, y), ".")
    document.update_stream(page.get_contents()[0], "\n".join(commands).encode())


def test_words_of_a_font_that_says_all_letters_are_wide_have_blanks_between_them() -> None:
    document = pymupdf.open()
    page = document.new_page(width=595, height=300)
    set_apart(page, ["Technical", "requirements", "for", "the", "transport", "of", "sails"], 60, 100)
    assert "Technical requirements for the transport of sails" in markdown_of(document)


def test_a_word_of_such_a_font_has_no_blank() -> None:
    document = pymupdf.open()
    page = document.new_page(width=595, height=300)
    set_apart(page, ["minInclusiveValue"], 60, 100)
    assert "minInclusiveValue" in markdown_of(document)


def test_a_listing_keeps_its_columns() -> None:
    document = pymupdf.open()
    page = document.new_page(width=595, height=300)
    lines = [
        "counter VAR Word            ' how often",
        "servoPin PIN 12             ' changed here for others",
        "FOR counter = 1 TO 100",
        "  PULSOUT servoPin, 850     ' one way round",
        "NEXT",
    ]
    for at, line in enumerate(lines):
        page.insert_text((60, 60 + 12 * at), line, fontname="cour", fontsize=9)
    page.insert_textbox((60, 140, 530, 280), SENTENCE * 6, fontsize=10)
    assert "\n".join(lines) in markdown_of(document)


def test_a_text_in_larger_type_than_the_small_print_is_no_row_of_headings() -> None:
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    entries = [f"Licence of the boat {name}: number {at}" for at, name in enumerate("ABCDEFGHIJKL", 100)]
    for at, entry in enumerate(entries):
        page.insert_text((60, 60 + 14 * at), entry, fontsize=10)
    page.insert_textbox((60, 300, 530, 700), SENTENCE * 30, fontsize=7)
    markdown = markdown_of(document)
    assert "Licence of the boat F: number 105" in markdown and "#" not in markdown


def line_of(text: str, x0: float, x1: float) -> PrintedLine:
    return PrintedLine(text=text, box=(x0, 0, x1, 10), size=10, bold=False, mono=False)


def test_a_line_of_markup_is_no_item_of_a_list() -> None:
    assert is_no_item([line_of("<element name='boat'>", 50, 200)], 400)
    assert not is_no_item([line_of("• a boat", 50, 200)], 400)


def test_lines_that_begin_with_days_do_not_run_on() -> None:
    assert are_rows("1997年9月24日制定", "2006年9月20日改定")
    assert are_rows("2021-03-04 first issue", "2022-05-06 second issue")
    assert not are_rows("2021年3月4日至", "2022年5月6日的合同")
    assert not are_rows("2021年3月4日签订的合同", "双方约定于2022年终止")


def chinese(text: str, x: float) -> Any:
    glyphs = [Glyph(char, x + 10 * at, 5, x + 10 * at + 10, 15, PLAIN) for at, char in enumerate(text)]
    return fragment(glyphs)


Boxes = list[tuple[float, float, float, float]]


def boxes_read(boxes: Boxes, lines: int) -> Boxes:
    """The boxes that are read by themselves, of drawn ones with so many lines of text in each."""
    page = pymupdf.open().new_page(width=595, height=500)
    for box in boxes:
        page.draw_rect(box)
    texts = [
        (x0 + 6, y0 + 6 + 16 * row, x1 - 20, y0 + 16 + 16 * row) for x0, y0, x1, _ in boxes for row in range(lines)
    ]
    whole = (40.0, 40.0, 560.0, max(box[3] for box in boxes))
    return [tuple(round(side) for side in box) for box in boxes_of_paragraphs(whole, page.get_drawings(), texts)]


def test_boxes_with_paragraphs_on_a_bulletin_are_no_cells() -> None:
    boxes: Boxes = [
        (40, 40, 220, 140),
        (220, 40, 400, 140),
        (400, 40, 560, 140),
        (40, 140, 300, 240),
        (300, 140, 560, 240),
    ]
    assert boxes_read(boxes, 5) == boxes
    assert boxes_read(boxes, 1) == []  # a form


def test_boxes_of_labels_and_of_plain_grids_are_cells() -> None:
    labels: Boxes = [(40, 40, 120, 140), (120, 40, 560, 140), (40, 140, 300, 240), (300, 140, 560, 240)]
    grid: Boxes = [(40, 40, 300, 140), (300, 40, 560, 140), (40, 140, 300, 240), (300, 140, 560, 240)]
    assert boxes_read(labels, 5) == boxes_read(grid, 5) == []


def formula(page: Any, x: float, y: float, *, above: str, below: str) -> float:
    """A fraction as formula editors draw it beside a line of text; where it ends."""
    page.insert_text((x + 2, y - 7), above, fontname="tiro", fontsize=11)
    page.insert_text((x + 2, y + 8), below, fontname="tiro", fontsize=11)
    width = 4 + 6 * max(len(above), len(below))
    page.draw_line((x, y - 3), (x + width, y - 3), width=0.5)
    return x + width


def test_a_fraction_in_a_line_of_text_is_tex() -> None:
    document = pymupdf.open()
    page = document.new_page(width=595, height=300)
    page.insert_text((60, 100), "The mast bends for", fontname="tiro", fontsize=11)
    end = formula(page, 150, 100, above="1", below="8")
    page.insert_text((end + 4, 100), "of the day and rests for", fontname="tiro", fontsize=11)
    end = formula(page, end + 115, 100, above="a+b", below="2n")
    page.insert_text((end + 4, 100), "hours.", fontname="tiro", fontsize=11)
    markdown = markdown_of(document)
    assert r"bends for $\frac{1}{8}$ of the day" in markdown
    assert r"$\frac{\mathrm{a} + \mathrm{b}}{2\mathrm{n}}$ hours." in markdown


def test_an_underlined_word_over_another_line_is_no_fraction() -> None:
    document = pymupdf.open()
    page = document.new_page(width=595, height=300)
    page.insert_text((60, 100), "The mast bends for one day and rests", fontname="tiro", fontsize=11)
    page.insert_text((60, 113), "the winter long in a shed by the lake", fontname="tiro", fontsize=11)
    page.draw_line((112, 102), (138, 102), width=0.5)
    markdown = markdown_of(document)
    assert "frac" not in markdown and "The mast bends for one day and rests the winter long" in markdown


def test_a_number_that_is_drawn_from_right_to_left_reads_from_left_to_right() -> None:
    document = pymupdf.open()
    page = document.new_page(width=595, height=300)
    page.insert_text((60, 100), ".", fontname="helv", fontsize=12)
    page.insert_text((40, 140), SENTENCE[:60], fontname="helv", fontsize=12)
    steps = " ".join(f"1 0 0 1 {x} 200 Tm ({char}) Tj" for char, x in (("7", 70), (".", 66.6), ("0", 60)))
    document.update_stream(page.get_contents()[0], f"BT /helv 12 Tf {steps} ET".encode())
    assert "0.7" in markdown_of(document)


def test_the_end_of_a_sentence_is_no_item() -> None:
    assert not is_list_start("K);") and not is_list_start("B）。") and not is_list_start("(a), (b) and all others")
    assert is_list_start("a) 控制") and is_list_start("（1）、基本情况") and is_list_start("1). The boats")
