"""The entries of a section of a curriculum vitae: each has a period, a head of a few pieces, and details below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.contacts import find_emails
from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.parties import has_company_suffix, has_legal_form, looks_like_address
from pipeline.engines.rules.resume.alike import with_periods_at_heads, without_odd_periods
from pipeline.engines.rules.resume.entry_rows import (
    BULLET,
    LONG_CHARACTERS,
    entry_periods,
    head_period,
    is_margin,
    is_no_name,
    without_bullets,
    without_margins,
)
from pipeline.engines.rules.resume.heads import KIND_OF_WORK, STRONG_SEPARATOR, is_numbered, split_head
from pipeline.engines.rules.resume.labels import is_labelled, is_labelled_detail
from pipeline.engines.rules.resume.marked_rows import MarkedRow, is_detail, is_prose, marked_rows
from pipeline.engines.rules.resume.pieces import DASHED, Piece, joined_pieces
from pipeline.engines.rules.resume.stacked_dates import joined_dates
from pipeline.engines.rules.resume.words import begins_with_degree, find_degree, is_place, names_job, names_school
from stores.models import Label

_CONTACT_LABEL = re.compile(
    r"\W*(?:tel(?:ephone)?|phone|mobile|cell|fax|e-?mail|address|linkedin|电话|手机|邮箱)\W*[:：+(\d]", re.IGNORECASE
)
_SAME_HEIGHT = 0.06
_MOST_LEAD_ROWS = 4
_FEW_LEAD_ROWS = 2
_MOST_TAIL_ROWS = 3
_MOST_WORDS_OF_TOWN = 2
_INDENTED = 2.0  # heights further in: below the names, not beside the period
_FLUSH = 3.0  # points between the right edges of towns
_ENOUGH_NAMES = 2  # school and degree, firm and job: what follows is description


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One school or one job. Dates are ISO values, None where not printed; ``rows`` is all of its text."""

    start: LocatedValue | None
    end: LocatedValue | None
    pieces: tuple[Piece, ...]
    rows: tuple[Row, ...]


def read_entries(rows: Sequence[Row]) -> list[Entry]:
    """Read the entries of a section, in their order."""
    marked = marked_rows(joined_dates(without_margins(without_bullets(rows))))
    marked = with_periods_at_heads(without_odd_periods(marked))
    anchors = [at for at, row in enumerate(marked) if row.period]
    if not anchors:
        return [_entry(group) for group in _undated_groups(marked)]
    starts = _starts(marked, anchors)
    starts = sorted({*starts, *_undated_starts(marked, starts[0])})
    ends = [*starts[1:], len(marked)]
    towns = any(is_place(cell.text) for at in anchors for cell in marked[at].row.cells[1:])
    return [_entry(marked[start:end], towns) for start, end in zip(starts, ends, strict=True)]


def heads_entry(heading: Row, below: Sequence[Row]) -> bool:
    """Whether a line set as a heading begins an entry rather than a section; ``below``: up to three rows below it.

    An entry has a period in its heading, in a row for itself above the details, or in the row below the name of a
    school, degree, job or firm. It may have none
    where the heading names a school, degree, job or firm and something else, or where it is a school above a degree.
    """
    text = heading.text
    named = names_school(text) or find_degree(text) or names_job(text) or has_company_suffix(text)
    parts = split_head(text)
    if len(parts) > 1 and (named or any(is_place(part) for part in parts[1:])):
        return True
    if below and {bool(find_degree(row.text)) + 2 * names_school(row.text) for row in (heading, below[0])} == {1, 2}:
        return True
    details = (at for at, row in enumerate(below) if BULLET.match(row.text) or is_prose(row.text))
    head = below[: next(details, len(below))]
    margins = [row for row in head if _is_margin_row(row)]
    if head and head_period(head[0]) and (named or _is_job_row(head[0])):
        return True
    periods = [period for row in (heading, *margins) if (period := head_period(row))]
    return any(period.first or named for period in periods)


def names_period(row: Row) -> bool:
    """Whether a row is of the head of an entry with a period from one date to another."""
    period = head_period(row)
    return bool(period and period.first) and not is_detail(row.text)


def _is_job_row(row: Row) -> bool:
    """Whether a row holds a job and its period and nothing else, so that the firm stands above it."""
    texts = [_without_periods(cell.text) for cell in row.cells]
    names = [part for text in texts for part in split_head(text) if not is_place(part)]
    return len(names) == 1 and names_job(names[0])


def _without_periods(text: str) -> str:
    for period in reversed(entry_periods(text)):
        text = text[: period.start] + text[period.end :]
    return text


