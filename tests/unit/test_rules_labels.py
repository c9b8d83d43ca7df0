"""Schemas of a user's own, filled by the labels that documents print."""

from __future__ import annotations

from typing import Any

from pipeline.engines.rules.labels import LabelsRules
from stores.models import Field, FieldKind, Schema
from tests.printed_pages import printed_page


def field(name: str, kind: FieldKind, *labels: str, fields: tuple[Field, ...] = ()) -> Field:
    return Field(name=name, kind=kind, labels=labels, fields=fields)


LEASE = Schema(
    name="lease",
    description="",
    fields=(
        field("landlord", FieldKind.TEXT, "Landlord", "出租方"),
        field("tenant", FieldKind.TEXT, "Tenant", "承租方"),
        field("rent", FieldKind.NUMBER, "Monthly rent", "月租金"),
        field("rooms", FieldKind.INTEGER, "Rooms"),
        field("start", FieldKind.DATE, "Start date", "起租日期"),
        field("pets", FieldKind.TEXTS, "Pets"),
        field(
            "fees",
            FieldKind.ROWS,
            fields=(field("what", FieldKind.TEXT, "Fee"), field("price", FieldKind.NUMBER, "Price")),
        ),
    ),
)


def extract(drawing: str) -> dict[str, Any]:
    return dict(LabelsRules().extract(LEASE, [printed_page(drawing)], "lease.pdf").fields)


def test_values_behind_beside_and_below_their_labels() -> None:
    fields = extract("""
Landlord: Grand Houses Ltd      Tenant: Jo Doe

Monthly rent          €1,250.50
Rooms     3

Start date
1 May 2024

Pets: cat, dog; parrot
""")
    assert fields == {
        "landlord": "Grand Houses Ltd",
        "tenant": "Jo Doe",
        "rent": 1250.5,
        "rooms": 3,
        "start": "2024-05-01",
        "pets": ["cat", "dog", "parrot"],
        "fees": [],
    }


def test_chinese_labels_in_one_line() -> None:
    fields = extract("出租方：王芳    承租方：李雷 起租日期：2024年5月1日\n月租金：伍仟元整")
    assert (fields["landlord"], fields["tenant"]) == ("王芳", "李雷")
    assert (fields["start"], fields["rent"]) == ("2024-05-01", 5000.0)


def test_a_table_under_its_labels() -> None:
    fields = extract("""
Fee              Price
Cleaning         120.00
Key deposit       50.00

Signed in Leiden
""")
    assert fields["fees"] == [{"what": "Cleaning", "price": 120.0}, {"what": "Key deposit", "price": 50.0}]


def test_a_label_is_a_word_of_its_own() -> None:
    assert extract("Landlords: many")["landlord"] is None
