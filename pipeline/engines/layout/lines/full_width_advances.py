"""Words of fonts that say each letter is as wide as an ideograph: the blanks between them, which nobody wrote. Pure.

Typesetting programs for Chinese place every Latin letter by itself, in fonts that name one width for all. Gaps between
such letters say nothing then, and no blank stands between the words: how far the next letter stands off does.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise, zip_longest

from pipeline.engines.layout.lines.glyph import Glyph

_OVERLAP_EM = 0.2  # by which letters reach into the next one where their widths are wrong
_FULL_WIDTH = 0.9  # of the size
_LEAST, _SHARE = 4, 0.8  # pairs of letters, and the share of them that overlap
_BLANK_EM = 0.23  # wider room behind a letter is a blank
_BEFORE_WIDE_EM = 0.12
_BEFORE, _BEHIND = "([{/<", ")]}/>,.;:="  # signs that no blank stands behind, and before
_WIDTHS = {
    char: width
    for width, chars in (
        (0.28, "ijl.,:;'|!/\\`"),
        (0.33, "ftrsI()[]{}-J"),
        (0.44, 'cezakvxy?*"'),
        (0.5, "bdghnopqu0123456789_$#LFPSZE"),
        (0.56, "<>=+~^TBCRXYAKVUHNDGOQ&"),
        (0.78, "mwMW%@"),
    )
    for char in chars
}  # of letters in a usual font, against its size


def with_blanks(glyphs: tuple[Glyph, ...]) -> tuple[Glyph, ...]:
    """The characters of a line, where its widths are wrong with blanks and with letters that end before the next."""
    if not any(map(_overlap, islice(_pairs(glyphs), _LEAST - 1))):
        return glyphs
    pairs = list(_pairs(glyphs))
    if len(pairs) < _LEAST or sum(map(_overlap, pairs)) < _SHARE * len(pairs):
        return glyphs
    size = statistics.median_low([(after.x0 - before.x0) / _WIDTHS[before.char] for before, after in pairs])
    room = _room_of_letters(pairs, size)
    result: list[Glyph] = []
    for glyph, after in zip_longest(glyphs, glyphs[1:]):
        end = glyph.x0 + room.get(glyph.char, glyph.x1 - glyph.x0)
        result.append(glyph._replace(x1=min(end, after.x0) if after else end))
        if after and glyph.char in room and _stand_apart(glyph, after, (after.x0 - end) / size):
            result.append(glyph._replace(char=" ", x0=result[-1].x1, x1=after.x0))
    return tuple(result)


def _overlap(pair: tuple[Glyph, Glyph]) -> bool:
    """Whether a letter is as wide as high, and so reaches far into the next one, as none does that is printed."""
    before, after = pair
    size = before.style.size
    return after.x0 - before.x1 < -_OVERLAP_EM * size and before.x1 - before.x0 > _FULL_WIDTH * size


def _room_of_letters(pairs: Sequence[tuple[Glyph, Glyph]], size: float) -> dict[str, float]:
    """How much room a letter takes, in points: as much as in other fonts, or less where it does so in this line."""
    room = {char: width * size for char, width in _WIDTHS.items()}
    for before, after in pairs:
        room[before.char] = min(room[before.char], after.x0 - before.x0)
    return room


def _pairs(glyphs: Sequence[Glyph]) -> Iterator[tuple[Glyph, Glyph]]:
    return ((a, b) for a, b in pairwise(glyphs) if a.char in _WIDTHS and b.char in _WIDTHS and b.x0 > a.x0)


def _stand_apart(glyph: Glyph, after: Glyph, gap: float) -> bool:
    """Whether a gap (in em) between two letters is a blank; before wide ones it is larger than before others."""
    least = _BLANK_EM + (_BEFORE_WIDE_EM if after.char in "mwMW" else 0.0)
    return gap > least and after.char in _WIDTHS and glyph.char not in _BEFORE and after.char not in _BEHIND
