"""The words of our own keyword index are those that SQLite's FTS5 makes of the same text."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Sequence

import pytest

from stores.tokens import tokens
from stores.words import index_text

TOKENIZER = "porter unicode61 remove_diacritics 2 categories 'L* N* M* Co'"
TEXTS = (
    "The payments were made: INV-2024/07, £1,234.50 to Jane.Doe+x@example.co.uk!",
    "Müller in Zürich, Ångström, naïve façade, İstanbul, groß, ΟΔΥΣΣΕΥΣ, Ёлка и йод",
    "付款期限为三十天。使用LSTM网络进行训练, これは日本語の文章です, 한국어 문서입니다",
    "हिन्दी में लिखा, العربية, עברית, ไทย, e\u0301te\u0301, x\u0332y, ﬁnal oﬃce, ＡＢＣ－１２３",
    "snake_case camelCase don't C++ C# a'b \u00ad\u200b 3½ m² ①",
)


def of_sqlite(texts: Sequence[str]) -> list[list[str]]:
    database = sqlite3.connect(":memory:")
    database.execute(f'CREATE VIRTUAL TABLE t USING fts5(x, tokenize="{TOKENIZER}")')
    database.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")
    database.executemany("INSERT INTO t(rowid, x) VALUES (?, ?)", enumerate(texts))
    words: list[list[str]] = [[] for _ in texts]
    for row, word in database.execute("SELECT doc, term FROM v ORDER BY doc, offset"):
        words[row].append(word)
    database.close()
    return words


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_are_those_of_fts5(text: str) -> None:
    assert [tokens(index_text(text))] == of_sqlite([index_text(text)])


def test_letters_of_the_scripts_in_use_are_folded_as_fts5_does() -> None:
    scripts = [*range(0x21, 0x0530), *range(0x0900, 0x0980), *range(0x1E00, 0x2000), *range(0x3041, 0x3100)]
    letters = [chr(code) for code in scripts if unicodedata.category(chr(code))[0] in "LNMPZ"]
    wanted = of_sqlite([f"a{letter}b" for letter in letters])
    other = [letter for letter, words in zip(letters, wanted, strict=True) if tokens(f"a{letter}b") != words]
    assert len(other) < len(letters) / 100, f"more than what Unicode gained since SQLite's tables: {other}"
