"""Whether anything fits a query, and the words that a query excludes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.engines.embedders.e5 import E5
from pipeline.search.exclusions import holds_excluded, without_excluded
from pipeline.search.floor import FLOORS, Signals
from stores.errors import InputError

FLOOR = FLOORS[E5.fingerprint]
NONSENSE = Signals(
    similarity=0.80,
    nearest_share=0.0,
    best_share=0.0,
    absent_share=1.0,
    same_script=1.0,
    exact_share=0.0,
    unspaced=0.0,
)


def test_the_default_embedder_has_a_floor() -> None:
    assert not FLOOR.fits(NONSENSE)


def test_words_and_exact_texts_lift_over_the_floor() -> None:
    near = replace(NONSENSE, similarity=0.84)
    assert not FLOOR.fits(near)
    assert FLOOR.fits(replace(near, absent_share=0.0, best_share=0.6, nearest_share=0.4))
    assert FLOOR.fits(replace(near, absent_share=0.0, best_share=1.0, exact_share=1.0))


def test_no_word_is_expected_in_another_script() -> None:
    near = replace(NONSENSE, similarity=0.85)
    assert not FLOOR.fits(near) and FLOOR.fits(replace(near, same_script=0.0))
    assert FLOOR.fits(replace(near, unspaced=1.0, similarity=0.87)), "nor many where Chinese is asked in other words"
    assert not FLOOR.fits(replace(near, unspaced=1.0))


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
