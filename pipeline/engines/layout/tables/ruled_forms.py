"""Forms whose boxes are ruled and labelled from top to bottom, as those of Chinese invoices: box by box. Pure.

Such a form is no table, and its rows are not to be read across its rules: a label of a block, one character below the
other, stands beside lines of the block, and two blocks stand beside each other. Its list of goods is a table of which
often only the columns are ruled, or nothing.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from pipeline.engines.layout.cells.cells import Frame
from pipeline.engines.layout.cells.ruled_grids import boxes_of_rules
from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, PrintedLine, fragment, printed_lines
from pipeline.engines.layout.lines.script_gaps import is_cjk
from pipeline.engines.layout.regions.regions import Region
from pipeline.engines.layout.tables.form_rows import table_of
from stores.models import Box, Label

_LEAST_BOXES = 4  # with text
_SAME_PT = 3.0
_GAP_EM = 0.25  # at a rule: a narrower one is no gap, and text that reaches over the rule is one
_LEAST_COLUMNS = 4
_TITLE = 1.6  # of the usual size: larger text above a form is its title


@dataclass(slots=True)
class _Box:
    """A box of a form with what is printed in it."""

    box: Box
    fragments: list[Fragment] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What it says from top to bottom, "" where it is no such label."""
        glyphs = [glyph for part in self.fragments for glyph in part.glyphs if not glyph.char.isspace()]
        if len(glyphs) < 2 or not all(is_cjk(glyph.char[0]) for glyph in glyphs):
            return ""
        ordered = sorted(glyphs, key=lambda glyph: glyph.y0)
        below = all(b.y0 > a.middle[1] for a, b in pairwise(ordered))
        return "".join(glyph.char for glyph in ordered) if below else ""


def with_forms(regions: Sequence[Region], rules: Sequence[dict[str, Any]]) -> list[Region]:
    """The regions of a page, those in a form parted into its boxes."""
    frames = boxes_of_rules(rules)
    if len(frames) < _LEAST_BOXES:
        return list(regions)
    whole = _around([frame.box for frame in frames])
    held = [part for region in regions if not region.ruled for part in region.fragments if _stands_in(part, whole)]
    boxes = _filled(frames, held)
    if not any(box.label for box in boxes) or sum(bool(box.fragments) for box in boxes) < _LEAST_BOXES:
        return list(regions)
    left = [part for region in regions for part in _without(region, whole)]
    return left + [part for band in _bands(boxes) for part in _parts_of(band)]


def _stands_in(part: Fragment, whole: Box) -> bool:
    x, y = (part.box[0] + part.box[2]) / 2, (part.box[1] + part.box[3]) / 2
    return whole[0] <= x <= whole[2] and whole[1] <= y <= whole[3]


def _without(region: Region, whole: Box) -> Iterator[Region]:
    """A region without what stands in a form; nothing where all of it does."""
    kept = [part for part in region.fragments if not _stands_in(part, whole)]
    if region.ruled or len(kept) == len(region.fragments):
        yield region
        return
    label = Label.TEXT if region.label in (Label.TABLE, Label.FIGURE) else region.label
    usual = statistics.median(part.glyphs[0].style.size for part in kept) if kept else 0.0
    above = [part for part in kept if part.box[3] < whole[1] + _SAME_PT]
    title = [part for part in above if part.upright and part.glyphs[-1].style.size > _TITLE * usual]
    rest = [part for part in above if part not in title]
    for parts in (title, rest, [part for part in kept if part not in above]):
        if parts:
            made = Region(label, _around([part.box for part in parts]), parts, lines=printed_lines(parts))
            made.by_row = label is not region.label and parts is not title
            made.label = Label.TITLE if parts is title and made.lines else made.label
            yield made


def _filled(frames: Sequence[Frame], fragments: Sequence[Fragment]) -> list[_Box]:
    """The boxes of a form with the texts in each; a text is cut at a rule where it leaves room there."""
    boxes = [_Box(frame.box) for frame in frames]
    for part in fragments:
        for run in _runs(part, boxes):
            x, y = (run.box[0] + run.box[2]) / 2, (run.box[1] + run.box[3]) / 2
            nearest = min(boxes, key=lambda box: _distance(box.box, x, y))
            nearest.fragments.append(run)
    return boxes


def _runs(part: Fragment, boxes: Sequence[_Box]) -> Iterator[Fragment]:
    """The parts of a text between the sides of boxes that stand in its gaps."""
    if not part.upright:
        yield part
        return
    level = (part.box[1] + part.box[3]) / 2
    sides = [box.box[0] for box in boxes if box.box[1] < level < box.box[3] and part.box[0] < box.box[0] < part.box[2]]
    run: list[Glyph] = []
    before: Glyph | None = None
    for glyph in part.glyphs:
        if glyph.char.isspace():
            run.append(glyph)
            continue
        if before is not None and any(_parts(side, before, glyph) for side in sides):
            yield fragment(run)
            run = []
        run.append(glyph)
        before = glyph
    if before is not None:
        yield fragment(run)


def _parts(side: float, before: Glyph, glyph: Glyph) -> bool:
    """Whether a rule stands in the gap between two characters."""
    wide = glyph.x0 - before.x1 > _GAP_EM * glyph.style.size
    return wide and before.x1 - _SAME_PT < side < glyph.x0 + _SAME_PT


def _distance(box: Box, x: float, y: float) -> float:
    return max(box[0] - x, 0.0, x - box[2]) + max(box[1] - y, 0.0, y - box[3])


def _bands(boxes: Sequence[_Box]) -> list[list[_Box]]:
    """The boxes of a form that are as high as each other and stand side by side, from the top to the bottom."""
    bands: list[list[_Box]] = []
    for box in sorted(boxes, key=lambda box: (round(box.box[1]), box.box[0])):
        last = bands[-1][-1].box if bands else (0.0, 0.0, 0.0, 0.0)
        level = abs(last[1] - box.box[1]) < _SAME_PT and abs(last[3] - box.box[3]) < _SAME_PT
        if level and bands:
            bands[-1].append(box)
        else:
            bands.append([box])
    return bands


def _parts_of(band: Sequence[_Box]) -> Iterator[Region]:
    """The regions of a row of boxes: blocks with their labels, a table, or lines that run through all boxes."""
    named = [at for at, box in enumerate(band) if box.label]
    if not named:
        yield from _unnamed(band)
        return
    yield from _unnamed(band[: named[0]])
    for at, end in zip(named, [*named[1:], len(band)], strict=True):
        yield _block(band[at].label, band[at:end])


def _unnamed(band: Sequence[_Box]) -> Iterator[Region]:
    fragments = [part for box in band for part in box.fragments]
    if not fragments:
        return
    table = table_of(fragments, [box.box for box in band] if len(band) >= _LEAST_COLUMNS else [])
    yield table or _by_row(printed_lines(fragments), fragments)


def _block(label: str, boxes: Sequence[_Box]) -> Region:
    """A block with its label, which was printed from top to bottom, above its lines."""
    own = [part for part in boxes[0].fragments]
    size = statistics.median_high([part.glyphs[0].style.size for part in own])
    lines = [PrintedLine(label, _around([part.box for part in own]), size, bold=False, mono=False)]
    others = [part for box in boxes[1:] for part in box.fragments]
    return _by_row(lines + printed_lines(others), own + others)


def _by_row(lines: list[PrintedLine], fragments: list[Fragment]) -> Region:
    region = Region(Label.TEXT, _around([line.box for line in lines]), fragments, lines=lines)
    region.by_row = True
    return region


def _around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
