"""Where the entries of a section begin: by their periods, by headings, by the shape of the first one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.resume.entry_rows import is_margin
from pipeline.engines.rules.resume.head_rows import (
    ENOUGH_NAMES,
    FLUSH,
    is_margin_row,
    is_period_row,
    may_be_town,
    without_periods,
)
from pipeline.engines.rules.resume.heads import is_numbered, split_head
from pipeline.engines.rules.resume.labels import is_labelled_detail
from pipeline.engines.rules.resume.marked_rows import MarkedRow
from pipeline.engines.rules.resume.words import begins_with_degree, find_degree, is_place, names_job, names_school
from stores.models import Label

_SAME_HEIGHT = 0.06
_MOST_LEAD_ROWS = 4
_FEW_LEAD_ROWS = 2
_INDENTED = 2.0  # heights further in: below the names, not beside the period


def entry_starts(marked: Sequence[MarkedRow], anchors: Sequence[int]) -> list[int]:
    """Return the index of the first row of each entry; ``anchors`` are the rows with a period, one at least."""
    starts = _headed_starts(marked, len(anchors)) or _starts(marked, anchors)
    return sorted({*starts, *_undated_starts(marked, starts[0]), *_alike_starts(marked, starts)})


def _starts(marked: Sequence[MarkedRow], anchors: Sequence[int]) -> list[int]:
    """Return the index of each entry's first row: as many rows above its period as in the first entry."""
    if _close_entries(marked, anchors):
        return [0, *(at + 1 for at in anchors[:-1])]
    above_first = [row for row in marked[: anchors[0]] if not row.detail]
    lead = len(above_first) if len(above_first) <= _MOST_LEAD_ROWS and not _is_complete(marked[anchors[0]]) else 0
    if anchors[0] == 0 and is_margin_row(marked[0].row):
        return list(anchors)  # each entry begins with a row of its period
    starts = [max(anchors[0] - lead, 0)]
    first = marked[starts[0]].row if starts[0] < anchors[0] else None
    headed = starts[0] < anchors[0] and _is_heading(marked[starts[0]])
    for previous, anchor in pairwise(anchors):
        start, floor = anchor, previous + 1
        if headed and (heading := _heading_above(marked, floor, anchor)) is not None:
            starts.append(heading)
            continue
        alike = [at for at in range(floor, anchor) if first and _has_town_as(marked[at].row, first)]
        if len(alike) == 1 and not any(row.detail for row in marked[floor:anchor]):
            starts.append(alike[0])
            continue
        most = max(lead, _FEW_LEAD_ROWS)
        while start > floor and not marked[start - 1].detail and anchor - start < most:
            after_details = any(row.detail for row in marked[floor : start - 1])
            inside = opens_with_period(marked[anchor]) and _is_indented(marked[start - 1].row, marked[anchor].row)
            named = lead == 0 and not is_margin_row(marked[anchor].row)  # as in the first entry: it begins with this
            if anchor - start >= lead and (inside or named or not after_details):
                break
            start -= 1
        starts.append(start)
    return starts


def _heading_above(marked: Sequence[MarkedRow], floor: int, anchor: int) -> int | None:
    """Where the last headings above a period begin, few rows above it and behind those of the entry before."""
    rows = [at for at in range(max(floor, anchor - _MOST_LEAD_ROWS), anchor) if _is_heading(marked[at])]
    if not rows or _is_heading(marked[anchor]):
        return None
    start = rows[-1]
    while start > floor and _is_heading(marked[start - 1]):
        start -= 1
    return start


def _is_heading(marked: MarkedRow) -> bool:
    return marked.row.cells[0].label is Label.HEADING


def _has_town_as(row: Row, first: Row) -> bool:
    """Whether a row is a name and a town flush right, as the first row of the section is."""
    both = all(len(one.cells) == 2 and may_be_town(one.cells[1].text) for one in (row, first))
    named = both and not any(
        re.search(r"\d", one.cells[1].text) or is_margin(one.cells[0].text) for one in (row, first)
    )
    return named and abs(row.cells[1].box[2] - first.cells[1].box[2]) < FLUSH


def _is_complete(marked: MarkedRow) -> bool:
    """Whether a row opens with its period and has a firm and a job behind it: what stands above heads a group."""
    texts = [without_periods(cell.text) for cell in marked.row.cells]
    names = [part for text in texts for part in split_head(text) if not is_place(part)]
    return opens_with_period(marked) and len(names) >= ENOUGH_NAMES


