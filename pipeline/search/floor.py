"""Decides whether anything fits a query, or its hits are only the nearest of what does not. Pure.

No similarity says so alone: the vectors of one embedder are all near to each other, and texts of one subject nearer.
So the similarity of the best chunk is added to what the words of the query tell. The weights are a logistic regression
over questions with and without answer; each embedder needs its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NEAREST = 5  # chunks, nearest by their vectors, whose words and script are looked at
_UNSPACED = 0.25  # share of a text's letters with which it counts as one in a script without spaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What tells whether hits fit; all from 0 to 1. Shares are of the query's words, rare ones weighing more."""

    similarity: float  # cosine of the nearest chunk
    nearest_share: float  # of words in the best of the nearest chunks
    best_share: float  # of words in the best of all compared chunks
    absent_share: float  # of words that no chunk of the knowledge base holds
    same_script: float  # part of the nearest chunks that is in the query's script: elsewhere no word can be expected
    exact_share: float  # of the quoted texts and identifiers in the best chunk
    unspaced: float  # of the query's letters in scripts without spaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The weights of the signals for one embedder, and the least sums of what fits.

    ``least_spaced`` is for queries of words whose nearest chunks are all of words, too: answers hold some of them.
    Chinese questions, and those whose answers are in another script, share few words with what answers them.
    """

    similarity: float
    nearest_share: float
    best_share: float
    absent_share: float
    exact_share: float
    least: float
    least_spaced: float

    def fits(self, signals: Signals) -> bool:
        total = (
            self.similarity * signals.similarity
            + self.nearest_share * signals.nearest_share
            + self.best_share * signals.best_share
            + self.absent_share * signals.absent_share * signals.same_script
            + self.exact_share * signals.exact_share
        )
        spaced = signals.same_script == 1.0 and not is_unspaced(signals.unspaced)
        return total >= (self.least_spaced if spaced else self.least)


def is_unspaced(share: float) -> bool:
    """Tell whether a text with this share of letters in scripts without spaces counts as one of them."""
    return share >= _UNSPACED


FLOORS: Mapping[str, Floor] = {
    "multilingual-e5-small/1571fc982750/int8-512/languages-1": Floor(
        similarity=52.125,
        nearest_share=1.827,
        best_share=2.490,
        absent_share=-0.844,
        exact_share=2.089,
        least=43.951,
        least_spaced=45.242,
    )
}
"""By the fingerprint of the embedder. The others have no floor: nothing was measured, so all their hits fit."""
