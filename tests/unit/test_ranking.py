"""The ranking of hits: fusion, shares of words, exact texts, pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.search.ranking import (
    COMPARED,
    KEYWORD_WEIGHT,
    VECTOR_WEIGHT,
    VECTOR_WEIGHT_UNKNOWN,
    Ranked,
    by_words,
    exact_first,
    fuse,
    keyword_weight,
    one_per_page,
    vector_weight,
)
from pipeline.search.word_share import absent_share, exact_share, weighted_words, word_share

lists = st.lists(st.integers(0, 30), unique=True, max_size=20)


def ids(ranked: list[Ranked]) -> list:
    return [hit.id for hit in ranked]


def test_what_both_halves_find_first_is_first_with_score_one() -> None:
    first, *_ = fuse(["a", "b"], ["a", "c"])
    assert (first.id, first.score, first.keyword_rank, first.vector_rank) == ("a", pytest.approx(1.0), 1, 1)


def test_found_by_both_beats_found_by_one() -> None:
    assert fuse(["a", "both"], ["b", "both"])[0].id == "both"


def test_one_empty_half_leaves_the_order_of_the_other() -> None:
    assert ids(fuse([3, 1, 2], [])) == [3, 1, 2]
    assert ids(fuse([], [3, 1, 2], VECTOR_WEIGHT_UNKNOWN)) == [3, 1, 2]
    assert fuse([], []) == []


def test_chinese_weighs_little_only_where_the_embedder_knows_none() -> None:
    assert vector_weight(1.0, english_only=False) == vector_weight(0.0, english_only=True) == VECTOR_WEIGHT
    assert vector_weight(1.0, english_only=True) == vector_weight(0.4, english_only=True)
    assert vector_weight(0.4, english_only=True) == pytest.approx(VECTOR_WEIGHT_UNKNOWN)
    assert ids(fuse(["k1", "k2"], ["v1", "k2"], VECTOR_WEIGHT_UNKNOWN)) == ["k1", "k2", "v1"]


@given(lists, lists, st.sampled_from([VECTOR_WEIGHT, VECTOR_WEIGHT_UNKNOWN]))
def test_promises_of_every_fusion(keyword: list[int], vector: list[int], weight: float) -> None:
    ranked = fuse(keyword, vector, weight, others=[99])
    scores = [hit.score for hit in ranked]
    assert sorted(ids(ranked)) == sorted({*keyword, *vector, 99}) and ranked[-1].id == 99
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 + 1e-9 for score in scores[:-1])
    for hit in ranked:
        assert hit.keyword_rank == (keyword.index(hit.id) + 1 if hit.id in keyword else None)
        assert hit.vector_rank == (vector.index(hit.id) + 1 if hit.id in vector else None)


def test_rare_words_weigh_more_than_common_ones() -> None:
    share = word_share(weighted_words({'"otter"': 5.0, '"contract"': 1.0}))
    assert share("The Otters met.") == pytest.approx(5 / 6)
    assert share("A contract.") == pytest.approx(1 / 6)
    assert share("nothing") == 0.0 and share("otter contract") == pytest.approx(1.0)


def test_words_are_compared_by_their_stems_and_chinese_by_its_characters() -> None:
    share = word_share(weighted_words({'"payments"': 1.0, '"张量"': 1.0, '"INV-2024/07"': 2.0}))
    assert share("the payment was made") == pytest.approx(0.25)
    assert share("关于张量的章节") == pytest.approx(0.25)
    assert share("张三的量") == 0.0
    assert share("Invoice INV-2024/07") == pytest.approx(0.5) and share("INV 2024") == 0.0
    assert word_share([])("anything") == 0.0


def test_pairs_that_are_no_words_do_not_count() -> None:
    """神经网络 and 训练 make the pair 络训, which no text needs to hold."""
    rarity = {'"神经"': 1.0, '"经网"': 1.0, '"网络"': 1.0, '"络训"': 9.0, '"训练"': 1.0}
    words = weighted_words(rarity, ["神经网络训练"])
    share = word_share(words)
    assert share("训练一个神经网络") == pytest.approx(1.0)
    assert share("训练") == pytest.approx(2 / 6) and share("网") == 0.0
    assert absent_share(words, {'"络训"'}) == 0.0
    assert absent_share(words, set(rarity)) == absent_share([], ()) == 1.0
    assert weighted_words({'"树"': 2.0}, ["树"]) == [(('"树"',), 2.0)]


def test_keywords_with_little_of_the_query_weigh_nothing() -> None:
    assert keyword_weight(0.1) == 0.0 and keyword_weight(0.9) == KEYWORD_WEIGHT
    assert 0 < keyword_weight(0.2) < keyword_weight(0.3) < KEYWORD_WEIGHT
    assert ids(fuse(["k"], ["v"], of_keywords=keyword_weight(0.3))) == ["v", "k"]


def test_a_share_of_words_moves_the_first_hits_only() -> None:
    ranked = fuse(list(range(COMPARED + 5)), [])
    texts = {number: "otter" if number in (1, COMPARED + 4) else "" for number in range(COMPARED + 5)}
    moved = by_words(ranked, texts, word_share(weighted_words({'"otter"': 1.0})))
    assert ids(moved)[:2] == [1, 0]
    assert moved[-1].id == COMPARED + 4
    assert all(0 <= hit.score <= 1 for hit in moved)


def test_what_holds_an_exact_text_comes_first() -> None:
    ranked = fuse(["near", "nearer"], ["nearer", "near"], others=["exact"])
    texts = {"near": "RE-2024-0816", "nearer": "RE 2024", "exact": "Invoice re-2024-0815 of May"}
    placed = exact_first(ranked, texts, exact_share(["RE-2024-0815"]))
    assert placed[0].id == "exact" and ids(placed)[1:] == ids(ranked)[:2]
    assert placed[0].score <= 1
    assert exact_first(ranked, texts, exact_share(["absent"])) == ranked


def test_an_exact_text_is_whole_words_whatever_stands_between_them() -> None:
    share = exact_share(["Cardinal Gracious Road"])
    assert share("at **Cardinal**  Gracious\nRoad, Andheri") == 1.0
    assert share("Cardinal Gracious Roads") == 0.0 and share("Gracious Cardinal Road") == 0.0
    assert exact_share(["10.06"])("10.0623") == 0.0
    assert exact_share(["付款期限"])("合同的付款期限为三十天") == 1.0


def test_a_page_is_one_hit() -> None:
    pages = {"a": [1], "b": [1], "c": [1, 2], "d": [2], "e": [3]}
    ranked = [Ranked(id, 1.0, None, None) for id in "abcde"]
    assert [hit.id for hit in one_per_page(ranked, lambda id: pages[id])] == ["a", "c", "e"]
