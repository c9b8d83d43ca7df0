"""Lines with blanks that were filled in, on recognised pages of Chinese: their pieces are one line again. Pure.

OCR reads ``在 ＿北京某某公司＿ 履行。`` as three texts, the layout model takes each for a paragraph, and then they are
read in columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.engines.layout.lines.glyphs import PrintedLine
from pipeline.engines.layout.lines.joining import is_list_start
from pipeline.engines.layout.lines.script_gaps import is_cjk
from pipeline.engines.layout.regions.label_rows import is_level
from pipeline.engines.layout.regions.regions import Region, union
from stores.models import Label

_WIDEST_EM = 8.0  # a wider gap parts columns
_PIECE = 6  # characters of a piece below which another one was put by the model
_ENDS = "。；！？"
_LABELS = (Label.TEXT, Label.LIST)


def with_fill_ins(regions: Sequence[Region]) -> list[Region]:
    """The regions of a recognised page, single lines that stand side by side as parts of one made one."""
    lone = [region.lines[0] for region in regions if _is_single(region)]
    pieces = {id(region): list(_pieces(region, lone)) for region in regions}
    single = [part for region in regions for part in pieces[id(region)] if _is_single(part)]
    others = [region for region in regions if not all(map(_is_single, pieces[id(region)]))]
    made: list[Region] = []
    for row in _rows(single):
        made += _joined(row) if len(row) > 1 and not _beside_text(row, others) else row
    alone = {id(region) for region in made}
    whole = [region for region in regions if all(id(part) in alone for part in pieces[id(region)])]
    unmade = {id(part) for region in whole for part in pieces[id(region)]}
    return others + whole + [region for region in made if id(region) not in unmade]


def _pieces(region: Region, lone: Sequence[PrintedLine]) -> Iterator[Region]:
    """A region, or each of its lines where they are pieces of different lines: very short, or behind lone ones."""
    if region.label not in _LABELS or len(region.lines) < 2 or _is_made(region):
        yield region
        return
    short = all(len(line.text) < _PIECE for line in region.lines)
    behind = sum(any(is_level(one, line) and _goes_on(one, line) for one in lone) for line in region.lines)
    if short or behind >= max(2, len(region.lines) - 1):
        yield from (Region(region.label, line.box, lines=[line]) for line in region.lines)
    else:
        yield region


def _is_made(region: Region) -> bool:
    """Whether it is known how a region is to be read."""
    return bool(region.frames or region.by_row or region.by_column or region.tex)


def _is_single(region: Region) -> bool:
    return region.label in _LABELS and len(region.lines) == 1 and not _is_made(region)


def _rows(regions: Sequence[Region]) -> list[list[Region]]:
    """Single lines that stand at one height, from left to right."""
    rows: list[list[Region]] = []
    for region in sorted(regions, key=lambda region: region.lines[0].box[1] + region.lines[0].box[3]):
        row = next((row for row in rows[-2:] if is_level(row[-1].lines[0], region.lines[0])), None)
        if row is None:
            rows.append([region])
        else:
            row.append(region)
    return [sorted(row, key=lambda region: region.box[0]) for row in rows]


def _beside_text(row: Sequence[Region], others: Sequence[Region]) -> bool:
    """Whether a text of several lines, or a table, stands at the height of a row: the page has columns."""
    top, bottom = min(region.box[1] for region in row), max(region.box[3] for region in row)
    middle = (top + bottom) / 2
    return any(other.lines and other.box[1] < middle < other.box[3] for other in others)


def _joined(row: Sequence[Region]) -> list[Region]:
    groups = [[row[0]]]
    for before, region in pairwise(row):
        if _goes_on(before.lines[0], region.lines[0]):
            groups[-1].append(region)
        else:
            groups.append([region])
    return [group[0] if len(group) == 1 else _made_one(group) for group in groups]


def _goes_on(before: PrintedLine, line: PrintedLine) -> bool:
    """Whether a piece goes on with another: no sentence ends, no item begins, and the gap is that of a blank."""
    chinese = is_cjk(before.text[-1]) or is_cjk(line.text[0])
    near = -0.5 * before.size < line.box[0] - before.box[2] < _WIDEST_EM * max(before.size, line.size)
    return chinese and near and before.text[-1] not in _ENDS and not is_list_start(line.text)


def _made_one(group: Sequence[Region]) -> Region:
    lines = [region.lines[0] for region in group]
    box = lines[0].box
    for line in lines[1:]:
        box = union(box, line.box)
    first = max(lines, key=lambda line: len(line.text))
    parts = tuple(part for line in lines for part in line.as_lines())
    whole = PrintedLine(
        " ".join(line.text for line in lines), box, first.size, first.bold, first.mono, parts, first.font
    )
    return Region(group[0].label, box, [part for region in group for part in region.fragments], [whole])
