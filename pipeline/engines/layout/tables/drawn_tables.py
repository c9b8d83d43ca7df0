"""Tables that drawn lines show where the layout model sees text: whole grids whose cells are filled. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipeline.engines.layout.cells.cells import Frame
from pipeline.engines.layout.cells.ruled_grids import grids_of_rules, ruled_frames
from pipeline.engines.layout.lines.glyphs import Fragment, split_at_wide_gaps
from pipeline.engines.layout.regions.regions import Region, share_of
from pipeline.engines.layout.regions.ticks import is_small_drawing
from stores.models import Box, Label

_LEAST_LINES = 3  # of each direction
_LEAST_COLUMNS, _LEAST_ROWS = 2, 3
_PLAIN = 0.6  # of the places of a grid hold a cell of their own: forms have boxes of all widths
_FILLED, _ALL = 0.6, 0.99  # of the cells of a grid of three columns or more, and of two
_MOST_LINES_OF_CELL = 6
_SEEN = 0.1  # of a grid, or of a table that the model sees: they are the same
_OUTSIDE = (Label.TABLE, Label.FIGURE, Label.FORMULA)  # what the model sees in their place is believed


def drawn_tables(
    regions: Sequence[Region], paths: Sequence[dict[str, Any]], fragments: Sequence[Fragment]
) -> list[Region]:
    """The tables of a page that its ``paths`` (as MuPDF lists them) rule, and the model does not see."""
    seen = [region.box for region in regions if region.label in _OUTSIDE]
    grids = [
        box
        for box in grids_of_rules(paths, _LEAST_LINES)
        if not any(share_of(box, other) > _SEEN or share_of(other, box) > _SEEN for other in seen)
    ]
    if not grids:
        return []
    texts = [piece.box for part in fragments for piece in split_at_wide_gaps(part)]
    marks = [box for path in paths if is_small_drawing(box := tuple(path["rect"]))]
    tables = [_table(box, paths, texts, marks) for box in grids]
    return [table for table in tables if table is not None]


def _table(box: Box, paths: Sequence[dict[str, Any]], texts: Sequence[Box], marks: Sequence[Box]) -> Region | None:
    frames = ruled_frames(box, paths, _LEAST_COLUMNS, _LEAST_ROWS, texts)
    if not frames or not _is_regular(frames) or not _is_filled(frames, box, texts, marks):
        return None
    return Region(Label.TABLE, box, frames=frames, ruled=True)


def _is_regular(frames: Sequence[Frame]) -> bool:
    """Whether most places of a grid of three rows at least are cells, and all others belong to some over many rows."""
    across, down = (max(sides) for sides in zip(*((f.column + f.columns, f.row + f.rows) for f in frames), strict=True))
    plain = sum(frame.columns == frame.rows == 1 for frame in frames)
    wide = sum(frame.columns > 1 for frame in frames)
    enough = across >= _LEAST_COLUMNS and down >= _LEAST_ROWS
    return bool(enough and 5 * wide <= down and plain >= _PLAIN * across * down)


def _is_filled(frames: Sequence[Frame], whole: Box, texts: Sequence[Box], marks: Sequence[Box]) -> bool:
    """Whether most cells hold a text of a few lines or a small drawing, and no text reaches over their sides."""
    held: Counter[int] = Counter()
    for text in (*texts, *marks):
        if share_of(text, whole) < 0.5:
            continue
        home = next((at for at, frame in enumerate(frames) if share_of(text, frame.box) > 0.8), None)
        if home is None:
            return False
        held[home] += text not in marks
    least = _FILLED if any(frame.column > 1 for frame in frames) else _ALL
    return len(held) >= least * len(frames) and max(held.values(), default=0) <= _MOST_LINES_OF_CELL
