"""Filters: how they are read, and which values they hold for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.search.filter_language import parse
from pipeline.search.filters import as_filter
from stores.errors import InputError
from stores.filters import Condition, Either, Every, Not, matches

INVOICE: dict[str, Any] = {
    "amount": 1250.5,
    "due_date": "2024-05-14",
    "ordered": "2024-05",
    "issuer": "Johnson and Johnson GmbH",
    "source": "in/a (1).pdf",
    "skills": ["Python", "SQL"],
    "items": [{"name": "Bolt", "price": 3}],
}


def holds(text: str) -> bool:
    return matches(parse(text), lambda field: [INVOICE[field]] if field in INVOICE else [])


def test_and_binds_tighter_than_or() -> None:
    a, b, c = (Condition(name, "=", ("1",)) for name in "abc")
    assert parse("a=1 or b=1 and c=1") == Either((a, Every((b, c))))
    assert parse("(a=1 or b=1) and not c=1") == Every((Either((a, b)), Not(c)))
    assert parse("NOT a=1 AND b = 1") == Every((Not(a), b))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("issuer=Johnson and Johnson", "Johnson and Johnson"),
        ("source=a (1).pdf", "a (1).pdf"),
        ("source=smile :).pdf", "smile :).pdf"),
        ("issuer = a=b", "a=b"),
        ("(issuer = A (B))", "A (B)"),
        ('issuer="A and b=1"', "A and b=1"),
        (r"issuer='it\'s'", "it's"),
        ('issuer="Best" Foods', '"Best" Foods'),
        ("text=a..b", "a..b"),
    ],
)
def test_a_value_needs_quotes_only_where_it_reads_like_something_else(text: str, value: str) -> None:
    tree = parse(text)
    assert isinstance(tree, Condition) and (tree.operator, tree.values) == ("=", (value,))


def test_lists_and_ranges() -> None:
    assert parse("a in (EUR, 'U,S', A (B))") == Condition("a", "in", ("EUR", "U,S", "A (B)"))
    assert parse("a = 100..500") == parse("a='100' .. '500'") == Condition("a", "range", ("100", "500"))


@pytest.mark.parametrize(
    "text",
    [
        "amount > 1,000",
        "amount = 1000..1300 and amount != 7",
        "amount in (7, 1250.50)",
        "due_date < 2024-06 and due_date > 2024-05-13 and due_date >= 2024-05-14 and due_date <= 2024-05",
        "due_date = 2024-05 and due_date = 2024..2025",
        "ordered <= 2024-05 and ordered >= 2024-05 and not ordered < 2024-05-15",
        "issuer has gmbh and issuer = JOHNSON AND JOHNSON GMBH",
        "skills has pyth and skills = sql and items has bolt and items = 3",
        "not missing = 1 and not missing != 1",
    ],
)
def test_what_holds(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "amount < 1,000",
        "amount > many",
        "due_date > 2024-05",
        "due_date != 2024-05",
        "skills != SQL",
        "source=IN/A (1).pdf",
        "missing = 1",
        "missing != 1",
        "issuer < 2024",
    ],
)
def test_what_does_not_hold(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("language", "behind 'language'"),
        ("x=", "a value"),
        ("(a=1", "closing bracket"),
        ("(a=1) b", "at 'b'"),
        ("a in (1", "closing bracket"),
        ("= 3", "the name of a field"),
        ("(" * 40 + "a=1", "nested deeper"),
        ("a=" + "x" * 3000, "longer than"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_at_its_place(text: str, place: str) -> None:
    with pytest.raises(InputError, match=place) as refusal:
        parse(text)
    assert refusal.value.code == "bad_where"


def test_all_forms_of_a_filter_are_joined() -> None:
    assert as_filter(None, "", {}) is None
    assert as_filter({"a": "1"}, "b=2") == Every((Condition("a", "=", ("1",)), Condition("b", "=", ("2",))))


@given(st.text(alphabet="ab=<>!().,'\"\\ or and not in has 19-", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        matches(parse(text), lambda _: ["a", 1, "2024-01"])
    except InputError as error:
        assert error.code == "bad_where"
