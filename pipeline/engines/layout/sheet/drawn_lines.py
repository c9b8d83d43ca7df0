"""The drawings of a page, bounded: rules made of dots become lines, and pages of too many are read without them.

The search for tables compares drawings with each other, and so does MuPDF where it is asked for underlines and ruled
cells: a table ruled in 15,000 dots takes minutes, a sheet of graph paper longer. Everything here is linear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pipeline.engines.layout.sheet.sheet import Sheet
from pipeline.engines.pdf import mupdf

_MANY = 1500  # drawn pieces: an ordinary page has fewer, and tables are searched for among all of them
_CROWD = 6000  # drawn pieces: with more, text is read without a look at what is drawn around it
_MOST_PATHS = 2000  # that a search for tables compares with each other
_MOST_CROSSINGS = 10_000  # of horizontal and vertical lines: each may be the corner of a cell
_DOT_PT = 4.0  # neither side of a dot is longer
_LEAST_DOTS = 6  # in a row make a line
_RULE_PT = 3.0  # a shorter line rules nothing
_LEVEL_PT = 0.5  # what differs by less stands in one row

_Span = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawings:
    """What is drawn on a page: MuPDF's ``paths``, and the ``rules`` that may be a table's, rows of dots among them."""

    paths: list[dict[str, Any]]
    rules: list[dict[str, Any]]

    @property
    def searchable(self) -> bool:
        """Whether tables can be searched for among the lines in a second or two."""
        return len(self.rules) <= _MOST_PATHS and _crossings(self.rules) <= _MOST_CROSSINGS

    @contextmanager
    def only_rules(self, page: Any) -> Iterator[None]:
        """Let the page show nothing but rules while the block runs."""
        page.get_drawings = lambda *_, **__: self.rules
        try:
            yield
        finally:
            page.get_drawings = lambda *_, **__: self.paths


@contextmanager
def bounded(sheet: Sheet) -> Iterator[Drawings]:
    """Let a page be asked for its drawings once, and read its text in linear time, while the block runs."""
    page = sheet.page
    paths = page.get_drawings() if sheet.has_drawings else []
    page.get_drawings = lambda *_, **__: paths
    sheet.crowded = _pieces(paths) > _CROWD
    try:
        yield Drawings(paths=paths, rules=rules_of(paths))
    finally:
        vars(page).pop("get_drawings", None)


def _pieces(paths: Sequence[dict[str, Any]]) -> int:
    return sum(len(path["items"]) for path in paths)


def rules_of(paths: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same drawings where they are few; else the straight lines of a rule's length, rows of dots among them."""
    if _pieces(paths) <= _MANY:
        return paths
    dots: list[_Span] = []
    kept: list[dict[str, Any]] = []
    for path in paths:
        rules = []
        for item in path["items"]:
            span = span_of(item)
            if span is None:
                continue
            if max(span[2] - span[0], span[3] - span[1]) <= _DOT_PT:
                dots.append(span)
            if max(span[2] - span[0], span[3] - span[1]) >= _RULE_PT:
                rules.append((item, span))
        if rules:
            kept.append({**path, "items": [item for item, _ in rules], "rect": _rect(_around(s for _, s in rules))})
    lines = [*_joined(dots, 0), *_joined(dots, 1)]
    return [*kept, *(_drawn(line, paths[0]) for line in lines)]


def span_of(item: Sequence[Any]) -> _Span | None:
    """The box of a rectangle or a straight line along the page, drawn as a curve too; None for what rules nothing."""
    if item[0] == "re":
        return tuple(map(float, item[1]))  # type: ignore[return-value]
    if item[0] == "qu":
        return tuple(map(float, item[1].rect))  # type: ignore[return-value]
    if item[0] not in ("l", "c"):
        return None
    xs, ys = zip(*item[1:], strict=True)
    x0, x1, y0, y1 = float(min(xs)), float(max(xs)), float(min(ys)), float(max(ys))
    return (x0, y0, x1, y1) if min(x1 - x0, y1 - y0) <= _LEVEL_PT else None


def _joined(dots: Sequence[_Span], along: int) -> Iterator[_Span]:
    """Lines that dots make in rows (``along`` 0) or columns (1)."""
    across = 1 - along
    rows: dict[int, list[_Span]] = defaultdict(list)
    for dot in dots:
        rows[round((dot[across] + dot[across + 2]) / 2 / _LEVEL_PT)].append(dot)
    for row in rows.values():
        row.sort(key=lambda dot: dot[along])
        run = [row[0]]
        for dot in row[1:]:
            if dot[along] - run[-1][along + 2] > _widest_gap(run[-1], along):
                yield from _line(run)
                run = []
            run.append(dot)
        yield from _line(run)


def _widest_gap(dot: _Span, along: int) -> float:
    return max(3.0, 3 * (dot[along + 2] - dot[along]))


def _line(run: Sequence[_Span]) -> Iterator[_Span]:
    if len(run) >= _LEAST_DOTS:
        yield _around(run)


def _around(spans: Iterable[_Span]) -> _Span:
    lefts, tops, rights, bottoms = zip(*spans, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _rect(span: _Span) -> Any:
    return mupdf.load().Rect(*span)


def _drawn(span: _Span, like: dict[str, Any]) -> dict[str, Any]:
    """A path of MuPDF's kind that fills this box."""
    rect = _rect(span)
    return {**like, "type": "f", "items": [("re", rect, 1)], "rect": rect, "closePath": None, "dashes": None}


def _crossings(paths: Sequence[dict[str, Any]]) -> int:
    """How often horizontal and vertical lines cross; without a count where they are too many to look."""
    import numpy as np

    level, upright = _lines_by_direction(paths)
    if len(level) * len(upright) > 400 * _MOST_CROSSINGS:
        return len(level) * len(upright)
    if not level or not upright:
        return 0
    x0, y, x1 = (np.array(values)[:, None] for values in zip(*level, strict=True))
    x, y0, y1 = (np.array(values)[None, :] for values in zip(*upright, strict=True))
    slack = _RULE_PT
    return int(((x0 - slack <= x) & (x <= x1 + slack) & (y0 - slack <= y) & (y <= y1 + slack)).sum())


def _lines_by_direction(
    paths: Sequence[dict[str, Any]],
) -> tuple[set[tuple[float, float, float]], set[tuple[float, float, float]]]:
    """(x0, y, x1) of horizontal and (x, y0, y1) of vertical lines, the sides of boxes among them, to the point."""
    level: set[tuple[float, float, float]] = set()
    upright: set[tuple[float, float, float]] = set()
    for path in paths:
        for span in filter(None, map(span_of, path["items"])):
            x0, y0, x1, y1 = map(round, span)
            if x1 - x0 >= _RULE_PT:
                level.update(((x0, y0, x1), (x0, y1, x1)))
            if y1 - y0 >= _RULE_PT:
                upright.update(((x0, y0, y1), (x1, y0, y1)))
    return level, upright
