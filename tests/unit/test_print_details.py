"""Small things of print: accents, raised marks, nested lists, titles of several lines, running titles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.engines.layout.lines.accents import with_accents
from pipeline.engines.layout.lines.baselines import raised_spans
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import PrintedLine, fragments_of, printed_lines
from pipeline.engines.layout.lines.joining import joined, reads_as_prose
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.lines.symbols import folded
from pipeline.engines.layout.regions.formulas import _around
from pipeline.engines.layout.regions.list_items import correct_items, with_note_marks
from pipeline.engines.layout.regions.regions import Region, put_together
from pipeline.engines.layout.writing.blocks import pieces
from pipeline.engines.layout.writing.nesting import Nesting
from pipeline.engines.math.displays import Display, _add_numbers
from pipeline.engines.math.printed import Piece, pieces_of
from pipeline.engines.math.signs import Sign
from pipeline.engines.math.symbols import Kind
from pipeline.structure.running_titles import with_running_titles
from stores.models import Block, Label, Page, PageText, PrintStyle, Route

STYLE = Style(size=10.0, bold=False, mono=False, raised=False, hidden=False)


def char(text: str, x0: float, x1: float | None = None, base: float = 100.0, size: float = 10.0) -> dict[str, Any]:
    x1 = x0 + size / 2 if x1 is None else x1
    return {"c": text, "bbox": (x0, base - 0.75 * size, x1, base + 0.25 * size), "origin": (x0, base)}


def span(text: str, x0: float, *, base: float = 100.0, size: float = 10.0, flags: int = 0) -> dict[str, Any]:
    chars = [char(sign, x0 + at * size / 2, base=base, size=size) for at, sign in enumerate(text)]
    return {"chars": chars, "size": size, "flags": flags, "char_flags": 16, "font": "Test"}


def line(*spans: dict[str, Any]) -> dict[str, Any]:
    return {"spans": list(spans), "dir": (1.0, 0.0)}


def printed(*lines: dict[str, Any]) -> list[str]:
    return [row.text for row in printed_lines(fragments_of([{"lines": list(lines)}]))]


def glyphs(*chars: tuple[str, float, float]) -> list[Glyph]:
    return [Glyph(text, x0, 90.0, x1, 100.0, STYLE) for text, x0, x1 in chars]


@pytest.mark.parametrize(
    ("chars", "text"),
    [
        ([("J", 0, 5), ("¨", 5.2, 9.8), ("o", 5, 10), ("r", 10, 14)], "Jör"),
        ([("´", 0.2, 5), ("E", 0, 7), (".", 7, 9)], "É."),
        ([("a", 0, 5), ("¨", 5.2, 9.8), (" ", 5, 5), ("ı", 5, 9), ("v", 10, 14)], "aïv"),
        ([("c", 0, 5), ("¸", 0.5, 4.5), ("a", 5, 10)], "ça"),
        ([("x", 0, 5), ("\u0338", 5, 5), (" ", 5, 8), ("=", 8, 15)], "x≠"),
        ([("a", 0, 5), ("´", 12, 15), ("s", 20, 25)], "a´s"),  # an apostrophe beside a letter
        ([("`", 0, 3), ("t", 6, 10), ("`", 12, 15)], "`t`"),
    ],
)
def test_accents_are_put_onto_the_letters_that_they_are_printed_over(
    chars: list[tuple[str, float, float]], text: str
) -> None:
    assert "".join(glyph.char for glyph in with_accents(glyphs(*chars))) == text


def test_a_line_that_begins_with_an_index_is_not_raised_as_a_whole() -> None:
    index = span("0 ", 10, base=104, size=7)
    words = span("wenn 12 gilt", 20, flags=1)  # MuPDF marks what stands above the first character
    assert raised_spans([index, words]) == frozenset()
    assert printed(line(index, words)) == ["0 wenn 12 gilt"]


def test_marks_of_notes_are_raised_wherever_they_stand() -> None:
    assert printed(line(span("1", 10, base=96, size=6), span("This metric", 13))) == ["¹This metric"]
    assert printed(line(span("x", 10), span("n+1", 15, base=96, size=6, flags=1))) == ["xⁿ⁺¹"]
    assert printed(line(span("the 5", 10), span("nth", 35, base=96, size=6, flags=1))) == ["the 5nth"]


def test_a_large_bullet_raises_nothing() -> None:
    assert raised_spans([span("• ", 10, base=102, size=14), span("in Rule 405", 24, flags=1)]) == frozenset()
    assert printed(line(span("%", 10), span("(1)", 15, base=96, size=6, flags=1))) == ["%⁽¹⁾"]


def test_an_initial_raises_nothing() -> None:
    assert raised_spans([span("D", 10, base=120, size=40), span("as n 12 Meter", 40, base=100, flags=1)]) == frozenset()


def test_a_gap_beside_a_sign_is_a_space() -> None:
    row = span("x∈G", 10)
    for at, x0 in enumerate((10.0, 18.0, 26.0)):
        row["chars"][at] = char(row["chars"][at]["c"], x0)
    assert printed(line(row)) == ["x ∈ G"]
    assert printed(line(span("−5", 10))) == ["−5"]


def test_what_stands_in_a_gap_of_a_line_belongs_to_it() -> None:
    labels = {**span("Page", 10), "chars": [*span("Page ", 10)["chars"], *span(" of", 45)["chars"]]}
    number = span("3", 38, base=101)
    assert printed(line(labels), line(number)) == ["Page 3 of"]


@pytest.mark.parametrize(("sign", "text"), [("!", "•"), ("=", "’"), ("A", "“"), ("@", "”"), ("C", "—")])
def test_signs_of_wordperfect(sign: str, text: str) -> None:
    assert folded(sign, "wptypographicsymbols") == text
    assert folded(sign, "garamond") == sign


def item(text: str, x0: float, y0: float) -> PrintedLine:
    return PrintedLine(text, (x0, y0, x0 + 5.0 * len(text), y0 + 10), 10.0, False, False)


def nested(*items: tuple[str, float, float]) -> list[str]:
    nesting = Nesting()
    return [nesting.item([item(text, x, y)], text) for text, x, y in items]


def test_items_are_indented_under_those_that_they_are_a_part_of() -> None:
    assert nested(
        ("• Fruit", 72, 100), ("◦ Apples", 90, 115), ("▪ Red", 108, 130), ("◦ Pears", 90, 145), ("• Bread", 72, 160)
    ) == ["- Fruit", "  - Apples", "    - Red", "  - Pears", "- Bread"]
    assert nested(("1. First", 72, 100), ("(a) one", 90, 115), ("(b) two", 90, 130), ("2. Second", 72, 145)) == [
        "1. First",
        "   - (a) one",
        "   - (b) two",
        "2. Second",
    ]


def test_numbers_of_one_form_are_one_list_however_they_are_set() -> None:
    assert nested(("(1) CENTRAL MOVES LIMITED", 180, 100), ("(2) SCOTT RUST", 240, 115)) == [
        "- (1) CENTRAL MOVES LIMITED",
        "- (2) SCOTT RUST",
    ]
    assert nested(("9. nine", 77, 100), ("10. ten", 72, 115), ("11. eleven", 72, 130)) == [
        "9. nine",
        "10. ten",
        "11. eleven",
    ]


def test_the_items_of_another_column_begin_anew() -> None:
    assert nested(("• left", 72, 700), ("• right", 320, 100)) == ["- left", "- right"]


def region(label: Label, *lines: PrintedLine) -> Region:
    box = min(r.box[0] for r in lines), lines[0].box[1], max(r.box[2] for r in lines), lines[-1].box[3]
    return Region(label, box, lines=list(lines))


def test_an_item_without_a_bullet_goes_on_with_another_where_bullets_are_printed() -> None:
    marked, bare = region(Label.LIST, item("• Sums", 72, 100)), region(Label.LIST, item("where both are odd", 80, 120))
    counted = region(Label.LIST, item("3.1 By-laws", 72, 140))
    correct_items([marked, bare, counted], None)
    assert [part.label for part in (marked, bare, counted)] == [Label.LIST, Label.TEXT, Label.LIST]
    drawn = [region(Label.LIST, item("an item whose bullet is a picture", 80, 100 + 20 * n)) for n in range(2)]
    correct_items(drawn, None)
    assert all(part.label is Label.LIST for part in drawn)


def test_the_mark_of_a_note_goes_to_its_text() -> None:
    texts, mark = fragments_of(
        [{"lines": [line(span("The Act was signed", 100))]}, {"lines": [line(span("1", 190.5, base=96, size=6))]}]
    )
    alone = fragments_of([{"lines": [line(span("7", 300, base=300, size=6))]}])[0]
    regions = [Region(Label.TEXT, part.box, [part]) for part in (texts, mark, alone)]
    kept = with_note_marks(regions)
    assert [[row.text for row in printed_lines(part.fragments)] for part in kept] == [["The Act was signed¹"], ["7"]]


def test_the_lines_of_a_centred_title_are_one() -> None:
    first, second = item("CURRENT REPORT", 250, 100), item("PURSUANT TO THE ACT", 237, 113)
    assert len(put_together([region(Label.TITLE, first), region(Label.HEADING, second)])) == 1
    apart = item("PURSUANT TO THE ACT", 237, 140)
    left = item("PURSUANT TO THE ACT", 250, 113)
    numbered = item("2. PURSUANT TO THE ACT", 230, 113)
    for other in (apart, left, numbered):
        assert len(put_together([region(Label.TITLE, first), region(Label.HEADING, other)])) == 2


def test_a_chapters_heading_over_several_lines_is_one_however_far_apart_they_are() -> None:
    rows = [("Chapter 2. Study of Transfor-", 200), ("mation Laws of the Order", 212), ("And of its Form", 235)]
    lines = [replace(item(text, x, 100 + 25 * at), font="Caps") for at, (text, x) in enumerate(rows)]
    (title,) = put_together([region(Label.TEXT, line) for line in lines])
    assert title.label is Label.HEADING
    assert [line.text for line in title.lines] == [text for text, _ in rows]
    section = replace(item("2.1 Laws of the Order in it", 206, 125), font="Caps")
    body = replace(item("mation Laws of the Order", 212, 125), font="Body")
    for other in (section, body):
        assert len(put_together([region(Label.TEXT, lines[0]), region(Label.TEXT, other)])) == 2


def test_a_glyph_that_macos_names_twice_is_one_character() -> None:
    twice = [char("⼿", 0, 10), char("手", 10, 10), char("机", 10, 20), char("年", 20, 30), char("\uf98e", 29, 31)]
    real = [char("人", 40, 50), char("人", 50, 60)]
    whole = span("", 0)
    whole["chars"] = [*twice, *real]
    assert printed(line(whole)) == ["手机年人人"]


def page_of(number: int, *rows: tuple[str, Label, float]) -> Page:
    markdown, blocks = "", []
    for text, label, y in rows:
        start = len(markdown) + (2 if markdown else 0)
        markdown = f"{markdown}\n\n{text}" if markdown else text
        style = PrintStyle(label=label, level=0, size_pt=10.0, bold=False, font="")
        box = (100.0, y, 300.0, y + 10)
        blocks.append(Block(label=label, box=box, text=text, start=start, end=len(markdown), style=style))
    text_of_page = PageText(markdown=markdown, blocks=tuple(blocks), engine="test")
    return Page(number=number, width_pt=595, height_pt=842, route=Route.TEXT, reason="", text=text_of_page)


def test_a_title_that_all_pages_repeat_deep_in_the_page_is_running_and_stays_on_the_first() -> None:
    pages = with_running_titles(
        [
            page_of(n, ("Guidance on Assets", Label.TITLE, 125), (f"Text {n} of it", Label.TEXT, 300))
            for n in range(1, 6)
        ]
    )
    assert [page.blocks[0].label for page in pages] == [Label.TITLE] + [Label.HEADER] * 4


def test_a_name_with_the_number_of_the_page_is_running() -> None:
    left = [page_of(n, (f"{n + 30} Jo Winkel", Label.HEADING, 127), ("Text", Label.TEXT, 300)) for n in (2, 4, 6, 8)]
    right = [page_of(n, (f"{n + 30}", Label.TEXT, 127), ("Text", Label.TEXT, 300)) for n in (1, 3, 5, 7)]
    pages = with_running_titles(sorted([*left, *right], key=lambda page: page.number))
    assert all(page.blocks[0].label is Label.HEADER for page in pages)


def test_headings_at_the_same_place_with_other_numbers_stay() -> None:
    pages = [page_of(n, (f"Exhibit {n * n}", Label.HEADING, 127), ("Text", Label.TEXT, 300)) for n in range(1, 6)]
    assert all(page.blocks[0].label is Label.HEADING for page in with_running_titles(pages))


def test_a_formula_in_a_paragraph_repeats_nothing() -> None:
    parts = _around(Region(Label.LIST, (72, 100, 500, 200), fragments=[]), (200, 140, 400, 160))
    assert len(parts) == 2 and parts[0].fragments is not parts[1].fragments


def row(text: str, y: float, *, x: float = 72, bold: bool = False) -> PrintedLine:
    return PrintedLine(text, (x, y, x + 5.0 * len(text), y + 10), 10.0, bold, False)


VERSES = ["Wer reitet so", "durch Nacht und Wind? Es ist der Vater", "Mit seinem Kind; er hat", "Den Knaben"]


def test_lines_of_addresses_and_verses_stand_for_themselves_however_long() -> None:
    (verses,) = pieces([row(text, 100 + 12 * n) for n, text in enumerate(VERSES)], Label.TEXT, 10.0)
    assert [len(part) for part in verses.parts] == [1, 1, 1, 1]
    prose = [
        "a line that is as full as a line of text can be here",
        "another that goes on to the same edge as the first",
    ]
    (paragraph,) = pieces([row(text, 100 + 12 * n) for n, text in enumerate([*prose, "and ends"])], Label.TEXT, 10.0)
    assert [len(part) for part in paragraph.parts] == [3]


def test_a_bold_line_behind_a_paragraph_begins_another() -> None:
    full = "words that fill the whole of the line up to its very end"
    lines = [row(full, 100), row("and the end of them.", 112), row("Driving", 124, bold=True), row(full, 136)]
    assert [piece.lines[0].text for piece in pieces(lines, Label.TEXT, 10.0)] == [full, "Driving", full]
    inside = [
        row(full, 100),
        row("goes on in bold letters up to the end of the second line", 112, bold=True),
        row("a while", 124),
    ]
    assert len(pieces(inside, Label.TEXT, 10.0)) == 1


def test_an_item_whose_first_line_is_indented_goes_on_at_the_left_edge() -> None:
    lines = [row("• Hand Delivery: Deliver to the address", 100, x=85), row("above on every working day", 112, x=72)]
    (items,) = pieces([*lines, row("• Fax", 124, x=85)], Label.LIST, 10.0)
    assert [len(part) for part in items.parts] == [2, 1]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["model 737–", "9 airplanes"], "model 737–9 airplanes"),
        (["an earlier year—", "whether"], "an earlier year—whether"),
        (["schön – ", "oder"], "schön – oder"),
        (["see https://", "www.example.org/a"], "see https://www.example.org/a"),
    ],
)
def test_dashes_and_addresses_at_line_ends(lines: list[str], text: str) -> None:
    assert joined(lines) == text


def test_a_listing_holds_no_formulas() -> None:
    rows = line({**span("∀x (Listed(x) → ¬Negative(x))", 10), "font": "Consolas"})
    assert pieces_of([{"lines": [rows]}], {}) == []
    assert pieces_of([{"lines": [line({**span("∀x (x → y)", 10), "font": "MonotypeCorsiva"})]}], {})
    assert reads_as_prose(
        "There are six types of wild turkeys. Tom is not an Eastern wild turkey, and no other bird either."
    )
    assert not reads_as_prose(
        "∀x (Listed(x) → ¬NegativeReviews(x))\nTakeOut(subway) ∧ ¬NegativeReviews(subway) ∧ Popular(y)"
    )


def display(x0: float, y0: float, x1: float, y1: float) -> Display:
    return Display([Piece([Sign("x", Kind.LETTER, (x0, y0, x1, y1), y1, 10.0, "x")])])


def test_numbers_go_to_the_formula_of_their_own_column() -> None:
    left, right = display(74, 421, 245, 485), display(391, 460, 453, 475)
    places = [(277, 430), (277, 462), (529, 462)]
    rows = [Piece([Sign("(", Kind.OPEN, (x, y, x + 12, y + 10), y + 8, 10.0, "(")]) for x, y in places]
    _add_numbers([left, right], rows)
    assert (left.numbers, right.numbers) == (rows[:2], rows[2:])
