"""Rows of aligned equations told apart, where sums and brackets of one row reach as far as those of the next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pipeline.engines.math.printed import Piece, signs_of
from pipeline.engines.math.signs import AXIS, Sign, main_size
from pipeline.engines.math.symbols import Kind

_ALIGNED = 0.15  # of the size: relations of aligned rows stand so near below each other
_LEAST_PITCH = 1.4  # of the size
_TALL = 1.55
_LEAST_GAP_PT = 0.3


def aligned_rows(group: Sequence[Piece]) -> list[list[Piece]]:
    """The rows of a formula whose relations stand below each other; all as one where nothing white parts them."""
    signs = signs_of(group)
    cuts = [cut for one, other in pairwise(_axes(signs)) if (cut := _cut(signs, one, other)) is not None]
    rows: list[list[Piece]] = [[] for _ in range(len(cuts) + 1)]
    for piece in group:
        _, top, _, bottom = piece.box
        rows[sum((top + bottom) / 2 > cut for cut in cuts)].append(piece)
    return [row for row in rows if row]


def _axes(signs: Sequence[Sign]) -> list[float]:
    """The heights of relations that stand below each other, outside of tall brackets."""
    size = main_size(signs)
    tall = [s for s in signs if s.kind in (Kind.OPEN, Kind.CLOSE, Kind.FENCE, Kind.PIECE) and s.height > _TALL * size]
    free = [s for s in signs if s.kind is Kind.RELATION and s.size > 0.9 * size and not _is_beside(s, tall)]
    columns = [[s for s in free if abs(s.box[0] - first.box[0]) < _ALIGNED * size] for first in free]
    best = max(columns, key=len, default=[])
    axes: list[float] = []
    for sign in sorted(best, key=lambda sign: sign.base):
        if not axes or sign.base - AXIS * size - axes[-1] > _LEAST_PITCH * size:
            axes.append(sign.base - AXIS * size)
    return axes


def _is_beside(sign: Sign, tall: Sequence[Sign]) -> bool:
    """Whether tall brackets stand on both sides of a sign, or an open one before it, and it is not in their middle."""
    level = [other for other in tall if other.box[1] < sign.y < other.box[3]]
    before = [other for other in level if other.x < sign.x and other.kind is not Kind.CLOSE]
    return any(abs(other.y - sign.y) > 0.5 * sign.size for other in before)


def _cut(signs: Sequence[Sign], above: float, below: float) -> float | None:
    """The middle of the highest white strip between two rows; None where there is none."""
    edges = sorted((max(s.box[1], above), min(s.box[3], below)) for s in signs if s.box[3] > above and s.box[1] < below)
    best, cut, low = _LEAST_GAP_PT, None, above
    for top, bottom in edges:
        if top - low > best:
            best, cut = top - low, (top + low) / 2
        low = max(low, bottom)
    return cut
