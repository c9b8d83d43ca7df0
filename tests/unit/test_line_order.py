"""Lines are read from the narrowest to the widest, in few widths, and stand where they were detected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.engines.ocr.ctc_text import Reading
from pipeline.engines.ocr.recognised_lines import SAMPLE_LINES, read_lines
from pipeline.engines.ocr.text_lines import _READ_SIZES, READ_HEIGHT, READ_MIN_WIDTH, padded_width

PAGE = np.full((1000, 1000, 3), 255, dtype=np.uint8)
WIDTHS = [600, 200, 800, 300, 700, 250, 500, 900, 350]


class Models:
    """Lines of ``WIDTHS`` pixels, 60 pixels apart, whose text is their width; keeps the widths read."""

    def __init__(self) -> None:
        self.widths: list[int] = []

    def find(self, pixels: np.ndarray, scale: float) -> np.ndarray:
        tops = np.arange(len(WIDTHS)) * 60 + 20
        boxes = zip(WIDTHS, tops, strict=True)
        quads = [[[50, top], [50 + width, top], [50 + width, top + 40], [50, top + 40]] for width, top in boxes]
        return np.array(quads, dtype=np.float32)

    def read(self, crops: Sequence[np.ndarray], stretch: float = 1.0) -> list[Reading]:
        self.widths += [crop.shape[1] for crop in crops]
        texts = [str(crop.shape[1]) * (crop.shape[1] // 60) for crop in crops]
        return [Reading(text=text, confidence=1.0, centres=tuple(np.linspace(0.1, 0.9, len(text)))) for text in texts]


def test_lines_are_read_by_width_and_kept_in_their_order() -> None:
    models = Models()
    lines = read_lines(models, PAGE).lines  # type: ignore[arg-type]
    assert [round(line.box[2] - line.box[0]) for line in lines] == WIDTHS
    others = models.widths[SAMPLE_LINES:]  # after the longest, of which it is asked which way up they stand
    assert others == sorted(others) and sorted(models.widths) == sorted(WIDTHS)


def test_lines_have_few_widths_and_little_is_added_to_them() -> None:
    widths = range(1, 44 * READ_HEIGHT)
    padded = [padded_width(width) for width in widths]
    assert len(set(padded)) == _READ_SIZES
    assert all(0 <= more - width < max(READ_MIN_WIDTH, width / 5) for more, width in zip(padded, widths, strict=True))
