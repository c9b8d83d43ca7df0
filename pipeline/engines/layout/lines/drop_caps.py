"""Drop caps: the large first letter of a chapter, put before the rest of its word. Pure."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment

_LARGE, _LARGEST = 1.8, 9.0  # times the size of the text
_BESIDE_EM = 0.5  # of the letter's size: the text begins so near to it
_LEVEL = 0.35  # of the letter's height: the tops of letter and first line differ by less
_MOST = 3  # printed characters: a letter, and a quotation mark before or behind it
_WORDS = "AIOEYÀ"  # letters that are words of their own in some language


def with_drop_caps(fragments: Sequence[Fragment]) -> list[Fragment]:
    """The fragments of a page, every drop cap joined to the text that it begins."""
    sizes = [part.glyphs[0].style.size for part in fragments]
    if not sizes or max(sizes) < _LARGE * statistics.median(sizes):
        return list(fragments)
    joined = list(fragments)
    for cap in [part for part in fragments if _may_be_cap(part)]:
        rest = [part for part in joined if part is not cap and _begins_with(cap, part)]
        if not rest:
            continue
        first = min(rest, key=lambda part: (part.box[1], part.box[0]))
        joined[joined.index(first)] = _with_cap(cap, first, joined)
        joined.remove(cap)
    return joined


def _printed(part: Fragment) -> str:
    return "".join(glyph.char for glyph in part.glyphs).strip()


def _may_be_cap(part: Fragment) -> bool:
    text = _printed(part)
    letters = [char for char in text if char.isalpha()]
    return part.upright and len(text) <= _MOST and len(letters) == 1 and letters[0].isupper()


def _begins_with(cap: Fragment, part: Fragment) -> bool:
    """Whether a text stands directly behind a large letter, level with its top, and goes on with a word."""
    size, large = part.glyphs[0].style.size, cap.glyphs[0].style.size
    if not _LARGE * size <= large <= _LARGEST * size or not part.upright:
        return False
    gap = part.box[0] - cap.box[2]
    height = cap.box[3] - cap.box[1]
    level = part.box[1] < (cap.box[1] + cap.box[3]) / 2 and abs(part.box[1] - cap.box[1]) < _LEVEL * height
    text = _printed(part)
    return -0.3 * size < gap < _BESIDE_EM * large and level and text[:1].isalpha() and len(text) > _MOST


def _with_cap(cap: Fragment, first: Fragment, fragments: Sequence[Fragment]) -> Fragment:
    """The text with its first letter, set like the rest of it."""
    model = next(glyph for glyph in first.glyphs if not glyph.char.isspace())
    left = cap.box[0]
    letters = [g for g in cap.glyphs if not g.char.isspace()]
    width = (model.x0 - left) / len(letters)
    put = [
        Glyph(g.char, left + at * width, model.y0, left + (at + 1) * width, model.y1, model.style)
        for at, g in enumerate(letters)
    ]
    if _is_word(_printed(cap), _printed(first), fragments):
        put.append(put[-1]._replace(char=" ", x0=put[-1].x1))
    return replace(fragment([*put, *first.glyphs]), upright=True)


def _is_word(letter: str, rest: str, fragments: Sequence[Fragment]) -> bool:
    """Whether a letter is a word: the one after it stands elsewhere on the page, and both together do not."""
    if letter[-1] not in _WORDS:
        return False
    match = re.match(r"[^\W\d_]+", rest)
    begun = match.group().lower() if match else rest
    words = Counter(word for part in fragments for word in re.findall(r"[^\W\d_]+", _printed(part).lower()))
    return words[letter[-1].lower() + begun] == 0 and words[begun] > 1
