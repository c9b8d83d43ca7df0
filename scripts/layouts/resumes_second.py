"""Layouts of generated CVs that were measured before the rules were mended on them, too."""

from __future__ import annotations

from scripts.layouts.printed_sheet import Flow, Sheet
from scripts.layouts.resume_parts import beside, head, period, section
from scripts.layouts.resume_people import Job, Person


def sidebar_right(person: Person) -> Sheet:
    """A sidebar on the right with contacts and education; jobs in lines with bars on the left."""
    sheet = Sheet()
    main, side = Flow(sheet, 45, 340, 50), Flow(sheet, 420, 140, 120, 9)
    main.line(person.name, 24, bold=True)
    main.line(person.headline, 11, italic=True)
    section(side, "Get in touch", 12)
    for text in (person.email, person.phone, person.place):
        side.line(text)
    section(side, "Education", 12)
    for study in person.studies:
        side.line(study.institution, bold=True)
        side.line(f"{study.degree}, {study.area}")
        side.line(period(study, person, "years"), grey=0.4)
        side.gap()
    section(side, "Skills", 12)
    for skill in person.skills:
        side.bullet(skill)
    section(main, "Career History", 14)
    for job in person.jobs:
        main.line(f"{job.position} | {job.company} | {period(job, person, 'years')}", 10.5, bold=True)
        for task in job.tasks:
            main.bullet(task)
        main.gap()
    return sheet


def two_columns(person: Person) -> Sheet:
    """Two columns of one width below a band: education and skills left, jobs right, periods below in grey."""
    sheet = Sheet()
    sheet.page(0)
    sheet.shade(0, (0, 0, 595, 90), 0.85)
    band = Flow(sheet, 45, 505, 25)
    band.line(person.name, 22, bold=True, centred=True)
    band.line(f"{person.phone}   {person.email}   {person.place}", 9, centred=True)
    left, right = Flow(sheet, 45, 240, 105), Flow(sheet, 310, 245, 105)
    section(left, "EDUCATION")
    for study in person.studies:
        left.line(f"{study.degree} in {study.area}", bold=True)
        left.line(study.institution)
        left.line(f"{period(study, person, 'numbers')}, {study.place}", 9, grey=0.45)
        left.gap()
    section(left, "SKILLS")
    for skill in person.skills:
        left.bullet(skill)
    section(right, "EXPERIENCE")
    for job in person.jobs:
        right.line(job.company, bold=True)
        right.line(job.position, italic=True)
        right.line(f"{period(job, person, 'numbers')}, {job.place}", 9, grey=0.45)
        for task in job.tasks:
            right.bullet(task)
        right.gap()
    return sheet


def position_at_company(person: Person) -> Sheet:
    """The name below a title and a summary; ``Position at Company (2018–2020)``."""
    flow = Flow(Sheet(serif=True), 60, 470, size=11)
    flow.line("CURRICULUM VITAE", 16, centred=True)
    section(flow, "Personal details")
    for label, value in (("Name", person.name), ("Address", f"14 Mill Lane, {person.place}"), ("Phone", person.phone)):
        flow.line(f"{label}: {value}")
    flow.line(f"Email: {person.email}")
    section(flow, "Profile")
    flow.line(f"{person.headline}, with years of practice in teams large and small, looking for a place to stay.")
    section(flow, "Work History")
    for job in person.jobs:
        flow.line(f"{job.position} at {job.company} ({period(job, person, 'years')})", bold=True)
        for task in job.tasks:
            flow.bullet(task)
    section(flow, "Educational Background")
    for study in person.studies:
        flow.line(
            f"{study.degree} in {study.area} from {study.institution} ({period(study, person, 'years')})", bold=True
        )
    return flow.sheet


def unruled_tables(person: Person) -> Sheet:
    """Tables without lines, below a header row."""
    flow = Flow(Sheet(), 50, 495)
    head(flow, person)
    section(flow, "Employment")
    flow.cells(("Company", "Role", "From", "To"), (185, 165, 70, 75), bold=True)
    for job in person.jobs:
        start, end = period(job, person, "words").split(" – ")
        flow.cells((job.company, job.position, start, end), (185, 165, 70, 75))
    section(flow, "Qualifications")
    flow.cells(("Degree", "Subject", "School", "Year"), (130, 130, 175, 60), bold=True)
    for study in person.studies:
        flow.cells((study.degree, study.area, study.institution, str(study.end[0])), (130, 130, 175, 60))
    return flow.sheet


