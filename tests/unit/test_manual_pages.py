"""Pages of manuals: listings whose lines are counted, and headings in the margin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pymupdf
import pytest

from pipeline.engines.layout.reader import read_page
from stores.models import PageText

PROSE = [
    "Before the pump is started for the first time, all of its",
    "pipes are filled with water and the air is let out of them",
    "at the valve on the top. Then the cover is closed and the",
    "three screws are tightened by hand until they hold it.",
]
CODE = [
    "def start(pump, pressure):",
    "    valve = pump.valve",
    "    valve.open()",
    "    while pump.pressure < pressure:",
    "        wait(0.5)",
    "",
    "    for speed in range(0, 100, 10):",
    "        pump.motor.speed = speed",
]
HEADINGS = ["Filling", "Starting the pump", "Stopping it", "Care"]


def read(draw: Callable[[Any], None]) -> PageText:
    document = pymupdf.open()
    draw(document.new_page())
    copy = pymupdf.open(stream=document.tobytes(), filetype="pdf")
    return read_page(copy[0], "test", recognised=False, confidence=None)


def put_prose(page: Any, x: float, y: float) -> None:
    for at, line in enumerate(PROSE):
        page.insert_text((x, y + 13 * at), line, fontname="tiro", fontsize=11)


def listing(page: Any, number_size: float, number_font: str = "helv") -> None:
    put_prose(page, 60, 80)
    for at, line in enumerate(CODE):
        page.insert_text((60, 160 + 12 * at), f"{at + 1:>2}", fontname=number_font, fontsize=number_size)
        page.insert_text((80, 160 + 12 * at), line, fontname="cour", fontsize=9)
    put_prose(page, 60, 280)


def test_the_small_numbers_of_a_listing_are_no_part_of_its_code() -> None:
    text = read(lambda page: listing(page, 5))
    code = "\n".join(line for line in CODE if line)
    assert f"```\n{code}\n```" in text.markdown
    assert text.warning is not None and f"{len(CODE)} line numbers were left out" in text.warning.message


def test_numbers_set_like_the_code_are_part_of_it() -> None:
    text = read(lambda page: listing(page, 9, "cour"))
    assert text.warning is None
    assert "8" in text.markdown


def test_numbers_of_another_colour_beside_wrapped_lines_are_no_part_of_the_code() -> None:
    lines = ["$ pump install --quiet", "==> Downloading", "https://pump.example/parts.json", "==> Linking 'valve' to"]
    lines += ["'/share/pump/valve'", "==> Linking 'motor' to", "'/share/pump/motor'", "==> Done"]

    def draw(page: Any) -> None:
        put_prose(page, 60, 80)
        number = 0
        for at, line in enumerate(lines):
            if line[0] in "$=":
                number += 1
                page.insert_text((60, 160 + 14 * at), str(number), fontname="cour", fontsize=9, color=(0.6, 0.6, 0.6))
            page.insert_text((80, 160 + 14 * at), line, fontname="cour", fontsize=9)

    text = read(draw)
    assert "```\n{}\n```".format("\n".join(lines)) in text.markdown
    assert text.warning is not None and "5 line numbers were left out" in text.warning.message


@pytest.mark.parametrize("font", ["hebo", "tibo"])
def test_headings_in_the_margin_stand_before_their_texts(font: str) -> None:
    def draw(page: Any) -> None:
        for at, heading in enumerate(HEADINGS):
            y = 80 + 142 * at
            first, _, rest = heading.partition(" ") if len(heading) > 12 else (heading, "", "")
            page.insert_text((60, y), first, fontname=font, fontsize=10)
            page.insert_text((60, y + 13), rest, fontname=font, fontsize=10)
            put_prose(page, 170, y)
            put_prose(page, 170, y + 64)

    text = " ".join(PROSE)
    words = [part.lstrip("# ") for part in read(draw).markdown.split("\n\n")]
    assert [part for part in words if part != text] == HEADINGS
    assert all(words[words.index(heading) + 1] == text for heading in HEADINGS)


def test_a_paragraph_that_begins_with_a_bold_word_is_one() -> None:
    def draw(page: Any) -> None:
        page.insert_text((60, 80), "Care", fontname="tibo", fontsize=11)
        page.insert_text((90, 80), PROSE[0], fontname="tiro", fontsize=11)
        for at, line in enumerate(PROSE[1:]):
            page.insert_text((60, 93 + 13 * at), line, fontname="tiro", fontsize=11)

    assert " ".join(read(draw).markdown.split()) == " ".join(["Care", *PROSE])
