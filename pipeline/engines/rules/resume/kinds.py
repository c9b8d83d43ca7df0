"""The entries of a curriculum vitae by what they are about, where no heading parts schools from jobs."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.engines.rules.parties import has_company_suffix
from pipeline.engines.rules.resume.entries import Entry, read_entries
from pipeline.engines.rules.resume.headings import SectionKind
from pipeline.engines.rules.resume.sections import Section
from pipeline.engines.rules.resume.words import find_degree, is_place, names_job, names_school

_EITHER = {SectionKind.EDUCATION: SectionKind.EXPERIENCE, SectionKind.EXPERIENCE: SectionKind.EDUCATION}
_WORK = ("工作", "就职", "任职")  # beside the period of a job, where a degree stands beside that of a study
_UNTOLD = (SectionKind.HEAD, SectionKind.OTHER, SectionKind.SUMMARY)


def entries_by_kind(sections: Sequence[Section], kind: SectionKind) -> list[list[Entry]]:
    """The entries of each section of a kind; those of the other kind go where no section is of that one.

    Without a section of schools, the dated entries with a school and a degree in sections of no known kind are theirs.
    """
    read = {at: read_entries(section.rows) for at, section in enumerate(sections) if section.kind in _EITHER}
    other = _EITHER[kind]
    ours = [entries for at, entries in read.items() if sections[at].kind is kind]
    theirs = [entries for at, entries in read.items() if sections[at].kind is other]
    if not theirs:
        ours = [[entry for entry in entries if _kind_of(entry) is not other] for entries in ours]
    if ours:
        return ours
    moved = [[entry for entry in entries if _kind_of(entry) is kind] for entries in theirs]
    if kind is SectionKind.EDUCATION and not any(moved):
        untold = [section.rows for section in sections if section.kind in _UNTOLD]
        moved = [[entry for entry in read_entries(rows) if _is_study(entry)] for rows in untold]
    return [entries for entries in moved if entries]


def _kind_of(entry: Entry) -> SectionKind | None:
    """What a dated entry is about by the words of its names: a school or a degree alone, or a job or a firm alone."""
    names = [piece.text for piece in entry.pieces if not is_place(piece.text)]
    studies = any(names_school(text) or find_degree(text) for text in names)
    works = any(names_job(text) or has_company_suffix(text) or text in _WORK for text in names)
    if studies == works or entry.end is None:
        return None
    return SectionKind.EDUCATION if studies else SectionKind.EXPERIENCE


def _is_study(entry: Entry) -> bool:
    """Whether an entry has a period, a school and a degree, and no job."""
    names = [piece.text for piece in entry.pieces]
    both = any(map(names_school, names)) and any(map(find_degree, names))
    return both and entry.start is not None and _kind_of(entry) is SectionKind.EDUCATION
