"""Fusion of keyword and vector ranks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.search.ranking import fuse

lists = st.lists(st.integers(0, 30), unique=True, max_size=20)


def test_what_both_halves_find_first_is_first_with_score_one() -> None:
    first, *_ = fuse(["a", "b"], ["a", "c"], 0.0, 10)
    assert (first.id, first.score, first.keyword_rank, first.vector_rank) == ("a", pytest.approx(1.0), 1, 1)


def test_found_by_both_beats_found_by_one() -> None:
    assert fuse(["a", "both"], ["b", "both"], 0.0, 1)[0].id == "both"


def test_one_empty_half_leaves_the_order_of_the_other() -> None:
    assert [hit.id for hit in fuse([3, 1, 2], [], 0.0, 10)] == [3, 1, 2]
    assert [hit.id for hit in fuse([], [3, 1, 2], 1.0, 10)] == [3, 1, 2]
    assert fuse([], [], 0.5, 10) == []


def test_keywords_decide_a_chinese_question_and_vectors_fill_up() -> None:
    ranked = fuse(["k1", "k2"], ["v1", "k2"], 1.0, 10)
    assert [hit.id for hit in ranked] == ["k1", "k2", "v1"]


def test_names_in_latin_letters_leave_a_chinese_question_chinese() -> None:
    assert fuse(["k1", "k2"], ["k2", "k1"], 0.4, 10)[0].id == "k1"


def test_a_multilingual_embedder_counts_in_every_language() -> None:
    assert fuse(["k1", "k2"], ["k2", "k3"], 1.0, 10, multilingual=True) == fuse(["k1", "k2"], ["k2", "k3"], 0.0, 10)


@given(lists, lists, st.floats(0, 1), st.integers(1, 40))
def test_promises_of_every_fusion(keyword: list[int], vector: list[int], share: float, limit: int) -> None:
    ranked = fuse(keyword, vector, share, limit)
    ids = [hit.id for hit in ranked]
    scores = [hit.score for hit in ranked]
    assert len(ids) == min(limit, len({*keyword, *vector}))
    assert len(set(ids)) == len(ids)
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 + 1e-9 for score in scores)
    for hit in ranked:
        assert hit.keyword_rank == (keyword.index(hit.id) + 1 if hit.id in keyword else None)
        assert hit.vector_rank == (vector.index(hit.id) + 1 if hit.id in vector else None)