def opens_with_period(marked: MarkedRow) -> bool:
    return marked.period is not None and not re.search(r"\w", marked.row.text[: marked.period.start])


def _is_indented(row: Row, other: Row) -> bool:
    return row.cells[0].box[0] > other.cells[0].box[0] + _INDENTED * other.cells[0].height


def _close_entries(marked: Sequence[MarkedRow], anchors: Sequence[int]) -> bool:
    """Whether each entry ends with its period, in a row of its own, and nothing stands below the last one."""
    ends = anchors[0] > 0 and anchors[-1] == len(marked) - 1 and not any(row.detail for row in marked)
    return ends and all(is_period_row(marked[at].row) for at in anchors)


def _undated_starts(marked: Sequence[MarkedRow], first: int) -> Iterator[int]:
    """Where entries without a date begin among dated ones: behind details, set as the first entry is, with a job."""
    for at in range(len(marked)):
        if marked[at].detail or at == first or (at and not marked[at - 1].detail) or (at == 0 and not first):
            continue
        below = (end for end in range(at, len(marked)) if marked[end].detail)
        group = marked[at : next(below, len(marked))]
        parts = [part for row in group[:_FEW_LEAD_ROWS] for part in split_head(row.row.text)]
        named = any(names_job(part) for part in parts) and len(parts) >= ENOUGH_NAMES
        named = named and not is_labelled_detail(group[0].row.text)
        if named and not any(row.period for row in group) and _is_set_alike(group[0].row, marked[first].row):
            yield at


def _headed_starts(marked: Sequence[MarkedRow], dated: int) -> list[int]:
    """Where the headings of entries begin, of one rank, if more of them name a school or a job than have a date."""
    first = marked[0]
    if not _is_heading(first) or first.period:
        return []
    model = first.row.cells[0]
    heads = [at for at, row in enumerate(marked) if _is_heading(row) and row.row.cells[0].level == model.level]
    heads = [at for at in heads if abs(marked[at].row.cells[0].box[0] - model.box[0]) < 1.0]
    heads = [at for at in heads if at == 0 or at - 1 not in heads]
    named = all(names_school(marked[at].row.text) for at in heads) and len(heads) > dated
    return heads if named else []


def _alike_starts(marked: Sequence[MarkedRow], starts: Sequence[int]) -> Iterator[int]:
    """Where rows without a readable date name a school and a degree, as those do that begin all dated entries."""
    if not all(_names_both(marked[at].row.text) for at in starts):
        return
    first = marked[starts[0]].row
    for at, row in enumerate(marked):
        undated = at not in starts and not row.detail and not row.period
        if undated and _names_both(row.row.text) and _is_set_alike(row.row, first):
            yield at


def _is_set_alike(row: Row, other: Row) -> bool:
    one, model = row.cells[0], other.cells[0]
    same_height = abs(one.height - model.height) < _SAME_HEIGHT * model.height
    return one.label == model.label and same_height and abs(one.box[0] - model.box[0]) < 1.0


def undated_groups(marked: Sequence[MarkedRow]) -> Iterator[list[MarkedRow]]:
    """Group the rows of a section without dates: an entry begins where a plain row follows details.

    Or where a row begins as the first one of the entry does.
    """
    group: list[MarkedRow] = []
    for row in marked:
        again = bool(group) and (
            _begins_again([one.row.text for one in group], row.row.text) or _is_paired_as(row.row, group)
        )
        if group and not row.detail and (group[-1].detail or again):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _is_paired_as(row: Row, group: Sequence[MarkedRow]) -> bool:
    """Whether a row has a degree at the right margin where the first one of the entry has it, and more stood below."""
    first = group[0].row
    pairs = len(group) > 1 and len(row.cells) == len(first.cells) > 1
    degrees = pairs and all(begins_with_degree(one.cells[-1].text) for one in (row, first))
    return degrees and abs(row.cells[-1].box[2] - first.cells[-1].box[2]) < FLUSH


def _begins_again(above: Sequence[str], text: str) -> bool:
    """Whether a row names a school and a degree, begins with a degree or a number, as the first one of an entry does.

    Or names a school as that does, and a degree stands between them.
    """
    ends = (above[0], text)
    if any(all(map(test, ends)) for test in (_names_both, is_numbered, begins_with_degree)):
        return True
    schools = all(names_school(one) and not find_degree(one) for one in ends)
    return schools and any(map(find_degree, above))


def _names_both(text: str) -> bool:
    return names_school(text) and bool(find_degree(text))
