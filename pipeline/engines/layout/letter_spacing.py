"""Words set with a blank or a gap after each letter, put together again. Pure."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.engines.layout.glyph import Glyph

_SPACED = re.compile(r"(?<!\S)[^\W\d_](?: [^\W\d_]){3,}(?!\S)")
_FEW = 4  # letters that are a word only in capitals
_WORD_GAP = 1.45  # times the usual gap between two letters
_WIDEST_EM = 1.0  # letters further apart are labels of columns
_VOWELS = frozenset("aeiouyаеиоуыэюяέαεηιουω")


def is_letter_spaced(text: str) -> bool:
    """Whether a line holds single letters in a row that may be words."""
    return bool(_SPACED.search(text))


def tightened(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """The characters of a line without the blanks and gaps inside letter-spaced words."""
    letters = [glyph for glyph in glyphs if not glyph.char.isspace()]
    words = _words(glyphs)
    result: list[Glyph] = []
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and len(words[end]) == 1 and words[end][0].char.isalpha():
            end += 1
        run = [word[0] for word in words[at:end]]
        if _is_word(run):
            groups = _grouped(run)
        else:
            end = max(end, at + 1)
            groups = words[at:end]
        for group in groups:
            if result:
                result.append(group[0]._replace(char=" ", x1=group[0].x0))
            result += _closed(group)
        at = end
    return result if letters else list(glyphs)


def _words(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    words: list[list[Glyph]] = [[]]
    for glyph in glyphs:
        if glyph.char.isspace():
            words.append([])
        elif words[-1] and glyph.x0 - words[-1][-1].x1 > 0.18 * glyph.style.size:
            words.append([glyph])
        else:
            words[-1].append(glyph)
    return [word for word in words if word]


def _is_word(run: Sequence[Glyph]) -> bool:
    """Whether single letters in a row spell something: evenly set, with vowels, no part of the alphabet."""
    text = "".join(glyph.char for glyph in run)
    if len(run) < _FEW or (len(run) == _FEW and not text.isupper()):
        return False
    spelled = text.lower()
    if not _VOWELS.intersection(spelled) or list(spelled) == sorted(set(spelled)):
        return False
    if not (text.isupper() or text[1:].islower()):
        return False
    return _usual_gap(run) < _WIDEST_EM * run[0].style.size


def _usual_gap(run: Sequence[Glyph]) -> float:
    return statistics.median_low([after.x0 - before.x1 for before, after in pairwise(run)])


def _grouped(run: Sequence[Glyph]) -> list[list[Glyph]]:
    """The words that wider gaps part."""
    usual = _usual_gap(run)
    groups = [[run[0]]]
    for before, after in pairwise(run):
        if after.x0 - before.x1 > max(_WORD_GAP * usual, usual + 0.12 * after.style.size):
            groups.append([])
        groups[-1].append(after)
    return groups


def _closed(group: Sequence[Glyph]) -> list[Glyph]:
    """The letters of a word, each reaching to the next."""
    return [glyph._replace(x1=max(glyph.x1, after.x0)) for glyph, after in pairwise(group)] + [group[-1]]
