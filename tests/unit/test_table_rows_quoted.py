"""Quoted rows of tables are found though a cell is wrapped, and cells of different rows are no row."""

from __future__ import annotations

from pipeline.answering.table_rows import mention_of_row
from pipeline.engines.evidence.mentions import PrintedText
from pipeline.engines.evidence.page_lines import page_lines
from tests.printed_pages import printed_page

PAGE = printed_page("""
    Level in the                 NA          TC 50%
    first year
    Level in the second year     None        TC 1%
""")


def test_a_row_with_a_wrapped_cell_is_found() -> None:
    mention = mention_of_row(PrintedText(page_lines([PAGE])), "Level in the first year · NA · TC 50%")
    assert [piece.text for piece in mention] == ["Level in the", "first year", "NA", "TC 50"]


def test_cells_of_two_rows_are_no_row() -> None:
    text = PrintedText(page_lines([PAGE]))
    assert mention_of_row(text, "Level in the second year · NA · TC 50%") == ()
    assert mention_of_row(text, "Level in the second year · None · TC 5%") == ()
