"""Pages of another edition, printed in the margin beside recognised lines, stand within no sentence."""

from __future__ import annotations

import pytest

from pipeline.engines.ocr.ctc_text import Reading
from pipeline.engines.ocr.margin_numbers import without_margin_numbers
from pipeline.engines.ocr.recognised_lines import ReadLine

EM, LEFT, COUNT = 20.0, 200.0, 20
TEXT = "社会内生产物品所必要的劳动量或劳动时间"
RIGHT = LEFT + EM * len(TEXT)


def line(y: float, text: str, x: float = LEFT, number: str = "", number_x: float = 0.0) -> ReadLine:
    """Ideographs of one em each from ``x`` on, found together with a number of narrow characters somewhere else."""
    places = [(char, x + EM * (at + 0.5), EM) for at, char in enumerate(text)]
    places += [(char, number_x + EM / 2 * (at + 0.5), EM / 2) for at, char in enumerate(number)]
    places.sort(key=lambda place: place[1])
    left, right = places[0][1] - places[0][2] / 2, places[-1][1] + places[-1][2] / 2
    centres = tuple((middle - left) / (right - left) for _, middle, _ in places)
    reading = Reading(text="".join(char for char, _, _ in places), confidence=1.0, centres=centres)
    return ReadLine(box=(left, y, right, y + EM), size=EM, reading=reading)


def page(*others: ReadLine) -> list[ReadLine]:
    return [*(line(2 * EM * row, TEXT) for row in range(COUNT)), *others]


def texts(lines: list[ReadLine]) -> list[str]:
    return [one.reading.text for one in lines]


@pytest.mark.parametrize(
    ("number", "place"), [("15(Ⅱ)", LEFT - 70), ("207", LEFT - 50), ("14(I)", RIGHT + 12), ("8（Ⅱ）", RIGHT + 5)]
)
def test_a_number_beside_the_column_is_cut_off_its_line(number: str, place: float) -> None:
    lines, numbers = without_margin_numbers(page(line(999, TEXT, number=number, number_x=place)))
    assert texts(lines) == [TEXT] * (COUNT + 1)
    assert texts(numbers) == [number]
    cut, beside = lines[-1].box, numbers[0].box
    assert cut[0] >= LEFT and cut[2] <= RIGHT
    assert beside[2] <= LEFT or beside[0] >= RIGHT
    assert all(0 <= centre <= 1 for one in (*lines, *numbers) for centre in one.reading.centres)


def test_a_page_of_a_volume_that_was_found_alone_is_a_number_too() -> None:
    lines, numbers = without_margin_numbers(page(line(10, "", number="14(I)", number_x=LEFT - 80)))
    assert texts(lines) == [TEXT] * COUNT
    assert texts(numbers) == ["14(I)"]


@pytest.mark.parametrize("hanging", ["(1)", "1.", "a)", "·"])
def test_what_begins_an_item_stays_with_its_text(hanging: str) -> None:
    item = line(999, TEXT, number=hanging, number_x=LEFT - 40)
    lines, numbers = without_margin_numbers(page(item))
    assert lines == page(item) and not numbers


def test_a_bare_number_alone_stays_where_it_is() -> None:
    """It may be that of a heading, or of an exercise."""
    number = line(999, "", number="12", number_x=LEFT - 60)
    lines, numbers = without_margin_numbers(page(number))
    assert lines == page(number) and not numbers


def test_a_page_without_a_column_is_left_alone() -> None:
    lines = [line(40 * row, TEXT[: 3 + row], x=LEFT + 31 * row) for row in range(12)]
    lines.append(line(999, TEXT, number="207", number_x=LEFT - 50))
    assert without_margin_numbers(lines) == (lines, [])
