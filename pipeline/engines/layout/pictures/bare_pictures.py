"""Pictures that hold no text and that the layout model does not report: they take up room in a column. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.engines.layout.regions.regions import Region, share_of
from stores.models import Box, Label

_KINDS = ("fill-image", "fill-imgmask")
_LEAST, _MOST = 0.02, 0.6  # of the page: between a logo and a background
_JOINT_PT = 2.0  # between the strips that one picture is cut into
_MOST_STRIPS = 300
_COVERED = 0.1  # of a region: more of it on a picture is text that is printed on it


def bare_pictures(
    log: Sequence[tuple[str, Box]], regions: Sequence[Region], width: float, height: float
) -> list[Region]:
    """The pictures of a page beside its regions; ``log``: kind and box of what the page paints, in points."""
    return [
        Region(Label.FIGURE, box)
        for box in pictures_of(log, width, height)
        if _LEAST < _area(box) / (width * height) < _MOST
        and not any(share_of(region.box, box) > _COVERED for region in regions)
    ]


def pictures_of(log: Sequence[tuple[str, Box]], width: float, height: float) -> list[Box]:
    """The boxes of the pictures that a page shows, whole where they are cut into strips; none where they are many."""
    strips = [_on_page(box, width, height) for kind, box in log if kind in _KINDS]
    return _joined(strips) if len(strips) <= _MOST_STRIPS else []


def _on_page(box: Box, width: float, height: float) -> Box:
    return max(box[0], 0.0), max(box[1], 0.0), min(box[2], width), min(box[3], height)


def _area(box: Box) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def _joined(strips: Sequence[Box]) -> list[Box]:
    """The boxes of pictures, those that are cut into strips put together."""
    pictures: list[Box] = []
    for strip in sorted(strips, key=lambda box: (box[1], box[0])):
        if pictures and _continues(pictures[-1], strip):
            above = pictures.pop()
            strip = min(above[0], strip[0]), min(above[1], strip[1]), max(above[2], strip[2]), max(above[3], strip[3])
        pictures.append(strip)
    return pictures


def _continues(above: Box, strip: Box) -> bool:
    """Whether a strip goes on below another one, or beside it, with the same edges."""
    below = abs(strip[1] - above[3]) < _JOINT_PT and _level(above, strip, 0)
    beside = abs(strip[0] - above[2]) < _JOINT_PT and _level(above, strip, 1)
    return below or beside


def _level(one: Box, other: Box, axis: int) -> bool:
    return abs(one[axis] - other[axis]) < _JOINT_PT and abs(one[axis + 2] - other[axis + 2]) < _JOINT_PT
