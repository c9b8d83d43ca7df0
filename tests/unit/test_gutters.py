"""Blocks beside one another that a model took for one are parted, rows are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.engines.layout.lines.glyph import Glyph
from pipeline.engines.layout.lines.glyphs import fragment
from pipeline.engines.layout.lines.styles import Style
from pipeline.engines.layout.regions.gutters import parted_at_gutters
from pipeline.engines.layout.regions.regions import Region
from stores.models import Label

STYLE = Style(size=10, bold=False, mono=False, raised=False, hidden=False)


def region(*texts: tuple[float, float, str], headings: int = 0) -> Region:
    """A region of texts at (x, y), 5 points a character; the first ``headings`` of them in larger type."""
    styles = [replace(STYLE, size=14)] * headings + [STYLE] * len(texts)
    parts = [
        fragment([Glyph(c, x + 5 * n, y, x + 5 * n + 5, y + style.size, style) for n, c in enumerate(text)])
        for (x, y, text), style in zip(texts, styles, strict=False)
    ]
    lefts, tops, rights, bottoms = zip(*(part.box for part in parts), strict=True)
    return Region(Label.TEXT, (min(lefts), min(tops), max(rights), max(bottoms)), parts)


def texts_of(regions: list[Region]) -> list[list[str]]:
    return [["".join(glyph.char for glyph in part.glyphs) for part in one.fragments] for one in regions]


SENDER = [(50.0, 50 + 18.0 * n, text) for n, text in enumerate(("INVOICE", "Pino Bird", "Street 32", "Amsterdam"))]
FIRM = [
    (300.0, 45 + 13.0 * n, text) for n, text in enumerate(("Blue B.V.", "Weena 664", "Rotterdam", "BTW NL81", "BIC"))
]


def test_the_sides_of_a_letterhead_are_parted() -> None:
    parts = parted_at_gutters([region(*SENDER, *FIRM)])
    assert texts_of(parts) == [[text for _, _, text in SENDER], [text for _, _, text in FIRM]]
    assert parts[0].box[2] < parts[1].box[0]


def test_three_blocks_are_parted_twice() -> None:
    third = [(500.0, y + 4, text) for _, y, text in SENDER]
    assert len(parted_at_gutters([region(*SENDER, *FIRM, *third)])) == 3


@pytest.mark.parametrize(
    "right",
    [
        [(300.0, y, text) for _, y, text in SENDER],  # rows
        [(110.0, y + 5, text) for _, y, text in FIRM],  # no more than a blank between them
        [(300.0, 50.0, "12"), (300.0, 68.0, "13")],  # no block
    ],
)
def test_rows_and_paragraphs_are_not_parted(right: list[tuple[float, float, str]]) -> None:
    assert len(parted_at_gutters([region(*SENDER, *right)])) == 1


PROSE = ["The device has a", "storage medium that", "is made of silicon", "and of a layer of", "oxide on top of it"]


def test_columns_of_running_text_are_parted_where_their_lines_stand_level() -> None:
    left, right = ([(x, 50 + 12.0 * n, text) for n, text in enumerate(PROSE)] for x in (50.0, 152.0))
    assert texts_of(parted_at_gutters([region(*left, *right)])) == [PROSE, PROSE]


def test_columns_are_parted_together_with_their_headings() -> None:
    places = (50.0, 250.0)
    titles = [(x, 22 + 14.0 * n, text) for x in places for n, text in enumerate(("Old devi-", "ces"))]
    texts = [(x, 52 + 12.0 * n, text) for x in places for n, text in enumerate(PROSE)]
    column = ["Old devi-", "ces", *PROSE]
    assert texts_of(parted_at_gutters([region(*titles, *texts, headings=4)])) == [column, column]


def test_labels_beside_what_they_mean_are_not_parted() -> None:
    labels = [(50.0, 50 + 12.0 * n, text) for n, text in enumerate(("Storage medium used", "Size", "Use", "Age", "Of"))]
    right = [(152.0, 50 + 12.0 * n, text) for n, text in enumerate(PROSE)]
    assert len(parted_at_gutters([region(*labels, *right)])) == 1