def is_period_row(row: Row) -> bool:
    """Whether a row holds a period and at most a place beside it."""
    return bool(head_period(row)) and _is_margin_row(row)


def opens_entry(row: Row) -> bool:
    """Whether a row holds a period and at most one name behind it, so that another name stands below."""
    period = head_period(row)
    if period is None or is_detail(row.text) or re.search(r"\w", row.text[: period.start]):
        return False
    names = [part for cell in row.cells for part in split_head(_without_periods(cell.text)) if not is_place(part)]
    return len(names) < _ENOUGH_NAMES


def _is_margin_row(row: Row) -> bool:
    """Whether a row holds nothing but periods and places."""
    return all(
        is_margin(cell.text) or all(is_margin(part) for part in STRONG_SEPARATOR.split(cell.text) if part)
        for cell in row.cells
    )


def _starts(marked: Sequence[MarkedRow], anchors: Sequence[int]) -> list[int]:
    """Return the index of each entry's first row: as many rows above its period as in the first entry."""
    if _close_entries(marked, anchors):
        return [0, *(at + 1 for at in anchors[:-1])]
    above_first = [row for row in marked[: anchors[0]] if not row.detail]
    lead = len(above_first) if len(above_first) <= _MOST_LEAD_ROWS and not _is_complete(marked[anchors[0]]) else 0
    if anchors[0] == 0 and _is_margin_row(marked[0].row):
        return list(anchors)  # each entry begins with a row of its period
    starts = [max(anchors[0] - lead, 0)]
    first = marked[starts[0]].row if starts[0] < anchors[0] else None
    headed = starts[0] < anchors[0] and _is_heading(marked[starts[0]])
    for previous, anchor in pairwise(anchors):
        start, floor = anchor, previous + 1
        if headed and (heading := _heading_above(marked, floor, anchor)) is not None:
            starts.append(heading)
            continue
        alike = [at for at in range(floor, anchor) if first and _has_town_as(marked[at].row, first)]
        if len(alike) == 1 and not any(row.detail for row in marked[floor:anchor]):
            starts.append(alike[0])
            continue
        most = max(lead, _FEW_LEAD_ROWS)
        while start > floor and not marked[start - 1].detail and anchor - start < most:
            after_details = any(row.detail for row in marked[floor : start - 1])
            inside = _opens_with_period(marked[anchor]) and _is_indented(marked[start - 1].row, marked[anchor].row)
            named = lead == 0 and not _is_margin_row(marked[anchor].row)  # as in the first entry: it begins with this
            if anchor - start >= lead and (inside or named or not after_details):
                break
            start -= 1
        starts.append(start)
    return starts


def _heading_above(marked: Sequence[MarkedRow], floor: int, anchor: int) -> int | None:
    """Where the last headings above a period begin, few rows above it and behind those of the entry before."""
    rows = [at for at in range(max(floor, anchor - _MOST_LEAD_ROWS), anchor) if _is_heading(marked[at])]
    if not rows or _is_heading(marked[anchor]):
        return None
    start = rows[-1]
    while start > floor and _is_heading(marked[start - 1]):
        start -= 1
    return start


def _is_heading(marked: MarkedRow) -> bool:
    return marked.row.cells[0].label is Label.HEADING


def _has_town_as(row: Row, first: Row) -> bool:
    """Whether a row is a name and a town flush right, as the first row of the section is."""
    both = all(len(one.cells) == 2 and _may_be_town(one.cells[1].text) for one in (row, first))
    named = both and not any(
        re.search(r"\d", one.cells[1].text) or is_margin(one.cells[0].text) for one in (row, first)
    )
    return named and abs(row.cells[1].box[2] - first.cells[1].box[2]) < _FLUSH


def _is_complete(marked: MarkedRow) -> bool:
    """Whether a row opens with its period and has a firm and a job behind it: what stands above heads a group."""
    texts = [_without_periods(cell.text) for cell in marked.row.cells]
    names = [part for text in texts for part in split_head(text) if not is_place(part)]
    return _opens_with_period(marked) and len(names) >= _ENOUGH_NAMES


def _opens_with_period(marked: MarkedRow) -> bool:
    return marked.period is not None and not re.search(r"\w", marked.row.text[: marked.period.start])


def _is_indented(row: Row, other: Row) -> bool:
    return row.cells[0].box[0] > other.cells[0].box[0] + _INDENTED * other.cells[0].height


