"""The entries of a section of a curriculum vitae: each has a period, a head of a few pieces, and details below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
    is_no_name,
    without_bullets,
    without_margins,
)
from pipeline.engines.rules.resume.entry_starts import entry_starts, opens_with_period, undated_groups
from pipeline.engines.rules.resume.head_rows import (
    ENOUGH_NAMES,
    ends_with_town,
    is_town_and_state,
    may_be_town,
    without_periods,
)
from pipeline.engines.rules.resume.heads import KIND_OF_WORK, split_head
from pipeline.engines.rules.resume.labels import is_labelled, is_labelled_detail
from pipeline.engines.rules.resume.marked_rows import MarkedRow, is_prose, marked_rows
from pipeline.engines.rules.resume.pieces import DASHED, Piece, joined_pieces
from pipeline.engines.rules.resume.stacked_dates import joined_dates
from pipeline.engines.rules.resume.words import begins_with_degree, find_degree, is_place, names_job, names_school

_CONTACT_LABEL = re.compile(
    r"\W*(?:tel(?:ephone)?|phone|mobile|cell|fax|e-?mail|address|linkedin|电话|手机|邮箱)\W*[:：+(\d]", re.IGNORECASE
)
_BEFORE_DATE = re.compile(r"d['’]|de|du|d[ae]l?|from|since|seit|von|vom|ab|depuis|desde", re.IGNORECASE)
_MOST_TAIL_ROWS = 3


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
        return [_entry(group) for group in undated_groups(marked)]
    starts = entry_starts(marked, anchors)
    ends = [*starts[1:], len(marked)]
    towns = any(is_place(cell.text) for at in anchors for cell in marked[at].row.cells[1:])
    towns = towns or (len(starts) > 1 and all(ends_with_town(marked[at].row) for at in starts))
    return [_entry(marked[start:end], towns) for start, end in zip(starts, ends, strict=True)]


def _entry(marked: Sequence[MarkedRow], towns: bool = False) -> Entry:
    """Read one entry; ``towns``: entries of its section have a place at the right, known to us or not."""
    anchor = next((at for at, row in enumerate(marked) if row.period), 0)
    head = [row for at, row in enumerate(marked) if at <= anchor and not row.detail]
    pieces = [piece for at, row in enumerate(head) for piece in _pieces(row, at, towns)]
    opened = bool(marked) and opens_with_period(marked[anchor])
    for row in marked[anchor + 1 : anchor + 1 + _MOST_TAIL_ROWS + opened]:
        names = [piece for piece in pieces if not is_place(piece.text) and not _is_no_name(piece.text)]
        names = [piece for piece in names if not (towns and piece.right and may_be_town(piece.text))]
        more = list(_pieces(row, len(head), towns))
        studied = _is_degree_before_label(row.row.text)
        if names and is_labelled_detail(row.row.text) and not studied:
            break
        labelled = is_labelled(row.row.text) and not studied
        enough = len(_apart(names)) >= ENOUGH_NAMES and not labelled
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


def _is_degree_before_label(text: str) -> bool:
    """Whether a label in Chinese stands behind a degree that the reader has joined to it: ``学士少年班专业：数学``."""
    label = re.match(r"[\u4e00-\u9fff]{2,12}[:：]", text)
    return bool(label) and begins_with_degree(text) and not re.search("论文|题目|设计", text)


def _is_school_line(marked: MarkedRow) -> bool:
    """Whether a row names a school and is no bullet, though it ends with a full stop."""
    text = marked.row.text
    return names_school(text) and not BULLET.match(text) and len(text) < LONG_CHARACTERS and len(split_head(text)) > 1


def _apart(names: Sequence[Piece]) -> Sequence[Piece]:
    """The names, where those that a dash parts in a line count as one unless they are a job or a degree."""
    telling = any(names_job(piece.text) or find_degree(piece.text) for piece in names)
    return names if telling or not names else joined_pieces(names, DASHED)


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
    above = len(lines) == ENOUGH_NAMES and len(names) == len(lines) and names_job(names[-1].text)
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


def _pieces(marked: MarkedRow, row_number: int, towns: bool) -> Iterator[Piece]:
    row, period = marked.row, marked.period
    middle = (row.cells[0].box[0] + row.cells[-1].box[2]) / 2
    for at, (line, start, end) in enumerate(_spans(row)):
        if _is_contact(line.text):
            continue
        texts = [line.text]
        if period and start < period.end and period.start < end:
            texts = [line.text[: max(period.start - start, 0)], line.text[period.end - start :]]
        town = towns and at > 0 and line.box[0] > middle and is_town_and_state(line.text)
        for text in texts:
            for part in [text.strip()] if town else split_head(text):
                if not without_periods(part).strip(" .,;-–—()") or (period and _BEFORE_DATE.fullmatch(part.strip())):
                    continue  # a second period of the entry
                below = row_number >= ENOUGH_NAMES and at > 0  # a firm and a job stand above
                beside = below or any(re.search(r"\w", without_periods(cell.text)) for cell in row.cells[:at])
                yield Piece(text=part, line=line, row=row_number, right=beside and line.box[0] > middle)


def _is_contact(text: str) -> bool:
    """Whether a cell is an e-mail address, a phone number or a street address, as sidebars print them."""
    street = bool(re.match(r"\d", text.strip())) and looks_like_address(text) and not entry_periods(text)
    return bool(find_emails(text) or _CONTACT_LABEL.match(text)) or street
