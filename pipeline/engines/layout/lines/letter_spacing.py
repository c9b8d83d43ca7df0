"""Words set with a blank or a gap after each letter, put together again. Pure."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.engines.layout.lines.glyph import Glyph

_SPACED = re.compile(r"(?<!\S)[^\W\d_](?: [^\W\d_]){3,}(?!\S)")
_FEW = 4  # letters that are a word only in capitals
_WORD_GAP = 1.45  # times the usual gap between two letters
_WIDEST_EM = 1.0  # letters further apart are labels of columns
_LEAST_SINGLES = 8  # characters that stand alone, in a line that is spaced out as a whole
_SINGLES_SHARE = 0.7  # of its words
_LEAST_SPELLED = 3  # letters
_WIDEST_IN_LINE_EM = 0.3
_WORD_GAP_EM = 0.3
_SPELT = re.compile("[\u4e00-\u9fff](?: +[\u4e00-\u9fff]){2,}")  # 劳 动 合 同
_COUNTED = frozenset(  # heads of columns, blanks of forms
    "年月日时分秒一二三四五六七八九十甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥上中下左右东南西北男女是否有无"
)
_WIDEST_SPELT_EM, _EVEN = 2.5, 1.6  # a gap between two characters of a title, and the widest of them to the usual one
_VOWELS = frozenset("aeiouyаеиоуыэюяέαεηιουω")


def is_letter_spaced(text: str) -> bool:
    """Whether a line holds single letters in a row that may be words, or hardly anything but single characters."""
    return bool(_SPACED.search(text)) or _is_of_singles(text.split()) or _is_spelt(text)


def _is_spelt(text: str) -> bool:
    """Whether a line is nothing but single Chinese characters, and these do not number the heads of columns."""
    return _SPELT.fullmatch(text) is not None and not _COUNTED.issuperset(text.replace(" ", ""))


def joined_title(text: str) -> str:
    """A text of nothing but single Chinese characters with even blanks between them as the word that it is."""
    gaps = set(re.findall(r"\s+", text))
    return "".join(text.split()) if len(gaps) == 1 and _is_spelt(re.sub(r"\s+", " ", text)) else text


def _is_of_singles(words: Sequence[str]) -> bool:
    """Whether most words are single letters or digits; dots that lead to a page's number are none."""
    single = sum(len(word) == 1 and word.isalnum() for word in words)
    return single >= _LEAST_SINGLES and single >= _SINGLES_SHARE * len(words)


def tightened(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """The characters of a line without the blanks and gaps inside letter-spaced words."""
    letters = [glyph for glyph in glyphs if not glyph.char.isspace()]
    words = _words(glyphs)
    if line := _spaced_line(letters, words) or _spelt_line(letters):
        return line
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


def _spaced_line(letters: Sequence[Glyph], words: Sequence[Sequence[Glyph]]) -> list[Glyph]:
    """A line that is spaced out as a whole, numbers and signs too, ``J A N . 2 0 2 1``; nothing where it is not.

    Its words must be of letters that spell something, and of numbers of two digits or more: rows of single digits and
    of marks are no words.
    """
    if not _is_of_singles(["".join(glyph.char for glyph in word) for word in words]):
        return []
    if not 0 < _usual_gap(letters) < _WIDEST_IN_LINE_EM * letters[0].style.size:
        return []
    groups = _grouped(letters)
    texts = ["".join(glyph.char for glyph in group) for group in groups]
    told = [text for text in texts if any(char.isalnum() for char in text)]
    spelled = [text for text in told if sum(char.isalpha() for char in text) >= _LEAST_SPELLED]
    vowels = all(_VOWELS.intersection(text.lower()) for text in spelled)
    if len(told) < 2 or not spelled or not vowels or any(len(text) < 2 for text in told):
        return []
    line = _closed(groups[0])
    for group in groups[1:]:
        line += [group[0]._replace(char=" ", x1=group[0].x0), *_closed(group)]
    return line


def _spelt_line(letters: Sequence[Glyph]) -> list[Glyph]:
    """A title of Chinese characters that are set apart evenly, as the word that it is; nothing where it is none."""
    if len(letters) < _LEAST_SPELLED or not _is_spelt(" ".join(glyph.char for glyph in letters)):
        return []
    gaps = [after.x0 - before.x1 for before, after in pairwise(letters)]
    usual = statistics.median_low(gaps)
    even = max(gaps) <= max(_EVEN * usual, usual + _WORD_GAP_EM * letters[0].style.size)
    return _closed(letters) if even and usual < _WIDEST_SPELT_EM * letters[0].style.size else []


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
