"""Values as people type them: read by the type of their field, or refused in a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.engines.evidence.page_words import words_in
from pipeline.engines.evidence.typed_values import read_value
from pipeline.engines.evidence.value_places import place_of_box, place_of_quote, place_of_value
from stores.errors import InputError
from stores.models import Block, Field, FieldKind, Label, Line, Page, PageText, Route


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        (FieldKind.TEXT, "  Larkspur \n Ltd ", "Larkspur Ltd"),
        (FieldKind.TEXT, 7, "7"),
        (FieldKind.DATE, "2018-09-14", "2018-09-14"),
        (FieldKind.DATE, "2018-09", "2018-09"),
        (FieldKind.DATE, "3. März 2024", "2024-03-03"),
        (FieldKind.DATE, "2024年3月3日", "2024-03-03"),
        (FieldKind.DATE, "present", "present"),
        (FieldKind.NUMBER, "1.234,50", 1234.5),
        (FieldKind.NUMBER, "£564.00", 564.0),
        (FieldKind.NUMBER, "(12.00)", -12.0),
        (FieldKind.NUMBER, "-0.5", -0.5),
        (FieldKind.NUMBER, 3, 3.0),
        (FieldKind.INTEGER, "1,200", 1200),
        (FieldKind.BOOLEAN, "yes", True),
        (FieldKind.BOOLEAN, False, False),
    ],
)
def test_a_value_is_read_by_its_type(kind: FieldKind, given: Any, value: Any) -> None:
    read = read_value(Field(name="x", kind=kind), given)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (FieldKind.TEXT, "", "give a value, or reject it"),
        (FieldKind.TEXT, ["a"], "takes one value"),
        (FieldKind.DATE, "2026-02-30", "'2026-02-30' is not a date"),
        (FieldKind.DATE, "soon", "is not a date"),
        (FieldKind.DATE, "from 2024-01-01 on", "is not a date"),
        (FieldKind.NUMBER, "abc", "is not a number"),
        (FieldKind.NUMBER, "12 boxes of 7", "is not a number"),
        (FieldKind.NUMBER, True, "is not a number"),
        (FieldKind.NUMBER, float("nan"), "is not a number"),
        (FieldKind.INTEGER, "1.5", "is not a whole number"),
        (FieldKind.BOOLEAN, "perhaps", "is not true or false"),
        (FieldKind.ROWS, "x", "x is a list of rows: name one value of it"),
    ],
)
def test_what_does_not_fit_is_refused(kind: FieldKind, given: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_value(Field(name="x", kind=kind), given)


def test_a_choice_is_taken_in_the_words_of_the_schema_and_an_address_must_be_one() -> None:
    colour = Field(name="colour", kind=FieldKind.TEXT, choices=("red", "blue"))
    assert read_value(colour, "RED") == "red"
    with pytest.raises(InputError, match="'green' is not one of red, blue"):
        read_value(colour, "green")
    mail = Field(name="mail", kind=FieldKind.TEXT, form="email")
    assert read_value(mail, "a@b.example") == "a@b.example"
    with pytest.raises(InputError, match="not an e-mail address"):
        read_value(mail, "a at b")


LINES = (
    Line(box=(100.0, 100.0, 200.0, 110.0), text="Total due 564.00"),
    Line(box=(100.0, 120.0, 200.0, 130.0), text="合同总价九千元"),
)
PAGE = Page(
    number=1,
    width_pt=595.0,
    height_pt=842.0,
    route=Route.TEXT,
    reason="",
    text=PageText(
        markdown="",
        engine="test",
        blocks=(Block(label=Label.TEXT, box=(100.0, 100.0, 200.0, 130.0), text="", lines=LINES),),
    ),
)


def test_the_word_at_a_point_and_the_words_in_a_frame() -> None:
    assert words_in(PAGE, (195.0, 105.0, 195.0, 105.0)).text == "564.00"
    assert words_in(PAGE, (98.0, 98.0, 165.0, 112.0)).text == "Total due"
    framed = words_in(PAGE, (98.0, 98.0, 202.0, 132.0))
    assert framed.text == "Total due 564.00 合同总价九千元" and len(framed.boxes) == 2
    assert words_in(PAGE, (98.0, 118.0, 159.0, 132.0)).text == "合同总价"
    assert words_in(PAGE, (400.0, 400.0, 400.0, 400.0)).boxes == ()


def test_the_place_of_a_value_is_where_it_was_pointed_at_quoted_or_printed() -> None:
    assert place_of_box(PAGE, (98.0, 98.0, 202.0, 112.0)).quote == "Total due 564.00"
    assert place_of_box(PAGE, (300.0, 300.0, 310.0, 310.0)).boxes == ((300.0, 300.0, 310.0, 310.0),)
    with pytest.raises(InputError, match="does not lie on page 1"):
        place_of_box(PAGE, (0.0, 0.0, 9000.0, 10.0))
    with pytest.raises(InputError, match="no word"):
        place_of_box(PAGE, (400.0, 400.0, 400.0, 400.0))
    assert place_of_quote([PAGE], "total due").page == 1
    with pytest.raises(InputError, match="'nothing' is not printed on page 1"):
        place_of_quote([PAGE], "nothing")
    total = Field(name="total", kind=FieldKind.NUMBER, labels=("total due",))
    assert place_of_value([PAGE], total, 564.0).quote == "564.00"
    assert not place_of_value([PAGE], total, 1.0).found
