"""Conditions that the form of the records page builds can be read by the language of filters, and sort keys."""

from __future__ import annotations

import pytest

from ingest.web.record_columns import condition
from pipeline.queries.record_table import sort_key
from pipeline.search.filter_language import parse
from stores.errors import InputError
from stores.filters import Condition


@pytest.mark.parametrize(
    "value", ["1000", "-1.5", "2026-05", "Paper Ltd", 'a "b" \\ c', "x and y = z", "a, b) or (c", "1..2", "三月"]
)
@pytest.mark.parametrize("operator", ["=", "!=", ">", "has"])
def test_any_value_is_read_as_it_was_typed(operator: str, value: str) -> None:
    assert parse(condition("lines.amount", operator, value)) == Condition("lines.amount", operator, (value,))  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "to"), [("1", "20"), ("2026-01", "2026-03"), ("a b", "c"), ("1.5", "x")])
def test_a_range_has_both_ends(value: str, to: str) -> None:
    assert parse(condition("date", "range", value, to)) == Condition("date", "range", (value, to))
    with pytest.raises(InputError, match="both ends"):
        condition("date", "range", value, " ")


def test_numbers_sort_by_size_texts_without_case_and_rows_by_their_number() -> None:
    assert sorted([10, 9.5, -1], key=sort_key) == [-1, 9.5, 10]
    assert sorted(["b", "A", "c"], key=sort_key) == ["A", "b", "c"]
    assert sorted([[{"a": 1}, {"a": 2}], [{"a": 9}]], key=sort_key) == [[{"a": 9}], [{"a": 1}, {"a": 2}]]
    assert sorted([["b"], ["a", "c"]], key=sort_key) == [["a", "c"], ["b"]]
