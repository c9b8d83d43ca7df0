"""Spaces and punctuation of recognised lines."""

from __future__ import annotations

import pytest

from pipeline.engines.ocr.cjk_spaces import tidied


def tidy(text: str) -> str:
    return tidied(text, [n / max(len(text), 1) for n in range(len(text))])[0]


@pytest.mark.parametrize(
    ("read", "wanted"),
    [
        ("参 数 的 初 始 化", "参数的初始化"),
        ("使用 Python 3 编程", "使用 Python 3 编程"),
        ("Payment  term: 30 days ", "Payment term: 30 days"),
        ("Hello，world！", "Hello,world!"),
        ("因此,我们认为", "因此，我们认为"),
        ("电话：１２３４５", "电话：12345"),
        ("共3,500元", "共3,500元"),
        ("", ""),
    ],
)
def test_spaces_and_signs(read: str, wanted: str) -> None:
    assert tidy(read) == wanted


def test_every_kept_character_keeps_its_place() -> None:
    text, centres = tidied("参 数 a", [0.1, 0.2, 0.3, 0.4, 0.5])
    assert (text, centres) == ("参数 a", (0.1, 0.3, 0.4, 0.5))
