"""Words that a query excludes: ``contract -draft -"first version"``. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pipeline.search.word_share import exact_share, weighted_words, word_share
from stores.errors import InputError
from stores.words import query_words

# Between blanks, so that no hyphen inside a word counts; before a letter, so that a negative number is none.
_EXCLUDED = re.compile(r'(?:(?<=\s)|\A)-(?:"([^"]{1,200})"|“([^“”]{1,200})”|([^\W\d_]\S{0,100}))')


def without_excluded(query: str) -> tuple[str, tuple[str, ...]]:
    """(what is looked for, what is excluded) of a query. InputError where only exclusions are given."""
    excluded = tuple(next(filter(None, match.groups())) for match in _EXCLUDED.finditer(query))
    if not excluded:
        return query, ()
    rest = " ".join(_EXCLUDED.sub(" ", query).split())
    if not rest:
        raise InputError("the query only excludes words: say what to look for, too", code="empty_query")
    return rest, excluded


def holds_excluded(excluded: Sequence[str]) -> Callable[[str], bool]:
    """A function of a text: whether it holds any of the excluded words, in any of their forms, or phrases."""
    phrases = exact_share([text for text in excluded if " " in text])
    words = [_share_of(text) for text in excluded if " " not in text]

    def holds(text: str) -> bool:
        return phrases(text) > 0 or any(share(text) == 1.0 for share in words)

    return holds


def _share_of(text: str) -> Callable[[str], float]:
    return word_share(weighted_words(dict.fromkeys(query_words(text).required, 1.0)))
