"""Receipts: whatever their form, a name and its amount stand in one line."""

from __future__ import annotations

import pytest

from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import fragment
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.order.receipts import is_strip, rows_of_strip
from pipeline.engines.layout.regions.regions import Region
from stores.models import Label

STYLE = Style(size=10, bold=False, mono=False, raised=False, hidden=True)
ROW = 15.0  # points


def region(texts: list[tuple[float, int, str]]) -> Region:
    """A region of texts at (x, row), 5 points a character."""
    parts = [
        fragment([Glyph(c, x + 5 * n, ROW * row, x + 5 * n + 5, ROW * row + 10, STYLE) for n, c in enumerate(text)])
        for x, row, text in texts
    ]
    lefts, tops, rights, bottoms = zip(*(part.box for part in parts), strict=True)
    return Region(Label.TEXT, (min(lefts), min(tops), max(rights), max(bottoms)), parts)


def receipt(names: list[str], amounts: list[str]) -> list[Region]:
    """A head, and a column of names beside a column of amounts, as a model finds them."""
    head = region([(20, 0, "BAKERY CORN"), (20, 1, "Mill Road 3")])
    left = region([(10, 3 + n, name) for n, name in enumerate(names)])
    return [head, left, region([(150, 3 + n, amount) for n, amount in enumerate(amounts)])]


@pytest.mark.parametrize(
    "amounts",
    [
        ["1,20 EUR", "2,80 EUR", "4,00 EUR", "5,00 EUR"],
        ["$1.20", "$2.80", "$4.00", "$5.00"],
        ["1.20", "-0.80", "0.40 A", "5.00"],
        ["RM 1.20", "RM 2.80", "RM 4.00", "RM 5.00"],
        ["¥12.00", "¥8.00", "¥20.00", "¥50.00"],
    ],
)
def test_a_wide_photo_of_a_receipt_is_read_row_by_row(amounts: list[str]) -> None:
    regions = receipt(["Bread", "Coffee", "TOTAL", "CASH"], amounts)
    assert is_strip(regions, 336, 269)
    rows = [one for one in rows_of_strip(regions) if one.by_row]
    assert len(rows) == 2  # the head, and all rows


def test_letters_and_lists_are_no_receipts() -> None:
    letter = [region([(10, row, "a line of a letter that goes on to the margin") for row in range(20)])]
    assert not is_strip(letter, 336, 400)
    names = receipt(["Name", "Street", "Town", "Born"], ["Falko", "Dike 7", "Haven", "1988"])
    assert not is_strip(names, 336, 400)
