"""Blocks of text beside one another that a model sees as one, such as the two sides of a letterhead, parted. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.engines.layout.lines.glyphs import Fragment, PrintedLine, printed_lines, split_at_wide_gaps
from pipeline.engines.layout.lines.side_labels import parted_at_label
from pipeline.engines.layout.regions.regions import Region, union
from stores.models import Box, Label

_GUTTER_EM = 2.5  # a narrower gap is none between blocks
_LEAST_LINES = 3  # of each block
_ROWS = 0.5  # of the lines of one block stand at the height of one of the other: rows, then
_LEVEL_PT = 2.0
_PROSE_GUTTER_EM = 0.5  # between columns of running text, which may stand level
_LEAST_PROSE, _WORDS = 4, 3  # lines of each column, and words of most of them
_SMALL = 0.3  # of the lines of a column begin with a small letter: they go on from the line above
_HEADING = 1.15  # of the size of the text
_FLUSH_EM, _FLUSH = 0.5, 0.7  # most lines of a column begin at its left edge


def parted_at_gutters(regions: Sequence[Region]) -> list[Region]:
    """The regions of a page, those with a white strip from top to bottom, and no rows over it, parted there."""
    parted: list[Region] = []
    for region in regions:
        parted += _parts(region) if _may_part(region) else _texts_with_headings(region) or [region]
    return parted


def _texts_with_headings(region: Region) -> list[Region]:
    """The rows of what a model takes for a table of two columns, where each is a text with a heading in the margin."""
    if region.label is not Label.TABLE or region.ruled or {frame.column for frame in region.frames} != {0, 1}:
        return []
    spans = sorted({(frame.box[1], frame.box[3]) for frame in region.frames if frame.rows == 1})
    rows = [[p for p in region.fragments if top <= (p.box[1] + p.box[3]) / 2 < bottom] for top, bottom in spans]
    sides = [parted_at_label(row) for row in rows if row]
    if not all(sides) or sum(map(len, rows)) < len(region.fragments):
        return []
    return [Region(Label.TEXT, _around(part), part) for row in sides if row for part in row if part]


def _may_part(region: Region) -> bool:
    plain = region.label in (Label.TEXT, Label.LIST) and not region.frames and not region.by_row
    return plain and len(region.fragments) >= 2 * _LEAST_LINES and all(part.upright for part in region.fragments)


def _parts(region: Region) -> list[Region]:
    if sides := parted_at_label(region.fragments):
        label, *rest = sides
        regions = [Region(region.label, _around(part), part) for part in rest if part]
        return [Region(Label.TEXT, _around(label), label), *(part for other in regions for part in _parts(other))]
    pieces = [piece for part in region.fragments for piece in split_at_wide_gaps(part)]
    gutter = _widest_gap(pieces, _PROSE_GUTTER_EM)
    if gutter is None:
        return [region]
    left, right = ([p for p in pieces if (p.box[2] <= gutter) is side] for side in (True, False))
    lines, others = printed_lines(left), printed_lines(right)
    if not (_are_blocks(pieces, lines, others) or (_is_column(lines) and _is_column(others))):
        return [region]
    return [part for side in (left, right) for part in _parts(Region(region.label, _around(side), side))]


def _are_blocks(pieces: Sequence[Fragment], lines: Sequence[PrintedLine], others: Sequence[PrintedLine]) -> bool:
    """Whether a wide strip parts two blocks whose lines are no rows."""
    few = min(len(lines), len(others)) < _LEAST_LINES or _widest_gap(pieces, _GUTTER_EM) is None
    return not few and not _are_rows(lines, others) and not _are_rows(others, lines)


def _is_column(lines: Sequence[PrintedLine]) -> bool:
    """Whether lines are running text, below a heading or not, that begins at one edge and goes on line by line."""
    return _runs_on(lines) or _runs_on(_below_heading(lines))


def _runs_on(lines: Sequence[PrintedLine]) -> bool:
    if len(lines) < _LEAST_PROSE:
        return False
    left = min(line.box[0] for line in lines)
    flush = sum(line.box[0] < left + _FLUSH_EM * line.size for line in lines)
    words = sum(len(line.text.split()) >= _WORDS for line in lines)
    small = sum(line.text[0].islower() for line in lines)
    least = _FLUSH * len(lines)
    return flush >= least and words >= least and small >= _SMALL * len(lines)


def _below_heading(lines: Sequence[PrintedLine]) -> Sequence[PrintedLine]:
    """The lines without those at the top that are set in larger type than the last one."""
    size = lines[-1].size if lines else 0.0
    return lines[next((at for at, line in enumerate(lines) if line.size < _HEADING * size), len(lines)) :]


def _widest_gap(pieces: Sequence[Fragment], least_em: float) -> float | None:
    """Where the widest strip begins that no text touches; None where all are narrower than ``least_em``."""
    widest, at, reached = 0.0, None, float("inf")
    for piece in sorted(pieces, key=lambda piece: piece.box[0]):
        gap = piece.box[0] - reached
        if gap > least_em * piece.glyphs[0].style.size and gap > widest:
            widest, at = gap, reached
        reached = max(reached, piece.box[2]) if reached != float("inf") else piece.box[2]
    return at


def _are_rows(lines: Sequence[PrintedLine], others: Sequence[PrintedLine]) -> bool:
    level = sum(any(abs(line.box[3] - other.box[3]) < _LEVEL_PT for other in others) for line in lines)
    return level > _ROWS * len(lines)


def _around(pieces: Sequence[Fragment]) -> Box:
    box = pieces[0].box
    for piece in pieces[1:]:
        box = union(box, piece.box)
    return box
