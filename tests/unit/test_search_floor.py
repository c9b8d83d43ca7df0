"""Whether anything fits a query, and the words that a query excludes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.engines.embedders.e5 import E5
from pipeline.search.exclusions import holds_excluded, without_excluded
from pipeline.search.floor import FLOORS, Signals, agreement
from stores.errors import InputError

FLOOR = FLOORS[E5.fingerprint]
NONSENSE = Signals(
    similarity=0.80,
    unspaced=0.0,
    lead=0.0,
    margin=0.03,
    best_share=0.0,
    absent_share=1.0,
    agreement=0.0,
    exact_share=0.0,
)


def test_the_default_embedder_has_a_floor() -> None:
    assert not FLOOR.fits(NONSENSE, same_script=True)
    assert not FLOOR.fits(replace(NONSENSE, margin=0.02), same_script=False)


def test_words_and_exact_texts_lift_over_the_floor() -> None:
    near = replace(NONSENSE, similarity=0.83)
    assert not FLOOR.fits(near, same_script=True)
    held = replace(near, absent_share=0.0, best_share=0.7, agreement=1.0)
    assert FLOOR.fits(held, same_script=True)
    assert not FLOOR.fits(replace(held, similarity=0.75, margin=0.0, best_share=0.4), same_script=True)


def test_no_word_is_expected_in_another_script() -> None:
    near = replace(NONSENSE, similarity=0.83, margin=0.06)
    assert not FLOOR.fits(near, same_script=True) and FLOOR.fits(near, same_script=False)


def test_what_stands_out_is_measured_against_the_next_ones() -> None:
    assert FLOOR.margin([0.9] * 60) == pytest.approx(0.0), "all chunks are as near"
    assert FLOOR.margin([0.9] + [0.8] * 60) == pytest.approx(0.098)
    assert FLOOR.margin([0.9]) == pytest.approx((0.9 - FLOOR.background) * 0.98), "a knowledge base of one chunk"


def test_words_and_vectors_agree_where_the_same_is_first() -> None:
    assert agreement(["a", "b"], ["a", "c"]) == 1.0
    assert agreement(["a", "b"], ["b", "c"]) == 0.5
    assert agreement(["a"], ["b"]) == agreement([], ["b"]) == 0.0


@pytest.mark.parametrize(
    ("query", "rest", "excluded"),
    [
        ("contract -draft", "contract", ("draft",)),
        ('-"first version" contract -草稿', "contract", ("first version", "草稿")),
        ("state-of-the-art at -5 degrees - or so", "state-of-the-art at -5 degrees - or so", ()),
    ],
)
def test_words_behind_a_minus_sign_are_excluded(query: str, rest: str, excluded: tuple[str, ...]) -> None:
    assert without_excluded(query) == (rest, excluded)


def test_a_query_that_only_excludes_is_refused() -> None:
    with pytest.raises(InputError, match="say what to look for"):
        without_excluded("-draft")


def test_excluded_words_are_compared_by_their_stems_and_phrases_as_they_are() -> None:
    holds = holds_excluded(["drafts", "first version", "草稿"])
    assert holds("This DRAFT is old.") and holds("the first version") and holds("合同草稿")
    assert not holds("the version of the first contract, 稿草")
