"""Text whose outlines are drawn beside being filled, which makes it bold where a font has no bold letters. Pure.

Word sets bold Chinese so. MuPDF's text page tells such text only in a mode that compares each character with all
others; its list of what is painted tells it for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from stores.models import Box

_FAKE_BOLD = 8  # of char_flags
_ALIKE = 1.5  # points by which the box of the stroke may differ from that of the filling
_COVERED = 0.8  # of the width of a span
_STRIP = 16.0  # points


def mark_stroked(blocks: Sequence[dict[str, Any]], log: Sequence[tuple[str, Box]]) -> None:
    """Mark the spans of MuPDF's rawdict ``blocks`` as bold that ``log`` (kind, box) has as filled and then stroked."""
    strips: dict[int, list[Box]] = defaultdict(list)
    for (kind, filled), (following, stroked) in pairwise(log):
        if kind == "fill-text" and following == "stroke-text" and _are_alike(filled, stroked):
            for strip in range(int(stroked[1] // _STRIP), int(stroked[3] // _STRIP) + 1):
                strips[strip].append(stroked)
    if not strips:
        return
    for block in blocks:
        for line in block.get("lines", ()):
            for span in line["spans"]:
                if _is_stroked(span, strips):
                    span["char_flags"] |= _FAKE_BOLD


def _are_alike(filled: Box, stroked: Box) -> bool:
    return all(abs(one - other) < _ALIKE for one, other in zip(filled, stroked, strict=True))


def _is_stroked(span: dict[str, Any], strips: dict[int, list[Box]]) -> bool:
    x0, y0, x1, y1 = span["bbox"]
    middle = (y0 + y1) / 2
    over = (box for box in strips.get(int(middle // _STRIP), ()) if box[1] <= middle <= box[3])
    covered = sum(max(0.0, min(x1, box[2]) - max(x0, box[0])) for box in over)
    return bool(covered >= _COVERED * (x1 - x0) > 0)
