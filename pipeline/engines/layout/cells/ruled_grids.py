"""Cells of a table whose columns and rows are all ruled: what the lines say goes before what a model guesses. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from pipeline.engines.layout.cells.cells import Frame
from pipeline.engines.layout.cells.filled_rows import with_hidden_lines
from pipeline.engines.layout.cells.meeting_lines import DrawnLines, groups_that_meet, meeting
from pipeline.engines.layout.cells.ruled_rows import (
    MANY_LINES,
    SAME_PT,
    heights_in,
    holds_rows,
    holds_single_texts,
    is_paragraph,
    middle_in,
    with_unruled_rows,
)
from pipeline.engines.layout.sheet.drawn_lines import span_of
from stores.models import Box

_THIN_PT = 3.1  # a filled box no thicker is a line
_OUTSIDE_PT = 10.0  # the frame of a table stands so far from its text
_COVERED = 0.7  # of the side of a cell that is drawn
_LONG = 0.35  # of the table's width or height: shorter lines are no part of its grid
_RULED = 0.5  # of the sides between cells that are drawn
_LEAST_BOXES = 4  # of a form
_LEAST_OF_LARGE_FORM, _PARAGRAPHS = 12, 0.25  # boxes of a form, and the share of them that may hold paragraphs
_MOST_LINES = 600
_MOST_CELLS = 3000
_JOINT_PT = 1.0  # between two pieces of a line that meet
_LEAST_JOINTS = 3  # upright lines in pieces: those of two columns
_MORE_ROWS = 1.5  # times the rows that lines part: those in which a table is printed, without lines


def ruled_frames(
    box: Box, paths: Sequence[dict[str, Any]], columns: int, rows: int, texts: Sequence[Box] = ()
) -> list[Frame]:
    """The cells that lines around ``box`` part; none where they leave columns or rows of the model's grid unparted.

    ``paths``: drawings as MuPDF lists them. ``columns`` and ``rows``: how many the model sees. ``texts``: boxes of
    what is printed; where every cell of a row holds several lines of it, at the same heights, they are rows.
    """
    lines = _with_joints(_lines_near(box, paths))
    lines = DrawnLines(*with_hidden_lines(lines.level, lines.upright, paths, texts))
    if not lines.level or not lines.upright or len(lines.level) + len(lines.upright) > _MOST_LINES:
        return []
    cells = _cells_of_grid(box, lines, columns, rows, texts)
    boxes = _boxes_of_form(*_grown(box, lines, paths), texts, columns)
    if len(boxes) <= len(cells):
        return cells
    return boxes if cells else [replace(frame, heading=False) for frame in boxes]


def boxes_of_rules(paths: Sequence[dict[str, Any]]) -> list[Frame]:
    """The boxes that all lines of a page part which cross or meet others; none where these make other shapes."""
    lines = meeting(_lines_near((0.0, 0.0, float("inf"), float("inf")), paths))
    if not lines.level or not lines.upright or len(lines.level) + len(lines.upright) > _MOST_LINES:
        return []
    xs, ys = _places(lines.upright, 0.0), _places(lines.level, 0.0)
    across, down = len(xs) - 1, len(ys) - 1
    return _merged(_Grid(xs, ys, lines), least=0.0) if min(across, down) > 1 and across * down <= _MOST_CELLS else []


def grids_of_rules(paths: Sequence[dict[str, Any]], least: int) -> list[Box]:
    """The boxes around lines that meet one another, where those are ``least`` level and as many upright ones.

    Lines at one place count once.
    """
    lines = _lines_near((0.0, 0.0, float("inf"), float("inf")), paths)
    if min(len(lines.level), len(lines.upright)) < least or len(lines.level) + len(lines.upright) > _MOST_LINES:
        return []
    boxes = []
    for group in groups_that_meet(lines):
        if min(len(_grouped(group.level)), len(_grouped(group.upright))) >= least:
            xs, ys = [line[0] for line in group.upright], [line[0] for line in group.level]
            boxes.append((min(xs), min(ys), max(xs), max(ys)))
    return boxes


def _grown(box: Box, lines: DrawnLines, paths: Sequence[dict[str, Any]]) -> tuple[Box, DrawnLines]:
    """The box as wide as its level lines, and the lines near that: text may end far before the side of its cell."""
    left, right = min(line[1] for line in lines.level), max(line[2] for line in lines.level)
    wider = min(box[0], left), box[1], max(box[2], right), box[3]
    return wider, _lines_near(wider, paths)


def _boxes_of_form(box: Box, lines: DrawnLines, texts: Sequence[Box], columns: int) -> list[Frame]:
    """The boxes of a form, as wide as each row wants them: every text stands in one, with its label and no more."""
    frames = _boxes_with_texts(box, lines, texts)
    more = any(frame.column + frame.columns > columns for frame in frames)  # than the model sees
    return frames if len(frames) >= _LEAST_BOXES and _are_filled_in(frames, texts, paragraphs=more) else []


def boxes_with_texts(box: Box, paths: Sequence[dict[str, Any]], texts: Sequence[Box]) -> list[Frame]:
    """The boxes that lines around ``box`` part, where these hold every text whole; none where they do not."""
    lines = _lines_near(box, paths)
    few = 0 < len(lines.level) + len(lines.upright) <= _MOST_LINES
    return _boxes_with_texts(*_grown(box, lines, paths), texts) if few and lines.level and lines.upright else []


def _boxes_with_texts(box: Box, lines: DrawnLines, texts: Sequence[Box]) -> list[Frame]:
    xs, ys = _places(lines.upright, 0.0), _places(lines.level, _LONG * (box[2] - box[0]))
    across, down = len(xs) - 1, len(ys) - 1
    inside = [text for text in texts if middle_in(text, box)]
    if min(across, down) < 2 or across * down > _MOST_CELLS or not _is_framed(lines, inside):
        return []
    frames = _merged(_Grid(xs, ys, lines), least=0.0)
    whole = all(any(_stands_in(text, frame.box) for frame in frames) for text in inside)
    return frames if whole else []


def _are_filled_in(frames: Sequence[Frame], texts: Sequence[Box], *, paragraphs: bool) -> bool:
    """Whether boxes hold a line or two each; a few of many may hold ``paragraphs``, but no rows that no line parts."""
    long = [frame for frame in frames if len(heights_in(frame.box, texts)) >= MANY_LINES]
    few = len(frames) >= _LEAST_OF_LARGE_FORM and len(long) <= _PARAGRAPHS * len(frames)
    return not long or (paragraphs and few and all(is_paragraph(frame, texts) for frame in long))


def _stands_in(text: Box, box: Box) -> bool:
    return middle_in(text, box) and text[0] > box[0] - SAME_PT and text[2] < box[2] + SAME_PT


def _cells_of_grid(box: Box, lines: DrawnLines, columns: int, rows: int, texts: Sequence[Box]) -> list[Frame]:
    """The cells of a table whose lines run along most of it."""
    xs = _closed(_places(lines.upright, _LONG * (box[3] - box[1])), box[0], box[2])
    ys = _closed(_places(lines.level, _LONG * (box[2] - box[0])), box[1], box[3])
    across, down = len(xs) - 1, len(ys) - 1
    if min(across, down) < 2 or across * down > _MOST_CELLS:
        return []
    frames = _merged(_Grid(xs, ys, lines))
    framed = _is_framed(lines, [text for text in texts if middle_in(text, box)])
    if across < columns and not (across > 2 and framed and holds_single_texts(frames, texts)):
        return _whole_cells(box, lines, texts) if framed else []
    if rows > _MORE_ROWS * down and (not framed or holds_rows(frames, texts)):
        return []
    return with_unruled_rows(frames, texts)


def _whole_cells(box: Box, lines: DrawnLines, texts: Sequence[Box]) -> list[Frame]:
    """The cells that all lines of a framed table part, short ones too, where every text stands for itself in one."""
    xs, ys = _places(lines.upright, 0.0), _places(lines.level, 0.0)
    across, down = len(xs) - 1, len(ys) - 1
    if min(across, down) < 3 or across * down > _MOST_CELLS:
        return []
    frames = _merged(_Grid(xs, ys, lines), least=0.0)
    inside = [text for text in texts if middle_in(text, box)]
    whole = bool(frames) and all(any(_stands_in(text, frame.box) for frame in frames) for text in inside)
    return frames if whole and holds_single_texts(frames, inside) and not holds_rows(frames, inside) else []


def _is_framed(lines: DrawnLines, texts: Sequence[Box]) -> bool:
    """Whether lines reach along and across all texts of a table, as those of a whole grid do."""
    left, right = min(line[1] for line in lines.level), max(line[2] for line in lines.level)
    top, bottom = min(line[1] for line in lines.upright), max(line[2] for line in lines.upright)
    return bool(texts) and all(
        middle_in(text, (left, top, right, bottom)) and text[0] > left - SAME_PT and text[2] < right + SAME_PT
        for text in texts
    )


def _lines_near(box: Box, paths: Iterable[dict[str, Any]]) -> DrawnLines:
    x0, y0, x1, y1 = box[0] - _OUTSIDE_PT, box[1] - _OUTSIDE_PT, box[2] + _OUTSIDE_PT, box[3] + _OUTSIDE_PT
    lines, seen = DrawnLines([], []), set[tuple[int, ...]]()
    for path in paths:
        for left, top, right, bottom in _sides(path):
            place = round(left), round(top), round(right), round(bottom)
            if place in seen:  # stroked and filled
                continue
            seen.add(place)
            if right < x0 or left > x1 or bottom < y0 or top > y1:
                continue
            if bottom - top <= _THIN_PT < right - left and top >= y0 and bottom <= y1:
                lines.level.append(((top + bottom) / 2, left, right))
            elif right - left <= _THIN_PT < bottom - top and left >= x0 and right <= x1:
                lines.upright.append(((left + right) / 2, top, bottom))
    return lines


def _with_joints(lines: DrawnLines) -> DrawnLines:
    """The lines, with level ones where all upright ones are drawn in pieces that meet: each row has pieces of its own.

    Where any level line is drawn, it says itself which cells it parts.
    """
    columns = _grouped(lines.upright)
    if len(columns) < _LEAST_JOINTS:
        return lines
    first, *others = (_joints_of(column) for column in columns)
    drawn = [y for y, _, _ in lines.level]
    left = min([columns[0][0][0], *(start for _, start, _ in lines.level)])
    right = max([columns[-1][-1][0], *(end for _, _, end in lines.level)])
    joints = [
        (y, left, right)
        for y in first
        if all(any(abs(y - other) < _JOINT_PT for other in joints) for joints in others)
        and not any(abs(y - other) <= SAME_PT for other in drawn)
    ]
    return replace(lines, level=[*lines.level, *joints])


def _joints_of(column: Sequence[tuple[float, float, float]]) -> list[float]:
    """The heights at which the pieces of an upright line meet end to end."""
    pieces = sorted(set((top, bottom) for _, top, bottom in column))
    return [below[0] for above, below in pairwise(pieces) if abs(below[0] - above[1]) < _JOINT_PT]


def _sides(path: dict[str, Any]) -> Iterator[Box]:
    """The straight lines of a drawing, and the sides of its boxes where they are stroked."""
    for item in path["items"]:
        span = span_of(item)
        if span is None:
            continue
        x0, y0, x1, y1 = span
        if min(x1 - x0, y1 - y0) <= _THIN_PT:
            yield span
        elif "s" in path["type"]:
            yield from ((x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1))


def _places(lines: Iterable[tuple[float, float, float]], least: float) -> list[float]:
    """Where lines stand that are longer together than ``least`` points."""
    return [group[0][0] for group in _grouped(lines) if _length(group) > least]


def _grouped(lines: Iterable[tuple[float, float, float]]) -> list[list[tuple[float, float, float]]]:
    """The lines, those that stand at one place together."""
    groups: list[list[tuple[float, float, float]]] = []
    for line in sorted(lines):
        if groups and line[0] - groups[-1][0][0] <= SAME_PT:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _length(lines: Iterable[tuple[float, float, float]]) -> float:
    """How much lines cover together."""
    covered, reached = 0.0, float("-inf")
    for start, end in sorted((start, end) for _, start, end in lines):
        covered += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return covered


def _closed(places: list[float], low: float, high: float) -> list[float]:
    """The places with the sides of the table where no line closes it."""
    if not places:
        return [low, high]
    if low < places[0] - SAME_PT:
        places = [low, *places]
    return [*places, high] if high > places[-1] + SAME_PT else places


class _Grid:
    """All lines of a table drawn through, and which parts of them are there."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float], lines: DrawnLines) -> None:
        self.xs, self.ys, self._lines = xs, ys, lines

    def parted_right(self, row: int, column: int) -> bool:
        """Whether a line stands between a cell and the next of its row."""
        return _drawn(self._lines.upright, self.xs[column + 1], self.ys[row], self.ys[row + 1])

    def parted_below(self, row: int, column: int) -> bool:
        """Whether a line stands between a cell and the one below."""
        return _drawn(self._lines.level, self.ys[row + 1], self.xs[column], self.xs[column + 1])


