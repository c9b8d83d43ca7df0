"""Traditional Chinese and Japanese forms of characters, brought to the simplified ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.simplified import simplified


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("統一編號", "统一编号"),
        ("對帳單 餘額", "对账单 余额"),
        ("臺灣 國立臺灣大學", "台湾 国立台湾大学"),
        ("請求書 単価 対象", "请求书 单价 对象"),
        ("1,000円", "1,000円"),
        ("甲方：后海的芸姐", "甲方：后海的芸姐"),
        ("Rechnung, café, Ł", "Rechnung, café, Ł"),
    ],
)
def test_each_character_has_its_simplified_form(printed: str, expected: str) -> None:
    assert simplified(printed) == expected


@given(st.text())
def test_a_text_stays_as_long_as_it_is_and_is_simplified_once(text: str) -> None:
    plain = simplified(text)
    assert len(plain) == len(text)
    assert simplified(plain) == plain
