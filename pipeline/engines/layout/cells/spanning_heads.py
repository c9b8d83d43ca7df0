"""Heads of a table that stand over several of its columns: one cell over all of them. Pure.

``Year Ended December 31,`` over three years is underlined from the first to the last, or centred over them. The grid
of a model puts it into one of the columns, or cuts it between two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.engines.layout.cells.cells import Frame
from pipeline.engines.layout.cells.head_rows import (
    go_on,
    left_of_values,
    parted_at_rules,
    rows_of_amounts,
    with_names_in_one_row,
)
from pipeline.engines.layout.cells.table_texts import (
    LINE_GAP,
    Rule,
    TableText,
    extents_of,
    first_row_of_values,
    is_level,
    is_name,
    joined,
    stacked,
    texts_of,
)
from pipeline.engines.layout.lines.glyphs import Fragment
from stores.models import Box

_LEAST_FRAMES, _MOST_FRAMES = 4, 2000
_MOST_HEADS = 6  # rows of names above the first row of values
_EDGE_PT = 2.0  # a text reaches over the end of the rule below it by less
_LABEL_PT = 8.0  # a rule that begins nearer to the left of the labels is one of the whole table
_OFF = 0.1  # of the width of the columns below, by which a head stands off their middle
_OFF_PT = 4.0
_NEARER_PT = 2.0  # so much nearer to the middle of the cell that it has
_OFF_RULE = 0.15  # of the width of a rule
_FLUSH_PT = 4.0
_WIDER = 1.2  # than the name of one column below it: a head over several
_BELOW_EM = 1.2  # from a head down to its rule, at most
_LONGEST = 90  # characters

Extents = Mapping[int, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Head:
    """The cell of a head: its columns and rows, first and last, and its extent in points."""

    columns: tuple[int, int]
    rows: tuple[int, int]
    x0: float
    x1: float


def with_spanning_heads(frames: Sequence[Frame], fragments: Sequence[Fragment], rules: Sequence[Rule]) -> list[Frame]:
    """The cells of a table, each head over several columns in one cell that spans them, its lines in one row."""
    if not _LEAST_FRAMES <= len(frames) <= _MOST_FRAMES:
        return list(frames)
    level = [part for part in fragments if part.upright]
    texts = texts_of(frames, level)
    body = first_row_of_values(frames, texts)
    if not 0 < body <= _MOST_HEADS or any(frame.row < body < frame.row + frame.rows for frame in frames):
        return list(frames)
    lined = with_names_in_one_row(frames, texts, body, rules)
    cells = parted_at_rules(lined, level, rules)
    texts = texts_of(cells, level)
    body = first_row_of_values(cells, texts)
    extents = extents_of(cells, texts, body)
    if body and len(extents) == 1:
        return _with_line_beside_names(lined, [text for text in texts if text.row < body], extents)
    if not body or not extents:
        return lined
    labels = min(text.box[0] for text in texts) + _LABEL_PT
    over = [t for t in texts if t.row < body and t.box[0] > labels and _is_over_values(t, extents, cells)]
    names = joined(over, extents)
    inner = [rule for rule in rules if rule[0] > labels]
    heads = list(_underlined(joined(over), extents, inner))
    below = _below(cells, texts, body, extents)
    left = left_of_values(texts, body)
    heads += _wrapped([name for name in names if name.box[2] > left], below, heads, inner)
    heads += _centred(names, below, [_ruled(extents, inner, names), extents], heads, cells)
    heads += _across(names, below, heads, cells)
    if all(_is_there(head, cells, names) for head in heads):
        return lined
    last = max(head.rows[1] for head in heads) + 1
    rows = {text.row for text in names if text.row <= last}
    worded = {*range(body), *(t.row for t in texts if is_name(t.text) and _is_over_values(t, extents, cells))}
    return [
        replace(f, heading=f.row in rows or (f.heading and (f.row in worded or f.columns > 1)))
        for f in _with_heads(cells, heads)
    ]


def _is_over_values(text: TableText, extents: Extents, frames: Sequence[Frame]) -> bool:
    first = min(extents)
    sides = [frame.box[0] for frame in frames if frame.column == first and frame.columns == 1]
    return text.box[2] > extents[first][0] or text.middle > max(sides)


def _with_line_beside_names(frames: Sequence[Frame], names: Sequence[TableText], extents: Extents) -> list[Frame]:
    """The cells of a table with one column of values, its names, wider than these, whole in their cells."""
    [(column, (low, high))] = extents.items()
    moved = list(frames)
    for name in names:
        left, over = name.box[0] - 1.0, name.box[0] < high and low < name.box[2]
        for at, frame in enumerate(moved):
            if not over or frame.row != name.row or frame.columns > 1:
                continue
            x0, y0, x1, y1 = frame.box
            if frame.column == column - 1 and x0 < left < x1:
                moved[at] = replace(frame, box=(x0, y0, left, y1))
            elif frame.column == column and left < x0:
                moved[at] = replace(frame, box=(left, y0, x1, y1))
    return moved


def _underlined(names: Sequence[TableText], extents: Extents, rules: Sequence[Rule]) -> Iterator[_Head]:
    """The heads with a rule below them that reaches over the columns for which they stand."""
    taken: set[TableText] = set()
    for x0, x1, y in sorted(rules, key=lambda rule: (rule[2], rule[0])):
        below = [column for column, (low, high) in extents.items() if x0 - _EDGE_PT < (low + high) / 2 < x1 + _EDGE_PT]
        over = _lowest([text for text in names if text not in taken and _is_over(text.box, x0, x1, y)])
        lowest = max(over, key=lambda text: text.box[3], default=None)
        if lowest is None or y - lowest.box[3] > _BELOW_EM * (lowest.box[3] - lowest.box[1]):
            continue
        taken.update(over)
        if not all(is_name(text.text) for text in over):
            continue
        if below and _is_one_name(over) and _stands_over(over, x0, x1) and _is_unbroken(below, extents):
            rows = min(text.row for text in over), max(text.row for text in over)
            yield _Head((below[0], below[-1]), rows, x0 - _EDGE_PT, x1 + _EDGE_PT)


def _lowest(texts: Sequence[TableText]) -> list[TableText]:
    """The texts that stand lowest, and those close above them that begin, end or are centred where these are."""
    lowest: list[TableText] = []
    for text in sorted(texts, key=lambda text: -text.box[3]):
        if not lowest or any(is_level(text.box, own.box) or _is_on(text.box, own.box) for own in lowest):
            lowest.append(text)
    return lowest


def _is_on(box: Box, below: Box) -> bool:
    """Whether a line of a name stands on the next."""
    left, right = box[0] - below[0], box[2] - below[2]
    near = -LINE_GAP < (below[1] - box[3]) / (box[3] - box[1]) < LINE_GAP
    return near and min(abs(left), abs(right), abs(left + right)) < _FLUSH_PT


def _is_over(box: Box, x0: float, x1: float, y: float) -> bool:
    return x0 - _EDGE_PT < box[0] and box[2] < x1 + _EDGE_PT and box[3] < y + _EDGE_PT


def _is_one_name(texts: Sequence[TableText]) -> bool:
    """Whether texts stand below one another, none beside another: lines of one name."""
    lines = sorted(texts, key=lambda text: text.box[1])
    apart = not any(is_level(one.box, other.box) for one, other in pairwise(lines))
    return apart and sum(len(text.text) for text in texts) <= _LONGEST


def _stands_over(texts: Sequence[TableText], x0: float, x1: float) -> bool:
    left, right = min(text.box[0] for text in texts), max(text.box[2] for text in texts)
    centred = abs(left + right - x0 - x1) / 2 < _OFF_RULE * (x1 - x0)
    return centred or abs(left - x0) < _FLUSH_PT or abs(right - x1) < _FLUSH_PT


def _is_unbroken(columns: Sequence[int], extents: Extents) -> bool:
    known = list(extents)
    first, last = known.index(columns[0]), known.index(columns[-1])
    return known[first : last + 1] == list(columns)


def _wrapped(
    names: Sequence[TableText], below: Sequence[Extents], heads: Sequence[_Head], rules: Sequence[Rule]
) -> Iterator[_Head]:
    """The names of one column whose lines stand in two rows: ``Under-`` above ``graduate only``."""
    amounts = rows_of_amounts(names)
    for text in names:
        if text.row + 1 in amounts:
            continue
        lower = [name for name in stacked([own for own in names if own.row == text.row + 1]) if _overlap(text, name)]
        if len(lower) != 1 or not go_on([text.box], [lower[0].box], rules):
            continue
        over = [at for at, (low, high) in below[text.row + 1].items() if text.box[0] < high and low < text.box[2]]
        row = text.row
        if len(over) == 1 and not any(_covers(head, at, over) for head in heads for at in (row, row + 1)):
            low, high = below[row + 1][over[0]]
            yield _Head((over[0], over[0]), (row, row + 1), min(low, text.box[0]) - 1.0, max(high, text.box[2]) + 1.0)


def _overlap(one: TableText, other: TableText) -> bool:
    return one.box[0] < other.box[2] and other.box[0] < one.box[2]


def _ruled(values: Extents, rules: Sequence[Rule], names: Sequence[TableText]) -> Extents:
    """The first and the last column where they are those of one rule beside the heads: from and to where it reaches."""
    first, last = min(values), max(values)
    lowest = max((name.box[3] for name in names), default=0.0)
    for x0, x1, y in rules:
        if y < lowest + _FLUSH_PT and x0 < sum(values[first]) / 2 and sum(values[last]) / 2 < x1:
            return {first: (x0, x0), last: (x1, x1)}
    return {}


def _ends_below(text: TableText, lower: Sequence[TableText]) -> bool:
    """Whether a text close below a name is as wide: another line of it, and no name of one of its columns."""
    height, width = text.box[3] - text.box[1], text.box[2] - text.box[0]
    under = [own for own in lower if _overlap(text, own) and own.box[1] - text.box[3] < height]
    return len(under) == 1 and width < _WIDER * (under[0].box[2] - under[0].box[0])


def _below(frames: Sequence[Frame], texts: Sequence[TableText], body: int, values: Extents) -> list[Extents]:
    """For each row of heads, where the values of each column and its name stand: of the row that has most names."""
    counts = [sum(text.row == row for text in texts) for row in range(body)]
    fullest = max(range(body), key=lambda row: (counts[row], row))
    named = extents_of(frames, [text for text in texts if text.row == fullest or text.row >= body], fullest)
    return [values if row == fullest else named for row in range(body)]


def _centred(
    names: Sequence[TableText],
    below: Sequence[Extents],
    places: Sequence[Extents],
    heads: Sequence[_Head],
    frames: Sequence[Frame],
) -> Iterator[_Head]:
    """The heads of rows that have fewer names than columns, each in the middle over the columns next to it.

    ``places``: where the columns stand, the last by their values.
    """
    values = places[-1]
    sides = {frame.column: frame.box[::2] for frame in frames if frame.columns == 1 and frame.row >= len(below)}
    for row, named in enumerate(below):
        if any(head.rows[0] <= row <= head.rows[1] for head in heads):
            continue
        own = sorted(stacked([text for text in names if text.row == row]), key=lambda text: text.middle)
        apart = all(one.box[2] < other.box[0] for one, other in pairwise(own))
        lower = [text for text in names if text.row == row + 1]
        if own and apart and len(own) < len(values) and not any(_ends_below(text, lower) for text in own):
            spans = _spans(own, [values, named, sides, *places[:-1]])
            if spans and not any(_has_better(text, span, values, frames) for text, span in spans):
                yield from (_over(text, span, values) for text, span in spans)


def _across(
    names: Sequence[TableText], below: Sequence[Extents], heads: Sequence[_Head], frames: Sequence[Frame]
) -> Iterator[_Head]:
    """The heads cut between cells that reach over the middles of several columns, no other head over the same."""
    for text in names:
        if any(_holds(frame, text) for frame in frames):
            continue
        if any(head.rows[0] <= text.row <= head.rows[1] and head.x0 < text.middle < head.x1 for head in heads):
            continue
        over = [at for at, (low, high) in below[text.row].items() if text.box[0] < (low + high) / 2 < text.box[2]]
        over = over if is_name(text.text) else []
        lower = [name for name in names if name.row > text.row and _overlap(text, name)]
        over = over if len(lower) > 1 else []  # else the words of the text may be the names themselves
        others = [other for other in names if other.row == text.row and other is not text]
        alone = not any(other.box[0] < text.box[2] and text.box[0] < other.box[2] for other in others)
        taken = any(_covers(head, text.row, over) for head in heads)
        if len(over) > 1 and alone and not taken and _is_unbroken(over, below[text.row]):
            yield _Head((over[0], over[-1]), (text.row, text.row), text.box[0] - _EDGE_PT, text.box[2] + _EDGE_PT)


def _covers(head: _Head, row: int, columns: Sequence[int]) -> bool:
    return head.rows[0] <= row <= head.rows[1] and any(head.columns[0] <= at <= head.columns[1] for at in columns)


def _spans(own: Sequence[TableText], places: Sequence[Extents]) -> list[tuple[TableText, tuple[int, int]]]:
    """Each of some names with the first and the last of its columns; none where one stands off their middle."""
    groups = _nearest(own, places[0])
    if any(len(group) == 1 for group in groups):
        groups = [_column_of(text, places[0]) or group for text, group in zip(own, groups, strict=True)]
    for text, group in zip(own, groups, strict=True):
        if not _is_in_the_middle(text, group, places) or not (len(group) == 1 or is_name(text.text)):
            return []
    return [(text, (group[0], group[-1])) for text, group in zip(own, groups, strict=True)]


def _column_of(text: TableText, values: Extents) -> list[int]:
    """The column that is as wide as a name at its place; none where it is narrower."""
    return [at for at, (low, high) in values.items() if low - _EDGE_PT < text.box[0] and text.box[2] < high + _EDGE_PT]


def _nearest(own: Sequence[TableText], extents: Extents) -> list[list[int]]:
    """The columns to which each of some names stands nearest."""
    groups: list[list[int]] = [[] for _ in own]
    for column, (low, high) in extents.items():
        groups[min(range(len(own)), key=lambda at: abs(own[at].middle - (low + high) / 2))].append(column)
    return groups


def _off(text: TableText, first: tuple[float, float], last: tuple[float, float]) -> float:
    return abs(text.middle - (first[0] + last[1]) / 2)


def _is_in_the_middle(text: TableText, group: Sequence[int], places: Sequence[Extents]) -> bool:
    """Whether a name stands in the middle over the values of some columns, over their names, or over their cells."""
    if not group:
        return False
    known = [at for at in places if group[0] in at and group[-1] in at]
    return any(
        _off(text, at[group[0]], at[group[-1]]) <= _OFF * (at[group[-1]][1] - at[group[0]][0]) + _OFF_PT for at in known
    )


def _has_better(text: TableText, span: tuple[int, int], extents: Extents, frames: Sequence[Frame]) -> bool:
    """Whether the cell of a name spans other columns already, and it stands nearer to the middle over these."""
    for frame in frames:
        inside = frame.row == text.row and frame.box[0] <= text.middle <= frame.box[2]
        own = [column for column in extents if frame.column <= column < frame.column + frame.columns]
        if inside and len(own) > 1 and (own[0], own[-1]) != span:
            return (
                _off(text, extents[own[0]], extents[own[-1]])
                < _off(text, extents[span[0]], extents[span[1]]) - _NEARER_PT
            )
    return False


def _over(text: TableText, span: tuple[int, int], extents: Extents) -> _Head:
    low, high = extents[span[0]][0], extents[span[1]][1]
    return _Head(span, (text.row, text.row), min(low, text.box[0]), max(high, text.box[2]))


def _is_there(head: _Head, frames: Sequence[Frame], names: Sequence[TableText]) -> bool:
    own = [text for text in names if head.rows[0] <= text.row <= head.rows[1] and head.x0 < text.middle < head.x1]
    holding = {frame for text in own for frame in frames if _holds(frame, text)}
    return len(holding) == 1 and all(
        (frame.column, frame.column + frame.columns - 1) == head.columns for frame in holding
    )


def _holds(frame: Frame, text: TableText) -> bool:
    across = frame.box[0] <= text.box[0] + _EDGE_PT and text.box[2] <= frame.box[2] + _EDGE_PT
    return across and frame.row <= text.row < frame.row + frame.rows


def _with_heads(frames: Sequence[Frame], heads: Sequence[_Head]) -> list[Frame]:
    """The cells with those of the heads in the place of what they cover."""
    units = list(_cut_at(frames, heads))
    for head in heads:
        covered = [frame for frame in units if _is_under(frame, head)]
        if not covered or not all(_lies_in(frame, head) for frame in covered):
            continue
        box = head.x0, min(frame.box[1] for frame in covered), head.x1, max(frame.box[3] for frame in covered)
        (first, last), (top, bottom) = head.columns, head.rows
        cell = Frame(top, first, bottom - top + 1, last - first + 1, box, True)
        units = [*(_beside(frame, head) for frame in units if frame not in covered), cell]
    return sorted(units, key=lambda frame: (frame.row, frame.column))


def _cut_at(frames: Sequence[Frame], heads: Sequence[_Head]) -> Iterator[Frame]:
    """The cells, those that lie half over a head cut at the sides of the columns."""
    bounds = {frame.column: (frame.box[0], frame.box[2]) for frame in frames if frame.columns == 1}
    for frame in frames:
        own = range(frame.column, frame.column + frame.columns)
        half = any(_is_under(frame, head) and not _lies_in(frame, head) for head in heads)
        if half and frame.rows == 1 and all(column in bounds for column in own):
            for column in own:
                x0, x1 = bounds[column]
                yield replace(frame, column=column, columns=1, box=(x0, frame.box[1], x1, frame.box[3]))
        else:
            yield frame


def _is_under(frame: Frame, head: _Head) -> bool:
    across = frame.column <= head.columns[1] and head.columns[0] < frame.column + frame.columns
    return across and frame.row <= head.rows[1] and head.rows[0] < frame.row + frame.rows


def _lies_in(frame: Frame, head: _Head) -> bool:
    (first, last), (top, bottom) = head.columns, head.rows
    across = first <= frame.column and frame.column + frame.columns - 1 <= last
    return across and top <= frame.row and frame.row + frame.rows - 1 <= bottom


def _beside(frame: Frame, head: _Head) -> Frame:
    """A cell, where it stands beside a head, without what the head takes of its place."""
    if not head.rows[0] <= frame.row <= head.rows[1]:
        return frame
    x0, y0, x1, y1 = frame.box
    if frame.column < head.columns[0]:
        return replace(frame, box=(min(x0, head.x0), y0, min(x1, head.x0), y1))
    return replace(frame, box=(max(x0, head.x1), y0, max(x1, head.x1), y1))
