"""Lines whose letters stand too close for the recognition model are read again, wider."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.engines.ocr.ctc_text import Reading
from pipeline.engines.ocr.recognised_lines import read_lines

PAGE = np.full((400, 600, 3), 255, dtype=np.uint8)
LINE = np.array([[[50, 100], [250, 100], [250, 140], [50, 140]]], dtype=np.float32)  # 30 scores of the model


class Models:
    """One line, read as ``narrow`` as it is and as ``wide`` where it is widened; keeps the stretches asked for."""

    def __init__(self, narrow: Reading, wide: Reading) -> None:
        self.narrow, self.wide = narrow, wide
        self.stretches: list[float] = []

    def find(self, pixels: np.ndarray, scale: float) -> np.ndarray:
        return LINE

    def read(self, crops: Sequence[np.ndarray], stretch: float = 1.0) -> list[Reading]:
        self.stretches.append(stretch)
        return [self.wide if stretch > 1 else self.narrow for _ in crops]


def reading(text: str, confidence: float) -> Reading:
    return Reading(text=text, confidence=confidence, centres=tuple(np.linspace(0.02, 0.98, len(text))))


@pytest.mark.parametrize(
    ("wide", "text"),
    [
        (reading("rope bearing steel flange", 0.99), "rope bearing steel flange"),
        (reading("rope bea ing st", 0.80), "rope bearing stel lange"),
        (reading("rope bea ring stel lange", 0.99), "rope bearing stel lange"),
    ],
)
def test_the_surer_reading_of_a_dense_line_counts(wide: Reading, text: str) -> None:
    models = Models(reading("rope bearing stel lange", 0.96), wide)
    assert [line.reading.text for line in read_lines(models, PAGE).lines] == [text]  # type: ignore[arg-type]
    assert [stretch for stretch in models.stretches if stretch > 1] == [pytest.approx(2.0 * 23 / 30)]


@pytest.mark.parametrize("narrow", [reading("rope bearing", 0.96), reading("rope bearing steel flange", 0.999)])
def test_wide_and_sure_lines_are_read_once(narrow: Reading) -> None:
    models = Models(narrow, reading("other", 1.0))
    read_lines(models, PAGE)  # type: ignore[arg-type]
    assert models.stretches == [1.0]
