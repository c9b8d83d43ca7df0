"""Find a page's lines and its upright position with PP-OCR, for models that report neither.

Takes about one second of one core for a page of text. PyMuPDF is not used, so many threads may do this at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.contracts import PageImage
from stores.models import Box, Line

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class UprightPage:
    """``pixels`` uint8 (height, width, 3), BGR, upright; ``lines`` and sizes are in points of the upright page.

    ``back`` maps a box to the page as it was given.
    """

    pixels: np.ndarray
    lines: tuple[Line, ...]
    width_pt: float
    height_pt: float
    back: Callable[[Box], Box]


Look = Callable[["np.ndarray", PageImage], UprightPage]


def as_given(picture: np.ndarray, image: PageImage) -> UprightPage:
    """The page as it is, without lines."""
    return UprightPage(
        pixels=picture, lines=(), width_pt=image.width_pt, height_pt=image.height_pt, back=lambda box: box
    )


class LineLooker:
    """Reads the lines of a page with the models of the CPU reader, loaded by the first page."""

    def __init__(self) -> None:
        from pipeline.engines.ocr.text_lines import line_models

        self._models = line_models()

    def __call__(self, picture: np.ndarray, image: PageImage) -> UprightPage:
        from pipeline.engines.ocr.recognised_lines import read_lines
        from pipeline.engines.ocr.upright import level_pixels

        recognised = read_lines(self._models, picture)
        scale = image.width_pt / recognised.turn.width
        turn = replace(recognised.turn.scaled(scale), height=image.height_pt)
        width_pt, height_pt = turn.size
        lines = tuple(Line(box=_scaled(line.box, scale), text=line.reading.text) for line in recognised.lines)
        level = level_pixels(recognised.pixels, recognised.turn)
        return UprightPage(pixels=level, lines=lines, width_pt=width_pt, height_pt=height_pt, back=turn.back)


def _scaled(box: Box, factor: float) -> Box:
    x0, y0, x1, y1 = box
    return (x0 * factor, y0 * factor, x1 * factor, y1 * factor)
