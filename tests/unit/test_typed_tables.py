"""Tables of plain text become tables: rulers part the names of columns from rows, and are no text."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.engines.formats.elements import Element
from pipeline.engines.formats.texts import read_plain
from pipeline.engines.formats.typed_tables import rows_of
from stores.models import Label

BOATS = [["Boat", "Length"], ["Tern", "9 m"], ["Gull", "12 m"]]


@pytest.mark.parametrize(
    "drawn",
    [
        ["Boat   Length", "-----  ------", "Tern   9 m", "Gull   12 m", "-----  ------"],
        ["===== ======", "Boat  Length", "===== ======", "Tern  9 m", "Gull  12 m", "===== ======"],
        ["--------------", " Boat  Length", "--------------", " Tern  9 m", " Gull  12 m"],
        ["+------+--------+", "| Boat | Length |", "+------+--------+", "| Tern | 9 m    |", "| Gull | 12 m   |"],
        [
            "+------+------+",
            "| Boat | Len- |",
            "|      | gth  |",
            "+======+======+",
            "| Tern | 9 m  |",
            "+------+------+",
        ],
    ],
)
def test_rulers_make_a_table(drawn: list[str]) -> None:
    rows = rows_of(drawn)
    assert rows is not None and [len(row) for row in rows] == [2] * len(rows)
    assert rows in (BOATS, [["Boat", "Len- gth"], ["Tern", "9 m"]])


def test_what_stands_over_a_sum_are_no_names_of_columns() -> None:
    assert rows_of(["Chain    12", "Shackle   4", "-----------", "Total    16"]) == [
        ["Chain", "12"],
        ["Shackle", "4"],
        ["Total", "16"],
    ]


def test_rulers_alone_and_text_across_the_columns_make_none() -> None:
    assert rows_of(["A title", "======="]) is None
    assert rows_of(["---------"]) is None
    assert rows_of(["Boat   Length", "-----  ------", "Tern and all others"]) is None
    assert rows_of(["Boat   Length", "Tern   9 m"]) is None


def elements_of(text: str, folder: Path) -> list[Element]:
    path = folder / "a.txt"
    path.write_text(text)
    return [element for section in read_plain(path).sections for element in section.elements]


def test_a_plain_text_has_its_tables_between_its_paragraphs(tmp_path: Path) -> None:
    text = "All boats of the harbour\nlie here.\n\nBoat    Length\n----    ------\nTern    9 m\n\nThe clerk."
    elements = elements_of(text, tmp_path)
    assert [element.label for element in elements] == [Label.TEXT, Label.TABLE, Label.TEXT]
    assert [cell.text for cell in elements[1].cells] == ["Boat", "Length", "Tern", "9 m"]


def test_rulers_do_not_keep_a_drawing_from_being_one(tmp_path: Path) -> None:
    ruler = "-" * 24
    text = f"A tern    and a gull\n{ruler}\nlie beside one     another\n{ruler}\n{ruler}"
    assert [element.code for element in elements_of(text, tmp_path)] == [True]
