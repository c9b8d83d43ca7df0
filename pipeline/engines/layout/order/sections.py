"""Sections of a page in columns that drawn lines across all columns part: each is read before the next. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.engines.layout.regions.regions import Region
from pipeline.engines.layout.sheet.drawn_lines import span_of
from stores.models import Label

_RUNNING = (Label.TEXT, Label.LIST)
_TITLES = (Label.TITLE, Label.HEADING)
_THIN_PT = 3.0
_SHORT_PT = 12.0  # by which a line may end before the edge of the columns
_UNDER_PT = 14.0  # between a heading and the line under it
_LEVEL_PT = 20.0  # of columns stand beside one another
_SLACK_PT = 2.0


def sections_of(regions: Sequence[Region], paths: Sequence[dict[str, Any]]) -> list[list[Region]]:
    """The regions of a page from section to section; all in one where no line parts columns from columns.

    ``paths``: the drawings of the page as MuPDF lists them. A heading that stands upon a line belongs below.
    """
    rest, sections = list(regions), []
    for y in sorted(set(_cuts(regions, paths))) if _in_columns(rest) else ():
        above = [region for region in rest if (region.box[1] + region.box[3]) / 2 < y]
        below = [region for region in rest if region not in above]
        if _in_columns(above) and _in_columns(below):
            sections.append(above)
            rest = below
    return [*sections, rest]


def _in_columns(regions: Sequence[Region]) -> bool:
    """Whether two texts stand beside one another."""
    texts = [region.box for region in regions if region.label in _RUNNING]
    texts = [box for box in texts if box[3] - box[1] > _LEVEL_PT]
    return any(
        one[2] < other[0] and min(one[3], other[3]) - max(one[1], other[1]) > _LEVEL_PT
        for one in texts
        for other in texts
    )


def _cuts(regions: Sequence[Region], paths: Sequence[dict[str, Any]]) -> Iterator[float]:
    """The heights of the lines that reach from the left edge of all texts to the right one, through no region."""
    texts = [region.box for region in regions if region.label in (*_RUNNING, *_TITLES)]
    left, right = min(box[0] for box in texts), max(box[2] for box in texts)
    for path in paths:
        for span in filter(None, map(span_of, path["items"])):
            thin = span[3] - span[1] < _THIN_PT
            if thin and span[0] < left + _SHORT_PT and span[2] > right - _SHORT_PT and not _cut(regions, span[1]):
                yield _above_heading(regions, span[1])


def _cut(regions: Sequence[Region], y: float) -> bool:
    return any(region.box[1] + _SLACK_PT < y < region.box[3] - _SLACK_PT for region in regions)


def _above_heading(regions: Sequence[Region], y: float) -> float:
    """The height above the heading that stands upon a line, the line's own where there is none."""
    tops = [r.box[1] for r in regions if r.label in _TITLES and -_SLACK_PT < y - r.box[3] < _UNDER_PT]
    top = min(tops, default=y)
    return y if _cut(regions, top) else top
