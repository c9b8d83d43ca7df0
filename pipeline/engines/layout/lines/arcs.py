"""Text set along an arc, as that of round stamps: one line, not a character here and there. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

from pipeline.engines.layout.lines.glyph import Glyph

Direction = tuple[float, float]
Placed = tuple[tuple[Glyph, ...], Direction]  # the characters of a line of MuPDF's, and where it runs to

_STEP_EM = 2.2  # from one character of an arc to the next, at most
_SLANT = 0.1  # of the length of a line: how far a slanted one climbs or falls
_LEAST_SLANTED = 2
_LEAST = 4  # characters of an arc


def with_arcs(placed: Sequence[Placed]) -> list[Placed]:
    """Lines of single characters, each turned a little further than the one before, made one line."""
    made: list[Placed] = []
    run: list[Placed] = []
    for one in placed:
        if run and not _goes_on(run[-1], one):
            made += _arc(run)
            run = []
        run.append(one)
    return [*made, *_arc(run)] if run else made


def _goes_on(before: Placed, one: Placed) -> bool:
    if len(before[0]) != 1 or len(one[0]) != 1:
        return False
    first, second = before[0][0], one[0][0]
    size = first.style.size
    step = hypot(second.middle[0] - first.middle[0], second.middle[1] - first.middle[1])
    turned = before[1] != one[1]
    return turned and abs(second.style.size - size) < 0.5 and step < _STEP_EM * size and not first.char.isspace()


def _arc(run: list[Placed]) -> list[Placed]:
    slanted = sum(abs(direction[1]) > _SLANT for _, direction in run)
    if len(run) < _LEAST or slanted < _LEAST_SLANTED:
        return run
    forward = sum(_ahead(one, other) for one, other in pairwise(run))
    ordered = run if 2 * forward >= len(run) - 1 else run[::-1]
    return [(tuple(glyph for glyphs, _ in ordered for glyph in glyphs), (0.0, 1.0))]


def _ahead(one: Placed, other: Placed) -> bool:
    """Whether the next character stands where this one runs to."""
    (ax, ay), (bx, by) = one[0][0].middle, other[0][0].middle
    return (bx - ax) * one[1][0] + (by - ay) * one[1][1] > 0
