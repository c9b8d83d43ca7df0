"""The entries of a section of a curriculum vitae: each has a period, a head of a few pieces, and details below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.contacts import find_emails
from pipeline.engines.rules.dates import PeriodMatch, find_periods
from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.parties import has_company_suffix, looks_like_address
from pipeline.engines.rules.resume_heads import ICONS, STRONG_SEPARATOR, split_head
from pipeline.engines.rules.resume_words import find_degree, is_place, names_job, names_school

_BULLET = re.compile(r"^\s*(?:[•◦▪‣●○■□➢➤✓✔»※★☆·∙⁃►▶◆◇\uf0b7\uf0a7\uf076]|[-–—*o+]\s|\(?\d{1,2}[.)、）]\s?(?!\d))")
_CONTACT_LABEL = re.compile(
    r"\W*(?:tel(?:ephone)?|phone|mobile|cell|fax|e-?mail|address|linkedin|电话|手机|邮箱)\W*[:：+(\d]", re.IGNORECASE
)
_PREPOSITION = re.compile(
    r"(?:\b(?:from|in|during|between|since|for|of|von|im|de|en)|[,(:–-]|[自从于在])\s*$", re.IGNORECASE
)
NO_NAME = re.compile(
    r"^(?:gpa|cgpa|grade|score|percentage|thesis|advisor|supervisor|honou?rs|awards?|highlights?|responsibilit(?:y|ies)|achievements?|duties|tasks|aufgaben|missions?|工作(?:描述|内容|职责)|主要(?:职责|业绩|工作)|relevant|coursework|note|"
    r"绩点|排名|主修课程|时间|起止|部门|"
    r"full[ -]?time|part[ -]?time|contract|permanent|freelance|expected|present|current|全职|兼职|统招|"
    r"全日制)(?![^\W\d_])",
    re.IGNORECASE,
)
_LONG_CHARACTERS = 100
_MOST_LEAD_ROWS = 4
_FEW_LEAD_ROWS = 2
_MOST_TAIL_ROWS = 3
_ENOUGH_NAMES = 2  # school and degree, firm and job: what follows is description


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of an entry's head, as printed in one line; ``right``: in a cell of its own in the right half."""

    text: str
    line: PageLine
    row: int
    right: bool

    def located(self) -> LocatedValue:
        return located_in(self.text, [self.line], self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One school or one job. Dates are ISO values, None where not printed; ``rows`` is all of its text."""

    start: LocatedValue | None
    end: LocatedValue | None
    pieces: tuple[Piece, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _MarkedRow:
    row: Row
    period: PeriodMatch | None
    detail: bool  # a bullet, the continuation of one, or prose


def read_entries(rows: Sequence[Row]) -> list[Entry]:
    """Read the entries of a section, in their order."""
    marked = _mark(_joined_dates(_without_margins(_without_bullets(rows))))
    anchors = [at for at, row in enumerate(marked) if row.period]
    if not anchors:
        return [_entry(group) for group in _undated_groups(marked)]
    starts = _starts(marked, anchors)
    ends = [*starts[1:], len(marked)]
    return [_entry(marked[start:end]) for start, end in zip(starts, ends, strict=True)]


def _without_bullets(rows: Sequence[Row]) -> Sequence[Row]:
    """Take the bullets away where they begin the entries themselves: rows without a bullet have no period."""
    heads = [row for row in rows if _BULLET.match(row.text)]
    bare = {id(row): _without_bullet(row) for row in heads}
    dated = sum(bool(_head_period(row)) for row in bare.values())
    if not heads or 2 * dated <= len(heads) or any(_head_period(row) for row in rows if id(row) not in bare):
        return rows
    return [bare.get(id(row), row) for row in rows]


def _without_bullet(row: Row) -> Row:
    first = row.cells[0]
    rest = _BULLET.sub("", first.text, count=1).strip()
    return replace(row, cells=((replace(first, text=rest),) if rest else ()) + row.cells[1:])


def _without_margins(rows: Sequence[Row]) -> Iterator[Row]:
    """Split rows where a date or place in the right margin stands beside details; each becomes a row of its own."""
    for row in rows:
        bullet = bool(_BULLET.match(row.text))
        details = bullet or len(row.cells[0].text) > _LONG_CHARACTERS // 2
        margin = tuple(cell for cell in row.cells[1:] if details and _is_margin(cell.text))
        cells = tuple(cell for cell in row.cells if cell not in margin)
        joined = _period_behind(cells[-1].text) if bullet and not margin else None
        if margin:
            yield Row(page=row.page, cells=margin)
        if joined is not None:
            line = cells[-1]
            yield Row(page=row.page, cells=(replace(line, text=line.text[joined:]),))
            cells = (*cells[:-1], replace(line, text=line.text[:joined]))
        yield Row(page=row.page, cells=cells)


def _period_behind(text: str) -> int | None:
    """Return where the period begins at the end of a bullet, if it is not part of the sentence but of the margin."""
    periods = [period for period in find_periods(text) if period.first and not text[period.end :].strip()]
    if not periods or _PREPOSITION.search(text[: periods[-1].start]):
        return None
    return periods[-1].start


def _is_margin(text: str) -> bool:
    text = ICONS.sub(" ", text).strip()
    periods = find_periods(text)
    rest = (text[: periods[0].start] + text[periods[0].end :]).strip(" ,;|()·•-–—") if periods else text
    return is_place(rest) or (bool(periods) and not re.search(r"\w", rest))


def _joined_dates(rows: Iterable[Row]) -> list[Row]:
    """Join rows whose period is broken over two lines of the margin: ``June 2024 –`` above ``Sept 2024``."""
    joined: list[Row] = []
    for row in rows:
        above = joined[-1].cells if joined else ()
        first = row.cells[0]
        upper = next((c for c in above if abs(c.box[0] - first.box[0]) < c.height and _is_open_range(c.text)), None)
        if upper and find_periods(f"{upper.text} {first.text}")[:1] and _is_closing_date(first.text):
            joined[-1] = Row(page=row.page, cells=(*_with_tail(above, upper, first), *row.cells[1:]))
        else:
            joined.append(row)
    return joined


def _is_open_range(text: str) -> bool:
    return bool(re.search(r"\d{4}\W{0,3}[-–—~至到]\s*$|\d{4}\s+(?:to|bis)\s*$", text))


def _is_closing_date(text: str) -> bool:
    periods = find_periods(f"2000 - {text}")
    return bool(periods) and periods[0].last not in ("", "2000") and periods[0].end >= len(f"2000 - {text.strip()}") - 1


def _with_tail(cells: Sequence[PageLine], upper: PageLine, lower: PageLine) -> list[PageLine]:
    """Insert the lower half of a period behind the upper one."""
    at = list(cells).index(upper)
    return [*cells[: at + 1], lower, *cells[at + 1 :]]


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
    details = (at for at, row in enumerate(below) if _BULLET.match(row.text) or _is_prose(row.text))
    head = below[: next(details, len(below))]
    margins = [row for row in head if _is_margin_row(row)]
    if head and _head_period(head[0]) and (named or _is_job_row(head[0])):
        return True
    periods = [period for row in (heading, *margins) if (period := _head_period(row))]
    return any(period.first or named for period in periods)


def names_period(row: Row) -> bool:
    """Whether a row is of the head of an entry with a period from one date to another."""
    period = _head_period(row)
    return bool(period and period.first) and not is_detail(row.text)


def is_detail(text: str) -> bool:
    """Whether a row is a bullet or prose."""
    return bool(_BULLET.match(text)) or _is_prose(text)


def _is_job_row(row: Row) -> bool:
    """Whether a row holds a job and its period and nothing else, so that the firm stands above it."""
    texts = [_without_periods(cell.text) for cell in row.cells]
    names = [part for text in texts for part in split_head(text) if not is_place(part)]
    return len(names) == 1 and names_job(names[0])


def _without_periods(text: str) -> str:
    for period in reversed(find_periods(text)):
        text = text[: period.start] + text[period.end :]
    return text


def is_period_row(row: Row) -> bool:
    """Whether a row holds a period and at most a place beside it."""
    return bool(_head_period(row)) and _is_margin_row(row)


def _is_margin_row(row: Row) -> bool:
    """Whether a row holds nothing but periods and places."""
    return all(
        _is_margin(cell.text) or all(_is_margin(part) for part in STRONG_SEPARATOR.split(cell.text) if part)
        for cell in row.cells
    )


def _mark(rows: Sequence[Row]) -> list[_MarkedRow]:
    marked: list[_MarkedRow] = []
    bullet_left: float | None = None
    first = next((row for row in rows if not _is_margin(row.text)), None)
    bulleted = first is not None and bool(_BULLET.match(first.text))  # every entry has a bullet, its details others
    for row, following in zip_longest(rows, rows[1:]):
        left, text = row.cells[0].box[0], ICONS.sub(" ", row.text)
        is_bullet = bool(_BULLET.match(text))
        if bulleted and following and _is_bulleted_head(row, following):
            is_bullet = False
        period = None if is_bullet else _head_period(row)
        continued = bullet_left is not None and left > bullet_left + 1.0 and period is None
        prose = period is None and _is_prose(text)
        if is_bullet:
            bullet_left = left
        elif not continued:
            bullet_left = None
        marked.append(_MarkedRow(row=row, period=period, detail=is_bullet or continued or prose))
    return marked


def _is_bulleted_head(row: Row, following: Row) -> bool:
    """Whether a bullet begins an entry: the row below is set further in and has a period of its own."""
    indented = following.cells[0].box[0] > row.cells[0].box[0] + 1.0
    return indented and not _BULLET.match(following.text) and not _is_prose(row.text) and bool(_head_period(following))


def _is_prose(text: str) -> bool:
    """Whether the line is long or ends as a sentence does."""
    long = len(text) > _LONG_CHARACTERS or len(re.findall(r"[\u4e00-\u9fff]", text)) > _LONG_CHARACTERS // 3
    sentence = bool(re.search(r"[.。;；]\s*$", text)) and not has_company_suffix(f"x {text.split()[-1]}")
    return long or (sentence and len(re.findall(r"[a-z]{2,}|[\u4e00-\u9fff]{2}", text)) > 4)


def _head_period(row: Row) -> PeriodMatch | None:
    """Return the period in the head of an entry: a range, or a date in its own cell or at either end of the row."""
    text = row.text
    periods = find_periods(text)
    if not periods:
        return None
    period = max(periods, key=lambda p: bool(p.first))
    before, after = text[: period.start], text[period.end :]
    inside = bool(re.search(r"[^\W\d_]", before)) and bool(re.search(r"[^\W\d_]{2,}.*[^\W\d_]{2,}", after))
    sentence = len(text) > _LONG_CHARACTERS or re.search(r"[a-z]{2,}[.。;；]\s*$", text)
    if period.first:
        return None if inside and sentence else period
    if text[:1].islower() and _PREPOSITION.search(before):
        return None  # the end of a broken sentence
    apart = any(
        period.last and cell.text.strip() in text[max(period.start - 8, 0) : period.end + 3] for cell in row.cells
    )
    at_edge = not re.search(r"\w", before) or not re.search(r"\w", after)
    return period if (apart or at_edge) and not sentence else None


def _starts(marked: Sequence[_MarkedRow], anchors: Sequence[int]) -> list[int]:
    """Return the index of each entry's first row: as many rows above its period as in the first entry."""
    if _close_entries(marked, anchors):
        return [0, *(at + 1 for at in anchors[:-1])]
    above_first = [row for row in marked[: anchors[0]] if not row.detail]
    lead = len(above_first) if len(above_first) <= _MOST_LEAD_ROWS else 0
    starts = [max(anchors[0] - lead, 0)]
    for previous, anchor in pairwise(anchors):
        start, floor = anchor, previous + 1
        most = max(lead, _FEW_LEAD_ROWS)
        while start > floor and not marked[start - 1].detail and anchor - start < most:
            after_details = any(row.detail for row in marked[floor : start - 1])
            if anchor - start >= lead and not after_details:
                break
            start -= 1
        starts.append(start)
    return starts


def _close_entries(marked: Sequence[_MarkedRow], anchors: Sequence[int]) -> bool:
    """Whether each entry ends with its period, in a row of its own, and nothing stands below the last one."""
    ends = anchors[0] > 0 and anchors[-1] == len(marked) - 1 and not any(row.detail for row in marked)
    return ends and all(is_period_row(marked[at].row) for at in anchors)


def _undated_groups(marked: Sequence[_MarkedRow]) -> Iterator[list[_MarkedRow]]:
    """Group the rows of a section without dates: an entry begins where a plain row follows details."""
    group: list[_MarkedRow] = []
    for row in marked:
        if group and not row.detail and group[-1].detail:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _entry(marked: Sequence[_MarkedRow]) -> Entry:
    anchor = next((at for at, row in enumerate(marked) if row.period), 0)
    head = [row for at, row in enumerate(marked) if at <= anchor and not row.detail]
    pieces = [piece for at, row in enumerate(head) for piece in _pieces(row, at)]
    for row in marked[anchor + 1 : anchor + 1 + _MOST_TAIL_ROWS]:
        names = [piece for piece in pieces if not is_place(piece.text) and not NO_NAME.match(piece.text)]
        more = list(_pieces(row, len(head)))
        enough = len(names) >= _ENOUGH_NAMES and not _is_labelled(row.row.text)
        if row.detail or (enough and not all(is_place(piece.text) for piece in more) and not _completes(names, more)):
            break
        pieces.extend(more)
    start, end = _dates(marked[anchor]) if marked else (None, None)
    return Entry(start=start, end=end, pieces=tuple(pieces), rows=tuple(row.row for row in marked))


def _completes(names: Sequence[Piece], more: Sequence[Piece]) -> bool:
    """Whether the names lack the school of a degree, or the degree of a school, and the next row has it."""
    degree, school = any(find_degree(p.text) for p in names), any(names_school(p.text) for p in names)
    missing = names_school if degree and not school else find_degree if school and not degree else None
    return missing is not None and any(missing(piece.text) for piece in more)


def _is_labelled(text: str) -> bool:
    return bool(re.match(r"\W*[^\W\d]{2,20}\s*[:：]", text))


def _dates(marked: _MarkedRow) -> tuple[LocatedValue | None, LocatedValue | None]:
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
    start = located_in(period.first, lines, quote) if period.first else None
    return start, located_in(period.last, lines, quote)


def _spans(row: Row) -> list[tuple[PageLine, int, int]]:
    """Return (cell, start, end) for each cell: the offsets of its first and behind its last character in the row."""
    spans, at = [], 0
    for cell in row.cells:
        lead = len(cell.text) - len(cell.text.lstrip())
        length = len(cell.text.strip())
        spans.append((cell, at - lead, at + length))
        at += length + 2
    return spans


def _pieces(marked: _MarkedRow, row_number: int) -> Iterator[Piece]:
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
                yield Piece(text=part, line=line, row=row_number, right=at > 0 and line.box[0] > middle)


def _is_contact(text: str) -> bool:
    """Whether a cell is an e-mail address, a phone number or a street address, as sidebars print them."""
    street = bool(re.match(r"\d", text.strip())) and looks_like_address(text) and not find_periods(text)
    return bool(find_emails(text) or _CONTACT_LABEL.match(text)) or street