def _close_entries(marked: Sequence[MarkedRow], anchors: Sequence[int]) -> bool:
    """Whether each entry ends with its period, in a row of its own, and nothing stands below the last one."""
    ends = anchors[0] > 0 and anchors[-1] == len(marked) - 1 and not any(row.detail for row in marked)
    return ends and all(is_period_row(marked[at].row) for at in anchors)


def _undated_starts(marked: Sequence[MarkedRow], first: int) -> Iterator[int]:
    """Where entries without a date begin among dated ones: behind details, set as the first entry is, with a job."""
    for at in range(len(marked)):
        if marked[at].detail or at == first or (at and not marked[at - 1].detail) or (at == 0 and not first):
            continue
        below = (end for end in range(at, len(marked)) if marked[end].detail)
        group = marked[at : next(below, len(marked))]
        parts = [part for row in group[:_FEW_LEAD_ROWS] for part in split_head(row.row.text)]
        named = any(names_job(part) for part in parts) and len(parts) >= _ENOUGH_NAMES
        named = named and not is_labelled_detail(group[0].row.text)
        if named and not any(row.period for row in group) and _is_set_alike(group[0].row, marked[first].row):
            yield at


def _is_set_alike(row: Row, other: Row) -> bool:
    one, model = row.cells[0], other.cells[0]
    same_height = abs(one.height - model.height) < _SAME_HEIGHT * model.height
    return one.label == model.label and same_height and abs(one.box[0] - model.box[0]) < 1.0


def _undated_groups(marked: Sequence[MarkedRow]) -> Iterator[list[MarkedRow]]:
    """Group the rows of a section without dates: an entry begins where a plain row follows details.

    Or where a row begins as the first one of the entry does.
    """
    group: list[MarkedRow] = []
    for row in marked:
        again = bool(group) and _begins_again([one.row.text for one in group], row.row.text)
        if group and not row.detail and (group[-1].detail or again):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _begins_again(above: Sequence[str], text: str) -> bool:
    """Whether a row names a school and a degree, begins with a degree or a number, as the first one of an entry does.

    Or names a school as that does, and a degree stands between them.
    """
    ends = (above[0], text)
    if any(all(map(test, ends)) for test in (_names_both, is_numbered, begins_with_degree)):
        return True
    schools = all(names_school(one) and not find_degree(one) for one in ends)
    return schools and any(map(find_degree, above))


def _names_both(text: str) -> bool:
    return names_school(text) and bool(find_degree(text))


def _entry(marked: Sequence[MarkedRow], towns: bool = False) -> Entry:
    """Read one entry; ``towns``: entries of its section have a place at the right, known to us or not."""
    anchor = next((at for at, row in enumerate(marked) if row.period), 0)
    head = [row for at, row in enumerate(marked) if at <= anchor and not row.detail]
    pieces = [piece for at, row in enumerate(head) for piece in _pieces(row, at)]
    opened = bool(marked) and _opens_with_period(marked[anchor])
    for row in marked[anchor + 1 : anchor + 1 + _MOST_TAIL_ROWS + opened]:
        names = [piece for piece in pieces if not is_place(piece.text) and not _is_no_name(piece.text)]
        names = [piece for piece in names if not (towns and piece.right and _may_be_town(piece.text))]
        more = list(_pieces(row, len(head)))
        if names and is_labelled_detail(row.row.text):
            break
        enough = len(_apart(names)) >= _ENOUGH_NAMES and not is_labelled(row.row.text)
        enough = enough and not _adds_firm(names, row.row.text) and not (opened and _lacks_school(names))
        enough = enough and not _adds_other_name(names, more)
        school_below = row is marked[anchor + 1] and _lacks_school(names) and _is_school_line(row)
        if (row.detail and not school_below) or (
            enough and not all(is_place(piece.text) for piece in more) and not _completes(names, more)
        ):
            break
        pieces.extend(more)
    start, end = _dates(marked[anchor]) if marked else (None, None)
    return Entry(start=start, end=end, pieces=tuple(pieces), rows=tuple(row.row for row in marked))


def _is_school_line(marked: MarkedRow) -> bool:
    """Whether a row names a school and is no bullet, though it ends with a full stop."""
    text = marked.row.text
    return names_school(text) and not BULLET.match(text) and len(text) < LONG_CHARACTERS and len(split_head(text)) > 1


def _apart(names: Sequence[Piece]) -> Sequence[Piece]:
    """The names, where those that a dash parts in a line count as one unless they are a job or a degree."""
    telling = any(names_job(piece.text) or find_degree(piece.text) for piece in names)
    return names if telling or not names else joined_pieces(names, DASHED)