def _drawn(lines: Sequence[tuple[float, float, float]], place: float, low: float, high: float) -> bool:
    near = sorted((a, b) for at, a, b in lines if abs(at - place) <= SAME_PT)
    covered, reached = 0.0, low
    for start, end in near:
        covered += max(0.0, min(end, high) - max(start, reached))
        reached = max(reached, end)
    return covered > _COVERED * (high - low)


def _merged(grid: _Grid, least: float = _RULED) -> list[Frame]:
    """Cells put together wherever no line parts them; none where that gives other shapes than boxes.

    ``least``: the share of the sides between cells that must be drawn.
    """
    across, down = len(grid.xs) - 1, len(grid.ys) - 1
    right = {(r, c): grid.parted_right(r, c) for r in range(down) for c in range(across - 1)}
    below = {(r, c): grid.parted_below(r, c) for r in range(down - 1) for c in range(across)}
    if sum(right.values()) < least * len(right) or sum(below.values()) < least * len(below):
        return []
    frames: list[Frame] = []
    taken: set[tuple[int, int]] = set()
    for row in range(down):
        for column in range(across):
            if (row, column) in taken:
                continue
            wide = _run(right, row, column, across, 1)
            high = _run(below, row, column, down, 0)
            cells = {(r, c) for r in range(row, row + high) for c in range(column, column + wide)}
            if cells & taken or not _is_box(cells, right, below):
                return []
            taken |= cells
            frames.append(_frame(grid, row, column, high, wide))
    return _with_headings(frames)


