"""Pages of Chinese or Japanese set in columns from right to left: the columns as lines, in reading order. Pure."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import Fragment, PrintedLine
from pipeline.engines.layout.lines.script_gaps import is_cjk
from pipeline.engines.layout.regions.regions import Region, union
from stores.models import Label

_MOSTLY = 0.6  # of the characters of a page stand in columns
_LEAST = 3  # characters below one another are a column
_GAP_EM = 0.9  # a wider gap ends a column
_SAME_EM = 0.3  # characters of a column stand on one axis
_CLOSER = 0.6  # of the distance across: characters of a column stand closer than columns do
_TIER_EM = 1.5  # a wider gap parts the tiers of a page
_INDENT_EM = 0.6
_RUBY = 0.62  # of the usual size: readings printed beside characters
_LARGE = 1.25  # of the usual size: a heading


class Column:
    """Characters below one another; ``size`` in points."""

    def __init__(self, glyphs: Sequence[Glyph]) -> None:
        self.glyphs = [glyph for glyph in glyphs if not glyph.char.isspace()]
        lefts, tops, rights, bottoms = zip(*((g.x0, g.y0, g.x1, g.y1) for g in self.glyphs), strict=True)
        self.box = (min(lefts), min(tops), max(rights), max(bottoms))
        self.size = statistics.median(glyph.style.size for glyph in self.glyphs)

    @property
    def text(self) -> str:
        return "".join(glyph.char for glyph in self.glyphs)

    @property
    def line(self) -> PrintedLine:
        return PrintedLine(self.text, self.box, self.size, bold=False, mono=False)


def vertical_regions(fragments: Sequence[Fragment]) -> tuple[list[Region], list[Fragment]]:
    """The paragraphs of a page set in columns, in reading order, and the other texts; no paragraphs on other pages."""
    standing = [part for part in fragments if _stands(part)]
    count = sum(map(_length, standing))
    if count < 2 * _LEAST or count < _MOSTLY * sum(map(_length, fragments)):
        return [], list(fragments)
    columns, rest = _columns(standing)
    if sum(len(column.text) for column in columns) < _MOSTLY * sum(map(_length, fragments)):
        return [], list(fragments)
    usual = statistics.median(column.size for column in columns for _ in column.glyphs)
    columns = [column for column in columns if column.size > _RUBY * usual]
    taken = {id(part) for part in standing} - {id(part) for part in rest}
    others = [part for part in fragments if id(part) not in taken]
    return [region for tier in _tiers(columns, usual) for region in _paragraphs(tier, usual)], others


def _length(part: Fragment) -> int:
    return sum(not glyph.char.isspace() for glyph in part.glyphs)


def _stands(part: Fragment) -> bool:
    """Whether a text may be part of a column: one Chinese or Japanese character, or several below one another."""
    tall = not part.upright and part.box[3] - part.box[1] > 1.5 * (part.box[2] - part.box[0])
    if not tall and _has_two_printed(part):
        return False
    glyphs = [glyph for glyph in part.glyphs if not glyph.char.isspace()]
    if len(glyphs) == 1:
        return is_cjk(glyphs[0].char)
    return tall and sum(is_cjk(glyph.char) for glyph in glyphs) > len(glyphs) / 2


def _has_two_printed(part: Fragment) -> bool:
    printed = (glyph for glyph in part.glyphs if not glyph.char.isspace())
    return next(printed, None) is not None and next(printed, None) is not None


def _columns(standing: Sequence[Fragment]) -> tuple[list[Column], list[Fragment]]:
    """The columns that texts make, and the texts that stand alone."""
    axes: dict[int, list[Fragment]] = defaultdict(list)
    for part in sorted(standing, key=lambda part: (part.box[0] + part.box[2]) / 2):
        axis = (part.box[0] + part.box[2]) / 2
        size = part.glyphs[0].style.size
        last = len(axes) - 1
        if axes and axis - _axis(axes[last][-1]) < _SAME_EM * size:
            axes[last].append(part)
        else:
            axes[len(axes)].append(part)
    columns: list[Column] = []
    rest: list[Fragment] = []
    for parts in axes.values():
        for run in _runs(sorted(parts, key=lambda part: part.box[1])):
            glyphs = [glyph for part in run for glyph in part.glyphs]
            if sum(not glyph.char.isspace() for glyph in glyphs) >= _LEAST and not _closer_across(run, standing):
                columns.append(Column(glyphs))
            else:
                rest += run
    return columns, rest


def _axis(part: Fragment) -> float:
    return (part.box[0] + part.box[2]) / 2


def _runs(parts: Sequence[Fragment]) -> list[list[Fragment]]:
    runs: list[list[Fragment]] = []
    for part in parts:
        if runs and part.box[1] - runs[-1][-1].box[3] < _GAP_EM * part.glyphs[0].style.size:
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs


def _closer_across(run: Sequence[Fragment], standing: Sequence[Fragment]) -> bool:
    """Whether the characters of a column have nearer neighbours beside them: they are lines, letter by letter."""
    first = run[0]
    size = first.glyphs[0].style.size
    down = min((b.box[1] - a.box[1] for a, b in pairwise(run)), default=size)
    beside = [
        abs(_axis(o) - _axis(first)) for o in standing if o is not first and abs(o.box[1] - first.box[1]) < size / 2
    ]
    return any(0.5 * size < distance < _CLOSER * down for distance in beside)


def _tiers(columns: Sequence[Column], usual: float) -> list[list[Column]]:
    """Columns that a level gap parts from those below, each tier from right to left."""
    tiers: list[list[Column]] = []
    bottom = float("-inf")
    for column in sorted(columns, key=lambda column: column.box[1]):
        if not tiers or column.box[1] - bottom > _TIER_EM * usual:
            tiers.append([])
        tiers[-1].append(column)
        bottom = max(bottom, column.box[3])
    return [sorted(tier, key=lambda column: (-round(column.box[2]), column.box[1])) for tier in tiers]


def _paragraphs(tier: Sequence[Column], usual: float) -> list[Region]:
    """The columns of a tier, cut where one is indented, larger, or follows a short one."""
    top, bottom = min(column.box[1] for column in tier), max(column.box[3] for column in tier)
    groups: list[list[Column]] = []
    for column in tier:
        before = groups[-1][-1] if groups else None
        indented = column.box[1] - top > _INDENT_EM * usual
        large = column.size > _LARGE * usual
        ended = before is not None and bottom - before.box[3] > 2 * usual and before.text[-1] in "。．」』！？"
        if before is None or indented or ended or large != (before.size > _LARGE * usual):
            groups.append([])
        groups[-1].append(column)
    return [_region(group, usual) for group in groups]


def _region(columns: Sequence[Column], usual: float) -> Region:
    box = columns[0].box
    for column in columns[1:]:
        box = union(box, column.box)
    label = Label.HEADING if columns[0].size > _LARGE * usual else Label.TEXT
    region = Region(label, box, lines=[column.line for column in columns])
    region.by_column = True
    return region
