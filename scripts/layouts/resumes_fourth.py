"""Layouts of generated CVs, written last."""

from __future__ import annotations

from scripts.layouts.printed_sheet import Flow, Sheet
from scripts.layouts.resume_parts import beside, period, section
from scripts.layouts.resume_people import Job, Person


def grey_periods_right(person: Person) -> Sheet:
    """Title in bold, the company behind a comma, the period on a row of its own at the right; degrees alike."""
    flow = Flow(Sheet(), 56, 480)
    flow.line(person.name, 22, bold=True, right=person.phone)
    flow.line(person.headline, right=person.email)
    flow.line(person.place)
    section(flow, "Work")
    for job in person.jobs:
        flow.line(f"{job.position}, {job.company}", 10.5, bold=True, right=period(job, person, "words"))
        for task in job.tasks:
            flow.bullet(task)
    section(flow, "Education & Certifications")
    for study in person.studies:
        text = f"{study.degree} in {study.area}, {study.institution}"
        flow.line(text, 10.5, bold=True, right=period(study, person, "years"))
    return flow.sheet


def two_sided_header(person: Person) -> Sheet:
    """Sections between rules; ``Company — Position`` with place and period in the row below."""
    flow = Flow(Sheet(serif=True), 60, 475, size=10.5)
    flow.line(person.name, 20, centred=True)
    flow.line(f"{person.phone} — {person.email} — {person.place}", 9, centred=True)
    for title, ones in (("EXPERIENCE", person.jobs), ("EDUCATION", person.studies)):
        flow.rule()
        section(flow, title, 11)
        for one in ones:  # type: ignore[attr-defined]
            if isinstance(one, Job):
                flow.line(f"{one.company} — {one.position}", bold=True)
            else:
                flow.line(f"{one.institution} — {one.degree} {one.area}", bold=True)
            flow.line(f"{one.place}, {period(one, person, 'words')}", italic=True)
            for task in one.tasks if isinstance(one, Job) else ():
                flow.bullet(task)
            flow.gap(4)
    return flow.sheet


def sidebar_with_education(person: Person) -> Sheet:
    """A sidebar at the left with contacts and schools, the years of each above it; jobs at the right."""
    sheet = Sheet()
    sheet.page(0)
    sheet.shade(0, (0, 0, 200, 842))
    side, main = Flow(sheet, 20, 165, 50, 9), Flow(sheet, 220, 335, 50)
    section(side, "Contact", 11)
    for text in (person.email, person.phone, person.place):
        side.line(text)
    section(side, "Education", 11)
    for study in person.studies:
        side.line(period(study, person, "years"), grey=0.4)
        side.line(f"{study.degree} in {study.area}", bold=True)
        side.line(study.institution)
        side.gap()
    main.line(person.name, 24, bold=True)
    section(main, "Profile", 12)
    main.line(f"{person.headline}, at home in large teams and small ones, with an eye for what lasts.")
    section(main, "Professional Experience", 12)
    for job in person.jobs:
        main.line(job.position, 11, bold=True)
        main.line(f"{job.company} | {period(job, person, 'words')}", grey=0.3)
        for task in job.tasks:
            main.bullet(task)
        main.gap()
    return sheet


def chinese_columns(person: Person) -> Sheet:
    """A Chinese CV: periods in a left column, ``公司 / 职位`` beside them; schools alike."""
    flow = Flow(Sheet(), 56, 480, size=10.5)
    flow.line(person.name, 20)
    flow.line(f"{person.phone} / {person.email} / {person.place}", 9.5)
    section(flow, "求职意向")
    flow.line(person.jobs[0].position)
    section(flow, "工作经历")
    for job in person.jobs:
        beside(flow, period(job, person, "dots"), f"{job.company} / {job.position}", indent=120)
        for task in job.tasks:
            flow.line(f"{task}；", indent=120)
    section(flow, "教育经历")
    for study in person.studies:
        text = f"{study.institution} / {study.area} / {study.degree}"
        beside(flow, period(study, person, "dots"), text, indent=120)
    return flow.sheet


def german_table(person: Person) -> Sheet:
    """A German CV in ruled tables: Zeitraum, Firma, Tätigkeit; Zeitraum, Hochschule, Abschluss, Fach."""
    flow = Flow(Sheet(), 50, 495)
    flow.line(f"Lebenslauf {person.name}", 16, bold=True)
    flow.line(f"{person.place}, Tel. {person.phone}, {person.email}", 9.5)
    section(flow, "Berufserfahrung")
    flow.cells(("Zeitraum", "Firma", "Tätigkeit"), (150, 185, 160), bold=True, ruled=True)
    for job in person.jobs:
        flow.cells((period(job, person, "numbers"), job.company, job.position), (150, 185, 160), ruled=True)
    section(flow, "Studium")
    flow.cells(("Zeitraum", "Hochschule", "Abschluss", "Fach"), (130, 160, 105, 100), bold=True, ruled=True)
    for study in person.studies:
        row = (period(study, person, "numbers"), study.institution, study.degree, study.area)
        flow.cells(row, (130, 160, 105, 100), ruled=True)
    return flow.sheet
