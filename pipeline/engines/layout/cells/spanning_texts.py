"""Texts of a table that reach over several columns in one row, with no line that says so: one cell for each. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

from pipeline.engines.layout.cells.cells import Frame

_EDGE_PT = 1.0
_LEAST_BLANKS = 2  # two names of columns may stand a blank apart
_BLANK_PT = 4.5  # no wider gap is a blank
_ALIKE = 1.4  # times as wide as the other blanks of a text: a gap between columns
_INSIDE_PT = 2.0
_LEVEL_PT = 2.5  # words of one line are no further apart in height


class Text(Protocol):
    """A word, or a text without wide gaps: its row, its extent and its middle height in points."""

    @property
    def row(self) -> int: ...
    @property
    def x0(self) -> float: ...
    @property
    def x1(self) -> float: ...
    @property
    def y(self) -> float: ...


def with_spanning_texts(frames: Sequence[Frame], runs: Sequence[Text], words: Sequence[Text]) -> list[Frame]:
    """The cells of a table, two of a row made one where a text is cut between two of its words.

    No more lines of text may begin in the second cell than are cut.
    """
    cells = list(frames)
    for column in range(1, max((frame.column for frame in frames), default=0) + 1):
        for right in [f for f in cells if f.column == column and f.columns == f.rows == 1]:
            left = next(
                (f for f in cells if f.row == right.row and f.column + f.columns == column and f.rows == 1), None
            )
            if left is not None and _is_one(left, right, runs, words):
                x0, y0, _, y1 = left.box
                whole = replace(left, columns=left.columns + 1, box=(x0, y0, right.box[2], y1))
                cells = [whole if f is left else f for f in cells if f is not right]
    return cells


def _is_one(left: Frame, right: Frame, runs: Sequence[Text], words: Sequence[Text]) -> bool:
    """Whether lines of text lie across the line between two cells of a row, and fewer begin behind it."""
    line, end = left.box[2], right.box[2]
    own = [run for run in runs if run.row == left.row and run.x1 > left.box[0] and run.x0 < end]
    across = [run for run in own if run.x0 < line - _EDGE_PT and run.x1 > line + _EDGE_PT]
    behind = [run for run in own if line - _EDGE_PT <= run.x0 < end - _INSIDE_PT]
    cut = [_blanks_beside(run, line, words) for run in across]
    return len(cut) > len(behind) and any(len(gaps) >= _LEAST_BLANKS for gaps in cut) and all(map(_is_blank, cut))


def _is_blank(gaps: Sequence[float]) -> bool:
    """Whether the first of the gaps between the words of a text is no wider than the others."""
    others = gaps[1:] or gaps
    return bool(gaps) and gaps[0] < min(_BLANK_PT, _ALIKE * statistics.median(others))


def _blanks_beside(run: Text, line: float, words: Sequence[Text]) -> list[float]:
    """The gaps between the words of a text, that on a line first; none where no gap is there."""
    level = [word for word in words if word.row == run.row and abs(word.y - run.y) < _LEVEL_PT]
    own = sorted((word.x0, word.x1) for word in level if run.x0 - 1 < word.x0 and word.x1 < run.x1 + 1)
    gaps = [b[0] - a[1] for a, b in pairwise(own)]
    at = sum(x0 + x1 < 2 * line for x0, x1 in own)
    return [gaps[at - 1], *gaps[: at - 1], *gaps[at:]] if 0 < at < len(own) else []
