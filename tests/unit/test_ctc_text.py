"""Characters and swallowed spaces out of the recognition model's scores."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.engines.ocr.ctc_text import decode

CHARACTERS = ["blank", "a", "b", "你", "好", " "]


def scores(*steps: dict[str, float]) -> np.ndarray:
    table = np.zeros((len(steps), len(CHARACTERS)), dtype=np.float32)
    for row, step in enumerate(steps):
        for char, value in step.items():
            table[row, CHARACTERS.index(char)] = value
    return table


def test_repeats_are_one_character_and_blanks_none() -> None:
    reading = decode(scores({"a": 0.9}, {"a": 0.9}, {"blank": 1}, {"a": 0.7}), CHARACTERS, 1.0)
    assert reading.text == "aa"
    assert reading.confidence == pytest.approx(0.8)
    assert reading.centres == pytest.approx((0.125, 0.875))


def test_a_likely_space_between_latin_letters_is_restored() -> None:
    reading = decode(scores({"a": 1}, {"blank": 0.7, " ": 0.3}, {"b": 1}), CHARACTERS, 1.0)
    assert reading.text == "a b"
    assert len(reading.centres) == 3


def test_an_unlikely_space_is_not() -> None:
    assert decode(scores({"a": 1}, {"blank": 0.98, " ": 0.02}, {"b": 1}), CHARACTERS, 1.0).text == "ab"


def test_no_space_comes_into_chinese() -> None:
    assert decode(scores({"你": 1}, {"blank": 0.6, " ": 0.4}, {"好": 1}), CHARACTERS, 1.0).text == "你好"


def test_nothing_read_has_no_confidence() -> None:
    reading = decode(scores({"blank": 1}, {"blank": 1}), CHARACTERS, 1.0)
    assert (reading.text, reading.confidence, reading.centres) == ("", 0.0, ())
