"""Reading order of boxes: rows of a page cut from top to bottom, columns from left to right, again and again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from stores.models import Box

_MIN_GUTTER = 2.0  # points between two columns
_NARROW = 0.4  # of the widest column: less is a margin with labels
_NARROWEST, _FEWEST_OF_SIDEBAR = 0.2, 4  # of the width of the other column, and boxes, for a sidebar
_LEVEL, _MORE = 0.45, 1.5  # share of its boxes that begin level with others; times as many as those
_GRID = 0.6  # of the boxes beginning at shared heights: cards in rows
_SAME_HEIGHT = 3.0  # points
_LEVEL_TOPS = 6.0  # points between the tops of columns
_TIMES_AS_HIGH = 1.8  # a text is so much higher than the heading beside it
_TALL = 60.0  # points: a single box of this height may be a column of its own
_PARAGRAPH_GAP = 11.0  # points between paragraphs of a column, at most; they are three times as high
_LINE_PT = 30.0  # a line of a heading is no higher
_ONE_LINE = 1.8  # times the height of the lowest box: a box of one line is no higher
_SIDE = 0.7  # of the width of the column beside: labels take less
_TITLED = 3  # columns below a title that stands over one of them alone
_OFF_MIDDLE = 0.05  # of the width of the columns
_CARD_GAP = 24.0  # points: where rows lie further apart than columns and this, they are rows of cards
_SECTION_GAP, _SECTION_PT = 1.5, 3.0  # times the usual gap of a column, and points more: a section begins below
_SHARED_SECTIONS = 0.5  # of the sections of columns: more begin at one height in a grid
_MOST_BOXES = 500  # of which runs of rows in columns are looked for; a page of words, each by itself, has more
_OVERLAP = 0.15  # boxes may overlap by this share of the smaller side and still count as apart


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """Indices of the boxes in the order in which a reader takes them."""
    return _ordered(list(range(len(boxes))), boxes)


def _ordered(members: list[int], boxes: Sequence[Box]) -> list[int]:
    if len(members) < 2:
        return members
    title = _title_of_columns(members, boxes)
    if title is not None:
        return [title, *_ordered([index for index in members if index != title], boxes)]
    head = _head_of_columns(members, boxes)
    if head:
        return [*_ordered(head, boxes), *_ordered([index for index in members if index not in head], boxes)]
    for axis in _axes(members, boxes):
        groups = _cut(members, boxes, axis)
        if axis == 1 and len(members) <= _MOST_BOXES:
            groups = _columns_kept(groups, boxes)
        if len(groups) > 1:
            return [index for group in groups for index in _ordered(group, boxes)]
    return sorted(members, key=lambda index: (boxes[index][1], boxes[index][0]))


def _title_of_columns(members: list[int], boxes: Sequence[Box]) -> int | None:
    """The line in the middle above three or more columns, over another than the first: the title of a newspaper."""
    rows = _cut(members, boxes, 1)
    if len(rows) < 2 or len(rows[0]) > 1:
        return None
    top, rest = rows[0][0], [index for row in rows[1:] for index in row]
    columns = _cut(rest, boxes, 0)
    if len(columns) < _TITLED or boxes[top][3] - boxes[top][1] > _TALL or not _are_columns(columns, boxes):
        return None
    left, right = _extent(rest, boxes, 0)
    in_middle = abs(boxes[top][0] + boxes[top][2] - left - right) / 2 < _OFF_MIDDLE * (right - left)
    return top if in_middle and boxes[top][0] > _extent(columns[0], boxes, 0)[1] else None


def _head_of_columns(members: list[int], boxes: Sequence[Box]) -> list[int]:
    """What stands above the first of several columns, over others alone, where all of them begin level below it."""
    columns = _cut(members, boxes, 0)
    if len(columns) < 2 or not _are_text_columns(columns, boxes):
        return []
    top = _extent(columns[0], boxes, 1)[0]
    head = [index for index in members if boxes[index][3] < top - _PARAGRAPH_GAP]
    below = [[index for index in column if index not in head] for column in columns]
    level = all(column and abs(_extent(column, boxes, 1)[0] - top) < _LEVEL_TOPS for column in below)
    return head if level else []


def _axes(members: list[int], boxes: Sequence[Box]) -> tuple[int, int]:
    """Which cut to try first: columns where they are real ones, else rows (1: rows, 0: columns)."""
    columns = _cut(members, boxes, 0)
    if len(columns) < 2 or not _are_columns(columns, boxes) or _are_headings_beside(columns, boxes):
        return 1, 0
    rows = _cut(members, boxes, 1)
    return (1, 0) if _widest_gap(rows, boxes, 1) > max(_CARD_GAP, _widest_gap(columns, boxes, 0)) else (0, 1)


def _are_headings_beside(columns: list[list[int]], boxes: Sequence[Box]) -> bool:
    """Whether a narrow first column holds low boxes alone that begin level with higher ones: headings in a margin."""
    if len(columns) != 2 or len(columns[0]) > len(columns[1]):
        return False
    widths = [high - low for low, high in (_extent(column, boxes, 0) for column in columns)]
    beside = [boxes[index] for index in columns[1]]
    return widths[0] < _NARROW * widths[1] and all(_heads_beside(boxes[index], beside) for index in columns[0])


def _heads_beside(box: Box, others: Sequence[Box]) -> bool:
    level = [other for other in others if abs(other[1] - box[1]) < _LEVEL_TOPS]
    return any(other[3] - other[1] > _TIMES_AS_HIGH * (box[3] - box[1]) for other in level)


def _widest_gap(groups: list[list[int]], boxes: Sequence[Box], axis: int) -> float:
    extents = [_extent(group, boxes, axis) for group in groups]
    return max((after[0] - before[1] for before, after in pairwise(extents)), default=0.0)


def _columns_kept(rows: list[list[int]], boxes: Sequence[Box]) -> list[list[int]]:
    """Rows put together again where they stand in the same columns: a gap that both columns share ends neither.

    Every longest run of rows that one straight gutter parts is read column by column.
    """
    kept: list[list[int]] = []
    start = 0
    while start < len(rows):
        end = _end_of_run(rows, start, boxes)
        kept.append([index for row in rows[start:end] for index in row])
        start = end
    return kept


def _end_of_run(rows: list[list[int]], start: int, boxes: Sequence[Box]) -> int:
    """The end of the longest run of rows from ``start`` on that stands in columns; ``start + 1`` where none does."""
    run, best = list(rows[start]), start + 1
    for end in range(start + 1, len(rows)):
        run += rows[end]
        columns = _cut(run, boxes, 0)
        if len(columns) < 2:
            break
        if _are_text_columns(columns, boxes):
            best = end + 1
    return best - 1 if start + 1 < best < len(rows) and _heads_next(rows, best - 1, boxes) else best


def _heads_next(rows: list[list[int]], at: int, boxes: Sequence[Box]) -> bool:
    """Whether a row is the heading of the one below: one line, at its left edge, and nearer to it than to the last."""
    if len(rows[at]) > 1:
        return False
    above, below = _extent(rows[at - 1], boxes, 1)[1], _extent(rows[at + 1], boxes, 1)[0]
    left, top, _, bottom = boxes[rows[at][0]]
    level = abs(left - _extent(rows[at + 1], boxes, 0)[0]) < _SAME_HEIGHT
    return level and bottom - top < _LINE_PT and below - bottom < top - above


def _are_text_columns(columns: list[list[int]], boxes: Sequence[Box]) -> bool:
    """Columns of running text: none is a narrow row of labels or dates beside what they belong to."""
    widths = [high - low for low, high in (_extent(column, boxes, 0) for column in columns)]
    heights = [high - low for low, high in (_extent(column, boxes, 1) for column in columns)]
    full = all(len(column) > 1 or height > _TALL for column, height in zip(columns, heights, strict=True))
    wide = min(widths) > _NARROW * max(widths) or _is_sidebar(columns, widths, boxes)
    apart = _beginnings_shared(columns, boxes) < _GRID or _run_down(columns, boxes) or _sections_apart(columns, boxes)
    return full and wide and _are_columns(columns, boxes) and apart


def _run_down(columns: list[list[int]], boxes: Sequence[Box]) -> bool:
    """Whether columns hold paragraphs close below one another, where cards and cells would stand apart or be low."""
    inner = [sorted((boxes[index] for index in column), key=lambda box: box[1]) for column in columns]
    gaps = [below[1] - above[3] for column in inner for above, below in pairwise(column)]
    heights = sorted(box[3] - box[1] for column in inner for box in column)
    return bool(gaps) and max(gaps) < _PARAGRAPH_GAP < heights[len(heights) // 2] / 3


def _sections_apart(columns: list[list[int]], boxes: Sequence[Box]) -> bool:
    """Whether all columns have sections, behind wider gaps, that begin where none of the others does.

    Lines of columns that are set alike stand level; the rows of a grid begin level, too.
    """
    inner = [sorted((boxes[index] for index in column), key=lambda box: box[1]) for column in columns]
    if any(_stand_apart(column) for column in inner):
        return False
    usual = min(_usual_gap(column) for column in inner)
    starts = [_section_starts(column, usual) for column in inner]
    level = 0
    for at, tops in enumerate(starts):
        others = [top for other, tops in enumerate(starts) if other != at for top in tops]
        level += sum(any(abs(top - other) < _SAME_HEIGHT for other in others) for top in tops)
    return all(starts) and level <= _SHARED_SECTIONS * sum(map(len, starts))


def _usual_gap(column: Sequence[Box]) -> float:
    return median(below[1] - above[3] for above, below in pairwise(column)) if len(column) > 1 else 0.0


def _stand_apart(column: Sequence[Box]) -> bool:
    """Whether the boxes of a column have more room between them than they are high, as dates beside entries."""
    return _usual_gap(column) > median(box[3] - box[1] for box in column)


def _section_starts(column: Sequence[Box], usual: float) -> list[float]:
    """The heights at which something begins in a column behind a gap that is wider than usual."""
    least = max(_SECTION_GAP * usual, usual + _SECTION_PT)
    return [below[1] for above, below in pairwise(column) if below[1] - above[3] > least]


def _is_sidebar(columns: list[list[int]], widths: Sequence[float], boxes: Sequence[Box]) -> bool:
    """Whether the narrower of two columns has a text of its own: labels begin level with what they belong to."""
    if len(columns) != 2 or min(widths) < _NARROWEST * max(widths):
        return False
    side, main = (columns[at] for at in sorted((0, 1), key=lambda at: widths[at]))
    tops = [boxes[index][1] for index in main]
    level = sum(any(abs(boxes[index][1] - top) < _SAME_HEIGHT for top in tops) for index in side)
    return _FEWEST_OF_SIDEBAR <= len(side) < _MORE * len(main) and level < _LEVEL * len(side)


def _beginnings_shared(columns: list[list[int]], boxes: Sequence[Box]) -> float:
    """The share of the boxes that begin at a height at which the column beside them begins one, too.

    In columns of text that is chance; in a grid of cards it is the rule, and a grid is read row by row.
    """
    tops = [[boxes[index][1] for index in column] for column in columns]
    fewest = min(range(len(tops)), key=lambda at: len(tops[at]))
    others = [top for at, column in enumerate(tops) if at != fewest for top in column]
    shared = sum(any(abs(top - other) < _SAME_HEIGHT for other in others) for top in tops[fewest])
    return shared / len(tops[fewest])


def _are_columns(groups: list[list[int]], boxes: Sequence[Box]) -> bool:
    """Whether vertical cuts give text columns: each holds several boxes or a tall one, beside one another."""
    heights = [_extent(group, boxes, 1) for group in groups]
    tallest = max(high - low for low, high in heights)
    return all(high - low > 0.3 * tallest for low, high in heights) and any(len(group) > 1 for group in groups)


def _extent(group: list[int], boxes: Sequence[Box], axis: int) -> tuple[float, float]:
    return min(boxes[index][axis] for index in group), max(boxes[index][axis + 2] for index in group)


def _cut(members: list[int], boxes: Sequence[Box], axis: int) -> list[list[int]]:
    """Members split wherever a straight line along the other axis meets no box."""
    groups = _gaps(members, boxes, axis)
    return groups if axis == 1 else _with_side_labels(groups, boxes)


def _gaps(members: list[int], boxes: Sequence[Box], axis: int) -> list[list[int]]:
    groups: list[list[int]] = []
    end = float("-inf")
    for index in sorted(members, key=lambda index: boxes[index][axis]):
        low, high = boxes[index][axis], boxes[index][axis + 2]
        slack = _OVERLAP * min(high - low, 40.0) if axis == 1 else -_MIN_GUTTER / 2
        if groups and low < end - max(slack, 0.0) + (_MIN_GUTTER if axis == 0 else 0.0):
            groups[-1].append(index)
        else:
            groups.append([index])
        end = max(end, high)
    return groups


def _with_side_labels(columns: list[list[int]], boxes: Sequence[Box]) -> list[list[int]]:
    """Columns, those of short labels at the right edge, such as dates, put to the column that they belong to."""
    merged: list[list[int]] = []
    for column in columns:
        if merged and _are_side_labels(column, merged[-1], boxes):
            merged[-1] = merged[-1] + column
        else:
            merged.append(column)
    return merged


def _are_side_labels(column: list[int], beside: list[int], boxes: Sequence[Box]) -> bool:
    """Whether all boxes of a narrow column are single lines, each beside the first or last line of another box."""
    if not 1 < len(column) < len(beside):
        return False
    widths = [high - low for low, high in (_extent(group, boxes, 0) for group in (column, beside))]
    lowest = min(boxes[index][3] - boxes[index][1] for index in beside)
    low = all(boxes[index][3] - boxes[index][1] < _ONE_LINE * max(lowest, 6.0) for index in column)
    return low and widths[0] < _SIDE * widths[1] and all(_is_beside_line(index, beside, boxes) for index in column)


def _is_beside_line(index: int, beside: list[int], boxes: Sequence[Box]) -> bool:
    """Whether a box stands at the height of another: of its middle, of its first line, or of its last one."""
    top, bottom = boxes[index][1], boxes[index][3]
    tops = ((top - boxes[other][1], bottom - boxes[other][3]) for other in beside)
    return any(min(abs(above + below) / 2, abs(above), abs(below)) < _SAME_HEIGHT for above, below in tops)


def side_by_side(above: Box, box: Box) -> bool:
    """Whether two boxes share rows: more than a third of the lower one's height."""
    shared = min(above[3], box[3]) - max(above[1], box[1])
    return shared > min(above[3] - above[1], box[3] - box[1]) / 3
