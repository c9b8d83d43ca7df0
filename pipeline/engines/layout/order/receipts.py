"""Receipts and other strips: names and amounts beside one another are rows, never columns. Pure."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

from pipeline.engines.layout.lines.glyphs import printed_lines
from pipeline.engines.layout.order import margins
from pipeline.engines.layout.order.order import side_by_side
from pipeline.engines.layout.regions.regions import Region, union
from pipeline.page_markdown import AT_MARGIN
from stores.models import Label

_AMOUNT = re.compile(r"\D*-?\d[\d.,'\s]*[.,]\s?\d{2}\s?-?(?:\s*(?:[^\W\d_]{1,3}|[^\w\s])){0,2}")
_LEAST_AMOUNTS = 3  # printed rows that end in an amount
_AMOUNT_SHARE = 0.4  # of the rows
_MOST_ROWS = 80
_SHORT = 40  # characters of the usual row


def is_strip(regions: Sequence[Region], width: float, height: float) -> bool:
    """Whether a scanned page is a receipt: by its form, or as its short rows are names with amounts beside them."""
    if not margins.has_margins(width, height):
        return True
    if any(region.frames for region in regions):
        return False
    rows = printed_lines([part for region in regions for part in region.fragments])
    if not _LEAST_AMOUNTS <= len(rows) <= _MOST_ROWS or statistics.median(len(row.text) for row in rows) > _SHORT:
        return False
    ends = [row.parts[-1].text for row in rows if len(row.parts) == 2 and len(row.text) <= _SHORT]
    amounts = sum(bool(_AMOUNT.fullmatch(text)) for text in ends)
    return amounts >= max(_LEAST_AMOUNTS, _AMOUNT_SHARE * len(rows))


def rows_of_strip(regions: Sequence[Region]) -> list[Region]:
    """The regions of a strip, those beside one another made one, each to be written row by row."""
    texts = sorted((r for r in regions if r.fragments and not r.frames), key=lambda region: region.box[1])
    rows: list[Region] = []
    for region in texts:
        if rows and side_by_side(rows[-1].box, region.box):
            rows[-1] = Region(Label.TEXT, union(rows[-1].box, region.box), rows[-1].fragments + region.fragments)
        else:
            rows.append(region)
    for region in rows:
        region.by_row = region.label in (Label.TEXT, Label.LIST, *AT_MARGIN)
    return rows + [region for region in regions if region.frames or not region.fragments]
