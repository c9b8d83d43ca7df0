"""Lists of contents that a model takes for tables: entries are lines, and their columns are read one by one. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.engines.layout.lines.glyphs import Fragment, split_at_wide_gaps
from pipeline.engines.layout.regions.regions import Region, union
from stores.models import Box, Label

_LEADER = re.compile(r"(?:[.·]\s?){5,}|(?:[…⋯]\s?){2,}")
_PAGE = r"(?:\d{1,4}|[ivxlcIVXLC]{1,6})"
_LED_TO_PAGE = re.compile(rf".*(?:(?:[.·]\s?){{5,}}|(?:[…⋯]\s?){{2,}}[.·]*)\s*{_PAGE}")
_LEAST = 5  # entries
_ENTRIES = 0.5  # of the lines of a column, at least
_NEAR_EM = 3.0  # between dots and the number to which they lead
_SAME_PT = 3.0  # heights of one line; right edges of the numbers of one column
_LEAST_OF_COLUMN = 3


def with_contents(regions: Sequence[Region]) -> list[Region]:
    """The regions of a page, every table without lines that is a list of contents made the texts of its columns."""
    return [part for region in regions for part in _columns(region) or [region]]


def _columns(region: Region) -> list[Region]:
    """The columns of a list of contents as texts; none where a region is no such list."""
    if region.label is not Label.TABLE or region.ruled or not all(part.upright for part in region.fragments):
        return []
    pieces = [piece for part in region.fragments for piece in split_at_wide_gaps(part)]
    leaders = [piece for piece in pieces if _LEADER.search(_text(piece))]
    if len(leaders) < _LEAST:
        return []
    numbers = [piece for piece in pieces if _is_led_to(piece, leaders)]
    ends = _edges([piece.box[2] for piece in numbers])
    columns: list[list[Fragment]] = [[] for _ in ends]
    for piece in pieces:
        at = next((at for at, end in enumerate(ends) if piece.box[2] < end + _SAME_PT), None)
        if at is None:
            return []
        columns[at].append(piece)
    if not columns or not all(_are_entries(column, numbers) for column in columns):
        return []
    return [_as_text(column) for column in columns]


def _text(piece: Fragment) -> str:
    return "".join(glyph.char for glyph in piece.glyphs).strip()


def _edges(rights: Sequence[float]) -> list[float]:
    """The right edges at which the numbers of several entries end, from left to right."""
    groups: list[list[float]] = []
    for right in sorted(rights):
        if groups and right - groups[-1][-1] < _SAME_PT:
            groups[-1].append(right)
        else:
            groups.append([right])
    return [group[-1] for group in groups if len(group) >= _LEAST_OF_COLUMN]


def _is_led_to(piece: Fragment, leaders: Sequence[Fragment]) -> bool:
    """Whether a text is the number of a page behind dots, or ends in one."""
    text = _text(piece)
    if not re.fullmatch(_PAGE, text):
        return bool(_LED_TO_PAGE.fullmatch(text))
    room = _NEAR_EM * piece.glyphs[0].style.size
    return any(
        abs(leader.box[3] - piece.box[3]) < _SAME_PT and -2 < piece.box[0] - leader.box[2] < room for leader in leaders
    )


def _are_entries(pieces: Sequence[Fragment], numbers: Sequence[Fragment]) -> bool:
    """Whether most lines of a column lead to the number of a page."""
    heights = {round(piece.box[3] / _SAME_PT) for piece in pieces}
    count = sum(any(piece is number for number in numbers) for piece in pieces)
    return count >= max(_LEAST, _ENTRIES * len(heights))


def _as_text(pieces: Sequence[Fragment]) -> Region:
    box: Box = pieces[0].box
    for piece in pieces[1:]:
        box = union(box, piece.box)
    return Region(Label.TEXT, box, list(pieces), by_row=True)
