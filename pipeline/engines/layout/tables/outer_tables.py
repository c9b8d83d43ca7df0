"""Tables that a model sees around other tables: a whole form. What stands between those is text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.engines.layout.lines.glyphs import Fragment
from pipeline.engines.layout.regions.regions import Region, share_of
from stores.models import Box, Label

_INSIDE = 0.9  # of the area of a table
_WIDE = 0.8  # of the width of the outer one
_LEAST = 2  # inner tables
_LONG, _MOSTLY, _LEAST_LINES = 0.5, 0.6, 4  # of the width, of the text, and lines of running text
_LOW_PT = 6.0  # what is lower holds no line


def without_outer_tables(regions: Sequence[Region], fragments: Sequence[Fragment]) -> list[Region]:
    """The regions of a page, an unruled table around several wide ones made the strips of text between those.

    Where no lines of running text stand in the strips, they are rows of the table.
    """
    tables = [region for region in regions if region.label is Label.TABLE]
    parted: list[Region] = []
    for region in regions:
        strips = list(_strips(region.box, inner)) if (inner := _inner(region, tables)) else []
        parted += [Region(Label.TEXT, box) for box in strips] if _hold_prose(strips, fragments) else [region]
    return parted


def _hold_prose(strips: Sequence[Box], fragments: Sequence[Fragment]) -> bool:
    """Whether most of the text in the strips stands in lines that reach over half of them."""
    shares = [
        (part.box[2] - part.box[0]) / (strip[2] - strip[0])
        for part in fragments
        for strip in strips
        if share_of(part.box, strip) > _INSIDE
    ]
    wide = [share for share in shares if share > _LONG]
    return len(wide) >= _LEAST_LINES and sum(wide) >= _MOSTLY * sum(shares)


def _inner(region: Region, tables: Sequence[Region]) -> list[Box]:
    """The boxes of the wide tables in an unruled one, from top to bottom; none where they are too few."""
    if region.label is not Label.TABLE or region.ruled:
        return []
    inside = [t.box for t in tables if t is not region and share_of(t.box, region.box) > _INSIDE]
    wide = [box for box in inside if box[2] - box[0] > _WIDE * (region.box[2] - region.box[0])]
    low = [box for box in wide if share_of(region.box, box) < _INSIDE]
    return sorted(low, key=lambda box: box[1]) if len(low) == len(inside) >= _LEAST else []


def _strips(outer: Box, inner: Sequence[Box]) -> Iterator[Box]:
    top = outer[1]
    for box in [*inner, (outer[0], outer[3], outer[2], outer[3])]:
        if box[1] - top > _LOW_PT:
            yield outer[0], top, outer[2], box[1]
        top = max(top, box[3])
