"""What a text file is told to be by its first bytes: encodings without a mark, and stray control characters."""

from __future__ import annotations

import random

import pytest

from pipeline.engines.formats.decoding import decoded
from pipeline.engines.text_kinds import CSV, EML, TEXT, kind_of_text, utf16_of

LETTER = "Dear reader,\n\nthe café opens at nine on Monday. Prices start at 4 €, see the list below.\n" * 3
MAIL = "From: anna@example.com\nTo: ben@example.com\nSubject: Offer\nMIME-Version: 1.0\n\nDear Ben, here it is.\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_utf16_is_told_with_and_without_a_mark(encoding: str) -> None:
    assert kind_of_text(LETTER.encode(encoding)) == TEXT
    assert kind_of_text(MAIL.encode(encoding)) == EML
    assert decoded(LETTER.encode(encoding)) == LETTER


def test_a_stray_control_character_does_not_make_a_text_something_else() -> None:
    assert kind_of_text(f"{LETTER}\x02{LETTER}".encode()) == TEXT
    assert kind_of_text(f"{LETTER}\x7f{LETTER}\x1f".encode("cp1252")) == TEXT


def test_bytes_are_no_text() -> None:
    chance = random.Random(7)
    for size in (60, 2000, 8000):
        noise = bytes(chance.randrange(256) for _ in range(size))
        assert kind_of_text(noise) == "" and kind_of_text(noise.replace(b"\0", b"a")) == ""
    assert kind_of_text(b"\0\1" * 300) == "" and utf16_of(b"\0\1" * 300) == ""
    assert kind_of_text(b"\0" * 600) == "" and kind_of_text(LETTER.encode() + b"\0\0\0") == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Dear Sir,\nthank you, again.\nYours,\nJohn, CEO\n", TEXT),
        ("Name,Age\nAnn,3\n", CSV),
        ("Name, Age, Town\nAnn, 3, Bath\nBen, 4, York\n", CSV),
        ("Name;Age\nAnn;3\n", CSV),
    ],
)
def test_letters_with_a_comma_in_each_line_are_no_tables(text: str, kind: str) -> None:
    assert kind_of_text(text.encode()) == kind
