"""What a section is about where its heading does not say: told by the entries below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.parties import has_company_suffix
from pipeline.engines.rules.resume_entries import heads_entry, is_detail, names_period
from pipeline.engines.rules.resume_heads import split_head
from pipeline.engines.rules.resume_words import find_degree, is_place, names_job, names_school
from stores.models import Label

_MOST_CHARACTERS = 50
_ROWS_OF_ENTRY = 3


def headings_by_content(rows: Sequence[Row]) -> Iterator[tuple[int, bool]]:
    """Yield the number of each heading right above an entry, and whether the section is about education.

    A heading that names a school, degree, job, firm or period is one of an entry. A section whose entries name neither
    schools and degrees nor jobs and firms is not told.
    """
    places = [at for at, row in enumerate(rows) if _may_head_section(row) and _begins_entry(rows[at + 1 :])]
    for at, end in zip(places, [*places, len(rows)][1:], strict=True):
        votes = sum(_vote(row.text) for row in rows[at + 1 : end] if not is_detail(row.text))
        if votes:
            yield rows[at].cells[0].number, votes > 0


def jobs_begin(rows: Sequence[Row]) -> int | None:
    """Where the jobs begin in a section of an unknown name: at the first of its periods, if most stand beside jobs."""
    dated = [at for at, row in enumerate(rows) if names_period(row)]
    beside = [at for at in dated if any(_names_job_only(row) for row in rows[max(at - 1, 0) : at + 2])]
    if not dated or 2 * len(beside) <= len(dated):
        return None
    above = dated[0] - 1
    return above if above >= 0 and beside[0] == dated[0] and _names_job_only(rows[above]) else dated[0]


def _names_job_only(row: Row) -> bool:
    return not is_detail(row.text) and _vote(row.text) < 0 and names_job(row.text)


def _may_head_section(row: Row) -> bool:
    text = row.text
    heading = len(row.cells) == 1 and row.cells[0].label in (Label.HEADING, Label.TITLE)
    return heading and len(text) <= _MOST_CHARACTERS and not _vote(text) and not names_period(row)


def _begins_entry(below: Sequence[Row]) -> bool:
    if not below:
        return False
    first, rest = below[0], below[1:_ROWS_OF_ENTRY]
    if names_period(first):
        return True
    return bool(_vote(first.text)) and (heads_entry(first, rest) or any(names_period(row) for row in rest[:1]))


def _vote(text: str) -> int:
    """Above 0 for a school or a degree, below 0 for a job or a firm."""
    names = " | ".join(part for part in split_head(text) if not is_place(part))
    education = bool(find_degree(names)) + names_school(names)
    return education - (0 if education else names_job(names) + has_company_suffix(names))
