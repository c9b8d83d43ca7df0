"""Drawn lines that cross or meet others: those of grids and boxes, not those of plans and graphs alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.engines.layout.cells.ruled_rows import SAME_PT

_Line = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class DrawnLines:
    """Drawn lines as (place, from, to): level ones at heights, upright ones at widths, in points."""

    level: list[tuple[float, float, float]]
    upright: list[tuple[float, float, float]]


def groups_that_meet(lines: DrawnLines) -> Iterator[DrawnLines]:
    """The lines, those together that meet, or meet what meets them."""
    level, upright = list(lines.level), list(lines.upright)
    while level:
        group, fresh = DrawnLines([level.pop()], []), True
        while fresh:
            fresh = False
            for taken, left, others in ((group.upright, upright, group.level), (group.level, level, group.upright)):
                near = [
                    line for line in left if any(_meet(*_by_direction(line, o, taken is group.level)) for o in others)
                ]
                taken.extend(near)
                left[:] = [line for line in left if line not in near]
                fresh = fresh or bool(near)
        yield group


def _by_direction(line: _Line, other: _Line, is_level: bool) -> tuple[_Line, _Line]:
    return (line, other) if is_level else (other, line)


def meeting(lines: DrawnLines) -> DrawnLines:
    """The lines of which each meets one of the other direction: a plan has thousands of either."""
    import numpy as np

    if not lines.level or not lines.upright:
        return DrawnLines([], [])
    x, top, bottom = np.array(lines.upright).T
    met = np.zeros(len(lines.upright), dtype=bool)
    level = []
    for line in lines.level:
        y, left, right = line
        along = (left - SAME_PT <= x) & (x <= right + SAME_PT)
        meets = along & (top - SAME_PT <= y) & (y <= bottom + SAME_PT)
        met |= meets
        if meets.any():
            level.append(line)
    return DrawnLines(level, [line for line, one in zip(lines.upright, met, strict=True) if one])


def _meet(level: tuple[float, float, float], upright: tuple[float, float, float]) -> bool:
    along = level[1] - SAME_PT <= upright[0] <= level[2] + SAME_PT
    return along and upright[1] - SAME_PT <= level[0] <= upright[2] + SAME_PT
