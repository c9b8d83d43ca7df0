"""Lines of print in pictures that a text layer lacks."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.contracts import PageFacts
from pipeline.engines.pdf import mupdf
from pipeline.engines.pdf.facts import facts_of_page
from pipeline.stages.plan import decide
from stores.models import Route

LETTER = [
    "The board met on Tuesday and agreed",
    "to buy the second dredger for 48,210 florins.",
    "Delivery is planned for week 31.",
    "The clerk keeps the papers of the sale.",
]
BOX = (40, 80, 555, 500)


def picture_of(lines: list[str], paper: float = 1.0, ink: float = 0.0) -> bytes:
    """A picture of a page with these lines."""
    document = mupdf.load().open()
    page = document.new_page(width=515, height=420)
    page.draw_rect(page.rect, color=None, fill=(paper,) * 3)
    for at, line in enumerate(lines):
        page.insert_text((30, 60 + 40 * at), line, fontsize=18, color=(ink,) * 3)
    return bytes(page.get_pixmap(dpi=110).tobytes("png"))


def photo(kind: str) -> bytes:
    random = np.random.default_rng(3)
    y, x = np.mgrid[0:420, 0:515]
    pixels = 120 + 60 * np.sin(x / 37) + 50 * np.cos(y / 23)
    if kind == "rough":
        pixels = pixels + random.normal(0, 25, pixels.shape)
    if kind == "striped":
        pixels = np.where(y % 30 < 12, 40, 220).astype(float)
    grey = np.clip(pixels, 0, 255).astype(np.uint8)
    pymupdf = mupdf.load()
    return bytes(pymupdf.Pixmap(pymupdf.csGRAY, 515, 420, grey.tobytes(), False).tobytes("png"))


def facts(picture: bytes, texts: list[str]) -> PageFacts:
    document = mupdf.load().open()
    page = document.new_page(width=595, height=842)
    page.insert_image(BOX, stream=picture, keep_proportion=False)
    for at, text in enumerate(texts):
        page.insert_text((60, 40 + 520 * (at > 0) + 20 * at), text, fontsize=10)
    return facts_of_page(document.reload_page(page), 1)


@pytest.mark.parametrize(("paper", "ink"), [(1.0, 0.0), (0.85, 0.2), (0.1, 0.95)])
def test_a_stamped_scan_is_read_by_ocr(paper: float, ink: float) -> None:
    stamped = facts(picture_of(LETTER, paper, ink), ["Stamped by the registry on 14 February 2024, file HB-9917."])
    assert stamped.picture_lines in (3, 4, 5)
    assert decide(stamped, "auto").route is Route.OCR


@pytest.mark.parametrize("kind", ["smooth", "rough", "striped"])
def test_photos_hold_no_print(kind: str) -> None:
    captioned = facts(photo(kind), ["Figure 1. The harbour office in the spring of the year, seen from the pier."])
    assert captioned.picture_lines < 3
    assert decide(captioned, "auto").route is Route.TEXT


def test_a_picture_under_its_own_text_layer_holds_nothing_more() -> None:
    document = mupdf.load().open()
    page = document.new_page(width=515, height=420)
    page.insert_image(page.rect, stream=picture_of(LETTER))
    for at, line in enumerate(LETTER):
        page.insert_text((30, 60 + 40 * at), line, fontsize=18, color=(0.1, 0.1, 0.1))
    assert facts_of_page(document.reload_page(page), 1).picture_lines < 2


def test_pages_with_much_text_are_not_looked_at() -> None:
    assert facts(picture_of(LETTER), [" ".join(LETTER[:2])] * 12).picture_lines == 0


def test_text_drawn_as_outlines_is_read_by_ocr() -> None:
    outlined = outlines_of(LETTER)
    assert outlined.picture_lines >= len(LETTER)
    assert decide(outlined, "auto").route is Route.OCR


def test_bars_and_points_of_a_chart_are_no_print() -> None:
    document = mupdf.load().open()
    page = document.new_page(width=595, height=842)
    page.insert_text((60, 40), "Ships in the harbour, by year", fontsize=14)
    for at in range(12):
        page.draw_rect((60, 80 + 20 * at, 100 + 30 * at, 92 + 20 * at), fill=(0.2, 0.4, 0.8))
        page.draw_circle((60 + 40 * at, 500 + 7 * (at % 5)), 3, fill=(0.8, 0.2, 0.2))
    chart = facts_of_page(document.reload_page(page), 1)
    assert chart.picture_lines == 0 and decide(chart, "auto").route is Route.TEXT


def outlines_of(lines: list[str]) -> PageFacts:
    """A page whose lines are shapes, as some programs export them, with a footer that is text."""
    pymupdf = mupdf.load()
    source = pymupdf.open().new_page()
    for at, line in enumerate(lines):
        source.insert_text((72, 100 + 24 * at), line, fontsize=12)
    drawn = pymupdf.open("svg", source.get_svg_image(text_as_path=True).encode())
    document = pymupdf.open("pdf", drawn.convert_to_pdf())
    page = document[0]
    page.insert_text((280, 800), "Harbour Ltd, page 3 of 12", fontsize=9)
    return facts_of_page(document.reload_page(page), 1)
