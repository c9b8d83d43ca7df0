"""Lines of a table that a coloured row hides: its fill is drawn over the grid. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.engines.layout.sheet.drawn_lines import span_of
from stores.models import Box

Line = tuple[float, float, float]  # where it stands, from, to, in points

_SAME_PT = 3.0
_LOWEST_PT, _HIGHEST_PT = 6.0, 30.0  # of a row
_WIDE = 3.0  # times as wide as high
_WHITE = 0.97


def with_hidden_lines(
    level: Sequence[Line], upright: Sequence[Line], paths: Iterable[dict[str, Any]], texts: Sequence[Box]
) -> tuple[list[Line], list[Line]]:
    """The lines, those on that end at coloured rows and begin again behind them; through no text."""
    rows = [row for row in _coloured_rows(paths) if _goes_on(level, row)] if level and upright else []
    more_level = [(y, row[0], row[2]) for row in rows for y in (row[1], row[3])]
    more_upright = [
        (x, row[1], row[3])
        for row in rows
        for x in _interrupted(upright, row)
        if not any(text[0] < x < text[2] and row[1] < (text[1] + text[3]) / 2 < row[3] for text in texts)
    ]
    return [*level, *more_level], [*upright, *more_upright]


def _coloured_rows(paths: Iterable[dict[str, Any]]) -> list[Box]:
    rows = []
    for path in paths:
        if "f" not in path["type"] or min(path.get("fill") or (1.0,)) > _WHITE:
            continue
        for span in filter(None, map(span_of, path["items"])):
            width, height = span[2] - span[0], span[3] - span[1]
            if _LOWEST_PT < height < _HIGHEST_PT and width > _WIDE * height:
                rows.append(span)
    return rows


def _goes_on(level: Sequence[Line], row: Box) -> bool:
    """Whether lines that stand at the upper and the lower side of a row end where it begins, or begin where it ends."""
    return all(
        any(abs(y - side) < _SAME_PT and min(abs(x1 - row[0]), abs(x0 - row[2])) < _SAME_PT for y, x0, x1 in level)
        for side in (row[1], row[3])
    )


def _interrupted(upright: Sequence[Line], row: Box) -> list[float]:
    """Where lines end at the upper side of a row and begin again at its lower side."""
    above = [x for x, _, y1 in upright if abs(y1 - row[1]) < _SAME_PT and row[0] < x < row[2]]
    below = [x for x, y0, _ in upright if abs(y0 - row[3]) < _SAME_PT]
    return [x for x in above if any(abs(x - other) < _SAME_PT for other in below)]
