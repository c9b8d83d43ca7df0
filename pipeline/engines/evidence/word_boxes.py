"""The box of some words of a printed line, estimated from the widths that their characters usually have."""

from __future__ import annotations

import unicodedata

from pipeline.engines.evidence.page_lines import PageLine
from stores.models import Box

_NARROW, _SLIM, _BROAD = frozenset("ijl.,:;'|!`"), frozenset('ftrI()[]{}/\\-"* '), frozenset("mwMW@%—…")


def own_box(line: PageLine, *texts: str) -> Box:
    """The box of the first of some texts that stands in a line, letter by letter; else that of the line."""
    for text in filter(None, texts):
        start = line.text.find(text)
        if start >= 0:
            return words_box(line, start, start + len(text))
    return line.printed_box


def words_box(line: PageLine, start: int, end: int) -> Box:
    """The box, on the page as displayed, of the characters ``start`` to ``end`` (exclusive) of a line's text."""
    widths = [_width(character) for character in line.text]
    total = sum(widths)
    if not total or (start <= 0 and end >= len(widths)):
        return line.printed_box
    return _part(line, sum(widths[:start]) / total, sum(widths[:end]) / total)


def _width(character: str) -> float:
    """In ems, as in a common sans serif face."""
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.25
    if character in _SLIM:
        return 0.32
    if character in _BROAD:
        return 0.86
    return 0.67 if character.isupper() else 0.54


def _part(line: PageLine, begin: float, end: float) -> Box:
    """From ``begin`` to ``end``, in shares of the line's length, in the direction in which it runs on the page."""
    (x0, y0, x1, y1), (u0, v0, _, _) = line.printed_box, line.box
    if (u0, v0) == (x0, y0):  # level
        return (x0 + begin * (x1 - x0), y0, x0 + end * (x1 - x0), y1)
    if (u0, v0) == (-x1, -y1):  # upside down
        return (x1 - end * (x1 - x0), y0, x1 - begin * (x1 - x0), y1)
    if (u0, v0) == (-y1, x0):  # upwards
        return (x0, y1 - end * (y1 - y0), x1, y1 - begin * (y1 - y0))
    return (x0, y0 + begin * (y1 - y0), x1, y0 + end * (y1 - y0))  # downwards
