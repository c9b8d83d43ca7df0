"""How much of a query the text of a chunk holds, word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from stores.stemming import stem
from stores.words import spelled, unspaced_share

_WORD = re.compile(r"\w+")
_PREFIX = 2  # letters that a word has in common with its stem
_stem = lru_cache(1 << 14)(stem)


def word_share(rarity: Mapping[str, float]) -> Callable[[str], float]:
    """A function of a text: the share, 0 to 1, of the query's words that it holds, the rarer ones weighing more.

    ``rarity``: a weight for each word, an FTS5 string. Words are compared by their stems, as the keyword index does;
    of one with marks inside (``INV-2024/07``) the text must hold every piece.
    """
    words = [(_pieces(term), weight) for term, weight in rarity.items()]
    total = sum(weight for _, weight in words)
    stems = {stem(piece) for pieces, _ in words for piece in pieces}
    starts = {piece[:_PREFIX] for piece in stems}

    def share(text: str) -> float:
        spelling = spelled(text)
        held = {_stem(word) for word in set(spelling.split()) if word[:_PREFIX] in starts}
        return sum(weight for pieces, weight in words if _holds(spelling, held, pieces)) / total if total else 0.0

    return share


def exact_share(exact: Iterable[str]) -> Callable[[str], float]:
    """A function of a text: the share, 0 to 1, of the exact texts that it holds as they are written, but for case."""
    spellings = [spelled(text) for text in exact]

    def share(text: str) -> float:
        spelling = spelled(text)
        return sum(one in spelling for one in spellings) / len(spellings) if spellings else 0.0

    return share


def _pieces(term: str) -> list[str]:
    """The words of a term; a run of characters without spaces stays whole, as it stands in a spelling."""
    spelling = spelled(term).strip()
    return [f" {spelling} "] if unspaced_share(spelling) == 1.0 else spelling.split()


def _holds(spelling: str, held: set[str], pieces: list[str]) -> bool:
    return bool(pieces) and all(piece in spelling if piece[0] == " " else stem(piece) in held for piece in pieces)
