"""The keyword index: what is found, what is no operator, and which versions answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, insert

from stores.sql import keywords
from stores.sql.keywords import Words
from stores.sql.tables import chunk, document, metadata
from stores.words import index_text, query_words, unspaced_share


def database() -> Connection:
    connection = create_engine("sqlite://").connect()
    metadata.create_all(connection)
    keywords.create(connection)
    return connection


@pytest.fixture
def connection() -> Iterator[Connection]:
    opened = database()
    yield opened
    opened.close()


def add(
    connection: Connection, at: int, text: str, heading: str = "", title: str = "", visible: int | None = 1
) -> None:
    """A chunk of generation 1 in a document of its own, whose generation ``visible`` answers."""
    facts = {"id": f"d{at}", "sha256": f"d{at}", "size_bytes": 0, "media_type": "", "state": "done"}
    connection.execute(insert(document), {**facts, "newest": 1, "visible": visible, "created_at": 0, "updated_at": 0})
    place = {"document": f"d{at}", "generation": 1, "ordinal": 0, "first_page": 1, "last_page": 1, "boxes": []}
    connection.execute(insert(chunk), {"id": at, "text": text, "heading": heading, "embedding": b"", **place})
    keywords.write(connection, [Words(rowid=at, text=text, heading=heading, title=title)])


def found(connection: Connection, query: str, limit: int = 10) -> list[int]:
    return [at for at, _ in keywords.search(connection, query, limit)]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("The payments were made.", "payment"),
        ("付款期限为三十天。", "付款"),
        ("付款期限为三十天。", "期限"),
        ("付款期限为三十天。", "款"),
        ("付款期限為三十天。", "付款期限为多少天"),
        ("学历证明", "學歷"),
        ("國立臺灣大學的學歷證明", "国立台湾大学"),
        ("國立臺灣大學的學歷證明", "「學歷證明」"),
        ("國立臺灣大學的學歷證明", "“学历证明”"),
        ("付款期限为三十天。", "付款期限是什么？"),
        ("使用LSTM网络进行训练", "LSTM 网络"),
        ("ＡＢＣ－１２３ 的发票", "ABC-123"),
        ("Invoice INV-2024/07 of May", "INV-2024/07"),
        ("write to jane.doe+x@example.co.uk today", "jane.doe+x@example.co.uk"),
        ("john\\_smith@example.com", "john_smith@example.com"),
        ("total 1,234,567.50 EUR", "1234567.50"),
        ("total 1234567.50 EUR", "1,234,567.50"),
        ("a **bo**ld word", "bold"),
        ("<td>cell</td><td>next</td>", "cell"),
        ("the ﬁnal oﬃce", "final office"),
        ("Müller in Zürich", "muller zurich"),
        ("hy\u00adphen", "hyphen"),
        ("to be or not to be", "to be or not to be"),
        ("これは日本語の文章です", "日本語"),
        ("한국어 문서입니다", "한국어"),
        ("हिन्दी में लिखा", "हिन्दी"),
        ("C++ and C#", "C++"),
    ],
)
def test_what_is_written_is_found(connection: Connection, text: str, query: str) -> None:
    add(connection, 1, text)
    add(connection, 2, "nothing of the kind 无关")
    assert found(connection, query)[:1] == [1]


def test_an_unrelated_text_is_not_found(connection: Connection) -> None:
    add(connection, 1, "付款期限为三十天。 The payment term.")
    assert found(connection, "recipe") == []
    assert found(connection, "火车") == []


@pytest.mark.parametrize("query", ["", "  ", "?!", '"', "'", "()", "*", "，。"])
def test_a_query_without_a_word_finds_nothing(connection: Connection, query: str) -> None:
    add(connection, 1, "some text")
    assert found(connection, query) == []


OPERATORS = ['text "', "text AND", "NOT text", "text OR (", "heading:text", "text*", "^text", "-text", "{a}:text"]


@pytest.mark.parametrize("query", [*OPERATORS, "NEAR(text x, 2)", "text\x00", "text \udcff"])
def test_operators_are_plain_words(connection: Connection, query: str) -> None:
    add(connection, 1, "some text")
    assert found(connection, query) == [1]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_query_is_an_error(query: str) -> None:
    with database() as connection:
        add(connection, 1, "some text 一些文字")
        assert found(connection, query) in ([], [1])


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="付款期限为三十天的张量矩阵", min_size=2, max_size=12))
def test_every_chinese_phrase_is_found_again(text: str) -> None:
    with database() as connection:
        add(connection, 1, f"前言{text}后记")
        assert found(connection, text) == [1]


def test_more_of_the_words_is_better(connection: Connection) -> None:
    add(connection, 1, "the term of an office")
    add(connection, 2, "the payment term of the contract")
    add(connection, 3, "a payment")
    assert found(connection, "What is the payment term?")[0] == 2
    assert set(found(connection, "What is the payment term?")) == {1, 2, 3}


def test_scores_fall_and_the_limit_holds(connection: Connection) -> None:
    for at in range(1, 30):
        add(connection, at, "word " * at + "filler " * (40 - at))
    scores = [score for _, score in keywords.search(connection, "word", 5)]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)


def test_heading_and_title_are_found_too(connection: Connection) -> None:
    add(connection, 1, "thirty days", heading="Contract > Payment term", title="Framework agreement")
    assert found(connection, "payment") == [1]
    assert found(connection, "framework") == [1]


def test_only_the_visible_version_answers(connection: Connection) -> None:
    add(connection, 1, "payment term old", visible=2)
    add(connection, 2, "payment term new")
    add(connection, 3, "payment term unfinished", visible=None)
    assert found(connection, "payment term") == [2]


def test_many_hidden_versions_do_not_hide_the_visible_one(connection: Connection) -> None:
    for at in range(1, 60):
        add(connection, at, "payment payment payment", visible=None)
    add(connection, 60, "one payment among many other words of a long text")
    assert found(connection, "payment", limit=3) == [60]


def test_written_twice_is_there_once_and_deleted_is_gone(connection: Connection) -> None:
    add(connection, 1, "first words")
    keywords.write(connection, [Words(rowid=1, text="second words", heading="", title="")])
    assert found(connection, "first") == []
    assert found(connection, "second") == [1]
    keywords.delete(connection, [1, 99])
    keywords.delete(connection, [1])
    assert found(connection, "words") == []
    keywords.create(connection)


def test_runs_become_characters_and_pairs() -> None:
    assert index_text("付款期").split() == ["付", "付款", "款", "款期", "期"]


def test_the_share_of_scripts_without_spaces() -> None:
    assert unspaced_share("") == 0
    assert unspaced_share("payment term") == 0
    assert unspaced_share("付款期限？") == 1
    assert 0.3 < unspaced_share("LSTM 网络") < 0.4


def test_common_words_still_count_when_rare_ones_choose_the_rows(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(1, 41):
        add(connection, at, "contract contract text" if at % 2 else "a text")
    add(connection, 50, "rare word alone here")
    add(connection, 51, "rare contract text")
    for at in range(60, 64):
        add(connection, at, "rare filler filler filler filler filler filler")
    whole = keywords.search(connection, "rare contract text", 4)
    monkeypatch.setattr(keywords, "_SCORED_ROWS", 10)
    chosen = keywords.search(connection, "rare contract text", 4)
    assert chosen[0][0] == whole[0][0] == 51
    assert {at for at, _ in chosen} <= {50, 51, 60, 61, 62, 63}
    assert len(keywords.search(connection, "rare contract text", 20)) == 20


@pytest.mark.parametrize(
    ("query", "exact"),
    [
        ('the street "Cardinal Gracious Road" in Mumbai', ["Cardinal Gracious Road"]),
        ("“ulnar styloid process”", ["ulnar styloid process"]),
        ("合同里的「付款期限」是什么", ["付款期限"]),
        ("Where is RE-2024-0815?", ["RE-2024-0815"]),
        ("conference ID 13735500", ["13735500"]),
        ("shares outstanding: 96,089,997", ["96089997"]),
        ("the value 10.0623", ["10.0623"]),
        ("write to jane.doe1@example.com.", ["jane.doe1@example.com"]),
        ("TQVWX", ["TQVWX"]),
        ("Rich Carona", ["Rich Carona"]),
        ("who is Rich Carona", []),
        ("What was revenue in 2023?", []),
        ("list four large otters today", []),
        ("付款期限", []),
        ('""', []),
        ('"?!"', []),
    ],
)
def test_what_is_looked_for_as_it_is_written(query: str, exact: list[str]) -> None:
    assert list(query_words(query).exact) == exact


def test_exact_texts_are_found_in_visible_chunks_the_rarest_first(connection: Connection) -> None:
    add(connection, 1, "Invoice RE-2024-0815 and RE-2024-0816")
    add(connection, 2, "Invoice RE-2024-0816")
    add(connection, 3, "RE-2024-0815", visible=None)
    add(connection, 4, "合同的付款期限为三十天")
    assert keywords.search_exact(connection, ["RE-2024-0816", "RE-2024-0815"], 10) == [1, 2]
    assert keywords.search_exact(connection, ["付款期限"], 10) == [4]
    assert keywords.search_exact(connection, ["absent words", "?"], 10) == []
    assert keywords.rows_with(connection, ['"invoice"', '"absent"']) == {'"invoice"': 2, '"absent"': 0}
