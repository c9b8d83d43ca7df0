"""Words, gaps and font sizes of recognised lines."""

from __future__ import annotations

import pytest

from pipeline.engines.ocr.ctc_text import Reading
from pipeline.engines.ocr.line_setting import common_sizes, set_lines, words_of
from pipeline.engines.ocr.recognised_lines import ReadLine


def reading(text: str, centres: tuple[float, ...] | None = None) -> Reading:
    even = tuple((n + 0.5) / len(text) for n in range(len(text)))
    return Reading(text=text, confidence=0.9, centres=centres or even)


def test_words_lie_where_their_letters_are() -> None:
    first, second = words_of(reading("ab cd"), 100.0)
    assert (first.text, second.text) == ("ab", "cd")
    assert first.start == pytest.approx(0)
    assert first.end <= 50 <= second.start
    assert second.end == pytest.approx(100)


def test_a_wide_gap_parts_words_without_a_space() -> None:
    words = words_of(reading("姓名年龄", (0.05, 0.1, 0.9, 0.95)), 200.0)
    assert [word.text for word in words] == ["姓名", "年龄"]
    assert words[1].start > 150


def test_sizes_that_are_nearly_equal_become_one() -> None:
    assert common_sizes([10.0, 10.4, 16.0, 9.9]) == [10.0, 10.0, 16.0, 10.0]


def test_set_lines_are_in_points() -> None:
    line = ReadLine(box=(100.0, 50.0, 300.0, 70.0), size=15.0, reading=reading("Hello world"))
    (placed,) = set_lines([line], 0.5)
    assert placed.box == (50, 25, 150, 35)
    assert placed.size == 7.5
    assert placed.words[-1].end == pytest.approx(100, abs=1)


@pytest.mark.parametrize("text", ["2.22", "1.11", "34.5", "0,26"])
def test_a_short_number_is_not_torn_where_its_places_are_coarse(text: str) -> None:
    line = reading(text, (0.25, 0.35, 0.45, 0.75))  # a step of the model is a sixth of the line's height
    assert [word.text for word in words_of(line, 20.0, 12.0)] == [text]


def test_columns_of_one_line_stay_apart_whatever_its_height() -> None:
    words = words_of(reading("TOTAL9.90", (0.02, 0.06, 0.1, 0.14, 0.18, 0.86, 0.9, 0.93, 0.97)), 200.0, 12.0)
    assert [word.text for word in words] == ["TOTAL", "9.90"]
