"""The stems are those of SQLite's FTS5, which the keyword index is made with."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stores.stemming import stem

ROOT = Path(__file__).resolve().parent.parent.parent


def words_in(text: str) -> list[str]:
    return text.split()


BEGINNINGS = words_in(
    "a be calibr comp dat electr fil gener hop invo jur kn log mot nat op pay queu rat sens trad us var wid"
)
MIDDLES = ["", "at", "ic", "iz", "al", "iv", "ous", "bl", "ent", "ll", "tt", "y", "ee", "ful", "ab", "ib", "og"]
ENDINGS = words_in(
    "e ed ing s es ies y ly er ion ions ation ational ness iveness fulness ence ance ment able ism ity izer logi"
)


def stems_of_sqlite(words: Iterable[str]) -> dict[str, str]:
    """word -> its stem; one row for each, so that each stem is known by its row."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE t USING fts5(w, tokenize='porter unicode61')")
    database.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, 'instance')")
    kept = sorted(set(words))
    database.executemany("INSERT INTO t(rowid, w) VALUES (?, ?)", enumerate(kept, 1))
    return {kept[row - 1]: term for term, row in database.execute("SELECT term, doc FROM v")}


def different(words: Iterable[str]) -> dict[str, tuple[str, str]]:
    return {word: (stem(word), wanted) for word, wanted in stems_of_sqlite(words).items() if stem(word) != wanted}


def test_words_of_our_own_texts() -> None:
    texts = " ".join(
        path.read_text() for path in [ROOT / "README.md", ROOT / "LICENSE", *(ROOT / "pipeline").rglob("*.py")]
    )
    assert not different(re.findall(r"\b[a-z]{1,60}\b", texts.lower()))


def test_words_made_of_parts() -> None:
    words = {a + b + c for a in BEGINNINGS for b in MIDDLES for c in ENDINGS}
    assert not different(words)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("abcdeilnoprstuyz", min_size=1, max_size=14), min_size=1, max_size=30))
def test_any_letters(words: list[str]) -> None:
    assert not different(words)


@pytest.mark.parametrize("word", ["2024", "über", "付款", "x" * 200, "a", ""])
def test_what_is_no_english_word_stays(word: str) -> None:
    assert stem(word) == word
