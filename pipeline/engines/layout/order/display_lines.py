"""Formulas on lines of their own: for the order of a page they are as wide as the column in which they stand. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.engines.layout.regions.regions import Region
from stores.models import Box, Label

_LEVEL_PT = 1.0  # by which boxes that stand above one another may overlap
_OFF_MIDDLE = 0.02  # of the width of the page's text


def boxes_to_order(regions: Sequence[Region]) -> list[Box]:
    """The boxes of regions, those of formulas widened to the text of their column where nothing stands beside them.

    Short lines at the left between formulas in the middle would look like a column beside them.
    """
    if not any(region.tex for region in regions):
        return [region.box for region in regions]
    edges = min(region.box[0] for region in regions), max(region.box[2] for region in regions)
    return [_as_wide_as_column(region, regions, edges) if region.tex else region.box for region in regions]


def _as_wide_as_column(formula: Region, regions: Sequence[Region], edges: tuple[float, float]) -> Box:
    """The box of a formula from edge to edge of its column, or as it is where that is not known."""
    y0, y1 = formula.box[1], formula.box[3]
    level = [region.box for region in regions if region is not formula and _are_level(region.box, formula.box)]
    for left, right in _columns_around(formula, regions, edges):
        free = not any(box[0] < right and box[2] > left for box in level)
        return (left, y0, right, y1) if free else formula.box
    return formula.box


def _columns_around(
    formula: Region, regions: Sequence[Region], edges: tuple[float, float]
) -> Iterator[tuple[float, float]]:
    """Edges of the nearest text above or below that holds the width of a formula, and of the page it is centred on."""
    x0, y0, x1, y1 = formula.box
    texts = [region.box for region in regions if region.label is Label.TEXT and not _are_level(region.box, formula.box)]
    holding = [box for box in texts if box[0] <= x0 and box[2] >= x1]
    if holding:
        nearest = min(holding, key=lambda box: max(box[1] - y1, y0 - box[3]))
        yield nearest[0], nearest[2]
    if abs(x0 + x1 - sum(edges)) / 2 < _OFF_MIDDLE * (edges[1] - edges[0]):
        yield edges


def _are_level(box: Box, other: Box) -> bool:
    return min(box[3], other[3]) - max(box[1], other[1]) > _LEVEL_PT
