"""Rows of a table's heads: parted where a rule parts two of them, made one where all names go on in the next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from pipeline.engines.layout.cells.cells import Frame
from pipeline.engines.layout.cells.table_texts import (
    LINE_GAP,
    Rule,
    TableText,
    first_row_of_values,
    is_value,
    stacked,
    texts_of,
)
from pipeline.engines.layout.lines.glyphs import Fragment
from stores.models import Box

_FEW_DIGITS = 2  # of the number in a name: ``Over 1 to 5``
_HIGHEST_PT = 12.0  # of a line of a name
_EDGE_PT = 2.0  # a text reaches over the end of the rule below it by less


def parted_at_rules(frames: Sequence[Frame], fragments: Sequence[Fragment], rules: Sequence[Rule]) -> list[Frame]:
    """The cells with each row of heads parted where a rule below one of them parts it from another."""
    texts = texts_of(frames, fragments)
    body = first_row_of_values(frames, texts)
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


def with_names_in_one_row(
    frames: Sequence[Frame], texts: Sequence[TableText], body: int, rules: Sequence[Rule]
) -> list[Frame]:
    """The cells with two rows of heads made one where every name of the upper one goes on in the lower one."""
    onto: dict[int, int] = {}
    left = left_of_values(texts, body)
    heads = {text.row for text in texts if text.row < body and text.box[2] > left}
    amounts = rows_of_amounts(texts)
    for row in range(1, body):
        names = [stacked([text for text in texts if text.row == at]) for at in (row - 1, row)]
        upper, lower = ([name.box for name in own] for own in names)
        if (
            {row - 1, row} <= heads
            and row not in amounts
            and have_same_cells(frames, row - 1, row)
            and go_on(upper, lower, rules)
        ):
            onto[row] = onto.get(row - 1, row - 1)
    return merged_rows(frames, onto)


def left_of_values(texts: Sequence[TableText], body: int) -> float:
    """Where the first column of values behind the labels begins."""
    labels: dict[int, float] = {}
    for text in texts:
        if text.row >= body and any(map(str.isalpha, text.text)):
            labels[text.row] = min(text.box[0], labels.get(text.row, text.box[0]))
    behind = (t.box[0] for t in texts if t.row in labels and t.box[0] > labels[t.row] and is_value(t.text))
    return min(behind, default=0.0)


def merged_rows(frames: Sequence[Frame], onto: dict[int, int]) -> list[Frame]:
    """The cells with each row that is a key of ``onto`` made part of the row above that it names."""
    numbers = {row: at for at, row in enumerate(sorted({frame.row for frame in frames} - onto.keys()))}
    bottoms: dict[tuple[int, int], float] = {}
    for frame in frames:
        if frame.row in onto:
            at = onto[frame.row], frame.column
            bottoms[at] = max(frame.box[3], bottoms.get(at, frame.box[3]))
    return [
        replace(f, row=numbers[f.row], box=(*f.box[:3], max(f.box[3], bottoms.get((f.row, f.column), f.box[3]))))
        for f in frames
        if f.row not in onto
    ]


def rows_of_amounts(texts: Sequence[TableText]) -> set[int]:
    """The rows that hold a number which is no year: names of several lines end above."""
    return {text.row for text in texts if any(map(_is_amount, text.text.split()))}


def _is_amount(word: str) -> bool:
    """Whether a word is a number of three digits or more, or one with a point, that is no year."""
    digits = sum(map(str.isdigit, word))
    year = digits == len(word) == 4
    return word[0].isdigit() and not year and (digits > _FEW_DIGITS or any(char in ".,%" for char in word))


def have_same_cells(frames: Sequence[Frame], row: int, other: int) -> bool:
    """Whether two rows have the same cells, and none reaches out of its row."""
    if any(frame.rows > 1 for frame in frames):
        return False
    one, two = ({(f.column, f.columns) for f in frames if f.row == at} for at in (row, other))
    return one == two


def go_on(upper: Sequence[Box], lower: Sequence[Box], rules: Sequence[Rule]) -> bool:
    """Whether each of some names has one line close below it, with no rule between, and no other name has the same."""
    homes = [[at for at, box in enumerate(lower) if box[0] < own[2] and own[0] < box[2]] for own in upper]
    if not upper or any(len(home) != 1 for home in homes) or len({home[0] for home in homes}) < len(homes):
        return False
    pairs = [(own, lower[home[0]]) for own, home in zip(upper, homes, strict=True)]
    heights = {id(own): min(own[3] - own[1], _HIGHEST_PT) for own in upper}
    near = all(-_EDGE_PT < below[1] - own[3] < LINE_GAP * heights[id(own)] for own, below in pairs)
    return near and not any(
        own[3] - _EDGE_PT < y < below[1] + _EDGE_PT and x0 < own[2] and own[0] < x1
        for own, below in pairs
        for x0, x1, y in rules
    )
