"""Numbers between the columns of a recognised page count its lines; they are taken out, and part what they stand in."""

from __future__ import annotations

from pipeline.engines.ocr.gutter_numbers import without_gutter_numbers
from pipeline.engines.ocr.searchable_page import TextLine, Word

PITCH, COUNT = 11.0, 40
TEXT = "which the information is represented by the polarity"


def line(x: float, y: float, *texts: str, size: float = 8.0, high: float = 10.0) -> TextLine:
    """A line whose words stand 4 points a character behind one another; "|" before one is a gap of 12 points."""
    words, at = [], 0.0
    for text in texts:
        at += 12.0 if text.startswith("|") else 0.0
        words.append(Word(text=text.strip("|"), start=at, end=at + 4 * len(text.strip("|"))))
        at = words[-1].end + 2
    return TextLine(box=(x, y - high / 2, x + words[-1].end, y + high / 2), size=size, words=tuple(words))


def text_of(lines: list[TextLine]) -> list[str]:
    return [" ".join(word.text for word in line.words) for line in lines]


def patent() -> list[TextLine]:
    """Two columns of 40 lines; every fifth is counted, at the end of the left line, before the right one, or alone."""
    lines = []
    for number in range(1, COUNT + 1):
        left, right = line(50, PITCH * number, TEXT), line(288, PITCH * number, TEXT)
        counted = number % 5 == 0
        if counted and number % 15 == 0:
            left = line(50, PITCH * number, TEXT, f"|{number:02}")
        elif counted and number % 15 == 5:
            right = line(270, PITCH * number, f"{number:02}", TEXT)
        elif counted:
            lines.append(line(270, PITCH * number, f"{number:02}"))
        lines += [left, right]
    return lines


def test_numbers_in_the_gutter_are_taken_out() -> None:
    lines, count = without_gutter_numbers(patent())
    assert count == COUNT // 5
    assert set(text_of(lines)) == {TEXT}
    assert len(lines) == 2 * COUNT


def test_a_line_over_both_columns_is_parted_at_its_number() -> None:
    lines = [part for part in patent() if abs(part.box[1] + 5 - 10 * PITCH) > 1]
    whole = line(50, 10.5 * PITCH, TEXT, "|10", "|the", TEXT, high=20)
    parted = without_gutter_numbers([*lines, whole])[0][-2:]
    assert text_of(parted) == [TEXT, f"the {TEXT}"]
    assert all(part.box[3] - part.box[1] < 12 for part in parted)  # each as high as a line
    assert parted[0].box[2] < 275 < parted[1].box[0]


def test_numbers_that_count_no_lines_stay() -> None:
    uneven = [line(270, y, str(number)) for number, y in ((5, 60), (10, 75), (15, 200), (20, 220), (25, 400))]
    prose = [line(50, PITCH * number, TEXT) for number in range(1, COUNT)]
    table = [line(50, PITCH * number, "kg", f"|{number}") for number in range(5, COUNT, 5)]
    years = [line(50, PITCH * number, TEXT, f"|{1900 + number}") for number in range(5, COUNT, 5)]
    for lines in ([*prose, *uneven], table, years, prose, []):
        assert without_gutter_numbers(lines) == (lines, 0)
