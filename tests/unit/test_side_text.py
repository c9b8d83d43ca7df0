"""What stands beside running text: line numbers, drop caps, the other page of a spread, values beside their labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pymupdf
import pytest

from pipeline.engines.layout.order.order import reading_order
from pipeline.engines.layout.reader import read_page
from stores.models import PageText

WORDS = (
    "Grain came from the north in heavy sacks while timber was floated along the river and stacked behind the customs "
    "house. By the end of the second year the clerks had filled eleven volumes and began to copy the oldest ones onto "
    "fresh paper. "
)


def read(draw: Callable[[Any], None], width: float = 595, height: float = 842) -> PageText:
    document = pymupdf.open()
    page = document.new_page(width=width, height=height)
    draw(page)
    copy = pymupdf.open(stream=document.tobytes(), filetype="pdf")
    return read_page(copy[0], "test", recognised=False, confidence=None)


def lines_of(text: str, width: float, size: float = 11) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if pymupdf.get_text_length(longer, "tiro", size) > width:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line]


def put(page: Any, x: float, y: float, text: str, width: float = 430, lead: float = 15) -> None:
    for at, line in enumerate(lines_of(text, width)):
        page.insert_text((x, y + at * lead), line, fontsize=11, fontname="tiro")


@pytest.mark.parametrize("step", [1, 5])
def test_numbers_that_count_lines_are_left_out_and_counted(step: int) -> None:
    def draw(page: Any) -> None:
        put(page, 90, 90, WORDS * 9)
        for at in range(len(lines_of(WORDS * 9, 430))):
            if (at + 1) % step == 0:
                page.insert_text((55, 90 + at * 15), str(at + 1), fontsize=9)

    text = read(draw)
    assert " ".join(text.markdown.split()) == (WORDS * 9).strip()
    assert text.warning is not None
    assert "line numbers were left out" in text.warning.message


@pytest.mark.parametrize("kind", ["list", "table"])
def test_numbers_of_items_and_rows_stay(kind: str) -> None:
    def draw(page: Any) -> None:
        for at in range(14):
            page.insert_text((55, 90 + at * 15), f"{at + 1}", fontsize=11)
            page.insert_text((90, 90 + at * 15), f"Valve body of size {at + 1} for the northern pumps", fontsize=11)
            if kind == "table":
                page.insert_text((420, 90 + at * 15), f"{at * 3 + 4}", fontsize=11)

    assert all(f"{at} " in read(draw).markdown for at in range(1, 15))


@pytest.mark.parametrize(
    ("cap", "rest", "begins"),
    [
        ("T", "he harbour office opened its books. ", "The harbour office"),
        ("A", "fter the flood the harbour was opened. ", "After the flood"),
        ("A", "dark winter came. The dark winter ended. ", "A dark winter"),
    ],
)
def test_a_drop_cap_is_the_first_letter_of_its_word(cap: str, rest: str, begins: str) -> None:
    def draw(page: Any) -> None:
        page.insert_text((72, 126), cap, fontsize=34, fontname="tiro")
        text = lines_of(rest + WORDS * 2, 400)
        for at, line in enumerate(text):
            page.insert_text((100 if at < 2 else 72, 113 + at * 13), line, fontsize=11, fontname="tiro")

    assert read(draw).markdown.startswith(begins)


def test_the_left_page_of_a_spread_is_read_before_the_right_one() -> None:
    def draw(page: Any) -> None:
        for side, name in enumerate(("Left", "Right")):
            x = 50 + side * 421
            put(page, x, 80, f"{name} begins. {WORDS * 2}", 320)
            put(page, x, 280, f"{name} goes on. {WORDS * 2} {name} ends.", 320)
            page.insert_text((x + 150, 570), str(12 + side), fontsize=9)

    markdown = read(draw, 842, 595).markdown
    places = [markdown.index(said) for said in ("Left begins", "Left goes on", "Right begins", "Right goes on")]
    assert places == sorted(places)


def test_values_stand_beside_their_labels() -> None:
    rows = [("Name", "Falko Sturmvogel"), ("Born", "12.05.1988"), ("Phone", "+49 441 5550"), ("E-mail", "f@s.example")]

    def draw(page: Any) -> None:
        put(page, 60, 80, WORDS)
        for at, (label, value) in enumerate(rows):
            page.insert_text((60, 200 + at * 15), label, fontsize=11)
            page.insert_text((200, 200 + at * 15), value, fontsize=11)

    markdown = " ".join(read(draw).markdown.replace("|", " ").split())
    assert all(f"{label} {value}" in markdown for label, value in rows)


def test_addresses_beside_one_another_are_read_one_after_the_other() -> None:
    columns = [
        ("Bill to", "Lantern Supply", "Quay Road 12", "4711 Harbour"),
        ("Ship to", "Mole Works", "Pier 3", "Norhaven"),
    ]

    def draw(page: Any) -> None:
        put(page, 60, 80, WORDS)
        for at, lines in enumerate(columns):
            for row, line in enumerate(lines):
                page.insert_text((60 + at * 250, 200 + row * 14), line, fontsize=11)

    markdown = " ".join(read(draw).markdown.replace("|", " ").split())
    assert "Quay Road 12 Pier 3" not in markdown


def test_dates_at_the_right_edge_are_read_with_the_lines_they_stand_beside() -> None:
    entries = [(72, 100 + 60 * at, 250, 112 + 60 * at) for at in range(3)]
    texts = [(72, 116 + 60 * at, 300, 140 + 60 * at) for at in range(3)]
    dates = [(470, 101 + 60 * at, 540, 111 + 60 * at) for at in range(3)]
    order = reading_order([*entries, *texts, *dates])
    assert order == [0, 6, 3, 1, 7, 4, 2, 8, 5]


def test_a_sheet_as_large_as_two_pages_is_two_pages() -> None:
    """Without page numbers, and with little text on either."""

    def column(page: Any, left: float, top: float, title: str, width: float) -> None:
        page.insert_text((left, top), title, fontsize=24, fontname="tibo")
        for row, line in enumerate(lines_of(WORDS * 3, width)[:7]):
            page.insert_text((left, top + 90 + 15 * row), line, fontsize=12, fontname="tiro")

    def draw(page: Any) -> None:
        page.draw_rect((0, 0, 600, 300), fill=(0.5, 0.2, 0.1))
        page.insert_text((36, 270), "How the towns of the north have", fontsize=30, fontname="tibo")
        column(page, 36, 420, "lived through the fires", 480)
        page.insert_text((36, 720), "What was lost", fontsize=20, fontname="hebo")
        column(page, 940, 55, "Fires in the woods", 250)
        column(page, 940, 320, "A river runs dry", 250)
        page.insert_text((640, 680), "What is to be done now", fontsize=20, fontname="hebo")

    markdown = read(draw, width=1224, height=792).markdown
    titles = ["How the towns", "lived through", "What was lost", "Fires in", "A river", "What is to be"]
    assert sorted(titles, key=markdown.index) == titles
