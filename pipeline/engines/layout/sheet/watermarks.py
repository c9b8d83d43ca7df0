"""Watermarks: pale text across a page, or one text at many places, printed over or under the page's own. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from stores.models import Box

TextLine = dict[str, Any]

_SLANT = 0.1  # of a line's direction along both axes: it runs neither level nor upright
_PALE = 150.0  # brightness of 255 from which a colour is pale on paper
_OPAQUE = 153  # of 255
_LARGE_PT = 36.0
_LARGE = 2.5  # times the size of most text
_TILES = 4  # places of one text, slanted
_LEVEL_TILES = 6  # places of one text, pale and level
_CROSSES = 2  # other lines that a large level text lies on


def watermark_lines(blocks: Iterable[dict[str, Any]]) -> list[TextLine]:
    """The lines of MuPDF's text blocks that are a watermark."""
    lines = [line for block in blocks for line in block.get("lines", ()) if line["spans"]]
    if not any(_is_slanted(line) or _is_pale(line) for line in lines):
        return []
    lines = [line for line in lines if _text_of(line)]
    counts = Counter(_text_of(line) for line in lines if _is_slanted(line) or _is_pale(line))
    body = _usual_size(lines)
    return [line for line in lines if _is_watermark(line, counts, body, lines)]


def _is_watermark(line: TextLine, counts: Counter[str], body: float, lines: Sequence[TextLine]) -> bool:
    size, places = _size_of(line), counts[_text_of(line)]
    if _is_slanted(line):
        return places >= _TILES or (_is_pale(line) and size > min(_LARGE * body, _LARGE_PT))
    if not _is_pale(line):
        return False
    if places >= _LEVEL_TILES and _is_scattered(line, lines):
        return True
    return size > max(_LARGE * body, _LARGE_PT) and sum(map(_crossing(line), lines)) >= _CROSSES


def _is_scattered(line: TextLine, lines: Sequence[TextLine]) -> bool:
    """Whether a text lies on others at some of its places: a pale column of a table does not."""
    same = [other for other in lines if _text_of(other) == _text_of(line) and _is_pale(other)]
    return any(_crossing(other)(third) for other in same for third in lines if not _is_pale(third))


def _crossing(line: TextLine) -> Any:
    x0, y0, x1, y1 = line["bbox"]

    def crosses(other: TextLine) -> bool:
        box: Box = other["bbox"]
        level = min(y1, box[3]) - max(y0, box[1]) > 0.3 * min(y1 - y0, box[3] - box[1])
        return other is not line and bool(level and box[0] < x1 and x0 < box[2])

    return crosses


def _is_slanted(line: TextLine) -> bool:
    return bool(min(abs(line["dir"][0]), abs(line["dir"][1])) > _SLANT)


def _is_pale(line: TextLine) -> bool:
    span = line["spans"][0]
    red, green, blue = span["color"] >> 16 & 255, span["color"] >> 8 & 255, span["color"] & 255
    return bool(0.3 * red + 0.59 * green + 0.11 * blue >= _PALE or span.get("alpha", 255) <= _OPAQUE)


def _text_of(line: TextLine) -> str:
    return "".join(_characters(line)).strip()


def _characters(line: TextLine) -> Iterator[str]:
    return (char["c"] for span in line["spans"] for char in span["chars"])


def _size_of(line: TextLine) -> float:
    return max(float(span["size"]) for span in line["spans"])


def _usual_size(lines: Sequence[TextLine]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        if not _is_slanted(line):
            sizes[round(_size_of(line))] += sum(len(span["chars"]) for span in line["spans"])
    return sizes.most_common(1)[0][0] if sizes else 10.0
