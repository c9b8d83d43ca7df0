"""Footers that stand wherever the text of their pages ends, and lines that some readers saw as headers."""

import pytest

from pipeline.margin_text import counts_on
from pipeline.running_lines import settled
from pipeline.structure.document import structured
from pipeline.structure.running_titles import with_running_titles
from stores.models import Block, Label, Line, Page, PageText, PrintStyle, Route

Row = tuple[str, Label, float]


def page_of(number: int, *rows: Row, size: float = 10.0) -> Page:
    """A page of lines; headers and footers are not in its Markdown."""
    markdown, blocks = "", []
    for text, label, y in rows:
        box = (100.0, y, 300.0, y + 10)
        style = PrintStyle(label=label, level=0, size_pt=size, bold=False, font="")
        lines = (Line(box=box, text=text),)
        start = len(markdown) + (2 if markdown else 0)
        shown = label not in (Label.HEADER, Label.FOOTER)
        if shown:
            markdown = f"{markdown}\n\n{text}" if markdown else text
        end = len(markdown) if shown else 0
        blocks.append(
            Block(label=label, box=box, text=text, start=start if shown else 0, end=end, lines=lines, style=style)
        )
    text_of_page = PageText(markdown=markdown, blocks=tuple(blocks), engine="test")
    return Page(number=number, width_pt=595, height_pt=842, route=Route.TEXT, reason="", text=text_of_page)


def printed(number: int, *foot: Row) -> Page:
    return page_of(number, (f"What page {number} says about its own matters.", Label.TEXT, 60), *foot)


def left(pages: list[Page]) -> list[str]:
    return [
        page.markdown.removeprefix(f"What page {page.number} says about its own matters.").strip() for page in pages
    ]


def test_a_footer_with_a_number_is_found_wherever_the_text_ends() -> None:
    ends = (200, 700, 330, 560, 240)
    foot = [
        (f"Example Inc. 2017 Form 10-K {n}", Label.HEADING if n % 2 else Label.TEXT, ends[n - 1]) for n in range(1, 6)
    ]
    pages = [printed(n, row) for n, row in enumerate(foot, 1)]
    assert left(structured(pages)) == ["Example Inc. 2017 Form 10-K 1", "", "", "", ""]


def test_a_page_of_the_original_may_be_several_pages() -> None:
    numbers = {2: 1, 3: 2, 6: 3, 7: 4, 9: 5}
    pages = [
        printed(n, *([(f"{numbers[n]} 2017 Annual Report", Label.TEXT, 150 + 60.0 * n)] if n in numbers else []))
        for n in range(1, 10)
    ]
    assert left(structured(pages)) == ["", "1 2017 Annual Report", *[""] * 7]


def test_the_name_of_a_part_below_its_numbered_pages_is_running() -> None:
    pages = [
        printed(n, (f"B-{n}", Label.TEXT, 100.0 + 90 * n), ("Part B: Terms of the Plan", Label.HEADING, 140.0 + 90 * n))
        for n in range(1, 6)
    ]
    assert left(structured(pages)) == ["Part B: Terms of the Plan", "", "", "", ""]


@pytest.mark.parametrize("words", ["Dated 22 February 2018", "Chairman of the Board"])
def test_a_line_that_ends_several_texts_above_their_footers_stays(words: str) -> None:
    pages = [
        printed(n, (words, Label.TEXT, 200.0 + 60 * n), (f"Annual Report of Example {n}", Label.TEXT, 240.0 + 60 * n))
        for n in range(1, 5)
    ]
    assert all(words in page.markdown for page in structured(pages))


def test_exhibits_that_count_at_the_top_of_their_first_pages_stay() -> None:
    at = {3: 12, 4: 13, 40: 21, 45: 23}
    pages = [
        page_of(n, *([(f"EXHIBIT {at[n]}", Label.HEADER, 30.0)] if n in at else []), (f"Text {n}", Label.TEXT, 300))
        for n in range(1, 50)
    ]
    assert sum("EXHIBIT" in page.markdown for page in settled(pages)) == 4


def test_numbers_that_grow_faster_or_slower_than_the_pages_do_not_count_on() -> None:
    assert counts_on([(1, 10), (2, 11), (4, 12), (5, 13)]) == [0, 1, 2, 3]
    assert counts_on([(1, 10), (2, 20), (3, 30)]) == []
    assert counts_on([(1, 10), (20, 11), (40, 12)]) == []
    assert counts_on([(1, 1), (2, 2), (3, 3), (4, 1), (5, 2), (6, 3)]) == [0, 1, 2, 3, 4, 5]


def test_a_header_that_one_reader_took_for_a_heading_is_running_as_on_the_other_pages() -> None:
    heads = [Label.HEADER] * 5 + [Label.HEADING] + [Label.HEADER] * 4
    pages = [
        page_of(n, ("Financial Review", label, 30.0), (f"Text {n}", Label.TEXT, 300))
        for n, label in enumerate(heads, 1)
    ]
    assert [page.blocks[0].label for page in with_running_titles(pages)] == [Label.HEADER] * 10


def test_the_heading_of_a_chapter_that_its_pages_repeat_in_small_print_stays() -> None:
    opening = page_of(1, ("Financial Review", Label.HEADING, 30.0), ("Text", Label.TEXT, 300), size=16.0)
    others = [page_of(n, ("Financial Review", Label.HEADER, 30.0), (f"Text {n}", Label.TEXT, 300)) for n in range(3, 9)]
    pages = with_running_titles([page_of(0, ("Cover", Label.TEXT, 400)), opening, *others])
    assert pages[1].blocks[0].label is Label.HEADING
