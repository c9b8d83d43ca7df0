"""Bullets that are drawn, as browsers print those of lists: small dots and squares before lines of text. Pure.

Each becomes a sign of the line that it stands before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from stores.models import Box

_SIGN = "•"
_SIDE_PT = (1.2, 8.0)
_SIDE_EM = (0.15, 0.7)  # of the size of the text
_ROUND = 1.3  # the longer side, of the shorter one
_MOST_PIECES = 8  # lines and curves of a dot, a ring, a square or a diamond
_GAP_EM = (0.1, 2.5)  # between a bullet and its line
_LEAST = 2  # bullets of a page that are drawn alike, below one another
_ALIKE_PT = 0.7
_MOST = 500  # small drawings of a page that may be bullets: more are points of a chart


def set_bullets(blocks: Iterable[dict[str, Any]], paths: Sequence[dict[str, Any]]) -> None:
    """Write a bullet into each line of MuPDF's rawdict ``blocks`` that one is drawn before. ``paths``: all drawings."""
    dots = [tuple(path["rect"]) for path in paths if _is_dot(path)]
    if not _LEAST <= len(dots) <= _MOST:
        return
    lines = [line for block in blocks for line in block.get("lines", ()) if line["dir"][0] > 0.9 and line["spans"]]
    single = [dot for dot in dots if not any(_is_beside(dot, other) for other in dots)]
    lone = [dot for dot in single if not any(_prints_on(line, dot) for line in lines)]
    placed = [(dot, line) for dot in lone if (line := _line_of(dot, lines)) is not None]
    for column in _columns([dot for dot, _ in placed]):
        if len(column) >= _LEAST and not _are_strung(column, paths):
            for dot, line in placed:
                if dot in column:
                    _write(dot, line)


def _is_dot(path: dict[str, Any]) -> bool:
    x0, y0, x1, y1 = path["rect"]
    shorter, longer = sorted((x1 - x0, y1 - y0))
    small = _SIDE_PT[0] <= shorter and longer <= min(_SIDE_PT[1], _ROUND * shorter)
    return small and 0 < len(path["items"]) <= _MOST_PIECES


def _is_beside(dot: Box, other: Box) -> bool:
    """Whether another dot stands in the same row: points of a scale or of a leader, no bullets."""
    near = abs(dot[0] - other[0]) < 4 * (dot[2] - dot[0])
    return dot is not other and near and abs(dot[1] - other[1]) < _ALIKE_PT and abs(dot[0] - other[0]) > _ALIKE_PT


def _prints_on(line: dict[str, Any], dot: Box) -> bool:
    """Whether a character of a line stands on a dot: the number of an item in a ball."""
    x0, y0, x1, y1 = line["bbox"]
    if x0 > dot[2] or x1 < dot[0] or y0 > dot[3] or y1 < dot[1]:
        return False
    middles = ((char["bbox"][0] + char["bbox"][2]) / 2 for span in line["spans"] for char in span["chars"])
    return any(dot[0] < middle < dot[2] for middle in middles)


def _line_of(dot: Box, lines: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The line whose first letter stands right behind a dot, in the middle of its height."""
    x0, y0, x1, y1 = dot
    middle, side = (y0 + y1) / 2, max(x1 - x0, y1 - y0)
    for line in lines:
        char, size = _first(line)
        if char is None:
            continue
        left, top, _, bottom = char["bbox"]
        level = top + 0.25 * (bottom - top) < middle < bottom - 0.15 * (bottom - top)
        gap = (left - x1) / size
        if level and _GAP_EM[0] < gap < _GAP_EM[1] and _SIDE_EM[0] * size < side < _SIDE_EM[1] * size:
            return line if char["c"].isalnum() or char["c"] in "(“\"'《「" else None
    return None


def _first(line: dict[str, Any]) -> tuple[dict[str, Any] | None, float]:
    """The first printed character of a line, and its size."""
    for span in line["spans"]:
        for char in span["chars"]:
            if not char["c"].isspace():
                return char, max(span["size"], 1.0)
    return None, 1.0


def _columns(dots: Sequence[Box]) -> Iterator[list[Box]]:
    """Dots of one size at one left edge, from top to bottom."""
    rest = sorted(dots, key=lambda dot: dot[1])
    while rest:
        first = rest[0]
        column = [dot for dot in rest if _are_alike(dot, first)]
        yield column
        rest = [dot for dot in rest if dot not in column]


def _are_alike(dot: Box, other: Box) -> bool:
    return abs(dot[0] - other[0]) < _ALIKE_PT and abs(dot[2] - other[2]) < _ALIKE_PT


def _are_strung(column: Sequence[Box], paths: Sequence[dict[str, Any]]) -> bool:
    """Whether a line runs down through dots: stations of a timeline."""
    x = (column[0][0] + column[0][2]) / 2
    top, bottom = column[0][3], column[1][1]
    return any(
        p["rect"][0] - 1 <= x <= p["rect"][2] + 1
        and p["rect"][2] - p["rect"][0] < _SIDE_PT[1]
        and p["rect"][1] <= top + 1
        and p["rect"][3] >= bottom - 1
        for p in paths
    )


def _write(dot: Box, line: dict[str, Any]) -> None:
    """Put the sign before the first printed character of a line, as high as that."""
    for span in line["spans"]:
        for at, char in enumerate(span["chars"]):
            if not char["c"].isspace():
                box = (dot[0], char["bbox"][1], dot[2], char["bbox"][3])
                sign = {**char, "c": _SIGN, "bbox": box, "origin": (dot[0], char["origin"][1])}
                span["chars"] = [*span["chars"][:at], sign, *span["chars"][at:]]
                return
