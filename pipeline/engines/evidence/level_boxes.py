"""Levels the boxes of lines on skewed scans, by the cells that stand beside each other in rows. Pure functions.

Boxes lie on the page as displayed: a row of a page that is turned by one degree drifts by the height of its print.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from stores.models import Box

_LEAST_LINKS = 12  # between three cells of a row and more
_LEAST_SLOPE = 0.002  # a tenth of a degree
_MOST_SLOPE = 0.09  # five degrees: OCR levels more, and of those cells no neighbours are sure
_SPREAD = 0.35  # of a line's height, over the distance of two cells: rows that differ more have no common slope
_WIDEST_GAP = 25.0  # heights between two cells of a row
_DRIFT = 0.75  # heights by which neighbours of a row may differ


def level_boxes(boxes: Sequence[Box]) -> list[Box]:
    """The boxes without the skew that their rows have in common; as they are where no skew is sure."""
    slope = slope_of(boxes)
    return [_level(box, slope) for box in boxes] if slope else list(boxes)


def slope_of(boxes: Sequence[Box]) -> float:
    """By how much rows fall per point to the right; 0 where they are level, too few, or disagree."""
    right = dict(_links(boxes))
    chained = [(a, b) for a, b in right.items() if b in right or a in right.values()]
    slopes = [(_middle(boxes[b]) - _middle(boxes[a])) / _distance(boxes[a], boxes[b]) for a, b in chained]
    if len(slopes) < _LEAST_LINKS:
        return 0.0
    slope = statistics.median(slopes)
    off = [
        abs(own - slope) * _distance(boxes[a], boxes[b]) / _height(boxes[a])
        for own, (a, b) in zip(slopes, chained, strict=True)
    ]
    sure = _LEAST_SLOPE <= abs(slope) <= _MOST_SLOPE and statistics.median(off) < _SPREAD
    return slope if sure else 0.0


def _links(boxes: Sequence[Box]) -> Iterator[tuple[int, int]]:
    """Pairs of boxes that stand beside each other in a row, by their places: each with the next to its right."""
    order = sorted(range(len(boxes)), key=lambda at: _middle(boxes[at]))
    for place, at in enumerate(order):
        near = [*_within(boxes, at, order[place + 1 :]), *_within(boxes, at, order[:place][::-1])]
        beside = [other for other in near if boxes[other][0] >= boxes[at][2]]
        if beside:
            nearest = min(beside, key=lambda other: (boxes[other][0] - boxes[at][2], _drift(boxes, at, other)))
            first = [one for one in beside if boxes[one][0] <= boxes[nearest][2]]  # itself, even where it has no width
            yield at, min(first, key=lambda other: _drift(boxes, at, other))


def _within(boxes: Sequence[Box], at: int, others: Sequence[int]) -> Iterator[int]:
    """Those of ``others``, sorted by their distance, that are as high on the page as a box, and not far from it."""
    height = _height(boxes[at])
    for other in others:
        if _drift(boxes, at, other) > _DRIFT * height:
            return
        if boxes[other][0] - boxes[at][2] < _WIDEST_GAP * height:
            yield other


def _level(box: Box, slope: float) -> Box:
    x0, y0, x1, y1 = box
    fall, spare = slope * (x0 + x1) / 2, abs(slope) * (x1 - x0) / 2
    spare = min(spare, (y1 - y0) / 4)
    return (x0, y0 - fall + spare, x1, y1 - fall - spare)


def _middle(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _height(box: Box) -> float:
    return max(box[3] - box[1], 1.0)


def _distance(left: Box, right: Box) -> float:
    """Between the middles of two boxes beside each other."""
    return max((right[0] + right[2] - left[0] - left[2]) / 2, 1.0)


def _drift(boxes: Sequence[Box], one: int, other: int) -> float:
    return abs(_middle(boxes[other]) - _middle(boxes[one]))
