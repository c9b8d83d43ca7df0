"""Bullets that a page draws instead of writing them, as browsers do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pymupdf
import pytest

from pipeline.engines.layout.reader import read_page

ITEMS = [
    "Bridges and weirs of the upper valley",
    "Mills, and who held them in which year",
    "Tolls that were paid in kind",
]
X, TOP, LEAD = 100.0, 120.0, 15.0


def markdown(draw: Callable[[Any], None]) -> str:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((X - 20, 80), "The archive keeps these records of the town and of its harbour:", fontsize=11)
    for row, item in enumerate(ITEMS):
        page.insert_text((X, TOP + LEAD * row), item, fontsize=11)
    draw(page)
    copy = pymupdf.open(stream=document.tobytes(), filetype="pdf")
    return read_page(copy[0], "test", recognised=False, confidence=None).markdown


def dot(page: Any, x: float, row: int, radius: float = 1.9, shape: str = "circle") -> None:
    y = TOP + LEAD * row - 3.5
    if shape == "square":
        page.draw_rect((x - radius, y - radius, x + radius, y + radius), fill=(0, 0, 0), width=0)
    else:
        page.draw_circle((x, y), radius, fill=None if shape == "ring" else (0, 0, 0), width=0.5)


@pytest.mark.parametrize("shape", ["circle", "square", "ring"])
def test_lines_behind_drawn_dots_are_items(shape: str) -> None:
    def draw(page: Any) -> None:
        for row in range(len(ITEMS)):
            dot(page, X - 10, row, shape=shape)

    assert "\n".join(f"- {item}" for item in ITEMS) in markdown(draw)


def test_a_line_without_a_dot_goes_on_from_the_item_above() -> None:
    def draw(page: Any) -> None:
        dot(page, X - 10, 0)
        dot(page, X - 10, 2)

    assert f"- {ITEMS[0]}" in markdown(draw) and f"- {ITEMS[1]}" not in markdown(draw)


def points_of_a_scale(page: Any) -> None:
    for row in range(len(ITEMS)):
        for at in range(4):
            dot(page, X - 36 + 9 * at, row)


def stations(page: Any) -> None:
    page.draw_line((X - 10, TOP - 20), (X - 10, TOP + 60), width=0.8)
    for row in range(len(ITEMS)):
        dot(page, X - 10, row)


def one_speck(page: Any) -> None:
    dot(page, X - 10, 1)


def specks_out_of_line(page: Any) -> None:
    for row in range(len(ITEMS)):
        dot(page, X - 8 - 3 * row, row)


@pytest.mark.parametrize("draw", [points_of_a_scale, stations, one_speck, specks_out_of_line])
def test_other_dots_are_no_bullets(draw: Callable[[Any], None]) -> None:
    assert "- " not in markdown(draw) and "•" not in markdown(draw)


def test_the_number_in_a_drawn_ball_is_the_items_own() -> None:
    def draw(page: Any) -> None:
        for row in range(len(ITEMS)):
            dot(page, X - 12, row, radius=3.6)
            page.insert_text((X - 13.5, TOP + LEAD * row - 1.5), str(row + 1), fontsize=5, color=(1, 1, 1))

    text = markdown(draw)
    assert all(f"{number} {item}" in text for number, item in enumerate(ITEMS, 1))


def test_a_heading_keeps_no_drawn_bullet() -> None:
    def draw(page: Any) -> None:
        for row, title in enumerate(("Harbour", "Customs house")):
            y = 240 + 160 * row
            page.insert_text((X, y), title, fontsize=16, fontname="hebo")
            page.draw_circle((X - 14, y - 5), 3, fill=(0, 0, 0))
            for at in range(5):
                page.insert_text((X, y + 24 + 14 * at), "The clerks copied old books onto fresh paper that year.")

    assert [line.lstrip("# ") for line in markdown(draw).splitlines() if line.startswith("#")] == [
        "Harbour",
        "Customs house",
    ]
