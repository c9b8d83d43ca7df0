"""The segments of a curriculum vitae: what separators and dates part in each printed row, over the whole document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.page_rows import Row, printed_rows
from pipeline.engines.rules.resume.columns import Column, columns_of
from pipeline.engines.rules.resume.entry_rows import BULLET, entry_periods
from pipeline.engines.rules.resume.headings import SectionKind
from pipeline.engines.rules.resume.heads import split_head
from pipeline.engines.rules.resume.sections import body_and_headings
from pipeline.engines.rules.resume.wrapped import goes_on_below, joined_rows

_LONGEST_SPLIT = 160  # characters: longer ones are prose
_AROUND_DATES = " \t–—-|,;()（）:·•"
_BEFORE = 3  # characters before a segment that tell its separator
_EDGE = 10  # of so many lines, one may begin further left than its column


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a cell between separators; ``row`` is its printed row's number in the document, from 0."""

    text: str
    line: PageLine
    row: int
    cell: int  # number of its cell in the row
    part: int  # its number among the parts of the text that it comes from
    parts: int
    before: str  # the last characters before it in its cell
    dated: str  # how the dates of its row stand: "before" and "behind" it in its cell, "beside" it, or "none"
    right: bool  # begins in the right half of its column


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRow:
    """A printed row with its segments, and where it stands in the document."""

    row: Row
    number: int
    kind: str  # of the section by the last heading above, "none" without one
    headed: bool  # the heading of its section stands in it
    since: int  # rows since that heading
    gap: float  # to the row above, in heights of the document's lines
    left: float  # where its column begins, in points
    height: float  # of the document's lines, in points
    dated: bool
    segments: tuple[Segment, ...]


def segment_rows(lines: Sequence[PageLine]) -> list[SegmentRow]:
    """All printed rows of a document, column by column, without the headings of known words."""
    body, known = body_and_headings(lines)
    height = median(line.height for line in body) if body else 1.0
    rows: list[SegmentRow] = []
    for column in columns_of(body, known) if body else ():
        rows.extend(_rows_of(column, known, rows[-1] if rows else None, height or 1.0))
    return rows


def _rows_of(
    column: Column, known: Mapping[int, SectionKind], last: SegmentRow | None, height: float
) -> Iterator[SegmentRow]:
    lefts = sorted(line.box[0] for line in column.lines)
    left, right = lefts[len(lefts) // _EDGE], max(line.box[2] for line in column.lines)
    kind, since = (last.kind, last.since) if last and not column.fresh else ("head" if column.fresh else "none", 0)
    above: Row | None = None
    for number, row in enumerate(_whole_rows(printed_rows(column.lines), known), last.number + 1 if last else 0):
        heading = next((cell for cell in row.cells if cell.number in known), None)
        kind, since = (known[heading.number].value, 0) if heading else (kind, since + 1)
        near = above is not None and above.page == row.page
        cells = [cell for cell in row.cells if cell.number not in known]
        dated = any(entry_periods(_bare(cell)) for cell in cells)
        yield SegmentRow(
            row=row,
            number=number,
            kind=kind,
            headed=heading is not None,
            since=since,
            gap=(row.box[1] - above.box[3]) / height if above is not None and near else 0.0,
            left=left,
            height=height,
            dated=dated,
            segments=tuple(_segments(cells, number, dated, (left + right) / 2)),
        )
        above = row


def _whole_rows(rows: Sequence[Row], known: Mapping[int, SectionKind]) -> list[Row]:
    """The rows, each with the one below it where a name goes on there."""
    whole: list[Row] = []
    for row in rows:
        headed = any(cell.number in known for cell in (*row.cells, *(whole[-1].cells if whole else ())))
        if whole and not headed and goes_on_below(whole[-1], row):
            whole[-1] = joined_rows(whole[-1], row)
        else:
            whole.append(row)
    return whole


def _bare(cell: PageLine) -> str:
    return BULLET.sub("", cell.text, count=1)


def _segments(cells: Sequence[PageLine], number: int, dated: bool, middle: float) -> Iterator[Segment]:
    for at, cell in enumerate(cells):
        text = _bare(cell)
        for stands, chunk in _chunks(text):
            parts = split_head(chunk) if len(chunk) < _LONGEST_SPLIT else [chunk]
            for part, words in enumerate(parts):
                start = max(text.find(words), 0)
                yield Segment(
                    text=words,
                    line=cell,
                    row=number,
                    cell=at,
                    part=part,
                    parts=len(parts),
                    before=text[max(0, start - _BEFORE) : start],
                    dated="beside" if stands == "none" and dated else stands,
                    right=cell.box[0] > middle,
                )


def _chunks(text: str) -> Iterator[tuple[str, str]]:
    """The texts between the dates of a cell, and whether they stand before or behind one."""
    periods = entry_periods(text)
    start = 0
    for period in periods:
        if re.search(r"\w", text[start : period.start].strip(_AROUND_DATES)):
            yield "before", text[start : period.start].strip()
        start = period.end
    if re.search(r"\w", text[start:].strip(_AROUND_DATES)):
        yield "behind" if periods else "none", text[start:].strip()
