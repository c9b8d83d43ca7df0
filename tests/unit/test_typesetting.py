"""Small print of typesetting: spaced letters, symbol fonts, addresses over lines, code, scripts and columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pipeline.engines.layout import reader as layout
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment, printed_lines
from pipeline.engines.layout.lines.joining import joined
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.lines.symbols import folded
from pipeline.engines.layout.order.vertical import vertical_regions
from pipeline.engines.pdf import mupdf
from stores.models import Label, PageText

STYLE = Style(size=10, bold=False, mono=False, raised=False, hidden=False)
EM = 10.0


def read(draw: Callable[[Any], None]) -> PageText:
    document = mupdf.load().open()
    try:
        page = document.new_page(width=595, height=842)
        draw(page)
        return layout.read_page(page, "test", False, None)
    finally:
        document.close()


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("W A R R A N T Y  T E R M S", "WARRANTY TERMS"),
        ("D E L I V E R Y   N O T E", "DELIVERY NOTE"),
        ("R e c h n u n g", "Rechnung"),
        ("П О Л О Ж Е Н И Е", "ПОЛОЖЕНИЕ"),
        ("N O T E", "NOTE"),
        ("劳    动    合    同", "劳动合同"),
        ("年    月    日", "年 月 日"),
        ("甲    乙    丙    丁", "甲 乙 丙 丁"),
        ("Part 2  T E R M S", "Part 2 TERMS"),
        ("A B C D E F", "A B C D E F"),
        ("x y z w", "x y z w"),
        ("I am a b", "I am a b"),
        ("Plan B or C", "Plan B or C"),
    ],
)
def test_spaced_letters_make_words(printed: str, text: str) -> None:
    def draw(page: Any) -> None:
        writer = mupdf.load().TextWriter(page.rect)
        writer.append((60, 90), printed, font=mupdf.load().Font("cjk"), fontsize=18)
        writer.write_text(page)

    heading = read(draw)
    assert text in heading.markdown.splitlines()[0]
    assert len(heading.markdown.split()) - 1 <= len(text.split())


@pytest.mark.parametrize(
    ("code", "name", "char"),
    [
        ("I", "zapfdingbats", "•"),
        ("l", "wingdings-regular", "•"),
        ("\uf0a7", "wingdings", "•"),
        ("\uf0b7", "symbol", "•"),
        ("4", "zapfdingbats", "✔"),
        ("\uf0fe", "wingdings", "☑"),
        ("x", "wingdings", "☒"),
        ("\u00a8", "abcdef+wingdings", "☐"),
        ("I", "helvetica", "I"),
        ("\u2f2f", "pingfangsc-regular", "工"),
        ("\u2ee9", "pingfangsc-regular", "黄"),
    ],
)
def test_fonts_of_symbols_are_read_as_symbols(code: str, name: str, char: str) -> None:
    assert folded(code, name) == char


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["write to ask-", "desk@harbour.example now"], "write to ask-desk@harbour.example now"),
        (["see https://harbour.example/price-", "lists/2024 for"], "see https://harbour.example/price-lists/2024 for"),
        (["see www.harbour-", "office.example for"], "see www.harbour-office.example for"),
        (["at harbour.example/price-", "lists today"], "at harbour.example/price-lists today"),
        (["at https://a.example/?year=", "2024&month=2 today"], "at https://a.example/?year=2024&month=2 today"),
        (["write to clerk@long-", "name.example now"], "write to clerk@long-name.example now"),
        (["they show capabili-", "ties"], "they show capabilities"),
        (["~~the monthly rent~~", "~~is due~~"], "~~the monthly rent is due~~"),
    ],
)
def test_addresses_keep_their_hyphens(lines: list[str], text: str) -> None:
    assert joined(lines) == text


def test_a_word_over_two_blocks_is_one() -> None:
    def draw(page: Any) -> None:
        for at, line in enumerate(
            (
                "Offers are ranked by the price-determining factors of the year, and the price-",
                "determining factors are published each week. New bidders show their capabili-",
                "ties in a test round. The winner signs a long-",
                "term contract; long-term contracts run for six years. Email the clerk at once.",
            )
        ):
            page.insert_text((60, 90 + 15 * at), line, fontsize=11)

    assert "signs a long-term contract" in read(draw).markdown


def test_code_keeps_its_lines_and_its_indentation() -> None:
    code = ["def total(rows):", "    if not rows:", "        return 0", "    return sum(row[1] for row in rows)"]

    def draw(page: Any) -> None:
        page.insert_textbox((60, 60, 500, 200), "Running text of a manual, set as usual. " * 6, fontsize=11)
        for at, line in enumerate(code):
            page.insert_text((60, 250 + 15 * at), line, fontsize=11, fontname="cour")

    assert "```\n" + "\n".join(code) + "\n```" in read(draw).markdown


@pytest.mark.parametrize("sign", ["#", ">"])
def test_lines_that_begin_with_a_sign_are_no_list_items(sign: str) -> None:
    def draw(page: Any) -> None:
        page.insert_text((60, 60), "Notes for operators", fontsize=18)
        for at, line in enumerate(("Set it to 5 and leave it.", f"{sign} this line is a line", "A great vintage.")):
            page.insert_text((60, 100 + 30 * at), line, fontsize=11)

    assert f"\\{sign} this line" in read(draw).markdown


def placed(text: str, x: float, *, back: bool = False, width: float = 5.0) -> list[Glyph]:
    """Characters from ``x`` on, the first at the right end where they are set ``back``."""
    count = len(text)
    return [
        Glyph(c, left, 0.0, left + width, 10.0, STYLE)
        for at, c in enumerate(text)
        for left in [x + width * ((count - 1 - at) if back else at)]
    ]


def line_of(*runs: Sequence[Glyph]) -> str:
    """The line of runs in the order in which MuPDF gives them."""
    return printed_lines([fragment([glyph for run in runs for glyph in run])])[0].text


def test_numbers_stand_in_their_place_between_arabic_words() -> None:
    words = line_of(
        placed(".", 0),
        placed(" كيلو", 5, back=True),
        placed("450", 30),
        placed(" ", 45),
        placed("وزنها", 50, back=True),
    )
    assert words == "وزنها 450 كيلو."


def test_brackets_that_are_named_as_they_are_drawn_are_turned() -> None:
    drawn = placed(")הקואליציה( אשר", 0, back=True)
    named = placed("(הקואליציה) אשר", 0, back=True)
    assert line_of(drawn) == line_of(named) == "(הקואליציה) אשר"


def test_lam_alef_is_not_turned() -> None:
    broken = [*placed("خ", 30), Glyph("ا", 30, 0, 30, 10, STYLE), *placed("ل", 25), *placed("ل", 20)]
    assert line_of(broken) == "خلال"


def test_hebrew_with_an_english_name() -> None:
    assert (
        line_of(placed("שלום ", 45, back=True), placed("New York", 5), placed(" ", 0), placed("רב", -10, back=True))
        == "שלום New York רב"
    )


def test_fragments_of_a_right_to_left_line_are_read_from_the_right() -> None:
    parts = [fragment(placed("שלום", 60, back=True)), fragment(placed("12", 45)), fragment(placed("רב", 30, back=True))]
    assert printed_lines(parts)[0].text == "שלום 12 רב"


def test_latin_lines_with_an_arabic_word_stay() -> None:
    assert line_of(placed("The word ", 0), placed("سلام", 45, back=True), placed(" means peace", 65)).startswith(
        "The word"
    )


def column(text: str, x: float, y: float = 0.0) -> list[Fragment]:
    """Characters below one another, each a text of its own."""
    return [fragment([Glyph(c, x, y + EM * at, x + EM, y + EM * at + EM, STYLE)]) for at, c in enumerate(text)]


def texts(fragments: Sequence[Fragment]) -> list[str]:
    return ["".join(line.text for line in region.lines) for region in vertical_regions(fragments)[0]]


def test_columns_are_read_from_right_to_left() -> None:
    page = column("港の帳簿は春に始", 80) + column("まった。", 60)
    page += column("船の荷はすべて記", 40, 10) + column("された。", 20)
    assert texts(page) == ["港の帳簿は春に始まった。", "船の荷はすべて記された。"]


def test_two_tiers_are_read_one_after_the_other() -> None:
    page = column("港の帳簿", 40) + column("は春に始", 20) + column("船の荷は", 40, 80) + column("すべて記", 20, 80)
    assert texts(page) == ["港の帳簿は春に始", "船の荷はすべて記"]


def test_the_page_number_of_a_vertical_page_is_left_for_others() -> None:
    number = fragment(placed("17", 40))
    regions, rest = vertical_regions([*column("港の帳簿は春に始", 80), *column("まったのだ", 60), number])
    assert len(regions) == 1 and rest == [number]
    assert regions[0].label is Label.TEXT


def test_lines_of_single_characters_are_no_columns() -> None:
    rows = [
        fragment([Glyph(c, 12.0 * x, 25.0 * y, 12.0 * x + EM, 25.0 * y + EM, STYLE)])
        for y in range(4)
        for x, c in enumerate("港の帳簿は春に始")
    ]
    assert vertical_regions(rows)[0] == []
