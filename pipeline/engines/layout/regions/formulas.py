"""Formulas among the regions of a page: those on lines of their own become regions, those in lines TeX in the text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from pipeline.engines.layout.lines.glyphs import fragments_of
from pipeline.engines.layout.regions.regions import Region, share_of
from pipeline.engines.layout.sheet.drawn_lines import Drawings, span_of
from pipeline.engines.layout.sheet.sheet import Sheet
from pipeline.engines.math.formulas import Formula, take_formulas
from pipeline.engines.math.printed import codes_of, lacks_meanings, may_hold_formulas, rules_of
from pipeline.engines.math.stacked import with_fractions
from stores.models import Box, Label

_MOST_OF_IT = 0.5  # of a table or figure is a formula: it is none
_INSIDE = 0.6  # of a region is a formula: it is nothing else
_LEAST = 2.0  # points: what is lower holds no line


def with_formulas(
    sheet: Sheet, drawings: Drawings, regions: list[Region]
) -> tuple[list[Region], list[dict[str, Any]]] | None:
    """The regions of a page with its formulas among them, and its text blocks with TeX in place of formulas in lines.

    Without a font of formulas only fractions are taken. Text in tables and figures stays as it is. None where a page
    has no formulas.
    """
    if sheet.recognised or sheet.crowded:
        return None
    barred = [region.box for region in regions if region.label in (Label.TABLE, Label.FIGURE)]
    spans = (span for path in drawings.paths for item in path["items"] if (span := span_of(item)) is not None)
    if not may_hold_formulas(sheet.blocks):
        blocks = with_fractions(sheet.blocks, rules_of(spans, sheet.width), barred)
        return None if blocks is sheet.blocks else (regions, blocks)
    codes = codes_of(sheet.coded_blocks) if lacks_meanings(sheet.blocks) else {}
    taken = take_formulas(sheet.blocks, codes, rules_of(spans, sheet.width), barred)
    return (_parted(regions, taken.formulas), taken.blocks) if taken else None


def _parted(regions: Iterable[Region], formulas: Sequence[Formula]) -> list[Region]:
    """The regions, cut where formulas lie in them, and a region for each formula."""
    left = list(regions)
    for formula in formulas:
        left = [part for region in left for part in _around(region, formula.box)]
    own = [
        Region(Label.FORMULA, formula.box, fragments=fragments_of(formula.blocks), tex=formula.tex)
        for formula in formulas
    ]
    return left + own


def _around(region: Region, box: Box) -> list[Region]:
    """What a formula leaves of a region: all of it, the parts above and below, or nothing."""
    x0, y0, x1, y1 = region.box
    whole = region.frames or region.label in (Label.TABLE, Label.FIGURE)
    if whole and share_of(region.box, box) <= _MOST_OF_IT:
        return [region]
    if whole or share_of(region.box, box) > _INSIDE:
        return []
    if box[2] < x0 or box[0] > x1 or box[3] < y0 or box[1] > y1:
        return [region]
    above, below = (x0, y0, x1, min(y1, box[1])), (x0, max(y0, box[3]), x1, y1)
    parts = [part for part in (above, below) if part[3] - part[1] > _LEAST]
    return [replace(region, box=part, fragments=[], lines=[]) for part in parts]
