"""A scan whose lines show no letters that OCR knows says so, also where its numbers are read."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.engines.ocr.ctc_text import Reading
from pipeline.engines.ocr.rapidocr_reader import _unknown, _unread
from pipeline.engines.ocr.recognised_lines import ReadImage, ReadLine, _like_lines
from pipeline.engines.ocr.upright import Turn


def read_line(y: float, height: float = 20.0) -> ReadLine:
    reading = Reading(text="7 200", confidence=0.97, centres=(0.1, 0.3, 0.5, 0.7, 0.9))
    return ReadLine(box=(0.0, y, 60.0, y + height), size=18.0, reading=reading)


@pytest.mark.parametrize(
    ("share", "count", "said"), [(0.25, 20, True), (0.25, 2, False), (0.02, 9, False), (0.6, 0, True)]
)
def test_lines_without_known_letters_are_said(share: float, count: int, said: bool) -> None:
    page = ReadImage(
        pixels=np.zeros((4, 4, 3), np.uint8),
        turn=Turn(width=4, height=4, quarters=0, skew=0.0),
        lines=(read_line(0.0),),
        unread_share=share,
        unread_lines=count,
    )
    assert bool(_unread(page)) is said


def test_only_what_is_as_high_as_a_line_counts() -> None:
    assert _like_lines([19, 22, 60, 8], [read_line(0.0), read_line(30.0)]) == 2
    assert _like_lines([19], []) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Đc lp - T do - Hnh phúc, đng mt tháng, thanh toán, điu khon đā ghi", True),
        ("Između dva grada vodi cesta, a knjige o njima čitaju se i danas u svim školama zemlje " * 5, False),
        ("The quick brown fox jumps over the lazy dog", False),
    ],
)
def test_a_page_in_vietnamese_says_that_letters_are_missing(text: str, said: bool) -> None:
    reading = Reading(text=text, confidence=0.97, centres=())
    lines = (ReadLine(box=(0.0, 0.0, 60.0, 20.0), size=18.0, reading=reading),)
    turn = Turn(width=4, height=4, quarters=0, skew=0.0)
    page = ReadImage(pixels=np.zeros((4, 4, 3), np.uint8), turn=turn, lines=lines, unread_share=0.0, unread_lines=0)
    assert bool(_unknown(page)) is said
