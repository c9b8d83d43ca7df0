"""Names that go on in the line below: ``Member of the Committee for`` above ``Boats and Sails``."""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.page_rows import Row, box_around
from pipeline.engines.rules.resume.entry_rows import BULLET, LONG_CHARACTERS, entry_periods
from pipeline.engines.rules.resume.words import names_job
from stores.models import Box, Label

_BINDS = re.compile(
    r"(?:^|\s)(?:of|for|the|and|in|at|on|with|&|de|du|des|la|le|et|en|für|und|der|des|im|am|an|von|vom|zum|zur|bei|beim|y|del|"
    r"(?:Fachh|H)ochschule|Universit(?:ät|é|à)|Universidade?)$|\s[-–/]$"
)
_AT = re.compile(r"\s(?:am|im|beim?|at|chez)$")
_GOES_ON = re.compile(r"(?:of|for|and|in|de|du|des|et|für|und|der|y|del)\s+\S")  # in small letters
_LEGAL_FORM = re.compile(r"(?:GmbH|AG|KG|SE|e\.V\.|Ltd|Limited|Inc|LLC|LLP|PLC|Corp|S\.?A\.?(?:S|RL)?|B\.?V)\b")
_NEXT_LINE = 1.8  # heights between the middles of two lines of one name
_SAME_LEFT = 1.5  # points


def goes_on_below(row: Row, below: Row) -> bool:
    """Whether a cell of a row goes on in the row below it, which holds nothing else."""
    first, second = _cell_above(row, below), below.cells[0]
    near = row.page == below.page and 0 < second.middle - first.middle < _NEXT_LINE * first.height
    upper, lower = first.text.strip(), second.text.strip()
    behind_date = _begins_with_date(upper) and second.box[0] > first.box[0] and _GOES_ON.match(lower)
    aligned = abs(first.box[0] - second.box[0]) <= _SAME_LEFT or behind_date
    if not near or len(below.cells) > 1 or not aligned or lower.endswith((":", "：")):
        return False
    names = len(upper) <= LONG_CHARACTERS and not BULLET.match(upper) and not BULLET.match(lower)
    if names and closes_bracket(upper, lower):
        return True
    if _AT.search(upper) and names_job(upper):
        return False  # a job above its firm
    broken = _BINDS.search(upper) or _GOES_ON.match(lower) or (first.block == second.block and is_broken(first, second))
    return names and not entry_periods(lower) and bool(broken)


def _begins_with_date(text: str) -> bool:
    """Whether a cell holds a date and the name behind it, which a reader has joined."""
    periods = entry_periods(text)
    return bool(periods) and not re.search(r"\w", text[: periods[0].start])


def closes_bracket(upper: str, lower: str) -> bool:
    """Whether a line closes the bracket that the one above it leaves open."""
    opened = len(re.findall("[(（]", upper)) - len(re.findall("[)）]", upper))
    return opened == 1 and bool(re.match(r"[^(（]*[)）]", lower))


def is_broken(upper: PageLine, lower: PageLine) -> bool:
    """Whether two lines of a heading are one name: behind a comma, or before the legal form of a firm."""
    headings = upper.label is lower.label is Label.HEADING
    form = _LEGAL_FORM.match(lower.text.strip())
    return headings and bool(upper.text.rstrip().endswith((",", "，", "&", "/")) or form)


def joined_rows(row: Row, below: Row) -> Row:
    """One row of which the cell above the one below goes on with it."""
    first, second = _cell_above(row, below), below.cells[0]
    whole = replace(
        first,
        text=f"{first.text.strip()} {second.text.strip()}",
        box=box_around([first, second]),
        printed_box=_around(first.printed_box, second.printed_box),
    )
    return Row(page=row.page, cells=tuple(whole if cell is first else cell for cell in row.cells))


def _cell_above(row: Row, below: Row) -> PageLine:
    """The cell of a row that begins where the row below does, the first one without such a cell."""
    left = below.cells[0].box[0]
    return next((cell for cell in row.cells if abs(cell.box[0] - left) <= _SAME_LEFT), row.cells[0])


def _around(one: Box, other: Box) -> Box:
    return (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))
