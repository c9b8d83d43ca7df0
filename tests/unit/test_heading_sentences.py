"""Sentences that introduce a table stand in larger print than its numbers, and are no headings."""

from __future__ import annotations

import pytest

from pipeline.engines.layout.lines.glyphs import PrintedLine
from pipeline.engines.layout.lines.headings import is_heading_line, is_no_heading, looks_like_heading

BODY = 6.0


def line(text: str, *, size: float = 8.0, bold: bool = False) -> PrintedLine:
    return PrintedLine(text, (20, 100, 20 + 4 * len(text), 100 + size), size, bold, False, font="Sans")


SENTENCES = [
    "The following table provides the components of inventories :",
    "本次增资完成后，本公司的股权结构如下所示：",
    "All of our plans were underfunded as of December 31, 2017 .",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_before_a_table_is_no_heading(text: str) -> None:
    assert is_no_heading([line(text)], BODY)
    assert not looks_like_heading([line(text)], BODY)
    assert not is_heading_line(line(text), BODY)


@pytest.mark.parametrize(
    "text", ["Inventories:", "Note 8. Inventories", "1. Who may apply, and what it costs to do so:"]
)
def test_short_and_numbered_titles_stay_headings(text: str) -> None:
    assert not is_no_heading([line(text)], BODY)


def test_bold_and_large_sentences_stay_headings() -> None:
    assert not is_no_heading([line(SENTENCES[0], bold=True)], BODY)
    assert not is_no_heading([line(SENTENCES[0], size=12.0)], BODY)


def test_what_goes_on_with_a_sentence_is_no_heading_though_it_is_bold() -> None:
    assert is_no_heading([line("partially offset by:", bold=True)], BODY)
