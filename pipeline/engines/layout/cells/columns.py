"""Column lines of a table that no drawn line gives: moved into the gaps, and added where a gap runs down. Pure.

The model that sees the lines of a grid puts two narrow columns of numbers into one at times, or draws a line through
long numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.engines.layout.cells.cells import Frame, bands_of, part_column
from pipeline.engines.layout.cells.date_columns import with_date_columns
from pipeline.engines.layout.cells.merged_rows import parted_rows
from pipeline.engines.layout.cells.spanning_texts import with_spanning_texts
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, fragment, split_at_wide_gaps

_EDGE_PT = 1.0  # a text reaches over a line by more than this
_WORD_GAP_EM = 0.2  # a wider gap parts two words
_LONGEST_LABEL = 40  # characters
_NUMBERS_GAP_EM = 0.5  # between two numbers that stand for themselves; the groups of one number stand closer
_BLANK_PT = 5.5  # a gap between two words of a label is narrower
_LEAST_ROWS = 2  # with a gap at one place part a column
_LEVEL = 0.8  # of the texts of a table run from left to right
_MOST_FRAMES = 2000
_MOST_COLUMNS = 30


@dataclass(frozen=True, slots=True)
class _Run:
    """A text without wide gaps: the row of the table in which it stands, its extent and its middle height in points."""

    row: int
    x0: float
    x1: float
    text: str = ""
    y: float = 0.0

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2

    def crosses(self, x: float) -> bool:
        return self.x0 < x - _EDGE_PT and self.x1 > x + _EDGE_PT


def respecting_gaps(frames: Sequence[Frame], fragments: Sequence[Fragment]) -> list[Frame]:
    """The cells of a table with column lines in the gaps between its texts, and rows seen as one parted."""
    level = [part for part in fragments if part.upright]
    if not 2 <= len(frames) <= _MOST_FRAMES or len(level) < _LEVEL * len(fragments):
        return list(frames)
    fragments = level  # the names of narrow columns may stand upright
    frames = parted_rows(frames, fragments)
    runs, words = _runs(frames, fragments, _texts_of), _runs(frames, fragments, _words_of)
    cells = _snapped(list(frames), runs, words)
    column = 0
    while column < _columns(cells) <= _MOST_COLUMNS:
        gap = _gap_in(cells, column, runs, words)
        if gap is None:
            column += 1
        else:
            cells = _parted(cells, column, gap, runs, words)
    cells = with_date_columns(_with_whole_labels(cells, runs, words), words)
    return with_spanning_texts(cells, runs, words)


def parted_below_heads(frames: Sequence[Frame], fragments: Sequence[Fragment]) -> list[Frame]:
    """The cells of a table that drawn lines part, with a column made two where its head has two names over two numbers.

    ``Prix unitaire`` and ``Rem.`` between two lines: no text of any row may lie across.
    """
    level = [part for part in fragments if part.upright]
    if not 2 <= len(frames) <= _MOST_FRAMES or len(level) < len(fragments):
        return list(frames)
    runs, words = _runs(frames, level, _texts_of), _runs(frames, level, _words_of)
    cells, column = list(frames), 0
    while column < _columns(cells) <= _MOST_COLUMNS:
        gap = _gap_in(cells, column, runs, words)
        if gap is not None and _are_numbers_below_names(cells, column, gap, runs):
            cells = _parted(cells, column, gap, runs, words)
        else:
            column += 1
    return cells


def _are_numbers_below_names(frames: Sequence[Frame], column: int, x: float, runs: Sequence[_Run]) -> bool:
    """Whether the head of a column has names on both sides of a place, a row below numbers, and none a text across."""
    plain = _plain(frames, column)
    rows: dict[int, list[_Run]] = {}
    for run in runs:
        if (frame := plain.get(run.row)) and _holds(frame, run):
            rows.setdefault(run.row, []).append(run)
    head = rows.pop(min(rows))
    across = any(run.crosses(x) for own in (head, *rows.values()) for run in own)
    names = _is_parted(head, x) and not any(char.isdigit() for run in head for char in run.text)
    numbers = (len(own) == 2 and all(run.text[:1].isdigit() for run in own) for own in rows.values())
    return names and not across and any(numbers)


def _columns(frames: Sequence[Frame]) -> int:
    return max(frame.column + frame.columns for frame in frames)


def _texts_of(part: Fragment) -> list[Fragment]:
    """The parts of a text between wide gaps, and its numbers where they stand apart: those of a timetable."""
    texts: list[Fragment] = []
    for piece in split_at_wide_gaps(part):
        words = _words_of(piece)
        if len(words) > 1 and all(map(_is_number, words)) and _stand_apart(words):
            texts += words
        else:
            texts.append(piece)
    return texts


def _is_number(word: Fragment) -> bool:
    chars = [glyph.char for glyph in word.glyphs]
    return any(map(str.isdigit, chars)) and not any(map(str.isalpha, chars))


def _stand_apart(words: Sequence[Fragment]) -> bool:
    size = words[0].glyphs[0].style.size
    return all(b.box[0] - a.box[2] > _NUMBERS_GAP_EM * size for a, b in pairwise(words))


def _words_of(part: Fragment) -> list[Fragment]:
    words: list[list[Glyph]] = []
    for glyph in part.glyphs:
        if glyph.char.isspace() or (
            words and words[-1] and glyph.x0 - words[-1][-1].x1 > _WORD_GAP_EM * glyph.style.size
        ):
            words.append([])
        if not glyph.char.isspace():
            words = words or [[]]
            words[-1].append(glyph)
    return [fragment(word) for word in words if word]


def _runs(
    frames: Sequence[Frame], fragments: Sequence[Fragment], cut: Callable[[Fragment], list[Fragment]]
) -> list[_Run]:
    bands = bands_of(frames)
    runs = []
    for part in fragments:
        for piece in cut(part):
            middle = (piece.box[1] + piece.box[3]) / 2
            row = next((row for row, (top, bottom) in bands.items() if top <= middle <= bottom), None)
            if row is not None:
                text = "".join(glyph.char for glyph in piece.glyphs).strip()
                runs.append(_Run(row, piece.box[0], piece.box[2], text, middle))
    return runs


def _plain(frames: Sequence[Frame], column: int) -> dict[int, Frame]:
    """The cells of a column that span nothing, by their rows."""
    return {f.row: f for f in frames if f.column == column and f.columns == 1 and f.rows == 1}


def _snapped(frames: list[Frame], runs: Sequence[_Run], words: Sequence[_Run]) -> list[Frame]:
    """The cells with each line between two columns that cuts words moved to where it cuts fewer."""
    for column in range(_columns(frames) - 1):
        left, right = _plain(frames, column), _plain(frames, column + 1)
        rows = left.keys() & right.keys()
        if not rows:
            continue
        row = min(rows)
        low, line, high = left[row].box[0], left[row].box[2], right[row].box[2]
        near = [run for run in runs if run.row in rows and run.x1 > low and run.x0 < high]
        cut = [word for word in words if word.row in rows and word.crosses(line)]
        better = _better_line(near, line, low, high) if cut else line
        if better != line:
            lines = {row: _line_of(row, better, near) for row in rows}
            frames = [_with_line(frame, column, lines) for frame in frames]
    return frames


def _line_of(row: int, line: float, runs: Sequence[_Run]) -> float:
    """The line of a row: beside the text that it would cut."""
    cut = next((run for run in runs if run.row == row and run.crosses(line)), None)
    if cut is None:
        return line
    return cut.x0 if cut.middle > line else cut.x1


def _with_line(frame: Frame, column: int, lines: dict[int, float]) -> Frame:
    line = lines.get(frame.row)
    if line is None or frame.rows > 1 or frame.columns > 1:
        return frame
    x0, y0, x1, y1 = frame.box
    if frame.column == column:
        return replace(frame, box=(x0, y0, line, y1))
    return replace(frame, box=(line, y0, x1, y1)) if frame.column == column + 1 else frame


def _better_line(runs: Sequence[_Run], line: float, low: float, high: float) -> float:
    """Where a line does least harm, with no text that it does not cut now on its other side."""
    inside = [run for run in runs if low < run.middle < high]
    whole = [run for run in runs if not run.crosses(line)]
    low = max([low, *(run.middle for run in whole if run.middle <= line)])
    high = min([high, *(run.middle for run in whole if run.middle > line)])
    edges = sorted({x for run in runs for x in (run.x0, run.x1) if low < x < high} | {low, high})
    places = [(a + b) / 2 for a, b in pairwise(edges) if b - a > _EDGE_PT]
    harm = {x: _harm(x, runs, inside) for x in places}
    best = min(harm, key=lambda x: (harm[x], abs(x - line)), default=line)
    return best if best in harm and harm[best] < _harm(line, runs, inside) else line


def _harm(x: float, runs: Sequence[_Run], inside: Sequence[_Run]) -> int:
    """What is wrong with a line between two columns: texts that it cuts, and twice those that share a cell."""
    cells = Counter((run.row, run.middle > x) for run in inside)
    return sum(run.crosses(x) for run in runs) + 2 * sum(count - 1 for count in cells.values())


def _gap_in(frames: Sequence[Frame], column: int, runs: Sequence[_Run], words: Sequence[_Run]) -> float | None:
    """The place in a column at which its rows have a wide gap between two texts; None without one.

    The names of the two columns may stand close together: the place is between two ``words`` of the head, then.
    """
    plain = _plain(frames, column)
    sums = _rows_of_sums(runs)
    rows: dict[int, list[_Run]] = {}
    for run in sorted(runs, key=lambda run: run.x0):
        frame = plain.get(run.row)
        if frame and frame.box[0] <= run.middle <= frame.box[2]:
            rows.setdefault(run.row, []).append(run)
    gaps = [(a.x1, b.x0) for row in rows.values() for a, b in pairwise(row) if b.x0 > a.x1]
    first = min(rows, default=0)
    blanks = _blanks_of([word for word in words if word.row == first], rows.get(first, []))
    best: tuple[int, float] | None = None
    for start, end in gaps:
        inside = [x for x in blanks if start - _EDGE_PT < x < end + _EDGE_PT]
        for x in ((start + end) / 2, start + _EDGE_PT, end - _EDGE_PT, *inside):
            if x in inside:
                rows_here = rows | {first: _cut_at(rows[first], x)} if _are_two_columns(rows, first, x) else rows
                worth = _worth(rows_here, x, first, sums)
                if worth and (best is None or worth > best[0]):
                    best = worth, x
                continue
            worth = _worth(rows, x, first, sums)
            if worth and (best is None or (worth, -abs(x - end)) > (best[0], -abs(best[1] - end))):
                best = worth, x
    return best[1] if best else None


def _blanks_of(words: Sequence[_Run], head: Sequence[_Run]) -> list[float]:
    """The places between two words of the head of a column."""
    own = sorted((w.x0, w.x1) for w in words if any(run.x0 - 1 < w.x0 and w.x1 < run.x1 + 1 for run in head))
    return [(a[1] + b[0]) / 2 for a, b in pairwise(own)]


def _cut_at(runs: Sequence[_Run], x: float) -> list[_Run]:
    """The texts of a row, those that lie across a place cut in two there."""
    cut = []
    for run in runs:
        across = run.x0 < x < run.x1
        cut += [replace(run, x1=x), replace(run, x0=x)] if across else [run]
    return cut


def _are_two_columns(rows: Mapping[int, Sequence[_Run]], first: int, x: float) -> bool:
    """Whether rows below a head are parted at a place, and not only into a sign or a word that is always the same."""
    parted = [runs for row, runs in rows.items() if row != first and _is_parted(runs, x)]
    left = {run.text for runs in parted for run in runs if run.x1 <= x + _EDGE_PT}
    same = len(parted) > 1 and len(left) == 1 and not any(map(str.isdigit, next(iter(left))))
    signs = not all(any(map(str.isalnum, text)) for text in left)
    return len(parted) >= _LEAST_ROWS and not same and not signs


def _worth(rows: dict[int, list[_Run]], x: float, first: int, sums: frozenset[int]) -> int:
    """How many more rows of a column a line parts than it cuts; 0 where it must not part them.

    A head with two names says that there are two columns; without one no text may lie across. Under a head the labels
    of ``sums`` may, rows that begin with the text that lies across.
    """
    parted = [row for row, runs in rows.items() if _is_parted(runs, x)]
    cut = [row for row, runs in rows.items() if any(run.crosses(x) for run in runs)]
    if first in parted:
        last = max(parted)
        cut = [row for row in cut if row < last or row not in sums]
    if len(parted) < _LEAST_ROWS or any(len(rows[row]) > 1 for row in cut):
        return 0
    headed = first in parted
    if (headed and len(cut) > len(parted)) or (not headed and (cut or 2 * len(parted) < len(rows))):
        return 0
    return 2 * len(parted) - len(cut) + 1


def _leads(runs: Sequence[_Run]) -> dict[int, float]:
    """Where the first text of each row begins."""
    leads: dict[int, float] = {}
    for run in runs:
        leads[run.row] = min(run.x0, leads.get(run.row, run.x0))
    return leads


def _rows_of_sums(runs: Sequence[_Run]) -> frozenset[int]:
    """The rows of a short label and a number behind it, and nothing else."""
    rows: dict[int, list[_Run]] = {}
    for run in sorted(runs, key=lambda run: run.x0):
        rows.setdefault(run.row, []).append(run)
    return frozenset(
        row
        for row, own in rows.items()
        if len(own) == 2 and len(own[0].text) <= _LONGEST_LABEL and any(map(str.isdigit, own[1].text))
    )


def _with_whole_labels(frames: list[Frame], runs: Sequence[_Run], words: Sequence[_Run]) -> list[Frame]:
    """The cells with each label of several words, whose end alone lies in the next cell, whole in the cell before.

    Such a label is the first text of a row below the head: that of a sum.
    """
    leads = _leads(runs)
    for column in range(_columns(frames) - 1):
        left, right = _plain(frames, column), _plain(frames, column + 1)
        for row in left.keys() & right.keys():
            line, end = left[row].box[2], right[row].box[2]
            across = [r for r in runs if r.row == row > min(leads) and r.x0 == leads[row] and r.crosses(line)]
            others = [run for run in runs if run.row == row and run not in across and line < run.middle < end]
            whole = len(across) == 1 and not others and left[row].box[0] < across[0].x1 < end
            if whole and _is_label(row, across[0], words, line):
                frames = [_with_line(frame, column, {row: across[0].x1}) for frame in frames]
    return frames


def _is_label(row: int, run: _Run, words: Sequence[_Run], line: float) -> bool:
    """Whether the words of a text stand on both sides of a line, with no more than a blank between them."""
    own = sorted((w.x0, w.x1) for w in words if w.row == row and run.x0 - 1 < w.x0 and w.x1 < run.x1 + 1)
    at = sum(x0 + x1 < 2 * line for x0, x1 in own)
    return 0 < at < len(own) and own[at][0] - own[at - 1][1] < _BLANK_PT


def _is_parted(runs: Sequence[_Run], x: float) -> bool:
    return (
        any(run.x1 <= x + _EDGE_PT for run in runs)
        and any(run.x0 >= x - _EDGE_PT for run in runs)
        and not any(run.crosses(x) for run in runs)
    )


def _holds(frame: Frame, run: _Run) -> bool:
    return run.row == frame.row and frame.box[0] <= run.middle <= frame.box[2]


def _parted(frames: Sequence[Frame], column: int, x: float, runs: Sequence[_Run], words: Sequence[_Run]) -> list[Frame]:
    """The cells with one column made two, a text that lies across whole in the left one but for the names of a head."""
    head = min((run.row for run in runs if any(_holds(f, run) for f in frames if f.column == column)), default=0)
    names = not any(word.row == head and word.crosses(x) for word in words)

    def place_in(frame: Frame) -> float:
        across = [run.x1 for run in runs if run.crosses(x) and _holds(frame, run)]
        across = [] if frame.row == head and names else across
        return min(max([x, *across]), frame.box[2])

    return part_column(frames, column, place_in)
