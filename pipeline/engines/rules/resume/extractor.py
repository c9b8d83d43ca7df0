"""Schema ``resume``: person, contacts, education, experience and skills; English and Chinese, one or two columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine, page_lines
from pipeline.engines.evidence.record_builder import build_record
from pipeline.engines.rules.contacts import find_emails
from pipeline.engines.rules.resume.entries import read_entries
from pipeline.engines.rules.resume.headings import SectionKind
from pipeline.engines.rules.resume.jobs import experience_rows
from pipeline.engines.rules.resume.kinds import entries_by_kind
from pipeline.engines.rules.resume.labelled_entries import labelled_rows
from pipeline.engines.rules.resume.named_pieces import LocatedRow
from pipeline.engines.rules.resume.person import (
    find_email,
    find_links,
    find_location,
    find_name,
    find_phone,
    lines_near,
    with_labels_beside,
)
from pipeline.engines.rules.resume.schools import education_rows
from pipeline.engines.rules.resume.sections import Section, find_sections
from pipeline.engines.rules.resume.tables import EDUCATION, EXPERIENCE, table_rows
from pipeline.engines.rules.resume.tagged_rows import with_tags
from pipeline.engines.rules.resume.tagging.tagger import tagged
from pipeline.engines.rules.resume.told_schools import told_studies
from pipeline.engines.rules.resume.words import names_job
from stores.models import Page, Record, Schema

_MOST_CONTACT_ROWS = 10
_MOST_SKILLS = 100
_MOST_SUMMARY_LINES = 25
_LONGEST_SKILL = 80
_SKILL_LABEL = re.compile(r"^\W*[^:：,，]{2,40}[:：]\s*")
_SKILL_BREAK = re.compile(r"\s*[,;，；、|•·]\s*(?![^()（）]*[)）])")


class ResumeRules:
    """Fields of a curriculum vitae, by rules."""

    fingerprint = "rules-resume/13"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Extract the record of ``schema``; ``source`` is not used."""
        lines = page_lines(pages)
        sections = find_sections(lines)
        contacts = [row for section in sections if _is_about_person(section) for row in section.rows]
        about = with_labels_beside(contacts)
        email = find_email(about) or find_email(lines)
        name = find_name(lines, about, email)
        rows = {
            "education": _rows(sections, SectionKind.EDUCATION) or told_studies(contacts),
            "experience": _rows(sections, SectionKind.EXPERIENCE),
        }
        values = {
            "name": name,
            "email": email,
            "phone": find_phone(about)
            or find_phone(about, expected=True)
            or find_phone(lines)
            or find_phone(lines_near(lines, email), expected=True),
            "location": find_location(about, name),
            "links": find_links(about),
            "summary": _summary(sections),
            "skills": _skills(sections),
            **with_tags(rows, tagged(lines), sections),
        }
        return build_record(schema, values)


def _is_about_person(section: Section) -> bool:
    """Whether a section holds contacts: by its kind, or as a short one of an unknown name with an e-mail address."""
    if section.kind is SectionKind.OTHER and len(section.rows) <= _MOST_CONTACT_ROWS:
        return any(find_emails(line.text) for line in section.lines)
    return section.kind in (SectionKind.HEAD, SectionKind.CONTACT)


def _lines_of(sections: Iterable[Section], *kinds: SectionKind) -> list[PageLine]:
    return [line for section in sections if section.kind in kinds for line in section.lines]


def _rows(sections: Sequence[Section], kind: SectionKind) -> list[LocatedRow]:
    educated = kind is SectionKind.EDUCATION
    read, table = (education_rows, EDUCATION) if educated else (experience_rows, EXPERIENCE)
    tables = [
        table_rows(table, section.rows) or labelled_rows(educated, section.rows)
        for section in sections
        if section.kind is kind
    ]
    if any(tables):
        ours = [section.rows for section in sections if section.kind is kind]
        sets = [told or read(read_entries(rows)) for told, rows in zip(tables, ours, strict=True)]
    else:
        sets = [read(entries) for entries in entries_by_kind(sections, kind)]
    dated = [any(row["start_date"] or row["end_date"] for row in rows) for rows in sets]
    undated = educated or not any(dated)  # sections without a date are then of schools, or all that there is
    return [
        row
        for rows, has_date in zip(sets, dated, strict=True)
        if has_date or undated or _are_jobs(rows)
        for row in rows
    ]


def _are_jobs(rows: Sequence[LocatedRow]) -> bool:
    """Whether all rows name a job and a firm, though they have no date."""
    return all(row["company"] and row["position"] and names_job(str(row["position"].value)) for row in rows)


def _summary(sections: Sequence[Section]) -> LocatedValue | None:
    """Join the lines of the first summary section."""
    section = next((section for section in sections if section.kind is SectionKind.SUMMARY and section.lines), None)
    if section is None:
        return None
    first = [line for line in section.lines if line.page == section.lines[0].page][:_MOST_SUMMARY_LINES]
    return located_in(" ".join(line.text.strip() for line in first), first)


def _skills(sections: Sequence[Section]) -> list[LocatedValue]:
    """List the parts of the enumerations in the skills sections, without the labels before them."""
    skills = []
    for line in _lines_of(sections, SectionKind.SKILLS):
        for part in _SKILL_BREAK.split(_SKILL_LABEL.sub("", line.text)):
            skill = part.strip(" \t.。-–•●▪◦·*")
            if 1 < len(skill) <= _LONGEST_SKILL and re.search(r"\w", skill):
                skills.append(located_in(skill, [line], skill))
    return skills[:_MOST_SKILLS]
