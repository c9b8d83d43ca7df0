"""Small print of long filings: hyphens at line ends, marks of notes, and items that a model tears apart."""

from __future__ import annotations

import pymupdf
import pytest

from pipeline.engines.layout.lines.glyphs import PrintedLine, fragments_of, printed_lines
from pipeline.engines.layout.lines.joining import joined, words_of
from pipeline.engines.layout.regions.regions import Region, put_together
from stores.models import Label

PAGE = [
    "We value highly-",
    "differentiated products that are highly differentiated, acquisition-",
    "related costs and product-related costs of each acquisition, a fee-for-",
    "service plan and a service of our govern-",
    "ments. Most of it is well under way.",
]


@pytest.mark.parametrize("word", ["highly-differentiated", "acquisition-related", "fee-for-service", "governments"])
def test_a_hyphen_between_two_words_of_the_page_is_the_word_s_own(word: str) -> None:
    assert word in joined(PAGE, words_of(PAGE))


def test_where_lines_end_within_words_two_words_may_be_one() -> None:
    page = [
        "It is known how-",
        "ever, and with it some-",
        "thing that is known. However, some thing",
        "is not as it ever was.",
    ]
    assert joined(page, words_of(page)).startswith("It is known however, and with it something that")


def line(text: str, y: float, left: float = 60.0, right: float = 0.0, *, size: float = 8.0) -> PrintedLine:
    return PrintedLine(text, (left, y, right or left + 3.6 * len(text), y + size), size, False, False, font="Serif")


def region(label: Label, *printed: PrintedLine) -> Region:
    boxes = [one.box for one in printed]
    around = (min(b[0] for b in boxes), boxes[0][1], max(b[2] for b in boxes), boxes[-1][3])
    return Region(label, around, lines=list(printed))


BODY = region(
    Label.TEXT,
    line("A paragraph whose lines are as wide as the column that it stands in is found above.", 20.0, 60, 560),
)
LONG = "Regulation means all of the regulations adopted under this Code, as they may be amended from time to"


@pytest.mark.parametrize(
    ("first", "following", "one"),
    [
        (line(LONG, 60.0, 95.0, 555.0), line("time.", 70.0), True),  # left of where the first line begins
        (line(f"⁽a⁾ {LONG}", 60.0, 60.0, 555.0), line("Notes to Statements and others", 70.0, 67.0), True),
        (line(LONG, 60.0, 95.0, 555.0), line("(see above) and time.", 70.0), True),
        (
            line("The members of the board of the Firm of the North are", 60.0, 60.0, 555.0),
            line("Jo Winkel", 70.0),
            False,
        ),
        (line(LONG, 60.0, 95.0, 500.0), line("time.", 70.0), False),  # it would have had room
        (line(f"{LONG}.", 60.0, 60.0, 555.0), line("time.", 70.0), False),
        (line(LONG, 60.0, 60.0, 555.0), line("Unless otherwise stated", 74.0), False),  # it stands apart
    ],
)
def test_the_second_line_of_a_torn_paragraph_goes_on(first: PrintedLine, following: PrintedLine, one: bool) -> None:
    regions = put_together([BODY, region(Label.TEXT, first), region(Label.TEXT, following)])
    assert len(regions) == (2 if one else 3)


@pytest.mark.parametrize(
    ("mark", "label"), [("ix.", Label.LIST), ("C.", Label.LIST), ("•", Label.LIST), ("*", Label.TEXT)]
)
def test_the_mark_of_an_item_is_put_before_its_text(mark: str, label: Label) -> None:
    text = region(Label.TEXT, line("Waiver. You acknowledge that a waiver is", 60.0, 80.0), line("none.", 70.0, 80.0))
    (item,) = put_together([region(Label.TEXT, line(mark, 60.0)), text])
    assert (item.label, item.lines[0].text) == (label, f"{mark} Waiver. You acknowledge that a waiver is")
    for other in (line("Waiver.", 75.0, 80.0), line("Waiver.", 60.0, 200.0), line("(a) Waiver.", 60.0, 80.0)):
        assert len(put_together([region(Label.TEXT, line(mark, 60.0)), region(Label.TEXT, other)])) == 2


def printed_notes(*parts: tuple[float, float, float, str]) -> list[str]:
    page = pymupdf.open().new_page()
    for x, y, size, text in reversed(parts):  # a mark that is drawn later is a text of its own
        page.insert_text((x, y), text, fontsize=size)
    blocks = page.get_text("rawdict", flags=pymupdf.TEXTFLAGS_RAWDICT)["blocks"]
    return [printed.text for printed in printed_lines(fragments_of(blocks))]


def test_the_small_mark_of_a_note_is_raised_and_apart() -> None:
    assert printed_notes((50, 98, 5, "(a)"), (57, 100, 7, "Interest of the year")) == ["⁽a⁾ Interest of the year"]
    assert printed_notes((50, 98, 5, "(ii)"), (59, 100, 7, "For 2017")) == ["⁽ii⁾ For 2017"]
    assert printed_notes((50, 100, 7, "(a)"), (60, 100, 7, "Interest of the year")) == ["(a) Interest of the year"]
    assert printed_notes((50, 98, 5, "note"), (62, 100, 7, "Interest of the year"))[0].startswith("note")