def _may_be_town(text: str) -> bool:
    named = names_job(text) or names_school(text) or has_company_suffix(text) or find_degree(text)
    return not named and len(text.split()) <= _MOST_WORDS_OF_TOWN


def _is_no_name(text: str) -> bool:
    lettered = any(character.isalpha() for character in text) and not re.match(r"(?:19|20)\d{2}\s+[^\W\d]", text)
    return not lettered or bool(is_no_name(text) or KIND_OF_WORK.fullmatch(text.strip()))


def _lacks_school(names: Sequence[Piece]) -> bool:
    return any(find_degree(p.text) for p in names) and not any(names_school(p.text) for p in names)


def _completes(names: Sequence[Piece], more: Sequence[Piece]) -> bool:
    """Whether the names lack the school of a degree, or the degree of a school, and the next row has it."""
    degree, school = any(find_degree(p.text) for p in names), any(names_school(p.text) for p in names)
    missing = names_school if degree and not school else find_degree if school and not degree else None
    return missing is not None and any(missing(piece.text) for piece in more)


def _adds_other_name(names: Sequence[Piece], below: Sequence[Piece]) -> bool:
    """Whether the names are one, parted by a mark, and the other stands below: a job, or a firm and its place."""
    if len({piece.line.number for piece in names}) > 1 or not below or any(find_degree(p.text) for p in names):
        return False
    placed = len(below) == 2 and is_place(below[1].text) and below[1].line.number != below[0].line.number
    jobs = [names_job(piece.text) for piece in names]
    return (not any(jobs) and names_job(below[0].text)) or (placed and any(jobs) and not names_job(below[0].text))


def _adds_firm(names: Sequence[Piece], below: str) -> bool:
    """Whether the names are a job, all in one line or below a name of no known kind, and the line below is a firm's."""
    lines = {piece.line.number for piece in names}
    lacking = not any(has_company_suffix(piece.text) or names_school(piece.text) for piece in names)
    above = len(lines) == _ENOUGH_NAMES and len(names) == len(lines) and names_job(names[-1].text)
    firm = has_legal_form(below) or (len(names) == 1 and has_company_suffix(below.strip()))
    return (len(lines) == 1 or above) and lacking and firm and not is_prose(below)


def _dates(marked: MarkedRow) -> tuple[LocatedValue | None, LocatedValue | None]:
    period = marked.period
    if period is None:
        return None, None
    spans = _spans(marked.row)
    lines = [line for line, start, end in spans if start < period.end and period.start < end]
    quote = " ".join(
        line.text[max(period.start - start, 0) : period.end - start].strip()
        for line, start, _ in spans
        if line in lines
    )
    first, last = period.first, period.last
    if first and last[:1].isdigit() and last < first:
        first, last = last, first  # the later one stands above
    return located_in(first, lines, quote) if first else None, located_in(last, lines, quote)


def _spans(row: Row) -> list[tuple[PageLine, int, int]]:
    """Return (cell, start, end) for each cell: the offsets of its first and behind its last character in the row."""
    spans, at = [], 0
    for cell in row.cells:
        lead = len(cell.text) - len(cell.text.lstrip())
        length = len(cell.text.strip())
        spans.append((cell, at - lead, at + length))
        at += length + 2
    return spans


def _pieces(marked: MarkedRow, row_number: int) -> Iterator[Piece]:
    row, period = marked.row, marked.period
    middle = (row.cells[0].box[0] + row.cells[-1].box[2]) / 2
    for at, (line, start, end) in enumerate(_spans(row)):
        if _is_contact(line.text):
            continue
        texts = [line.text]
        if period and start < period.end and period.start < end:
            texts = [line.text[: max(period.start - start, 0)], line.text[period.end - start :]]
        for text in texts:
            for part in split_head(text):
                if not _without_periods(part).strip(" .,;-–—()"):
                    continue  # a second period of the entry
                below = row_number >= _ENOUGH_NAMES and at > 0  # a firm and a job stand above
                beside = below or any(re.search(r"\w", _without_periods(cell.text)) for cell in row.cells[:at])
                yield Piece(text=part, line=line, row=row_number, right=beside and line.box[0] > middle)


def _is_contact(text: str) -> bool:
    """Whether a cell is an e-mail address, a phone number or a street address, as sidebars print them."""
    street = bool(re.match(r"\d", text.strip())) and looks_like_address(text) and not entry_periods(text)
    return bool(find_emails(text) or _CONTACT_LABEL.match(text)) or street
