"""Heads of a table that stand over several of its columns: one cell over all of them. Pure.

``Year Ended December 31,`` over three years is underlined from the first to the last, or centred over them. The grid
of a model puts it into one of the columns, or cuts it between two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.engines.layout.cells.cells import Frame
from pipeline.engines.layout.lines.glyphs import Fragment, split_at_wide_gaps
from stores.models import Box

_LEAST_FRAMES, _MOST_FRAMES = 4, 2000
_MOST_HEADS = 6  # rows of names above the first row of values
_EDGE_PT = 2.0  # a text reaches over the end of the rule below it by less
_OVER_PT = 3.0  # a value reaches over the side of its cell by less
_OFF = 0.16  # of the width of the columns below, by which a head stands off their middle
_OFF_PT = 4.0
_OFF_RULE = 0.3  # of the width of a rule
_FLUSH_PT = 4.0
_BELOW_EM = 1.2  # from a head down to its rule, at most
_LONGEST = 90  # characters

Rule = tuple[float, float, float]  # from, to and height of a level line, in points


@dataclass(frozen=True, slots=True)
class _Text:
    """A text without wide gaps, with the row of the table in which its middle lies."""

    row: int
    box: Box
    text: str

    @property
    def middle(self) -> float:
        return (self.box[0] + self.box[2]) / 2


@dataclass(frozen=True, slots=True)
class _Head:
    """The cell of a head: its columns and rows, first and last, and its extent in points."""

    columns: tuple[int, int]
    rows: tuple[int, int]
    x0: float
    x1: float


def with_spanning_heads(frames: Sequence[Frame], fragments: Sequence[Fragment], rules: Sequence[Rule]) -> list[Frame]:
    """The cells of a table, each head over several columns in one cell that spans them."""
    if not _LEAST_FRAMES <= len(frames) <= _MOST_FRAMES:
        return list(frames)
    level = [part for part in fragments if part.upright]
    cells = _parted_at_rules(frames, level, rules)
    texts = _texts(cells, level)
    body = _first_row_of_values(cells, texts)
    if not 0 < body <= _MOST_HEADS or any(frame.row < body < frame.row + frame.rows for frame in cells):
        return list(frames)
    extents = _extents(cells, texts, body)
    if len(extents) < 2:
        return list(frames)
    names = _joined([text for text in texts if text.row < body])
    heads = list(_underlined(names, extents, rules))
    heads += _centred(names, extents, heads, body)
    if not _is_needed(heads, cells, names):
        return list(frames)
    left = min(low for low, _ in extents.values())
    rows = {text.row for text in names if text.box[2] > left}
    return [replace(f, heading=f.heading or f.row in rows) for f in _with_heads(cells, heads)]


def _parted_at_rules(frames: Sequence[Frame], fragments: Sequence[Fragment], rules: Sequence[Rule]) -> list[Frame]:
    """The cells with each row of heads parted where a rule below one of them parts it from another."""
    texts = _texts(frames, fragments)
    body = _first_row_of_values(frames, texts)
    parted: list[Frame] = []
    added = 0
    for row in sorted({frame.row for frame in frames}):
        cells = [frame for frame in frames if frame.row == row]
        plain = row < body and all(frame.rows == 1 for frame in cells)
        own = [text.box for text in texts if text.row == row] if plain else []
        heights = _heights_between(own, rules)
        top, bottom = cells[0].box[1], cells[0].box[3]
        for at, (upper, lower) in enumerate(pairwise([top, *heights, bottom])):
            whole = not heights
            parted += [
                replace(f, row=row + added + at, box=f.box if whole else (f.box[0], upper, f.box[2], lower))
                for f in cells
            ]
        added += len(heights)
    return parted


def _heights_between(boxes: Sequence[Box], rules: Sequence[Rule]) -> list[float]:
    """The heights of rules that have a text close above and another below, and go through none."""
    heights: list[float] = []
    for x0, x1, y in sorted(rules, key=lambda rule: rule[2]):
        own = [box for box in boxes if x0 - _EDGE_PT < (box[0] + box[2]) / 2 < x1 + _EDGE_PT]
        above, below = any(box[3] < y + _EDGE_PT for box in own), any(box[1] > y - _EDGE_PT for box in own)
        cut = any(box[1] + _EDGE_PT < y < box[3] - _EDGE_PT for box in boxes)
        if above and below and not cut and (not heights or y - heights[-1] > _EDGE_PT):
            heights.append(y)
    return heights


def _texts(frames: Sequence[Frame], fragments: Sequence[Fragment]) -> list[_Text]:
    bands: dict[int, tuple[float, float]] = {}
    for frame in frames:
        if frame.rows == 1:
            bands.setdefault(frame.row, (frame.box[1], frame.box[3]))
    found = []
    for part in fragments:
        middle = (part.box[1] + part.box[3]) / 2
        row = next((row for row, (top, bottom) in bands.items() if top <= middle <= bottom), None)
        for piece in split_at_wide_gaps(part) if row is not None else ():
            text = "".join(glyph.char for glyph in piece.glyphs).strip()
            if text:
                found.append(_Text(row or 0, piece.box, text))
    return found


def _joined(texts: Sequence[_Text]) -> list[_Text]:
    """The texts, those made one that follow each other in a line with no more than a blank between them."""
    joined: list[_Text] = []
    for text in sorted(texts, key=lambda text: (text.row, round(text.box[1]), text.box[0])):
        last = joined[-1] if joined else None
        if last and last.row == text.row and _is_level(last.box, text.box) and _is_next(last.box, text.box):
            box = last.box[0], min(last.box[1], text.box[1]), text.box[2], max(last.box[3], text.box[3])
            joined[-1] = _Text(last.row, box, f"{last.text} {text.text}")
        else:
            joined.append(text)
    return joined


def _is_level(one: Box, other: Box) -> bool:
    return abs(one[1] + one[3] - other[1] - other[3]) < 0.7 * (one[3] - one[1])


def _is_next(one: Box, other: Box) -> bool:
    return -1.0 < other[0] - one[2] < 0.35 * (one[3] - one[1])


def _first_row_of_values(frames: Sequence[Frame], texts: Sequence[_Text]) -> int:
    """The first row that has a label and a value beside it that is no year, or a label alone below such heads."""
    ends = [frame.box[2] for frame in frames if frame.column == 0 and frame.columns == 1]
    if not ends:
        return 0
    end = max(ends)
    for row in sorted({text.row for text in texts}):
        own = [text for text in texts if text.row == row]
        label = any(text.middle < end and any(map(str.isalpha, text.text)) for text in own)
        values = [text.text for text in own if text.middle >= end]
        if label and any(map(_is_value, values)):
            return row
    return 0


def _is_value(text: str) -> bool:
    bare = text.strip("$€£¥ ()%*")
    if bare in ("-", "–", "—", "−"):
        return True
    year = len(bare) == 4 and bare.isdigit() and bare[:2] in ("19", "20")
    return bare[:1].isdigit() and not year and not any(map(str.isalpha, bare)) and "/" not in bare


def _extents(frames: Sequence[Frame], texts: Sequence[_Text], body: int) -> dict[int, tuple[float, float]]:
    """From where to where the values of each column behind the first reach."""
    units: dict[int, list[Frame]] = {}
    for frame in frames:
        if frame.row >= body and frame.columns == frame.rows == 1 and frame.column:
            units.setdefault(frame.row, []).append(frame)
    extents: dict[int, tuple[float, float]] = {}
    for text in texts:
        home = next((f for f in units.get(text.row, ()) if f.box[0] <= text.middle < f.box[2]), None)
        if home is not None and home.box[0] - _OVER_PT < text.box[0] and text.box[2] < home.box[2] + _OVER_PT:
            low, high = extents.get(home.column, (text.box[0], text.box[2]))
            extents[home.column] = min(low, text.box[0]), max(high, text.box[2])
    return dict(sorted(extents.items()))


def _underlined(
    names: Sequence[_Text], extents: dict[int, tuple[float, float]], rules: Sequence[Rule]
) -> Iterator[_Head]:
    """The heads with a rule below them that reaches over the columns for which they stand."""
    taken: set[_Text] = set()
    for x0, x1, y in sorted(rules, key=lambda rule: (rule[2], rule[0])):
        below = [column for column, (low, high) in extents.items() if x0 - _EDGE_PT < (low + high) / 2 < x1 + _EDGE_PT]
        over = [
            text
            for text in names
            if text not in taken
            and x0 - _EDGE_PT < text.box[0]
            and text.box[2] < x1 + _EDGE_PT
            and text.box[3] < y + 2.5
        ]
        lowest = max(over, key=lambda text: text.box[3], default=None)
        if lowest is None or y - lowest.box[3] > _BELOW_EM * (lowest.box[3] - lowest.box[1]):
            continue
        taken.update(over)
        if below and _is_one_name(over) and _stands_over(over, x0, x1) and _is_unbroken(below, extents):
            rows = min(text.row for text in over), max(text.row for text in over)
            yield _Head((below[0], below[-1]), rows, x0 - _EDGE_PT, x1 + _EDGE_PT)


def _is_one_name(texts: Sequence[_Text]) -> bool:
    """Whether texts stand below one another, none beside another: lines of one name."""
    lines = sorted(texts, key=lambda text: text.box[1])
    apart = not any(_is_level(one.box, other.box) for one, other in pairwise(lines))
    near = all(other.box[1] - one.box[3] < 0.6 * (one.box[3] - one.box[1]) for one, other in pairwise(lines))
    return apart and near and sum(len(text.text) for text in texts) <= _LONGEST


def _stands_over(texts: Sequence[_Text], x0: float, x1: float) -> bool:
    left, right = min(text.box[0] for text in texts), max(text.box[2] for text in texts)
    centred = abs(left + right - x0 - x1) / 2 < _OFF_RULE * (x1 - x0)
    return centred or abs(left - x0) < _FLUSH_PT or abs(right - x1) < _FLUSH_PT


def _is_unbroken(columns: Sequence[int], extents: dict[int, tuple[float, float]]) -> bool:
    known = list(extents)
    first, last = known.index(columns[0]), known.index(columns[-1])
    return known[first : last + 1] == list(columns)


def _centred(
    names: Sequence[_Text], extents: dict[int, tuple[float, float]], heads: Sequence[_Head], body: int
) -> Iterator[_Head]:
    """The heads of rows that have fewer names than columns, each in the middle over the columns next to it."""
    left = min(low for low, _ in extents.values())
    for row in range(body):
        if any(head.rows[0] <= row <= head.rows[1] for head in heads):
            continue
        own = sorted((text for text in names if text.row == row and text.box[2] > left), key=lambda text: text.middle)
        level = all(_is_level(own[0].box, other.box) for other in own)
        if own and level and len(own) < len(extents) and all(any(map(str.isalpha, text.text)) for text in own):
            yield from _shared(own, extents, row)


def _shared(own: Sequence[_Text], extents: dict[int, tuple[float, float]], row: int) -> Iterator[_Head]:
    groups: list[list[int]] = [[] for _ in own]
    for column, (low, high) in extents.items():
        nearest = min(range(len(own)), key=lambda at: abs(own[at].middle - (low + high) / 2))
        groups[nearest].append(column)
    found = []
    for text, group in zip(own, groups, strict=True):
        if not group:
            return
        low, high = extents[group[0]][0], extents[group[-1]][1]
        off = abs(text.middle - (low + high) / 2)
        if off > _OFF * (high - low) + _OFF_PT:
            return
        found.append(_Head((group[0], group[-1]), (row, row), min(low, text.box[0]), max(high, text.box[2])))
    yield from found


def _is_needed(heads: Sequence[_Head], frames: Sequence[Frame], names: Sequence[_Text]) -> bool:
    """Whether a head is not yet one cell over its columns."""
    return any(not _is_there(head, frames, names) for head in heads)


def _is_there(head: _Head, frames: Sequence[Frame], names: Sequence[_Text]) -> bool:
    own = [text for text in names if head.rows[0] <= text.row <= head.rows[1] and head.x0 < text.middle < head.x1]
    holding = {
        frame
        for text in own
        for frame in frames
        if frame.box[0] <= text.box[0] + _EDGE_PT
        and text.box[2] <= frame.box[2] + _EDGE_PT
        and frame.row <= text.row < frame.row + frame.rows
    }
    return len(holding) == 1 and all(
        (frame.column, frame.column + frame.columns - 1) == head.columns for frame in holding
    )


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
