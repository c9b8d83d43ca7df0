"""The heads of the entries of one section are set alike: a period that stands otherwise is one of the details."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pipeline.engines.rules.resume.entry_rows import is_margin
from pipeline.engines.rules.resume.marked_rows import MarkedRow
from stores.models import Label

_LEAST_HEADS = 3
_MOST_SHARE = 0.66  # of the periods, set in one way
_SAME_LEFT = 3.0  # points


def without_odd_periods(marked: Sequence[MarkedRow]) -> list[MarkedRow]:
    """Take the period from rows behind details that are set neither as most rows with a period are nor where they are.

    ``Lead of the project since March 2018:`` below the job whose period stands in the margin, beside its name.
    """
    heads = [row for row in marked if row.period]
    settings = [_setting(row) for row in heads]
    usual, times = Counter(settings).most_common(1)[0] if settings else ("", 0)
    if times < _LEAST_HEADS or times < _MOST_SHARE * len(heads):
        return list(marked)
    lefts = [_left(row) for row, setting in zip(heads, settings, strict=True) if setting == usual]
    result: list[MarkedRow] = []
    for row in marked:
        odd = row.period and _setting(row) != usual and not any(abs(_left(row) - left) < _SAME_LEFT for left in lefts)
        behind = bool(result) and (result[-1].detail or not result[-1].period)
        result.append(replace(row, period=None, detail=True) if odd and behind else row)
    return result


def _setting(marked: MarkedRow) -> str:
    """How a row with a period is set: whether as a heading, and where in it the period stands."""
    text, period = marked.row.text, marked.period
    assert period is not None
    heading = "heading " if marked.row.cells[0].label is Label.HEADING else ""
    if any(is_margin(cell.text) and re.search(r"\d", cell.text) for cell in marked.row.cells):
        return "apart"
    before, behind = re.search(r"\w", text[: period.start]), re.search(r"\w", text[period.end :])
    return heading + ("inside" if before and behind else "behind" if before else "before")


def _left(marked: MarkedRow) -> float:
    return marked.row.cells[0].box[0]


def with_periods_at_heads(marked: Sequence[MarkedRow]) -> list[MarkedRow]:
    """Move periods that stand alone beside the details of their entries up to the heads, where all of them do."""
    anchors = [at for at, row in enumerate(marked) if row.period]
    heads = [_head_above(marked, at) for at in anchors]
    apart = any(head is not None and head < at - 1 for head, at in zip(heads, anchors, strict=True))
    if not apart or None in heads or len(set(heads)) < len(heads):
        return list(marked)
    moved = dict(zip(heads, anchors, strict=True))
    result: list[MarkedRow] = []
    for at, row in enumerate(marked):
        if at not in anchors:
            result.append(row)
        if at in moved:
            result.append(marked[moved[at]])
    return result


def _head_above(marked: Sequence[MarkedRow], anchor: int) -> int | None:
    """The last row of the head above the details that a row with nothing but a period stands among."""
    alone = all(is_margin(cell.text) for cell in marked[anchor].row.cells)
    at = anchor - 1
    while at >= 0 and marked[at].detail and not marked[at].period:
        at -= 1
    above = alone and at >= 0 and not marked[at].period
    return at if above else None
