"""The list of goods in a form: rows that no line parts, under columns that are ruled or only set apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from pipeline.engines.layout.cells.cells import Frame
from pipeline.engines.layout.lines.glyphs import Fragment, PrintedLine, fragment, printed_lines, split_at_wide_gaps
from pipeline.engines.layout.lines.script_gaps import is_cjk
from pipeline.engines.layout.regions.regions import Region
from stores.models import Box, Label, Line

_LEAST_COLUMNS = 4
_LEAST_ROWS = 2  # with the header
_LEVEL = 0.5  # of the height of a line
_NUMBER = re.compile(r"[¥￥$]?\s?[-−(]?\d[\d.,]*\)?\s?%?|[*＊]{2,}|免税|不征税")
_LONGEST_LABEL = 4  # characters
_NAMING = 2  # the first columns name goods: numbers in them begin no row


def table_of(fragments: Sequence[Fragment], columns: Sequence[Box]) -> Region | None:
    """The table of texts that stand in ruled ``columns``, or else under those of their first line; None for others."""
    pieces = sorted((piece for part in fragments for piece in _pieces(part, columns)), key=_middle)
    heights = [_with_labels(level, first=at == 0) for at, level in enumerate(_levels(pieces))]
    pieces = [piece for level in heights for piece in level]
    if len(heights) < _LEAST_ROWS or any(not part.upright for part in pieces):
        return None
    bounds = [box[0] for box in columns[1:]] or _bounds(heights)
    if len(bounds) + 1 < _LEAST_COLUMNS:
        return None
    rows = [_cells(level, bounds) for level in heights]
    starts = [at for at, row in enumerate(rows) if at <= 1 or _begins(row)]
    if len(starts) < _LEAST_ROWS or sum(map(bool, rows[0])) < _LEAST_COLUMNS:
        return None
    box = _around([piece.box for piece in pieces])
    frames = _frames(box, bounds, [heights[at] for at in starts])
    return Region(
        Label.TABLE, box, pieces, lines=[line for row in rows for line in _lines(row)], frames=frames, ruled=True
    )


def _pieces(part: Fragment, columns: Sequence[Box]) -> list[Fragment]:
    return [part] if columns else split_at_wide_gaps(part)


def _middle(part: Fragment) -> float:
    return (part.box[1] + part.box[3]) / 2


def _levels(pieces: Sequence[Fragment]) -> list[list[Fragment]]:
    """Texts at one height together, from the top to the bottom."""
    levels: list[list[Fragment]] = []
    for piece in pieces:
        height = piece.box[3] - piece.box[1]
        if levels and _middle(piece) - _middle(levels[-1][0]) < _LEVEL * height:
            levels[-1].append(piece)
        else:
            levels.append([piece])
    return [sorted(level, key=lambda piece: piece.box[0]) for level in levels]


def _bounds(levels: Sequence[Sequence[Fragment]]) -> list[float]:
    """Where the columns of a header part, each between what stands under two labels; [] where texts reach over."""
    edges = [(piece.box[0], piece.box[2]) for piece in levels[0]]
    if len(edges) < _LEAST_COLUMNS:
        return []
    for level in levels[1:]:
        for piece in level:
            at = min(range(len(edges)), key=lambda at: _gap(edges[at], piece.box))
            edges[at] = min(edges[at][0], piece.box[0]), max(edges[at][1], piece.box[2])
    if any(one[1] > other[0] + 1.0 for one, other in pairwise(edges)):
        return []
    return [(one[1] + other[0]) / 2 for one, other in pairwise(edges)]


def _with_labels(level: Sequence[Fragment], *, first: bool) -> list[Fragment]:
    """A line with its stretched labels tightened: those of a header, ``first``, or the one that begins the line."""
    made: list[Fragment] = []
    for piece in level:
        before = made[-1] if made else None
        if before is not None and (first or len(made) == 1) and len(_text(before)) == len(_text(piece)) == 1:
            made[-1] = fragment((*before.glyphs, *piece.glyphs))
        else:
            made.append(piece)
    return [_tightened(piece, first=first) if first or at == 0 else piece for at, piece in enumerate(made)]


def _tightened(piece: Fragment, *, first: bool) -> Fragment:
    """A label of a few Chinese characters without gaps: they share its width, or move to its left in a row of goods."""
    glyphs = [glyph for glyph in piece.glyphs if not glyph.char.isspace()]
    if not 1 < len(glyphs) <= _LONGEST_LABEL or not all(is_cjk(glyph.char[0]) for glyph in glyphs):
        return piece
    left, right = piece.box[0], piece.box[2]
    width = (right - left) / len(glyphs) if first else min(glyph.x1 - glyph.x0 for glyph in glyphs)
    placed = [g._replace(x0=left + at * width, x1=left + (at + 1) * width) for at, g in enumerate(glyphs)]
    return fragment(placed)


def _text(part: Fragment) -> str:
    return "".join(glyph.char for glyph in part.glyphs).strip()


def _gap(edge: tuple[float, float], box: Box) -> float:
    return max(edge[0], box[0]) - min(edge[1], box[2])


def _cells(level: Sequence[Fragment], bounds: Sequence[float]) -> list[list[Fragment]]:
    cells: list[list[Fragment]] = [[] for _ in range(len(bounds) + 1)]
    for piece in level:
        middle = (piece.box[0] + piece.box[2]) / 2
        cells[sum(bound < middle for bound in bounds)].append(piece)
    return cells


def _begins(row: Sequence[Sequence[Fragment]]) -> bool:
    """Whether a printed line begins a row: a number stands in it behind the columns that name goods."""
    texts = ["".join(_text(piece) for piece in cell) for cell in row[_NAMING:]]
    return any(_NUMBER.fullmatch(text) for text in texts)


def _lines(row: Sequence[Sequence[Fragment]]) -> list[PrintedLine]:
    """A printed line of the table as a line whose parts are its cells."""
    printed = [line for cell in row if cell for line in printed_lines(cell)]
    if len(printed) < 2:
        return printed
    parts = tuple(Line(box=line.box, text=line.text) for line in printed)
    text = " ".join(line.text for line in printed)
    first = printed[0]
    return [PrintedLine(text, _around([line.box for line in printed]), first.size, first.bold, first.mono, parts)]


def _frames(box: Box, bounds: Sequence[float], rows: Sequence[Sequence[Fragment]]) -> list[Frame]:
    xs = [box[0], *bounds, box[2]]
    tops = [min(piece.box[1] for piece in row) for row in rows]
    ys = [*tops, box[3]]
    return [
        Frame(row, column, 1, 1, (xs[column], ys[row], xs[column + 1], ys[row + 1]), row == 0)
        for row in range(len(ys) - 1)
        for column in range(len(xs) - 1)
    ]


def _around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
