"""Periods that the margin of a section prints in two or three lines, one below the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.dates import PRESENT
from pipeline.engines.rules.month_names import OPEN_END, month_number
from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.resume.entry_rows import NO_NAME, entry_periods
from pipeline.engines.rules.resume.marked_rows import is_prose
from pipeline.engines.rules.resume.wrapped import joined_rows

_CONNECTOR = re.compile(r"\W*[|\-–—−~至到]\W*|\W*(?:to|bis|until|à|au|tot|a)\W*", re.IGNORECASE)
_DASH = re.compile(r"^\s*[-–—−]\s*(?=\S)")
_SAME_LEFT = 2.0  # heights between the left edges of the lines of one margin
_FLUSH = 1.5  # points between the right edges of the lines of one margin
_NEAR = 2.6  # heights between the middles of two lines of one period
_ENOUGH_TWOS = 2  # periods of dates below one another
_APART = 1.4  # times as far as the lines of one period stand those of the next


def joined_dates(rows: Iterable[Row]) -> list[Row]:
    """Join rows whose period is broken over two lines of the margin: ``June 2024 –`` above ``Sept 2024``."""
    joined: list[Row] = []
    for row in rows:
        above = joined[-1].cells if joined else ()
        pair = next(((upper, lower) for upper in above for lower in row.cells if _is_broken(upper, lower)), None)
        if pair is None:
            joined.append(row)
            continue
        joined[-1] = Row(page=row.page, cells=tuple(_with_tail(above, *pair)))
        rest = tuple(cell for cell in row.cells if cell is not pair[1])
        if rest and row.cells[0] is pair[1] and not any(is_prose(cell.text) for cell in rest):
            joined[-1] = Row(page=row.page, cells=(*joined[-1].cells, *rest))
        elif rest:
            joined.append(Row(page=row.page, cells=rest))
    return list(_without_stacks(joined))


def _is_broken(upper: PageLine, lower: PageLine) -> bool:
    """Whether the period that a cell begins ends in the one below it."""
    aligned = any(abs(upper.box[edge] - lower.box[edge]) < lower.height for edge in (0, 2))
    if aligned and _are_months(upper.text) and re.fullmatch(r"\s*(?:19|20)\d{2}\s*", lower.text):
        return 0 < lower.middle - upper.middle < _NEAR * upper.height  # "Oct – Dec" above "2015"
    below = aligned and _is_open_range(upper.text)
    return below and bool(entry_periods(f"{upper.text} {lower.text}")) and _is_closing_date(lower.text)


def _are_months(text: str) -> bool:
    months = re.fullmatch(r"\s*([^\W\d_]{3,9})\.?\s*[-–—/]\s*([^\W\d_]{3,9})\.?\s*", text)
    return months is not None and all(month_number(word) for word in months.groups())


def _is_open_range(text: str) -> bool:
    return bool(re.search(r"\d{4}\W{0,3}[-–—~至到]\s*$|\d{4}\s+(?:to|bis)\s*$", text))


def _is_closing_date(text: str) -> bool:
    periods = entry_periods(f"2000 - {text}")
    return bool(periods) and periods[0].last not in ("", "2000") and periods[0].end >= len(f"2000 - {text.strip()}") - 1


def _with_tail(cells: Sequence[PageLine], upper: PageLine, lower: PageLine) -> list[PageLine]:
    """Insert the lower half of a period behind the upper one; the year of two months goes on with them."""
    at = list(cells).index(upper)
    if _are_months(upper.text):
        whole = joined_rows(Row(page=upper.page, cells=(upper,)), Row(page=lower.page, cells=(lower,)))
        return [*cells[:at], *whole.cells, *cells[at + 1 :]]
    return [*cells[: at + 1], lower, *cells[at + 1 :]]


def _without_stacks(rows: Sequence[Row]) -> Iterator[Row]:
    """Join dates below one another: with a mark between them, behind a dash, or by twos, the later one above."""
    pairs = _later_above(rows)
    rising = _earlier_above(rows)
    skip = -1
    for at, row in enumerate(rows):
        if at <= skip:
            continue
        lower = next((n for n in (1, 2) if _closes(rows[at : at + n + 1])), 1 if at in pairs | rising else 0)
        if not lower:
            yield row
            continue
        skip = at + lower
        yield _stacked(row, rows[skip].cells[0], backwards=at in pairs)
        for between in rows[at + 1 : skip + 1]:
            rest = _behind_date(between)
            if rest:
                yield Row(page=between.page, cells=rest)


def _behind_date(row: Row) -> tuple[PageLine, ...]:
    """The cells of a row without the date or mark that it begins with."""
    first = replace(row.cells[0], text=_DASH.sub("", row.cells[0].text))
    words = first.text[_closing(first.text) or len(first.text) :].strip()
    return (*((replace(first, text=words),) if words else ()), *row.cells[1:])


def _closes(rows: Sequence[Row]) -> bool:
    """Whether the first of two or three rows begins a period in the margin, and the last one ends it there."""
    if len(rows) < 2 or (len(rows) == 3 and not _CONNECTOR.fullmatch(rows[1].cells[0].text)):
        return False
    upper, lower = rows[0].cells[0], rows[-1].cells[0]
    aligned = abs(lower.box[0] - upper.box[0]) < _SAME_LEFT * upper.height or abs(lower.box[2] - upper.box[2]) < _FLUSH
    near = rows[0].page == rows[-1].page and aligned
    near = near and lower.middle - upper.middle < _NEAR * upper.height * (len(rows) - 1)
    ends = _is_date(lower.text) or re.fullmatch(OPEN_END, _DASH.sub("", lower.text).strip(), re.IGNORECASE)
    dashed = len(rows) == 2 and _DASH.match(lower.text) and ends and _opens_row(upper.text) is not None
    if near and dashed:
        return True
    opened = (len(rows) == 3 and _is_date(upper.text)) or _opening(upper.text) is not None
    return near and opened and _closing(lower.text) is not None


def _is_date(text: str) -> bool:
    periods = entry_periods(text)
    if len(periods) != 1 or periods[0].first:
        return False
    return not re.search(r"\w", text[: periods[0].start] + text[periods[0].end :])


def _opening(text: str) -> int | None:
    """Return where the words begin behind a date and a dash: ``Sept. 2022 — Research intern``."""
    periods = entry_periods(text)
    if not periods or periods[0].first or re.search(r"\w", text[: periods[0].start]):
        return None
    dash = re.match(r"\s*[-–—−]\s*(?=[^\W\d]|$)", text[periods[0].end :])
    return periods[0].end + dash.end() if dash else None


def _opens_row(text: str) -> int | None:
    """Return where the words begin behind a date at the begin of a line: ``09/2019 Alder Labs``."""
    periods = entry_periods(text)
    fits = bool(periods) and not periods[0].first and not re.search(r"\w", text[: periods[0].start])
    return periods[0].end if fits and re.match(r"\s|$", text[periods[0].end :]) else None


def _closing(text: str) -> int | None:
    """Return where the words begin behind a date that closes a period: ``Present  - Designed the system``."""
    if _is_closing_date(text):
        return len(text)
    periods = entry_periods(f"2000 - {text}")
    closed = bool(periods) and periods[0].first == "2000" and periods[0].start == 0
    return periods[0].end - len("2000 - ") if closed and re.search(r"\W", text[periods[0].end - 7 :][:1]) else None


def _stacked(row: Row, lower: PageLine, backwards: bool) -> Row:
    """Put the lower date beside the upper one, the earlier one first."""
    upper, rest = row.cells[0], row.cells[1:]
    behind_dash = bool(_DASH.match(lower.text))
    lower = replace(lower, text=_DASH.sub("", lower.text)) if behind_dash else lower
    lower = replace(lower, text=lower.text[: _closing(lower.text)])
    words = _opens_row(upper.text) if behind_dash else _opening(upper.text)
    if words is not None and upper.text[words:].strip():
        rest = (replace(upper, text=upper.text[words:]), *rest)
        upper = replace(upper, text=upper.text[:words])
    first, last = (lower, upper) if backwards else (upper, lower)
    dashed = replace(first, text=first.text.rstrip("-–—− ") + " –")
    return Row(page=row.page, cells=(dashed, last, *rest))


def _later_above(rows: Sequence[Row]) -> set[int]:
    """The rows whose date ends a period that begins in the date right below: dates that stand by twos, falling."""
    dated = [at for at, row in enumerate(rows) if _is_date(row.cells[0].text)]
    twos = list(zip(dated[::2], dated[1::2], strict=False))
    if len(dated) % 2 or not dated or not all(_is_two(rows, upper, lower) for upper, lower in twos):
        return set()
    within = max(rows[lower].cells[0].middle - rows[upper].cells[0].middle for upper, lower in twos)
    gaps = [rows[b[0]].cells[0].middle - rows[a[1]].cells[0].middle for a, b in pairwise(twos)]
    apart = all(gap > _APART * within or gap < 0 for gap in gaps)
    sure = bool(gaps) or all(_names_nothing(rows[lower]) for _, lower in twos)
    return {upper for upper, _ in twos} if apart and sure else set()


def _earlier_above(rows: Sequence[Row]) -> set[int]:
    """The rows whose date begins a period that ends in the date right below: dates that stand by twos, rising."""
    dated = [(at, date) for at, row in enumerate(rows) if (date := _date_at_begin(row.cells[0].text))]
    twos = list(zip(dated[::2], dated[1::2], strict=False))
    if len(dated) % 2 or len(twos) < _ENOUGH_TWOS:
        return set()
    near = all(
        lower == upper + 1
        and rows[upper].page == rows[lower].page
        and rows[lower].cells[0].middle - rows[upper].cells[0].middle < _NEAR * rows[upper].cells[0].height
        for (upper, _), (lower, _) in twos
    )
    rising = all(first < last for (_, first), (_, last) in twos)
    falling = all(above[0][1] > below[0][1] for above, below in pairwise(twos))
    return {upper for (upper, _), _ in twos} if near and rising and falling else set()


def _date_at_begin(text: str) -> str:
    """The date that a cell begins with, ``present`` for an open end alone; "" without one, or with a whole period."""
    if re.fullmatch(OPEN_END, text.strip(), re.IGNORECASE):
        return PRESENT
    periods = entry_periods(text)
    single = bool(periods) and not periods[0].first and not re.search(r"\w", text[: periods[0].start])
    return periods[0].last if single and re.match(r"\s|$", text[periods[0].end :]) else ""


def _is_two(rows: Sequence[Row], upper: int, lower: int) -> bool:
    one, other = rows[upper].cells[0], rows[lower].cells[0]
    near = lower == upper + 1 and one.page == other.page and other.middle - one.middle < _NEAR * one.height
    return near and entry_periods(one.text)[0].last > entry_periods(other.text)[0].last


def _names_nothing(row: Row) -> bool:
    return all(NO_NAME.match(cell.text.strip()) for cell in row.cells[1:])
