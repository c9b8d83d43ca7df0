"""Blocks of text beside one another that a model sees as one, such as the two sides of a letterhead, parted. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.engines.layout.glyphs import Fragment, PrintedLine, printed_lines, split_at_wide_gaps
from pipeline.engines.layout.regions import Region, union
from stores.models import Box, Label

_GUTTER_EM = 2.5  # a narrower gap is none between blocks
_LEAST_LINES = 3  # of each block
_ROWS = 0.5  # of the lines of one block stand at the height of one of the other: rows, then
_LEVEL_PT = 2.0


def parted_at_gutters(regions: Sequence[Region]) -> list[Region]:
    """The regions of a page, those with a white strip from top to bottom, and no rows over it, parted there."""
    parted: list[Region] = []
    for region in regions:
        parted += _parts(region) if _may_part(region) else [region]
    return parted


def _may_part(region: Region) -> bool:
    plain = region.label in (Label.TEXT, Label.LIST) and not region.frames and not region.by_row
    return plain and len(region.fragments) >= 2 * _LEAST_LINES and all(part.upright for part in region.fragments)


def _parts(region: Region) -> list[Region]:
    pieces = [piece for part in region.fragments for piece in split_at_wide_gaps(part)]
    gutter = _widest_gap(pieces)
    if gutter is None:
        return [region]
    left, right = ([p for p in pieces if (p.box[2] <= gutter) is side] for side in (True, False))
    lines, others = printed_lines(left), printed_lines(right)
    if min(len(lines), len(others)) < _LEAST_LINES or _are_rows(lines, others) or _are_rows(others, lines):
        return [region]
    return [part for side in (left, right) for part in _parts(Region(region.label, _around(side), side))]


def _widest_gap(pieces: Sequence[Fragment]) -> float | None:
    """Where the widest strip begins that no text touches; None where all are narrow."""
    widest, at, reached = 0.0, None, float("inf")
    for piece in sorted(pieces, key=lambda piece: piece.box[0]):
        gap = piece.box[0] - reached
        if gap > _GUTTER_EM * piece.glyphs[0].style.size and gap > widest:
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