def chinese_free(person: Person) -> Sheet:
    """A Chinese CV without lines: period, name and role in one row with wide spaces."""
    flow = Flow(Sheet(), 60, 475, size=10.5)
    flow.line(person.name, 20, centred=True)
    flow.line(f"电话：{person.phone}    邮箱：{person.email}    {person.place}", 9.5, centred=True)
    section(flow, "教育背景")
    for study in person.studies:
        text = f"{period(study, person, 'dots')}        {study.institution}        {study.area}（{study.degree}）"
        flow.line(text)
    section(flow, "工作经验")
    for job in person.jobs:
        flow.line(f"{job.company}        {job.position}", right=period(job, person, "dots"))
        for task in job.tasks:
            flow.bullet(task)
    section(flow, "自我评价")
    flow.line("本人工作认真负责，善于沟通，具有良好的团队合作精神，能够承受较大的工作压力。")
    return flow.sheet


def french_colons(person: Person) -> Sheet:
    """A French CV: ``septembre 2018 – août 2021 : Poste, Entreprise, Ville``."""
    flow = Flow(Sheet(serif=True), 60, 475, size=10.5)
    flow.line(person.name, 18, bold=True)
    flow.line(f"12 rue des Lilas, {person.place}", 9.5)
    flow.line(f"Tél. {person.phone} – {person.email}", 9.5)
    section(flow, "Expériences professionnelles")
    for job in person.jobs:
        flow.line(f"{period(job, person, 'words')} : {job.position}, {job.company}, {job.place}")
        for task in job.tasks:
            flow.bullet(task)
    section(flow, "Formation")
    for study in person.studies:
        flow.line(f"{period(study, person, 'years')} : {study.degree} en {study.area}, {study.institution}")
    return flow.sheet


def academic_theses(person: Person) -> Sheet:
    """An academic CV: degrees with theses below, posts with years in the left margin, talks and grants."""
    flow = Flow(Sheet(serif=True), 60, 475, size=11)
    flow.line(person.name, 16, bold=True)
    flow.line(person.headline)
    flow.line(f"Email: {person.email}")
    flow.line(f"Phone: {person.phone}")
    section(flow, "Education")
    for study in person.studies:
        flow.line(f"{study.degree}, {study.area}, {study.institution}, {study.end[0]}", bold=True)
        flow.line("Thesis: Slow rivers and what they carry. Advisor: R. Fenwick", indent=14)
    section(flow, "Professional Appointments")
    for job in person.jobs:
        beside(flow, period(job, person, "years"), f"{job.position}, {job.company}, {job.place}", indent=90)
    section(flow, "Grants and Awards")
    beside(flow, "2019", "Prize of the Society of Inland Waters", indent=90)
    section(flow, "Invited Talks")
    beside(flow, "2018", "On lowland rivers, University of Oxenford", indent=90)
    return flow.sheet


def chinese_register(person: Person) -> Sheet:
    """A Chinese register sheet: all in one ruled table, with a bar of one cell for each section."""
    flow = Flow(Sheet(), 50, 495)
    flow.line("求职简历", 16, centred=True)
    flow.gap()
    widths = (80, 168, 80, 167)
    flow.cells(("姓 名", person.name, "手 机", person.phone), widths, ruled=True)
    flow.cells(("邮 箱", person.email, "地 址", f"{person.place}市"), widths, ruled=True)
    flow.cells(("工作经历",), (495,), ruled=True)
    for job in person.jobs:
        flow.cells((period(job, person, "dots"), job.company, job.position), (130, 215, 150), ruled=True)
    flow.cells(("学历背景",), (495,), ruled=True)
    for study in person.studies:
        flow.cells(
            (period(study, person, "dots"), study.institution, study.area, study.degree),
            (130, 165, 130, 70),
            ruled=True,
        )
    return flow.sheet


def period_above(person: Person) -> Sheet:
    """The period above each entry, the title in bold below it, then ``Company · Place``; degrees above schools."""
    flow = Flow(Sheet(), 80, 430)
    flow.line(person.name, 26)
    flow.line(f"{person.place} · {person.phone} · {person.email}", 9)
    for title in ("Employment", "Studies"):
        section(flow, title, 15)
        for one in person.jobs if title == "Employment" else person.studies:
            flow.line(period(one, person, "words"), 9, grey=0.5)
            if isinstance(one, Job):
                flow.line(one.position, 11.5, bold=True)
                flow.line(f"{one.company} · {one.place}")
                for task in one.tasks:
                    flow.bullet(task)
            else:
                flow.line(f"{one.degree}, {one.area}", 11.5, bold=True)
                flow.line(f"{one.institution} · {one.place}")
            flow.gap()
    return flow.sheet
