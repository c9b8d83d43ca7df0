"""Boxes with paragraphs, drawn beside and below one another as on a bulletin: each is read by itself. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.engines.layout.cells.cells import Frame
from pipeline.engines.layout.cells.ruled_grids import boxes_with_texts
from pipeline.engines.layout.cells.ruled_rows import MANY_LINES, heights_in
from stores.models import Box

_MOST = 12  # boxes
_PARAGRAPHS = 0.5  # of the boxes hold several lines
_NARROW = 0.2  # of the width of all: a narrower box holds a label


def boxes_of_paragraphs(box: Box, paths: Sequence[dict[str, Any]], texts: Sequence[Box]) -> list[Box]:
    """The drawn boxes in what a model takes for a table without lines; none where they are cells of one.

    ``paths``: drawings as MuPDF lists them; ``texts``: boxes of what is printed on the page.
    """
    frames = boxes_with_texts(box, paths, texts)
    lines = [len(heights_in(frame.box, texts)) for frame in frames]
    held = [frame for frame, count in zip(frames, lines, strict=True) if count]
    several = sum(count >= MANY_LINES for count in lines)
    if not 2 <= len(held) <= _MOST or several < _PARAGRAPHS * len(held) or not _are_irregular(frames):
        return []
    return [] if any(_is_narrow(frame, frames) for frame in held) else [frame.box for frame in held]


def _are_irregular(frames: Sequence[Frame]) -> bool:
    """Whether boxes have sides of their own, as no cells of a plain grid have."""
    return any(frame.columns > 1 or frame.rows > 1 for frame in frames)


def _is_narrow(frame: Frame, frames: Sequence[Frame]) -> bool:
    left, right = min(other.box[0] for other in frames), max(other.box[2] for other in frames)
    return frame.box[2] - frame.box[0] < _NARROW * (right - left)
