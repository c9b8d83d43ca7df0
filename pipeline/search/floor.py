"""Decides whether anything fits a query, or its hits are only the nearest of what does not. Pure.

No similarity says so alone: the vectors of one embedder are all near to each other, and texts of one subject nearer.
So the similarity of the nearest chunk is added to how far it stands out from the next ones, how many of the query's
words the chunks hold, and whether words and vectors find the same. The weights are a logistic regression over
questions with and without answer, made by ``scripts/calibrate_floor``; each embedder needs its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from itertools import islice
from operator import mul

NEXT = 50  # nearest chunks whose mean similarity is what the nearest stands out from
CLEAR_LEAD = 0.015  # of chunks in another script over those in the query's; with less, these are what could answer
LEAD_UNKNOWN = 0.02  # counts as the lead where no chunk near is in the script of the query
_UNSPACED = 0.25  # share of a text's letters with which it counts as one in a script without spaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What tells whether hits fit; all from 0 to 1. Shares are of the query's words, rare ones weighing more."""

    similarity: float  # cosine of the nearest chunk
    unspaced: float  # 1 for a query in a script without spaces
    lead: float  # of the nearest chunk over the nearest in the script of the query
    margin: float  # by which it is above the mean of the nearest ones
    best_share: float  # of words in the best of all compared chunks
    absent_share: float  # of words that no chunk of the knowledge base holds
    agreement: float  # 1 where the same chunk is first by words and by vectors, less for later places
    exact_share: float  # of the quoted texts and identifiers in the best chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each signal adds to the logarithm of the odds that something fits, and what these begin with."""

    similarity: float
    unspaced: float
    lead: float
    margin: float
    best_share: float
    absent_share: float
    agreement: float
    exact_share: float
    constant: float

    def log_odds(self, signals: Signals) -> float:
        *weights, constant = astuple(self)
        return float(sum(map(mul, weights, astuple(signals)), start=constant))


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The weights of one embedder; their constants are such that what fits has at least even odds.

    ``other_script``: where the nearest chunk is clearly one in another script than the query, which can share no word
    with it.
    ``background``: similarity of texts that have nothing to do with each other.
    """

    same_script: Weights
    other_script: Weights
    background: float

    def fits(self, signals: Signals, *, same_script: bool) -> bool:
        """Tell whether anything fits. ``same_script``: whether chunks in the script of the query are as near as any."""
        return (self.same_script if same_script else self.other_script).log_odds(signals) >= 0

    def margin(self, similarities: Iterable[float]) -> float:
        """How far the first of some similarities, the largest first, is above their mean.

        Fewer than 50 are filled up with the background: in a small knowledge base all others may be as near.
        """
        first = list(islice(similarities, NEXT))
        filled = [*first, *[self.background] * (NEXT - len(first))]
        return filled[0] - sum(filled) / NEXT


def agreement(keyword: Iterable[str], vector: Iterable[str]) -> float:
    """1 where the same id is first in both lists, the best first; else the inverse of the least product of places."""
    ranks = {id: rank for rank, id in enumerate(keyword, 1)}
    return max((1 / (rank * ranks[id]) for rank, id in enumerate(vector, 1) if id in ranks), default=0.0)


def is_unspaced(share: float) -> bool:
    """Tell whether a text with this share of letters in scripts without spaces counts as one of them."""
    return share >= _UNSPACED


FLOORS: Mapping[str, Floor] = {
    "multilingual-e5-small/1571fc982750/int8-512/languages-1": Floor(
        same_script=Weights(
            similarity=46.16,
            unspaced=0.66,
            lead=0.0,
            margin=21.73,
            best_share=6.02,
            absent_share=1.53,
            agreement=0.41,
            exact_share=1.8,
            constant=-41.93,
        ),
        other_script=Weights(
            similarity=44.27,
            unspaced=-0.25,
            lead=34.67,
            margin=70.71,
            best_share=-1.4,
            absent_share=-0.21,
            agreement=2.03,
            exact_share=1.8,
            constant=-37.72,
        ),
        background=0.77,
    )
}
"""By the fingerprint of the embedder. The others have no floor: nothing was measured, so all their hits fit."""
