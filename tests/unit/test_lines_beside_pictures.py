"""Lines that are short because a picture stands beside them, or were ended by hand, tear no sentence."""

from __future__ import annotations

import pytest

from pipeline.engines.layout.lines.glyphs import PrintedLine
from pipeline.engines.layout.writing.blocks import pieces
from stores.models import Label

WIDTH = 5.0  # points of a letter


def paragraphs(*texts: str) -> list[str]:
    lines = [
        PrintedLine(text, (50, 100 + 12.0 * at, 50 + WIDTH * len(text), 110 + 12.0 * at), 10, False, False, font="Sans")
        for at, text in enumerate(texts)
    ]
    cut = pieces(lines, Label.TEXT, 10.0, (50.0, 400.0))
    return [" / ".join(" ".join(line.text for line in part) for part in piece.parts) for piece in cut]


FULL = [
    "The Board believes that the potential to gear the portfolio at the",
    "right time is one of the strong sides of the closed structure and of",
]


@pytest.mark.parametrize(
    "short", ["modest gearing seeking to enhance returns", "a moderate use of it, in the long run"]
)
def test_a_short_line_in_a_sentence_goes_on(short: str) -> None:
    assert paragraphs(*FULL, short, "to shareholders.") == [" ".join([*FULL, short, "to shareholders."])]


def test_a_short_line_at_the_end_of_a_sentence_ends_its_paragraph() -> None:
    assert (
        len(paragraphs(*FULL, "that it has.", "iPhones are sold in all of its shops, and in those of its partners,"))
        == 2
    )


def test_entries_in_small_letters_stay_lines() -> None:
    assert paragraphs("apples and other fruit", "pears", "plums of all kinds", "nuts") != [
        "apples and other fruit pears plums of all kinds nuts"
    ]
