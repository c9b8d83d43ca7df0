"""How much of a query the text of a chunk holds, word by word. Pure.

Scripts without spaces have pairs of characters for words, and many pairs of a query are no words: they lie across the
end of one. So there each character counts, and it is held where a pair is that it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from stores.stemming import stem
from stores.words import as_word, forms, pairs_of, spelled, unspaced_share

_WORD = re.compile(r"\w+")
_PREFIX = 2  # letters that a word has in common with its stem
_stem = lru_cache(1 << 14)(stem)

WeightedWords = list[tuple[tuple[str, ...], float]]
"""The words of a query: the terms any of which stands for the word, and its weight."""


def weighted_words(rarity: Mapping[str, float], runs: Iterable[str] = ()) -> WeightedWords:
    """The words and characters of a query.

    ``rarity``: a weight for each term, an FTS5 string; ``runs``: the parts of the query in scripts without spaces. A
    character weighs as much as the more common of its pairs: a pair that is no word is rare.
    """
    of_runs = [(len(run), [tuple(map(as_word, forms(pair))) for pair in pairs_of(run)]) for run in runs]
    inside = {term for _, pairs in of_runs for terms in pairs for term in terms}
    words: WeightedWords = [((term,), weight) for term, weight in rarity.items() if term not in inside]
    for length, pairs in of_runs:
        of_characters = [pairs[0], *(one + other for one, other in pairwise(pairs)), pairs[-1]][:length]
        words += [(own, min(rarity.get(term, 0.0) for term in own)) for own in of_characters]
    return words


def absent_share(words: WeightedWords, absent: Collection[str]) -> float:
    """The share, 0 to 1, of words none of whose terms any chunk holds; 1 where there are no words."""
    total = sum(weight for _, weight in words)
    return sum(weight for terms, weight in words if all(term in absent for term in terms)) / total if total else 1.0


def word_share(words: WeightedWords) -> Callable[[str], float]:
    """A function of a text: the share, 0 to 1, of the query's words that it holds, the rarer ones weighing more.

    Words are compared by their stems, as the keyword index does; of one with marks inside (``INV-2024/07``) the text
    must hold every piece.
    """
    pieces = {term: _pieces(term) for terms, _ in words for term in terms}
    total = sum(weight for _, weight in words)
    starts = {piece[:_PREFIX] for own in pieces.values() for piece in own}

    def share(text: str) -> float:
        spelling = spelled(text)
        held = {_stem(word) for word in set(spelling.split()) if word[:_PREFIX] in starts}
        there = {term for term, own in pieces.items() if _holds(spelling, held, own)}
        return sum(weight for terms, weight in words if not there.isdisjoint(terms)) / total if total else 0.0

    return share


def exact_share(exact: Iterable[str]) -> Callable[[str], float]:
    """A function of a text: the share, 0 to 1, of the exact texts that it holds as they are written, but for case."""
    spellings = [spelled(text) for text in exact]

    def share(text: str) -> float:
        spelling = spelled(text)
        return sum(one in spelling for one in spellings) / len(spellings) if spellings else 0.0

    return share


def _pieces(term: str) -> list[str]:
    """The stems of a term; a run of characters without spaces stays whole, as it stands in a spelling."""
    spelling = spelled(term).strip()
    return [f" {spelling} "] if unspaced_share(spelling) == 1.0 else [_stem(word) for word in spelling.split()]


def _holds(spelling: str, held: set[str], pieces: Sequence[str]) -> bool:
    return bool(pieces) and all(piece in spelling if piece[0] == " " else piece in held for piece in pieces)
