"""Invisible text below which the page shows a picture of just that line: letters filled with a gradient of colours."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.engines.layout.lines.glyphs import Fragment
from pipeline.engines.layout.sheet.sheet import Log
from stores.models import Box

_PICTURES = ("fill-image", "fill-imgmask", "fill-shade")
_HIGHEST = 1.8  # times the size of the letters: a higher picture shows more than one line
_LOWEST = 0.4
_OVER = 0.5  # of the text's width and height
_COVERED = 0.8  # of the width of the text


def pictured(fragments: Sequence[Fragment], log: Log) -> list[Fragment]:
    """The invisible fragments that stand upon a picture no higher than their line, which is their print.

    Not those where the page prints visible text as well.
    """
    hidden = [part for part in fragments if part.is_hidden]
    boxes = [box for kind, box in log if kind in _PICTURES] if hidden else []
    shown = [part for part in hidden if any(_shows(box, part) for box in boxes)]
    visible = [part.box for part in fragments if not part.is_hidden] if shown else []
    return [part for part in shown if not any(_is_printed_over(part.box, box) for box in visible)]


def _is_printed_over(box: Box, visible: Box) -> bool:
    across = min(box[2], visible[2]) - max(box[0], visible[0])
    down = min(box[3], visible[3]) - max(box[1], visible[1])
    return across > _OVER * (box[2] - box[0]) and down > _OVER * (box[3] - box[1])


def _shows(picture: Box, part: Fragment) -> bool:
    size = part.glyphs[0].style.size
    line = _LOWEST * size < picture[3] - picture[1] < _HIGHEST * size
    middle = (part.box[1] + part.box[3]) / 2
    wide = min(picture[2], part.box[2]) - max(picture[0], part.box[0]) > _COVERED * (part.box[2] - part.box[0])
    return line and picture[1] <= middle <= picture[3] and wide
