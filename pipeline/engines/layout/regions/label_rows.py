"""Labels and their values, set as two columns, read row by row: forms, lists of dates, names and amounts. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.engines.layout.lines.glyphs import PrintedLine
from pipeline.engines.layout.regions.regions import Region, union
from stores.models import Label

_LEVEL = 0.5  # of the height of a line: the middles of a label and of its value differ by less
_MATCHED = 0.8  # of the labels have a value, and of the values a label
_LONGEST_LABEL = 40  # characters
_MOST_WORDS = 3  # of a label without a colon
_LEAST_LABELS = 3
_AMOUNT = re.compile(r"[^\w\s]{0,3}\s*(?:[A-Z]{2,3}\s*)?[-+(]?\d[\d.,'\s]*[)%-]?\s*(?:[^\w\s]{1,2}|[A-Z]{1,3})?")
_DATE = re.compile(r"[\d./\s–—-]{4,}(?:[^\W\d_]{2,12}|[\d./\s]*)|(?:[^\W\d_]{3,9}\.?\s+)?\d{4}\s*[–—-].{0,14}")


def paired_rows(regions: Sequence[Region]) -> list[Region]:
    """The regions of a page, every column of labels put together with the column of values beside it."""
    left = list(regions)
    several = (region for region in regions if _may_pair(region) and len(region.lines) > 1)
    for labels in sorted(several, key=lambda region: region.box[0]):
        if labels not in left:
            continue
        values = _beside(labels, left)
        if not values or not _are_pairs(labels.lines, [line for region in values for line in region.lines]):
            continue
        members = [labels, *values]
        box, fragments = labels.box, list(labels.fragments)
        for region in values:
            box, fragments = union(box, region.box), fragments + list(region.fragments)
        rows = Region(Label.TEXT, box, fragments)
        rows.by_row = True
        left = [rows if region is labels else region for region in left if region is labels or region not in members]
    return left


def _may_pair(region: Region) -> bool:
    plain = region.label in (Label.TEXT, Label.LIST) and not region.frames and not region.by_row
    return plain and bool(region.lines) and all(part.upright for part in region.fragments)


def _beside(labels: Region, regions: Sequence[Region]) -> list[Region]:
    """The regions to the right of labels, between their top and bottom; none where anything else stands there."""
    x0, y0, x1, y1 = labels.box
    level = [r for r in regions if r is not labels and r.box[1] < y1 and r.box[3] > y0 and r.box[2] > x0]
    right = [region for region in level if region.box[0] >= x1]
    inside = all(y0 - 6 < r.box[1] and r.box[3] < y1 + 6 for r in right)
    return right if len(right) == len(level) and inside and all(map(_may_pair, right)) else []


def _are_pairs(labels: Sequence[PrintedLine], values: Sequence[PrintedLine]) -> bool:
    if not _are_level(labels, values) or not _are_level(values, labels):
        return False
    if any(len(line.text) > _LONGEST_LABEL for line in labels):
        return False
    texts, others = [line.text for line in labels], [line.text for line in values]
    if all(_AMOUNT.fullmatch(text) for text in others):
        return any(char.isalpha() for text in texts for char in text)
    if all(_DATE.fullmatch(text) for text in texts) or all(text.endswith((":", "：")) for text in texts):
        return True
    plain = not any(char.isdigit() for text in texts for char in text) and len(texts) >= _LEAST_LABELS
    exact = sum(any(char.isdigit() or char == "@" for char in text) for text in others)
    return plain and all(len(text.split()) <= _MOST_WORDS for text in texts) and 2 * exact >= len(others)


def _are_level(lines: Sequence[PrintedLine], others: Sequence[PrintedLine]) -> bool:
    """Whether most of the lines have another one at their height."""
    return sum(any(is_level(line, other) for other in others) for line in lines) >= _MATCHED * len(lines)


def is_level(one: PrintedLine, other: PrintedLine) -> bool:
    """Whether two lines stand at one height."""
    height = max(one.box[3] - one.box[1], other.box[3] - other.box[1])
    return abs(one.box[1] + one.box[3] - other.box[1] - other.box[3]) / 2 < _LEVEL * height