def _run(parted: dict[tuple[int, int], bool], row: int, column: int, end: int, axis: int) -> int:
    """How many cells from this one on no line parts, along a row (1) or a column (0)."""
    length = 1
    at = [row, column]
    while at[axis] + 1 < end and not parted[at[0], at[1]]:
        at[axis] += 1
        length += 1
    return length


def _is_box(
    cells: set[tuple[int, int]], right: dict[tuple[int, int], bool], below: dict[tuple[int, int], bool]
) -> bool:
    """Whether no line parts cells inside, and lines part them all from the cells outside."""
    for row, column in cells:
        for parted, other in ((right, (row, column + 1)), (below, (row + 1, column))):
            if (row, column) in parted and parted[row, column] == (other in cells):
                return False
    return True


def _frame(grid: _Grid, row: int, column: int, high: int, wide: int) -> Frame:
    box = (grid.xs[column], grid.ys[row], grid.xs[column + wide], grid.ys[row + high])
    return Frame(row, column, high, wide, box)


def _with_headings(frames: Sequence[Frame]) -> list[Frame]:
    """The cells with those of the first row, and of the second where it parts a label of the first, as headings.

    The last row is none: what is asked below a title is filled in beside it.
    """
    wide = [frame for frame in frames if frame.row == 0 and frame.columns > 1]
    second = [frame for frame in frames if frame.row == 1]
    more = any(frame.row + frame.rows > 2 for frame in frames)
    spanning = more and any(
        label.column <= frame.column < label.column + label.columns > frame.column + frame.columns
        for label in wide
        for frame in second
    )
    headings = 2 if spanning else 1
    return [
        Frame(f.row, f.column, f.rows, f.columns, f.box, heading=f.row + f.rows <= headings)
        if f.row == 0 or spanning
        else f
        for f in frames
    ]
