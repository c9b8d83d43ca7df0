"""Schools and jobs whose values all have labels, a line each: ``Employer: Alder Labs`` above ``Position: Clerk``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.resume.entry_rows import entry_periods
from pipeline.engines.rules.resume.labels import PERIOD, labelled_value
from pipeline.engines.rules.resume.marked_rows import is_detail
from pipeline.engines.rules.resume.named_pieces import LocatedRow, take_degree
from pipeline.engines.rules.resume.pieces import Piece
from pipeline.engines.rules.resume.words import find_degree

_HAN = re.compile(r"[\u4e00-\u9fff]")
_LEAST_LABELS = 2  # of an entry
_SCHOOL = ("institution", "degree", "area")
_JOB = ("company", "position", "location")
_LONGEST_VALUE = 95
_Draft = dict[str, tuple[str, PageLine]]  # values and their lines, by what their labels announce


def labelled_rows(educated: bool, rows: Sequence[Row]) -> list[LocatedRow]:
    """The rows of a section whose entries are labelled lines; none where they are set otherwise."""
    if any(_is_dated_otherwise(row) for row in rows):
        return []
    drafts = [draft for draft in _drafts(educated, rows) if len(draft) >= _LEAST_LABELS]
    made = [_row(_SCHOOL if educated else _JOB, draft) for draft in drafts]
    main = ("institution", "degree") if educated else ("company",)
    return made if made and all(any(row[name] for name in main) for row in made) else []


def _is_dated_otherwise(row: Row) -> bool:
    """Whether a row holds a period that no label announces: the head of an entry."""
    periods = () if any(_told(row)) or is_detail(row.text) else entry_periods(row.text)
    return any(period.first for period in periods)


def _drafts(educated: bool, rows: Sequence[Row]) -> Iterator[_Draft]:
    """The entries of a section: one begins where a label comes again."""
    draft: _Draft = {}
    for name, value, line in (told for row in rows for told in _told(row)):
        ours = "company" if name == "institution" and not educated else name  # a teacher's employer
        if ours in draft:
            yield draft
            draft = {}
        draft[ours] = (value, line)
    yield draft


def _told(row: Row) -> Iterator[tuple[str, str, PageLine]]:
    """The labelled values of a printed row: one in each cell, or one whose label is a cell of its own."""
    cells = [(labelled_value(cell.text), cell) for cell in row.cells]
    bare = len(cells) == 2 and not (cells[0][0] and cells[0][0][1])
    whole = labelled_value(row.text) if bare else None
    for told, line in [(whole, row.cells[-1])] if whole else cells:
        if told and told[1]:
            yield (*told, line)


def _row(names: Sequence[str], draft: Mapping[str, tuple[str, PageLine]]) -> LocatedRow:
    row: LocatedRow = dict.fromkeys(names)
    for name in names:
        value, line = draft.get(name, ("", None))
        if line is None or len(value) > _LONGEST_VALUE or not re.search(r"[^\W\d_]", value):
            continue
        degree = find_degree(value) if name == "degree" else None
        if degree and (degree.start() == 0 or _HAN.search(value)):
            take_degree(Piece(text=value, line=line, row=0, right=False), row)
        else:
            row[name] = located_in(value, [line], value)
    start, end = _dates(draft)
    return row | {"start_date": start, "end_date": end}


def _dates(draft: Mapping[str, tuple[str, PageLine]]) -> tuple[LocatedValue | None, LocatedValue | None]:
    text, line = draft.get(PERIOD, ("", None))
    for period in entry_periods(text) if line else ():
        quote = text[period.start : period.end]
        first = located_in(period.first, [line], quote) if line and period.first else None
        return first, located_in(period.last, [line], quote) if line else None
    return None, None
