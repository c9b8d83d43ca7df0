"""Lines of print that a page draws as shapes are found, line by line or letter by letter; charts are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.engines.layout.pictures.outlines import outlines_of
from pipeline.engines.pdf import mupdf
from pipeline.engines.pdf.text_layer import PyMuPdfText
from stores.models import Fault
from tests.printed_pictures import outline

TEXT = "The harbour received more ships than in the year before, and most of them carried timber."


def letters(page: Any, top: float, count: int = 14) -> None:
    """A row of rings, as high as letters, in one drawn path."""
    shape = page.new_shape()
    for at in range(count):
        for radius in (4.0, 2.5):
            shape.draw_circle((80 + 10 * at, top), radius)
    shape.finish(fill=(0, 0, 0), color=None, even_odd=True)
    shape.commit()


def single_letters(page: Any, top: float) -> None:
    """The same row, each ring a path of its own."""
    for at in range(14):
        shape = page.new_shape()
        for radius in (4.0, 2.5):
            shape.draw_circle((80 + 10 * at, top), radius)
        shape.finish(fill=(0, 0, 0), color=None, even_odd=True)
        shape.commit()


def bars(page: Any, top: float) -> None:
    shape = page.new_shape()
    for at in range(30):
        shape.draw_rect((80 + 10 * at, top, 86 + 10 * at, top + 8))
    shape.finish(fill=(0, 0, 0), color=None)
    shape.commit()


def points(page: Any, top: float) -> None:
    """The marks of a plot, far apart."""
    for at in range(20):
        page.draw_circle((80 + 20 * at, top + 7 * (at % 5)), 3, fill=(0, 0, 0), color=None)


def warning(folder: Path, *tops: float, draw: Callable[[Any, float], None] = letters) -> Fault | None:
    """What a page with lines of text and these drawings says where OCR is switched off."""
    document = mupdf.load().open()
    page = document.new_page()
    for at in range(12):
        page.insert_text((72, 300 + 16 * at), TEXT, fontsize=10)
    for top in tops:
        draw(page, top)
    document.save(folder / "a.pdf")
    return PyMuPdfText().read(folder / "a.pdf", "", 1).warning


@pytest.mark.parametrize("draw", [letters, single_letters])
@pytest.mark.parametrize(("tops", "said"), [((200.0,), "a line "), ((200.0, 560.0), "about 2 lines ")])
def test_outlined_lines_are_said_to_be_missing(
    tmp_path: Path, tops: tuple[float, ...], said: str, draw: Callable[[Any, float], None]
) -> None:
    fault = warning(tmp_path, *tops, draw=draw)
    assert fault is not None and fault.code == "unread_print"
    assert fault.message.startswith(said) and "OCR is switched off" in fault.message


def test_bars_and_points_of_a_chart_are_none(tmp_path: Path) -> None:
    assert warning(tmp_path, 200.0, draw=bars) is None
    assert warning(tmp_path, 200.0, draw=points) is None
    assert warning(tmp_path) is None


def test_letters_side_by_side_are_one_line_and_words_are_told_from_it() -> None:
    page = mupdf.load().open().new_page()
    single_letters(page, 200.0)
    letters(page, 240.0, count=2)
    letters(page, 240.0, count=2)  # of as many pieces as real letters have
    lines, words = outlines_of(page.get_drawings())
    assert [[round(side) for side in box] for box in lines] == [[76, 196, 214, 204]]
    assert [[round(side) for side in box] for box in words] == [[76, 236, 94, 244]]


def test_thousands_of_small_shapes_are_a_drawing() -> None:
    box = mupdf.load().Rect(10, 10, 14, 16)
    assert outlines_of([{"rect": box, "type": "f", "items": [("c",)] * 8}] * 4000) == ([], [])


def half_lines(page: Any, gap: float) -> None:
    """A line of text with a gap of so many points in it, between two whole lines."""
    for top in (86, 114):
        page.insert_text((72, top), TEXT, fontsize=10)
    page.insert_text((72, 100), "Its value is", fontsize=10)
    page.insert_text((72 + 50 + gap, 100), "in each of the years that were looked at by the board.", fontsize=10)


def warned(draw: Callable[[Any], None], folder: Path) -> Fault | None:
    page = mupdf.load().open().new_page(width=595, height=842)
    draw(page)
    page.parent.save(folder / "a.pdf")
    return PyMuPdfText().read(folder / "a.pdf", "", 1).warning


def test_formulas_that_are_drawn_within_a_line_are_told(tmp_path: Path) -> None:
    def draw(page: Any) -> None:
        half_lines(page, 32)
        outline(page, (123, 100), "p(u|w)", 10, "tiit")

    warning = warned(draw, tmp_path)
    assert warning is not None and warning.code == "drawn_signs"
    assert warning.message.startswith("a sign or formula is drawn within lines of text")


@pytest.mark.parametrize("place", [(132, 160), (40, 100)], ids=["below all lines", "before a line"])
def test_drawings_beside_lines_are_no_signs_in_them(tmp_path: Path, place: tuple[float, float]) -> None:
    def draw(page: Any) -> None:
        half_lines(page, 4)
        outline(page, place, "p(u|w)", 10, "tiit")

    warning = warned(draw, tmp_path)
    assert warning is None or warning.code != "drawn_signs"
