"""E-mail and web addresses, phone numbers, languages."""

from __future__ import annotations

import pytest

from pipeline.engines.rules.contacts import find_emails, find_phones, find_urls
from pipeline.engines.rules.language import detect_language


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(609) 999-9995", "(609) 999-9995"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("手机：13800138000", "13800138000"),
        ("Tel: 03-5542 8228", "03-5542 8228"),
        ("+49 (0)30 1234567", "+49301234567"),
        ("(555) 010-7788 x204", "(555) 010-7788 ext. 204"),
        ("Tel: 03-5542 8228 ext. 42", "03-5542 8228 ext. 42"),
        ("电话：010-62345678 转 801", "010-62345678 ext. 801"),
        ("+49 30 1234567 Durchwahl 12", "+49301234567 ext. 12"),
    ],
)
def test_phones(text: str, value: str) -> None:
    assert [match.value for match in find_phones(text)] == [value]


@pytest.mark.parametrize("text", ["2018 - 2022", "01-17-2023", "Order 123456789", "1.234.567", "2020.01.02-2021"])
def test_other_numbers_are_no_phones(text: str) -> None:
    assert find_phones(text) == []


def test_web_and_mail_addresses_end_before_punctuation() -> None:
    text = "see https://a.example/c(d)). and www.foo.de, linkedin.com/in/x; mail me@x.example.com."
    assert [match.value for match in find_urls(text)] == ["https://a.example/c(d)", "www.foo.de", "linkedin.com/in/x"]
    assert [match.value for match in find_emails(text)] == ["me@x.example.com"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("这是一份中文合同，with some English words in it", "zh"),
        ("これは日本語の文章です", "ja"),
        ("Dies ist ein kurzer Text über die Rechnung und das Geld, das wir noch bezahlen müssen", "de"),
        ("Le montant de la facture doit être payé avant la fin du mois par virement bancaire", "fr"),
        ("The invoice is to be paid within thirty days of its date, without any deduction", "en"),
        ("12 34", None),
    ],
)
def test_language(text: str, language: str | None) -> None:
    assert detect_language(text) == language


def test_the_beginning_of_an_address_that_goes_on_below_is_none() -> None:
    assert [match.value for match in find_urls("see https://www. and www. or https:// and www.harbour.example")] == [
        "www.harbour.example"
    ]
