"""Signs of currencies that stand apart from their numbers in a table, as in statements of accounts. Pure.

``$`` is set flush left in a column of its own, and the number flush right: what a reader takes for one value comes as
two texts far apart. The sign is put before its number, a bracket or a per cent sign behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment

CURRENCY = re.compile(r"(?:US|HK|NT|[ACRS])?\$|[€£¥￥₹₩₽₺₫₪]")
_CLOSING = re.compile(r"\)%?|%\)?")
_NUMBER = re.compile(r"[(（\[]?[-‐–—−+]?[(（]?[.,]?\d.*|[-‐–—−]+|[（(][-‐–—−][)）]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_WORD_GAP_EM = 0.2  # a wider gap parts two words
_CLOSE_EM = 0.1  # between a sign and its number once it is put there
_LEVEL = 0.35  # of the size, by which the middles of two words of one line differ at most
_FARTHEST_EM = 25.0  # from a sign to its number
_LABEL_EM = 2.0  # from the left of a table: what begins there is a label
_BLANK_EM = 0.6  # no blank is wider
_BEHIND_EM = 2.5  # from a number to what closes it


@dataclass(slots=True)
class _Word:
    """Characters without a gap: the fragment that they are of, by its place, and their own text."""

    part: int
    glyphs: list[Glyph]
    text: str

    @property
    def x0(self) -> float:
        return self.glyphs[0].x0

    @property
    def x1(self) -> float:
        return self.glyphs[-1].x1

    @property
    def size(self) -> float:
        return max(self.glyphs[0].style.size, 1.0)

    @property
    def middle(self) -> float:
        return self.glyphs[0].middle[1]


def with_signs_beside_numbers(fragments: Sequence[Fragment]) -> list[Fragment]:
    """The texts of a table, each sign that stands apart from its number moved beside it."""
    if not any(_may_be_sign(glyph.char) for part in fragments for glyph in part.glyphs):
        return list(fragments)
    words = [word for at, part in enumerate(fragments) if part.upright for word in _words_of(at, part)]
    moved: set[int] = set()  # signs, and the numbers that they go to, by the id of the word
    joined: list[Fragment] = []
    labels = min((word.x0 + _LABEL_EM * word.size for word in words), default=0.0)
    for line in _lines(words):
        for sign, number in _pairs(line, labels):
            moved.update((id(sign), id(number)))
            joined.append(fragment(_beside(sign, number)))
    if not joined:
        return list(fragments)
    cut = {word.part for word in words if id(word) in moved}
    kept = [part for at, part in enumerate(fragments) if at not in cut]
    return [*kept, *_rest(words, cut, moved), *joined]


def _may_be_sign(char: str) -> bool:
    return char in "$€£¥￥₹₩₽₺₫₪)%"


def _words_of(at: int, part: Fragment) -> Iterator[_Word]:
    run: list[Glyph] = []
    for glyph in part.glyphs:
        apart = glyph.char.isspace() or (run and glyph.x0 - run[-1].x1 > _WORD_GAP_EM * glyph.style.size)
        if run and apart:
            yield _Word(at, run, "".join(own.char for own in run))
            run = []
        if not glyph.char.isspace():
            run.append(glyph)
    if run:
        yield _Word(at, run, "".join(own.char for own in run))


def _lines(words: Sequence[_Word]) -> Iterator[list[_Word]]:
    """The words by the lines in which they stand, from left to right."""
    line: list[_Word] = []
    for word in sorted(words, key=lambda word: word.middle):
        if line and word.middle - line[0].middle > _LEVEL * word.size:
            yield sorted(line, key=lambda own: own.x0)
            line = []
        line.append(word)
    if line:
        yield sorted(line, key=lambda own: own.x0)


def _pairs(line: Sequence[_Word], labels: float) -> Iterator[tuple[_Word, _Word]]:
    """The signs of a line that stand apart, each with its number; what begins before ``labels`` is a label."""
    taken: set[int] = set()
    signs_follow = _follow(line)
    for at, word in enumerate(line):
        before, after = (line[at - 1] if at else None), (line[at + 1] if at + 1 < len(line) else None)
        if after is not None and not signs_follow and word.x0 > labels and _is_before(word, after, before):
            taken.add(id(after))
            yield word, after
        elif before is not None and id(before) not in taken and _is_behind(word, before):
            yield word, before


def _follow(line: Sequence[_Word]) -> bool:
    """Whether the signs of a line stand behind their numbers: ``1.234 €   5.678 €``."""
    first = next((at for at, word in enumerate(line) if CURRENCY.fullmatch(word.text)), 0)
    return first > 0 and bool(CURRENCY.fullmatch(line[-1].text) and _NUMBER.fullmatch(line[first - 1].text))


def _is_before(sign: _Word, number: _Word, before: _Word | None) -> bool:
    if not CURRENCY.fullmatch(sign.text) or not _NUMBER.fullmatch(number.text):
        return False
    gap = number.x0 - sign.x1
    if sign.part == number.part and gap < _BLANK_EM * number.size:
        return False  # as it is printed
    heads = before is not None and _YEAR.fullmatch(before.text) and _YEAR.fullmatch(number.text)
    return _WORD_GAP_EM * number.size < gap < _FARTHEST_EM * number.size and not heads


def _is_behind(sign: _Word, number: _Word) -> bool:
    """Whether a bracket or a per cent sign that stands alone closes the number before it."""
    if not _CLOSING.fullmatch(sign.text) or not _NUMBER.fullmatch(number.text):
        return False
    if sign.part == number.part and sign.x0 - number.x1 < _BLANK_EM * number.size:
        return False  # as it is printed
    opened = number.text.count("(") > number.text.count(")")
    return sign.x0 - number.x1 < _BEHIND_EM * number.size and (opened or sign.text[0] != ")")


def _beside(sign: _Word, number: _Word) -> list[Glyph]:
    """The characters of a sign and of its number, the sign moved so close that no line of a grid parts them."""
    if sign.x0 < number.x0:
        to = number.x0 - _CLOSE_EM * number.size - sign.x1
        return [*_moved(sign, to), *number.glyphs]
    return [*number.glyphs, *_moved(sign, number.x1 - sign.x0)]


def _moved(word: _Word, by: float) -> list[Glyph]:
    return [glyph._replace(x0=glyph.x0 + by, x1=glyph.x1 + by) for glyph in word.glyphs]


def _rest(words: Sequence[_Word], cut: set[int], moved: set[int]) -> Iterator[Fragment]:
    """What is left of the fragments of which words were taken, parted where these stood."""
    run: list[_Word] = []
    for word in words:
        taken = id(word) in moved
        if run and (taken or word.part != run[-1].part):
            yield fragment(_with_blanks(run))
            run = []
        if word.part in cut and not taken:
            run.append(word)
    if run:
        yield fragment(_with_blanks(run))


def _with_blanks(run: Sequence[_Word]) -> list[Glyph]:
    glyphs = list(run[0].glyphs)
    for word in run[1:]:
        glyphs += [glyphs[-1]._replace(char=" ", x0=glyphs[-1].x1, x1=word.x0), *word.glyphs]
    return glyphs
