"""Pages for tests that show print without text: in pictures, and drawn as outlines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.engines.pdf import mupdf

TEXT = "The harbour received more ships than in the year before, and most of them carried timber."


def text_page(*tops: float) -> Any:
    """A page with six lines of text from each of these heights down."""
    page = mupdf.load().open().new_page(width=595, height=842)
    for top in tops:
        for at in range(6):
            page.insert_text((72, top + 14 * at), TEXT, fontsize=10)
    return page


def outline(page: Any, place: tuple[float, float], text: str, size: float, font: str = "hebo") -> None:
    """Draw a line of text as the outlines of its letters; ``place``: left and bottom."""
    pymupdf = mupdf.load()
    width = pymupdf.get_text_length(text, font, size) + 20
    made = pymupdf.open().new_page(width=width, height=2 * size)
    made.insert_text((2, 1.4 * size), text, fontsize=size, fontname=font)
    drawn = pymupdf.open("svg", made.get_svg_image(text_as_path=True).encode()).convert_to_pdf()
    left, bottom = place
    box = pymupdf.Rect(left - 2, bottom - 1.4 * size, left - 2 + width, bottom + 0.6 * size)
    page.show_pdf_page(box, pymupdf.open("pdf", drawn), 0)


def picture_of_rows(
    rows: Sequence[Sequence[str]], width: float = 420, *, ruled: bool = False, size: float = 11
) -> tuple[bytes, float]:
    """A picture of rows of text, their cells at equal distances, and its height in points."""
    height = 24.0 * len(rows)
    page = mupdf.load().open().new_page(width=width, height=height)
    step = width / max(map(len, rows))
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            page.insert_text((6 + step * column, 24 * at + 16), cell, fontsize=size)
            if ruled:
                page.draw_rect((step * column, 24 * at, step * (column + 1), 24 * at + 24), color=(0, 0, 0), width=0.8)
    return bytes(page.get_pixmap(dpi=150).tobytes("png")), height


def photo(seed: int = 3) -> bytes:
    """A picture with the smooth shapes and the grain of a photo."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:420, 0:515]
    pixels = 120 + 60 * np.sin(x / 37) + 50 * np.cos(y / 23) + random.normal(0, 25, (420, 515))
    grey = np.clip(pixels, 0, 255).astype(np.uint8)
    pymupdf = mupdf.load()
    return bytes(pymupdf.Pixmap(pymupdf.csGRAY, 515, 420, grey.tobytes(), False).tobytes("png"))
