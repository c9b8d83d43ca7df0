"""Prepares a page for reading: turns it so that lines run from left to right, and shrinks one that is too large.

Boxes found on such a page are brought back to points of the page as displayed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pipeline.engines.layout.sheet.sheet import Sheet
from pipeline.engines.pdf import mupdf
from stores.models import Block, Box, Line, PageText

Back = Callable[[Box], Box]

_MAX_AREA = 4_000_000.0  # square points: the models look at a page at 72 dpi, whatever its size
_MOSTLY = 0.8  # of the characters run in one other direction: the page lies on its side


@contextmanager
def upright(page: Any, recognised: bool) -> Iterator[tuple[Sheet, Back | None]]:
    """The page to read, and how its boxes go back to the page as displayed (None: they are the same).

    ``recognised``: its text layer was made by OCR. The page itself only loses its rotation attribute, its content
    being turned instead.
    """
    if page.rotation:
        page.remove_rotation()
    sheet, shrink = Sheet(page, recognised), _shrink_of(page)
    turn = _turn_of(sheet)
    if not turn and shrink == 1.0:
        yield sheet, None
        return
    width, height = float(page.rect.width), float(page.rect.height)
    copy = mupdf.load().open()
    try:
        flat = copy.new_page(width=width * shrink, height=height * shrink)
        flat.show_pdf_page(flat.rect, page.parent, page.number, keep_proportion=False)
        if turn:
            flat.set_rotation(turn)
            flat.remove_rotation()
        turned = Sheet(flat, recognised)
        turned.scale = shrink
        yield turned, _back(turn, shrink, width, height)
    finally:
        copy.close()


def _turn_of(sheet: Sheet) -> int:
    """By how many degrees, clockwise, the page must be turned for most of its lines to run to the right."""
    counts: Counter[tuple[int, int]] = Counter()
    for block in sheet.plain_blocks:
        for line in block.get("lines", ()):
            if line.get("wmode") == 0:
                length = sum(len(span["chars"]) for span in line["spans"])
                counts[round(line["dir"][0]), round(line["dir"][1])] += length
    if not counts:
        return 0
    direction, count = counts.most_common(1)[0]
    return {(0, -1): 90, (-1, 0): 180, (0, 1): 270}.get(direction, 0) if count > _MOSTLY * counts.total() else 0


def _shrink_of(page: Any) -> float:
    area = float(page.rect.width) * float(page.rect.height)
    return math.sqrt(_MAX_AREA / area) if area > _MAX_AREA else 1.0


def _back(turn: int, shrink: float, width: float, height: float) -> Back:
    """From boxes of a turned and shrunk page to boxes of the page, which has ``width`` and ``height``."""

    def back(box: Box) -> Box:
        x0, y0, x1, y1 = (value / shrink for value in box)
        if turn == 90:
            return y0, height - x1, y1, height - x0
        if turn == 180:
            return width - x1, height - y1, width - x0, height - y0
        if turn == 270:
            return width - y1, x0, width - y0, x1
        return x0, y0, x1, y1

    return back


def moved(text: PageText, back: Back) -> PageText:
    """Map all boxes of a text back to the page as displayed."""
    return replace(text, blocks=tuple(_moved(block, back) for block in text.blocks))


def _moved(block: Block, back: Back) -> Block:
    lines = tuple(Line(box=back(line.box), text=line.text) for line in block.lines)
    return replace(block, box=back(block.box), lines=lines)
