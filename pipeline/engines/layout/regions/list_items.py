"""Corrects what the layout model takes for list items, and for texts of their own. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.engines.layout.lines.glyphs import Fragment, raised
from pipeline.engines.layout.lines.joining import is_list_start
from pipeline.engines.layout.lines.right_to_left import runs_right_to_left
from pipeline.engines.layout.regions.regions import Region, union
from stores.models import Box, Label

_MARK = re.compile(r"[\d*†‡§]{1,3}")
_COUNTED = re.compile(r"[(\[]?[A-Z]?\d{1,3}(?:\.\d{1,3}){0,4}[a-z]?[.)\]]?\s|[A-Za-z][.)]\s|[ivx]{1,5}[.)]\s|[☐☑☒]")
_LARGEST_BULLET = 14.0  # points
_FURTHEST_BULLET_EM = 4.0
_HOSTS = (Label.TEXT, Label.LIST, Label.HEADING, Label.TITLE)
_SMALLER = 0.8  # of the size of the text that a mark is set to
_BEHIND_EM, _BEFORE_EM = 0.4, 1.5  # how far a mark stands from what it is set to


def correct_items(regions: Sequence[Region], drawn: Sequence[Box] | None) -> None:
    """Make plain text of list items without a bullet, where the page prints bullets or draws none beside them.

    ``drawn``: the boxes of all that is drawn; None where bullets may be pictures, or were lost by OCR.
    """
    signs = None if drawn is None else [box for box in drawn if max(box[2] - box[0], box[3] - box[1]) < _LARGEST_BULLET]
    items = [region for region in regions if region.label is Label.LIST and region.lines]
    marked = {id(region) for region in items if any(is_list_start(line.text) for line in region.lines)}
    counted = {id(region) for region in items if _COUNTED.match(region.lines[0].text)}
    for region in items:
        first = region.lines[0].text
        bare = signs is not None and not any(_is_bullet_of(box, region) for box in signs)
        if id(region) not in marked | counted and (marked or bare or first[0] in "#>" or runs_right_to_left(first)):
            region.label = Label.TEXT


def _is_bullet_of(box: Box, region: Region) -> bool:
    """Whether a small drawing stands before the first line of a region."""
    line = region.lines[0]
    middle = (box[1] + box[3]) / 2
    return line.box[1] - 2 < middle < line.box[3] + 2 and 0 < line.box[0] - box[0] < _FURTHEST_BULLET_EM * line.size


def with_note_marks(regions: list[Region]) -> list[Region]:
    """The regions, the small mark of a note that is one of its own put to the text that it is printed at."""
    marks = [region for region in regions if region.label is Label.TEXT and _is_mark(region)]
    if not marks:
        return regions
    taken: set[int] = set()
    for mark in marks:
        part = mark.fragments[0]
        host = next((region for region in _hosts(regions, part) if region is not mark), None)
        if host is not None:
            host.fragments.append(raised(part))
            host.box = union(host.box, mark.box)
            taken.add(id(mark))
    return [region for region in regions if id(region) not in taken]


def _is_mark(region: Region) -> bool:
    if len(region.fragments) != 1 or len(region.fragments[0].glyphs) > 4:
        return False
    return bool(_MARK.fullmatch("".join(glyph.char for glyph in region.fragments[0].glyphs).strip()))


def _hosts(regions: Sequence[Region], part: Fragment) -> Iterator[Region]:
    for region in regions:
        if region.label in _HOSTS and any(_is_set_to(part, fragment) for fragment in region.fragments):
            yield region


def _is_set_to(part: Fragment, host: Fragment) -> bool:
    """Whether a small text stands at the upper half of another, right behind it or before it."""
    size = host.glyphs[0].style.size
    if host is part or not host.upright or part.glyphs[0].style.size > _SMALLER * size:
        return False
    middle = (part.box[1] + part.box[3]) / 2
    if not host.box[1] - 0.5 * size < middle < (host.box[1] + host.box[3]) / 2:
        return False
    if -0.3 * size < host.box[0] - part.box[2] < _BEFORE_EM * size:
        return True
    return any(-0.3 * size < part.box[0] - glyph.x1 < _BEHIND_EM * size for glyph in host.glyphs)
