"""Words as SQLite's FTS5 makes them of a text, for a keyword index that SQLite does not keep. Pure.

The tokens of ``porter unicode61 remove_diacritics 2 categories 'L* N* M* Co'``: runs of letters, digits, marks and
private characters, folded to lower case without the accents of Latin letters, English words as their stems.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from stores.stemming import stem

_FIRST_MARK = 0x0300
_DROPPED_MARKS = 0x000361F808029FDF  # bit n: FTS5 leaves out the combining mark U+0300 + n
_LONGEST = 400  # characters; what follows in a longer word tells nothing apart


def tokens(text: str) -> list[str]:
    """Return the tokens of a text in their order; the n-th stands at position n."""
    spaced = "".join(_folded(letter) for letter in text)
    return [_stem(word) for word in spaced.split()]


@lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    return stem(word[:_LONGEST])


@lru_cache(maxsize=1 << 14)
def _folded(letter: str) -> str:
    """A letter in lower case without its accent, "" for a mark that is left out, a space for what is no letter."""
    if unicodedata.category(letter)[0] not in "LNM" and unicodedata.category(letter) != "Co":
        return " "
    mark = ord(letter) - _FIRST_MARK
    if 0 <= mark < 64 and _DROPPED_MARKS >> mark & 1:
        return ""
    lower = letter.casefold() if len(letter.casefold()) == 1 else letter.lower()
    base = unicodedata.normalize("NFD", lower)[:1]
    return base if base.isascii() and base.isalpha() else lower[:1]
