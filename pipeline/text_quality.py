"""Detects garbled text layers by properties that written languages share. Pure, under 1 ms a page.

Text layers are wrong in few ways: characters without a Unicode meaning, glyph numbers, bytes read in a wrong
encoding, and fonts whose codes were shuffled, so that letters come out as other letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import pairwise

_UNMAPPED = 0.1  # of the characters have no meaning
_ENOUGH = 40  # letters; fewer say nothing about a language
_PLENTY = 150  # letters; enough for their frequencies
_GLYPH_IDS = re.compile(r"\(cid:\d+\)|(?<!\w)/?[gG]\d{1,5}(?!\w)|/[A-Z]\d{1,4}\b")
_UTF8_AS_LATIN = re.compile(r"[ÃÂ][\x80-\xbf]|â€|ï»¿|Ð[\x80-\xbf]|锟斤拷|烫烫烫")
# Runs of the upper half of Western code pages: bytes of another script, whose lower half comes out as ASCII.
_UPPER_RUN = re.compile("[\u00a1-\u00ff\ufffdŒœŠšŽžŸƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]{4,}")
_BRACKET_PARTS = frozenset(map(chr, range(0xE6, 0xFF)))  # of the font Symbol, where formulas have no Unicode
_LEAST_DISTINCT = 4
_WORD = re.compile(r"(?<![^\W_])[A-Za-zÀ-ÖØ-öø-ÿ]{2,}(?![^\W_])")
_VOWELS = frozenset("aeiouy")
_FREQUENT = frozenset("eaiontrs")  # at least half of the letters in every European language
_IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
_COMMON_ROWS = (("gb2312", 0xB0A1, 0xD7F9), ("big5", 0xA440, 0xC67E), ("shift_jis", 0x889F, 0x9872))


def why_garbled(text: str, unmapped_share: float) -> str:
    """Say why a text cannot be what is printed, as half a sentence; "" where it can. Shares are 0 to 1."""
    printed = len("".join(text.split()))
    if not printed:
        return ""
    if unmapped_share > _UNMAPPED:
        return f"{unmapped_share:.0%} of the characters have no meaning in Unicode"
    if sum(len(match.group()) for match in _GLYPH_IDS.finditer(text)) > 0.3 * printed:
        return "glyph numbers instead of letters"
    return _why_wrong_encoding(text, printed) or _why_no_words(text, printed) or _why_rare_ideographs(text)


def _why_wrong_encoding(text: str, printed: int) -> str:
    if 2 * len(_UTF8_AS_LATIN.findall(text)) > max(6, 0.03 * printed):
        return "letters of a wrong encoding"
    upper_half = sum(0xA1 <= ord(char) <= 0xFF for char in text)
    letters = sum(char.isalpha() for char in text)
    if upper_half > 8 and upper_half > 0.4 * (letters + upper_half) and upper_half > 0.3 * printed:
        return "letters of a wrong encoding"
    foreign = sum(map(len, filter(_is_of_another_script, _UPPER_RUN.findall(text))))
    if foreign > max(16, 0.03 * printed):
        return "letters of a wrong encoding"
    return _why_only_signs(text, printed)


def _is_of_another_script(run: str) -> bool:
    """Whether a run of characters beyond ASCII is no text of any language: many different ones, letters among them."""
    letters = {char for char in run if "\u00c0" <= char <= "\u00ff"}
    return len(set(run)) >= _LEAST_DISTINCT and len(letters) >= 2 and len(set(run) - _BRACKET_PARTS) >= 3


def _why_only_signs(text: str, printed: int) -> str:
    """Neither words, nor numbers, nor another script: but dotted lines and rulers are only signs, and meant."""
    signs = Counter(char for char in text if not (char.isspace() or char.isalnum()))
    digits = sum(char.isdigit() for char in text)
    if printed < 10 or signs.total() < 0.6 * printed or digits > 0.15 * printed:
        return ""
    few = sum(count for _, count in signs.most_common(3))
    return "" if few > 0.6 * signs.total() else "signs instead of letters"


def _why_no_words(text: str, printed: int) -> str:
    words = [_plain(word) for word in _WORD.findall(text)]
    letters = sum(map(len, words))
    if letters < _ENOUGH or letters < 0.25 * printed:
        return ""
    long_words = [word for word in words if len(word) >= 4 and not word.isupper()]
    odd = sum(len(word) for word in long_words if _is_no_word(word))
    if odd > 0.35 * max(sum(map(len, long_words)), _ENOUGH):
        return "the letters make no words"
    counts = Counter("".join(words).lower())
    frequent = sum(counts[letter] for letter in _FREQUENT)
    if letters >= _PLENTY and (frequent < 0.38 * letters or not counts["e"]):
        return "the letters make no words"
    return ""


def _plain(word: str) -> str:
    """Remove the accents of a word."""
    if word.isascii():
        return word
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))


def _is_no_word(word: str) -> bool:
    """Whether a word of 4 letters or more has no vowel, or changes its case as no name does."""
    if not _VOWELS.intersection(word.lower()):
        return True
    changes = sum(one.islower() and other.isupper() for one, other in pairwise(word))
    return changes > max(1, len(word) // 6)


def _why_rare_ideographs(text: str) -> str:
    """Running text keeps to the common ideographs; a shuffled font meets them by chance only."""
    ideographs = _IDEOGRAPH.findall(text)
    if len(ideographs) < _ENOUGH:
        return ""
    common = sum(_is_common(char) for char in ideographs)
    return "the characters make no words" if common < 0.75 * len(ideographs) else ""


@lru_cache(maxsize=8192)
def _is_common(ideograph: str) -> bool:
    """Whether a character is in the first level of the Chinese or Japanese standards."""
    for codec, first, last in _COMMON_ROWS:
        try:
            code = int.from_bytes(ideograph.encode(codec), "big")
        except UnicodeEncodeError:
            continue
        if first <= code <= last:
            return True
    return False
