"""What a section is about where its heading does not say: told by the entries below it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.engines.rules.page_rows import Row
from pipeline.engines.rules.parties import has_company_suffix
from pipeline.engines.rules.resume.head_rows import heads_entry, names_period
from pipeline.engines.rules.resume.heads import split_head
from pipeline.engines.rules.resume.marked_rows import is_detail
from pipeline.engines.rules.resume.words import find_degree, is_place, names_job, names_school
from stores.models import Label

NO_ENTRIES = re.compile(
    r"项目|竞赛|比赛|获奖|论文|\bprojec?ts?\b|\bprojekte?\b|\bawards?\b|\bpublications?\b", re.IGNORECASE
)
_MOST_CHARACTERS = 50
_ROWS_OF_ENTRY = 3
_MOST_HAN = 26  # characters of a row of names


def headings_by_content(rows: Sequence[Row]) -> Iterator[tuple[int, bool]]:
    """Yield the number of each heading right above an entry, and whether the section is about education.

    A heading that names a school, degree, job, firm or period is one of an entry. A section whose entries name neither
    schools and degrees nor jobs and firms is not told.
    """
    places = [at for at, row in enumerate(rows) if _may_head_section(row) and _begins_entry(rows[at + 1 :])]
    for at, end in zip(places, [*places, len(rows)][1:], strict=True):
        names = [row.text for row in rows[at + 1 : end] if not is_detail(row.text) and _is_short(row.text)]
        votes = sum(_vote(text) for text in names)
        if votes:
            yield rows[at].cells[0].number, votes > 0


def _is_short(text: str) -> bool:
    """Whether a row can be of names: a few Chinese characters, which say more each than letters do."""
    return len(re.findall(r"[\u4e00-\u9fff]", text)) <= _MOST_HAN


def jobs_begin(rows: Sequence[Row]) -> int | None:
    """Where the jobs begin in a section of an unknown name: at the first with a period, if most periods have a job."""
    dated = [at for at, row in enumerate(rows) if names_period(row)]
    own = [at for at in dated if _names_job_only(rows[at])]
    above = [at - 1 for at in dated if at and at - 1 not in dated and _names_job_only(rows[at - 1])]
    below = [at for at in dated if at + 1 not in dated and any(_names_job_only(row) for row in rows[at + 1 : at + 2])]
    begins = sorted({*own, *above, *below})
    return begins[0] if begins and 2 * len(begins) > len(dated) else None


def _names_job_only(row: Row) -> bool:
    return not is_detail(row.text) and _vote(row.text) < 0 and names_job(row.text)


def _may_head_section(row: Row) -> bool:
    text = row.text
    heading = len(row.cells) == 1 and row.cells[0].label in (Label.HEADING, Label.TITLE)
    heading = heading and not NO_ENTRIES.search(text)
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
