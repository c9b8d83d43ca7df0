"""Amounts of money as they are printed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.rules.money import find_amounts, find_currencies, printed, read_chinese_amount, read_number


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("$ 279.84", 279.84, "USD"),
        ("Factuur totaal EUR 49,99", 49.99, "EUR"),
        ("1.234,56 €", 1234.56, "EUR"),
        ("₹ 1,25,000.00", 125000.0, "INR"),
        ("₹12,34,56,789", 123456789.0, "INR"),
        ("CHF 1'234.50", 1234.5, "CHF"),
        ("1 234,50 EUR", 1234.5, "EUR"),
        ("RM8.20", 8.2, "MYR"),
        ("(小写)￥ 1,060.00", 1060.0, "CNY"),
        ("100元", 100.0, "CNY"),
        ("3.5万元", 35000.0, "CNY"),
        ("$1,234", 1234.0, "USD"),
        ("TOTAL:18.80", 18.8, ""),
        ("-0.02", -0.02, ""),
        ("3.00-", -3.0, ""),
        ("12.000", 12000.0, ""),
        ("单价 132.7433628 元", 132.7433628, "CNY"),
        ("1,234.56789", 1234.56789, ""),
        ("0.00005", 0.00005, ""),
        ("8.7亿元", 870_000_000.0, "CNY"),
        ("1234567890.12", 1234567890.12, ""),
        ("$92 million", 92e6, "USD"),
        ("1,2 Mrd. €", 1.2e9, "EUR"),
        ("5 Millionen Euro", 5e6, "EUR"),
        ("USD 1.5 billion", 1.5e9, "USD"),
        ("£250k", 250e3, "GBP"),
        ("$3.5M", 3.5e6, "USD"),
        ("1,200百万元", 1.2e9, "CNY"),
        ("$2 mİllion", 2e6, "USD"),
        ("€ 5 m", 5.0, "EUR"),
        ("50km", 50.0, ""),
    ],
)
def test_an_amount_has_value_and_currency(text: str, value: float, currency: str) -> None:
    (amount,) = find_amounts(text)
    assert (amount.value, amount.currency) == (value, currency)


def test_percentages_are_no_amounts() -> None:
    assert [amount.value for amount in find_amounts("Tax 15% on $ 112.90")] == [112.9]


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("壹仟贰佰叁拾元伍角整", 1230.5),
        ("壹万零伍佰圆整", 10500.0),
        ("叁亿元整", 300000000.0),
        ("伍亿柒仟陆佰万元整", 576000000.0),
        ("贰拾元零捌分", 20.08),
    ],
)
def test_chinese_numerals(printed: str, value: float) -> None:
    assert read_chinese_amount(printed) == value


def test_currencies_are_counted_as_printed() -> None:
    assert find_currencies("USD 5, $ 6 and 7 €") == ["USD", "USD", "EUR"]


@given(st.integers(min_value=0, max_value=10**9))
def test_both_decimal_marks_read_the_same(cents: int) -> None:
    english = f"{cents / 100:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert read_number(english) == read_number(german) == (cents / 100, 2)


@given(st.text(max_size=80))
def test_any_text_can_be_searched(text: str) -> None:
    for amount in find_amounts(text):
        assert 0 <= amount.start < amount.end <= len(text)


@given(st.decimals(min_value=0, max_value=10**9, allow_nan=False, allow_infinity=False, places=6))
def test_an_amount_is_kept_as_it_is_printed(value: Decimal) -> None:
    (amount,) = find_amounts(f"EUR {value}")
    assert Decimal(repr(amount.value)) == value
    assert Decimal(printed(amount)) == value


@pytest.mark.parametrize("text", ["12345678901234567.89", "9" * 400, "0.1234567890123456"])
def test_what_cannot_be_kept_exactly_is_no_amount(text: str) -> None:
    assert find_amounts(text) == []
    assert read_number(text) == (None, 0)


def test_struck_amounts_are_none() -> None:
    text = "The rent is ~~900 euros~~ 1150 euros."
    assert [(amount.value, text[amount.start : amount.end]) for amount in find_amounts(text)] == [
        (1150.0, "1150 euros")
    ]
