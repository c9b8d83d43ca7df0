"""Rows of the heads of entries: what holds a period, a place, a job; which headings begin an entry."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.parties import has_company_suffix
from pipeline.engines.rules.resume.entry_rows import BULLET, entry_periods, head_period, is_margin
from pipeline.engines.rules.resume.heads import STRONG_SEPARATOR, split_head
from pipeline.engines.rules.resume.marked_rows import is_detail, is_prose
from pipeline.engines.rules.resume.words import find_degree, is_place, names_job, names_school

_MOST_WORDS_OF_TOWN = 2
ENOUGH_NAMES = 2  # school and degree, firm and job: what follows is description
FLUSH = 3.0  # points between the right edges of towns


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
    margins = [row for row in head if is_margin_row(row)]
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
    texts = [without_periods(cell.text) for cell in row.cells]
    names = [part for text in texts for part in split_head(text) if not is_place(part)]
    return len(names) == 1 and names_job(names[0])


def without_periods(text: str) -> str:
    for period in reversed(entry_periods(text)):
        text = text[: period.start] + text[period.end :]
    return text


def is_period_row(row: Row) -> bool:
    """Whether a row holds a period and at most a place beside it."""
    return bool(head_period(row)) and is_margin_row(row)


def opens_entry(row: Row) -> bool:
    """Whether a row holds a period and at most one name behind it, so that another name stands below."""
    period = head_period(row)
    if period is None or is_detail(row.text) or re.search(r"\w", row.text[: period.start]):
        return False
    names = [part for cell in row.cells for part in split_head(without_periods(cell.text)) if not is_place(part)]
    return len(names) < ENOUGH_NAMES


def is_margin_row(row: Row) -> bool:
    """Whether a row holds nothing but periods and places."""
    return all(
        is_margin(cell.text) or all(is_margin(part) for part in STRONG_SEPARATOR.split(cell.text) if part)
        for cell in row.cells
    )


def may_be_town(text: str) -> bool:
    named = names_job(text) or names_school(text) or has_company_suffix(text) or find_degree(text)
    return not named and len(text.split()) <= _MOST_WORDS_OF_TOWN


def ends_with_town(row: Row) -> bool:
    return len(row.cells) > 1 and (is_place(row.cells[-1].text) or is_town_and_state(row.cells[-1].text))


def is_town_and_state(text: str) -> bool:
    """Whether a cell holds two names of a word or two, parted by a comma, and says no more: ``Alderham, Bihar``."""
    names = re.fullmatch(r"[A-ZÀ-Þ][^\W\d_]+(?:[\s-][^\W\d_]+)?, [A-ZÀ-Þ][^\W\d_]+(?:\s[^\W\d_]+)?", text.strip())
    telling = names_job(text) or names_school(text) or has_company_suffix(text) or find_degree(text)
    return names is not None and not telling and not is_place(text.split(",")[1].strip())  # "Alder Labs, Leeds"
