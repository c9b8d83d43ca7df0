"""Values without places are looked up in the printed lines: exactly, by what they mean, or nearly so."""

from __future__ import annotations

import pytest

from pipeline.engines.evidence.grounding import RowGrounder, ground_scalars
from pipeline.engines.evidence.mentions import PrintedText
from pipeline.engines.evidence.page_lines import PageLine, page_lines
from pipeline.engines.evidence.word_boxes import words_box
from stores.models import Field, FieldKind, Label
from tests.printed_pages import printed_page


def printed(text: str) -> PrintedText:
    return PrintedText(page_lines([printed_page(page, at) for at, page in enumerate(text.split("\f"), 1)]))


def quotes(value: object, kind: FieldKind, text: str) -> list[str]:
    return [" ".join(piece.text for piece in mention) for mention in printed(text).mentions(value, kind)]


@pytest.mark.parametrize(
    ("value", "kind", "text", "expected"),
    [
        (1234.5, FieldKind.NUMBER, "Summe 1.234,50 EUR", ["1.234,50"]),
        (1234.5, FieldKind.NUMBER, "Total $1,234.50, of 11,234.50", ["1,234.50"]),
        (1234, FieldKind.INTEGER, "1 234 Stück", ["1 234"]),
        (1.234, FieldKind.NUMBER, "1,234 kg", ["1,234"]),
        (-120.0, FieldKind.NUMBER, "balance (120.00)", ["120.00"]),
        (19, FieldKind.NUMBER, "VAT 19 %", ["19"]),
        (5, FieldKind.INTEGER, "15 and 0.51 and 5", ["5"]),
        ("2024-03-03", FieldKind.DATE, "Berlin, 3. März 2024", ["3. März 2024"]),
        ("2024-03-03", FieldKind.DATE, "2024年3月3日", ["2024年3月3日"]),
        ("2024-04-03", FieldKind.DATE, "on 04/03/2024", ["04/03/2024"]),
        ("2024-03", FieldKind.DATE, "14 March 2024", ["14 March 2024"]),
        ("Müller GmbH", FieldKind.TEXT, "An MÜLLER - GMBH, Bonn", ["MÜLLER - GMBH"]),
        ("ＡＢＣ公司", FieldKind.TEXT, "甲方：ABC 公司", ["ABC 公司"]),
        ("Ann", FieldKind.TEXT, "Planning by Ann", ["Ann"]),
        ("Acme Tools Inc", FieldKind.TEXT, "Acme Tools\nInc, London", ["Acme Tools Inc"]),
        ("Westminster Road", FieldKind.TEXT, "12 Westminsler Road", ["Westminsler Road"]),
        ("Order 2024-001", FieldKind.TEXT, "Order 2024-002", []),
        ("nowhere to be seen", FieldKind.TEXT, "something else altogether", []),
    ],
)
def test_a_value_is_looked_up_by_its_type(value: object, kind: FieldKind, text: str, expected: list[str]) -> None:
    assert quotes(value, kind, text) == expected


def test_what_stands_more_than_once_is_taken_near_its_label() -> None:
    fields = [
        Field(name="net", kind=FieldKind.NUMBER, labels=("Net",)),
        Field(name="total", kind=FieldKind.NUMBER, labels=("Total due",)),
    ]
    text = printed("Deposit 80.00\nNet\n80.00\nTax 0.00\nTotal due\n80.00")
    places = ground_scalars(fields, {"net": 80.0, "total": 80.0}, text)
    assert [places[name].mention[0].line.number for name in ("net", "total")] == [2, 5]


def test_cells_stand_near_each_other_and_equal_rows_have_places_of_their_own() -> None:
    columns = [Field(name="what", kind=FieldKind.TEXT), Field(name="price", kind=FieldKind.NUMBER)]
    lines = "Coffee 3.00\nTea 2.00\nCoffee 3.00\nCake 3.00\nCoffee 3.00"
    grounder = RowGrounder(columns, printed(lines))
    rows = [("Coffee", 3.0), ("Tea", 2.0), ("Coffee", 3.0), ("Cake", 3.0), ("Coffee", 3.0)]
    places = [grounder.ground({"what": what, "price": price}) for what, price in rows]
    assert [[cell.mention[0].line.number for cell in row.values()] for row in places] == [[at, at] for at in range(5)]


def line_of(box, printed_box, text: str) -> PageLine:
    return PageLine(number=0, page=1, block=0, label=Label.TEXT, level=0, box=box, printed_box=printed_box, text=text)


def test_the_box_is_that_of_the_words() -> None:
    level = line_of((100.0, 50.0, 300.0, 60.0), (100.0, 50.0, 300.0, 60.0), "Total due: 1,234.50 EUR")
    x0, y0, x1, y1 = words_box(level, 11, 19)
    assert (y0, y1) == (50.0, 60.0)
    assert 180 < x0 < 215 and 250 < x1 < 275
    upwards = line_of((-300.0, 10.0, -100.0, 20.0), (10.0, 100.0, 20.0, 300.0), "abcd" * 5)
    assert words_box(upwards, 0, 10) == pytest.approx((10.0, 200.0, 20.0, 300.0))
    upside_down = line_of((-300.0, -60.0, -100.0, -50.0), (100.0, 50.0, 300.0, 60.0), "abcd" * 5)
    assert words_box(upside_down, 0, 10) == pytest.approx((200.0, 50.0, 300.0, 60.0))
