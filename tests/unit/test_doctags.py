"""DocTags become Markdown, whole or cut off."""

from __future__ import annotations

import pytest

from pipeline.engines.got.doctags import doctags_to_markdown

LOC = "<loc_12><loc_30><loc_400><loc_52>"


@pytest.mark.parametrize(
    ("answer", "markdown"),
    [
        ("", ""),
        (f"<doctag><text>{LOC}Some words.</text></doctag><|end_of_text|>", "Some words."),
        (
            f"<doctag><title>{LOC}Report</title>\n<section_header_level_1>{LOC}Why</section_header_level_1>\n"
            f"<text>{LOC}First</text>\n<text>{LOC}Second</text></doctag>",
            "# Report\n\n## Why\n\nFirst\n\nSecond",
        ),
        (
            f"<unordered_list><list_item>{LOC}one</list_item>\n<list_item>{LOC}· two</list_item></unordered_list>",
            "- one\n- two",
        ),
        ("<ordered_list><list_item>one</list_item><list_item>two</list_item></ordered_list>", "1. one\n1. two"),
        (
            f"<otsl>{LOC}<ched>Name<ched>Price<nl><fcel>Tea | green<fcel>2.50<nl><fcel>Cup<ecel><nl></otsl>",
            "| Name | Price |\n| --- | --- |\n| Tea \\| green | 2.50 |\n| Cup |  |",
        ),
        (f"<formula>{LOC}a^2 + b^2</formula>", "$$\na^2 + b^2\n$$"),
        ("<code>x = 1\ny = 2</code>", "```\nx = 1\ny = 2\n```"),
        (f"<page_header>{LOC}Volume 7</page_header><text>Body</text>", "Body"),
        ("<text>cut off in the mid", "cut off in the mid"),
        ("<otsl><fcel>a<fcel>b<nl><fcel>c", "| a | b |\n| --- | --- |\n| c |  |"),
    ],
)
def test_doctags(answer: str, markdown: str) -> None:
    assert doctags_to_markdown(answer) == markdown


def test_numbers_and_signs_are_text() -> None:
    assert doctags_to_markdown("<text>1 < 2 & 3 > 2</text>") == "1 < 2 & 3 > 2"
