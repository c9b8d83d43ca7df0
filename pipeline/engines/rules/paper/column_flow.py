"""The rows of a text from a place on, column after column and page after page, whatever the order of its blocks.

Lists of references are set in narrow columns beside other text, where the order in which blocks are read may change
from one column to the other. Here only places count: gutters part the columns of a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.page_rows import box_around
from stores.models import Box, Label

_NO_TEXT = (Label.HEADER, Label.FOOTER, Label.FIGURE)
_LEAST_COLUMN = 0.12  # of the width of the text: narrower ones are numbers of entries
_LEAST_GUTTER = 4.0  # points
_LEAST_LINES = 3  # on either side of a gutter
_WIDE = 0.6  # of the width of the text: a line over several columns, or the page has but one
_ACROSS = 0.05  # of the lines that may cross a gutter: running titles, notes
_SAME_ROW = 0.5  # of a line's height
_CONTIGUOUS = 3.0  # heights between rows above each other
_LONGER = 0.1  # of the width of a column, that lines above may be longer than those below
_INSIDE = 4.0  # points that a line may stand out of its column


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRow:
    """A printed row of one column: its lines from left to right. ``column`` tells columns and pages apart.

    ``left`` is the left edge of its column, ``gap`` the space above it in points, None for the first of a column.
    """

    lines: tuple[PageLine, ...]
    column: tuple[int, int]
    left: float
    gap: float | None

    @property
    def text(self) -> str:
        return " ".join(line.text.strip() for line in self.lines)

    @property
    def box(self) -> Box:
        return box_around(self.lines)

    @property
    def height(self) -> float:
        return median(line.height for line in self.lines)


def rows_below(start: PageLine, lines: Sequence[PageLine], *, included: bool = False) -> Iterator[FlowRow]:
    """The rows that follow ``start``, on its page and the later ones; ``included``: with the row of ``start`` itself.

    On the page of ``start`` these are the rows below it in its column, and the columns right of it from as far up as
    they go on without a gap. Where it stands over several columns, all of them below it.
    """
    top = start.box[1] - _SAME_ROW * start.height if included else start.middle
    texts = (line for line in lines if line.label not in _NO_TEXT and line.page >= start.page)
    for page, group in groupby(texts, key=lambda line: line.page):
        ours = list(group)
        if page == start.page:
            yield from _rows_of_first_page(start, top, ours)
            continue
        for at, column in enumerate(_columns(ours, _gutters(ours))):
            yield from _rows(column, (page, at))


def _rows_of_first_page(start: PageLine, top: float, lines: Sequence[PageLine]) -> Iterator[FlowRow]:
    below = [line for line in lines if line.middle > top]
    cuts = _gutters(below)
    if not cuts and (cuts := _gutters(lines)):  # too few lines below to tell: the columns of the page go on
        columns = _columns(lines, cuts)
        own = _own_column(start, columns)
        for at, column in enumerate(columns[own or 0 :]):
            whole = own is not None and at > 0
            yield from _rows([line for line in column if whole or line.middle > top], (start.page, at))
        return
    columns = _columns(below, cuts)
    own = _own_column(start, columns)
    for at, column in enumerate(columns[own or 0 :]):
        more = _going_on_above(column, lines) if own is not None and at else []
        yield from _rows([*more, *column], (start.page, at))


def _own_column(start: PageLine, columns: Sequence[Sequence[PageLine]]) -> int | None:
    """The column that a line stands in, None where it stands over several."""
    if len(columns) < 2:
        return None
    spans = [(min(line.box[0] for line in c), max(line.box[2] for line in c)) for c in columns]
    over = [at for at, (left, right) in enumerate(spans) if min(right, start.box[2]) - max(left, start.box[0]) > 0]
    return over[0] if len(over) == 1 else None


def _going_on_above(column: Sequence[PageLine], lines: Sequence[PageLine]) -> list[PageLine]:
    """The lines inside the edges of a column above its first one, as far as no gap parts them."""
    left, right = min(line.box[0] for line in column), max(line.box[2] for line in column)
    limit = right + max(_INSIDE, _LONGER * (right - left))
    inside = [line for line in lines if left - _INSIDE < line.box[0] and line.box[2] < limit]
    above: list[PageLine] = []
    top = min(line.box[1] for line in column)
    for line in sorted(inside, key=lambda line: -line.middle):
        if line in column or line.middle > top:
            continue
        if top - line.box[3] > _CONTIGUOUS * line.height:
            break
        above.insert(0, line)
        top = min(top, line.box[1])
    return above


def _columns(lines: Sequence[PageLine], cuts: Sequence[float]) -> list[list[PageLine]]:
    """The lines of a page by its columns, from left to right; those across several are left out."""
    edges = [float("-inf"), *cuts, float("inf")]
    columns: list[list[PageLine]] = [[] for _ in range(len(cuts) + 1)]
    for line in lines:
        inside = [
            at
            for at, (left, right) in enumerate(pairwise(edges))
            if line.box[0] > left - _INSIDE and line.box[2] < right + _INSIDE
        ]
        if inside:
            columns[inside[0]].append(line)
    return [column for column in columns if column]


def _gutters(lines: Sequence[PageLine]) -> list[float]:
    """The middles of the gutters: upright strips that hardly a line crosses, with a column's width on both sides."""
    if not lines:
        return []
    left, right = min(line.box[0] for line in lines), max(line.box[2] for line in lines)
    narrow = [line for line in lines if line.box[2] - line.box[0] < _WIDE * (right - left)]
    if len(narrow) * 2 < len(lines):
        return []
    covered = [0] * (int(right - left) + 2)
    for line in narrow:
        for at in range(int(line.box[0] - left), int(line.box[2] - left) + 1):
            covered[at] += 1
    few = int(_ACROSS * max(covered))
    least = _LEAST_COLUMN * (right - left)
    cuts: list[float] = []
    at = 0
    for free, strip in groupby(covered, key=lambda count: count <= few):
        width = len(list(strip))
        middle = left + at + width / 2
        before = cuts[-1] if cuts else left
        wide = middle - before >= least and right - middle >= least
        if free and width >= _LEAST_GUTTER and wide and _parts(narrow, before, middle):
            cuts.append(middle)
        at += width
    return cuts


def _parts(lines: Sequence[PageLine], before: float, middle: float) -> bool:
    """Whether lines stand on both sides of a gutter."""
    left = sum(line.box[0] >= before - _INSIDE and line.box[2] <= middle for line in lines)
    return min(left, sum(line.box[0] >= middle for line in lines)) >= _LEAST_LINES


def _rows(lines: Sequence[PageLine], column: tuple[int, int]) -> Iterator[FlowRow]:
    groups: list[list[PageLine]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        last = groups[-1][-1] if groups else None
        if last and line.middle - last.middle < _SAME_ROW * min(line.height, last.height):
            groups[-1].append(line)
        else:
            groups.append([line])
    left = min((line.box[0] for line in lines), default=0.0)
    above: float | None = None
    for group in groups:
        box = box_around(group)
        ordered = tuple(sorted(group, key=lambda line: line.box[0]))
        yield FlowRow(lines=ordered, column=column, left=left, gap=None if above is None else box[1] - above)
        above = box[3]
