"""Layouts of generated CVs, set to see how the rules do on further ones."""

from __future__ import annotations

from scripts.layouts.months import MONTHS
from scripts.layouts.printed_sheet import Flow, Sheet
from scripts.layouts.resume_parts import beside, period, section
from scripts.layouts.resume_people import Job, Person, Study


def cards(person: Person) -> Sheet:
    """Each job a shaded card: the company in capitals, then ``Position, since 2019``; schools in one line each."""
    sheet = Sheet()
    flow = Flow(sheet, 56, 480)
    flow.line(person.name, 21, bold=True)
    flow.line(f"{person.headline}", 10, grey=0.4)
    flow.line(f"T {person.phone}   M {person.email}   {person.place}", 9)
    section(flow, "Selected Roles")
    for job in person.jobs:
        sheet.shade(flow.number, (50, flow.y + 3, 540, flow.y + 34), 0.92)
        flow.line(job.company.upper(), 11, bold=True, right=period(job, person, "numbers"))
        flow.line(f"{job.position}, {job.place}", italic=True)
        flow.gap(4)
        for task in job.tasks:
            flow.bullet(task, "›")
        flow.gap(8)
    section(flow, "Academic Background")
    for study in person.studies:
        flow.line(f"{study.institution} — {study.degree}, {study.area} — {period(study, person, 'years')}")
    return sheet


def labelled_entries(person: Person) -> Sheet:
    """Entries as lists of labels: ``Employer: …``, ``Position: …``, ``Dates: …``."""
    flow = Flow(Sheet(serif=True), 60, 475, size=10.5)
    flow.line("RESUME", 15, bold=True, centred=True)
    for label, value in (
        ("Name", person.name),
        ("Phone", person.phone),
        ("E-mail", person.email),
        ("Address", person.place),
    ):
        flow.line(f"{label}: {value}")
    section(flow, "Work Experience")
    for job in person.jobs:
        for label, value in (
            ("Dates", period(job, person, "words")),
            ("Employer", job.company),
            ("Position", job.position),
        ):
            flow.line(f"{label}: {value}")
        flow.line(f"Responsibilities: {job.tasks[0]}")
        flow.gap()
    section(flow, "Education and Training")
    for study in person.studies:
        for label, value in (("Dates", period(study, person, "years")), ("Institution", study.institution)):
            flow.line(f"{label}: {value}")
        flow.line(f"Qualification: {study.degree} in {study.area}")
        flow.gap()
    return flow.sheet


def margin_headings(person: Person) -> Sheet:
    """Section names in the left margin, the entries beside them, periods at the right."""
    flow = Flow(Sheet(serif=True), 50, 495)
    flow.line(person.name, 17, bold=True)
    flow.line(f"{person.place} · {person.email} · {person.phone}", 9)
    flow.gap(10)
    for title in ("Education", "Employment"):
        for at, one in enumerate(person.studies if title == "Education" else person.jobs):
            first = one.institution if isinstance(one, Study) else one.position
            flow.line(first, bold=True, indent=105, right=period(one, person, "words"))
            if not at:
                flow.sheet.put(flow.number, (flow.x, flow.y), title, 10, bold=True)
            if isinstance(one, Study):
                flow.line(f"{one.degree} ({one.area})", indent=105)
                continue
            flow.line(f"{one.company}, {one.place}", indent=105)
            for task in one.tasks:
                flow.line(f"• {task}", indent=115)
        flow.gap(10)
    return flow.sheet


def narrative(person: Person) -> Sheet:
    """Jobs in lines such as ``2019–2021: Data Analyst with Bluefin (Leeds, UK).`` and schools alike."""
    flow = Flow(Sheet(), 64, 465, size=10.5)
    flow.line(person.name, 20, bold=True)
    for text in (person.place, person.phone, person.email):
        flow.line(text, 9.5)
    section(flow, "Career")
    for job in person.jobs:
        flow.line(f"{period(job, person, 'years')}: {job.position}, {job.company} ({job.place})")
    section(flow, "Schooling")
    for study in person.studies:
        flow.line(f"{period(study, person, 'years')}: {study.institution}, {study.degree} ({study.area})")
    section(flow, "Referees")
    flow.line("Dr. Anna Whitlock, Director, Institute of Inland Waters, a.whitlock@waters.example.org")
    return flow.sheet


def chinese_bilingual(person: Person) -> Sheet:
    """A Chinese CV with bilingual headings, roles in brackets, periods on a row of their own at the right."""
    flow = Flow(Sheet(), 56, 480, size=10.5)
    flow.line(f"{person.name}的个人简历", 18)
    flow.line(f"手机：{person.phone} ｜ 邮箱：{person.email} ｜ 现居：{person.place}", 9.5)
    section(flow, "工作经历 / Work Experience")
    for job in person.jobs:
        flow.line(f"{job.company}（{job.position}）", 11, right=period(job, person, "dots"))
        for task in job.tasks:
            flow.line(f"- {task}", indent=10)
    section(flow, "教育经历 / Education")
    for study in person.studies:
        flow.line(f"{study.institution}  |  {study.area}  |  {study.degree}", right=period(study, person, "dots"))
    section(flow, "专业技能")
    flow.line("、".join(person.skills))
    return flow.sheet


def german_blocks(person: Person) -> Sheet:
    """A German CV: ``seit 03/2019`` and ``03/2015 bis 02/2019`` above ``Firma | Ort`` and the role."""
    flow = Flow(Sheet(), 70, 450)
    flow.line(person.name, 20, bold=True)
    flow.line(f"{person.place} | {person.phone} | {person.email}", 9)
    for title, ones in (("Berufspraxis", person.jobs), ("Bildungsweg", person.studies)):
        section(flow, title, 14)
        for one in ones:  # type: ignore[attr-defined]
            start, end = (f"{at[1]:02d}/{at[0]}" if at else "" for at in (one.start, one.end))
            flow.line(f"{start} bis {end}" if end else f"seit {start}", 9, grey=0.4)
            if isinstance(one, Job):
                flow.line(f"{one.company} | {one.place}", bold=True)
                flow.line(one.position)
            else:
                flow.line(f"{one.institution} | {one.place}", bold=True)
                flow.line(f"{one.degree} {one.area}")
            flow.gap()
    return flow.sheet


def bulleted_lines(person: Person) -> Sheet:
    """One line an entry: ``• Position – Company, Place (2019 - 2021)``; schools after degrees."""
    flow = Flow(Sheet(), 60, 475)
    flow.line(person.name, 18, bold=True)
    flow.line(f"Email: {person.email}, Phone: {person.phone}", 9.5)
    flow.line(f"Location: {person.place}", 9.5)
    section(flow, "Professional Background")
    for job in person.jobs:
        flow.bullet(f"{job.position} – {job.company}, {job.place} ({period(job, person, 'years')})")
    section(flow, "Academic Credentials")
    for study in person.studies:
        flow.bullet(f"{study.degree} – {study.area} – {study.institution} ({study.end[0]})")
    return flow.sheet


def stacked_years(person: Person) -> Sheet:
    """A timeline: the year of the end above that of the begin in a left column, the entry beside it."""
    flow = Flow(Sheet(), 50, 495)
    flow.line(person.name, 24, bold=True)
    flow.line(f"{person.email} / {person.phone} / {person.place}", 9)
    for title, ones in (("EXPERIENCE", person.jobs), ("EDUCATION", person.studies)):
        section(flow, title)
        for one in ones:  # type: ignore[attr-defined]
            upper, lower = (
                (one.position, one.company) if isinstance(one, Job) else (one.institution, f"{one.degree} {one.area}")
            )
            beside(flow, f"{one.start[0]} -", upper, bold=True, indent=80)
            beside(flow, str(one.end[0]) if one.end else "Present", lower, indent=80)
            for task in one.tasks if isinstance(one, Job) else ():
                flow.line(f"• {task}", indent=80)
            flow.gap(8)
    return flow.sheet


def month_names_long(person: Person) -> Sheet:
    """``Company, Place`` above ``Position, January 2019 to present``; the degree above the school with its year."""
    long = lambda at: f"{MONTHS['en'][at[1] - 1]} {at[0]}" if at else "present"  # noqa: E731
    flow = Flow(Sheet(serif=True), 64, 465, size=11)
    flow.line(person.name, 16, bold=True, centred=True)
    flow.line(f"{person.place}", centred=True)
    flow.line(f"{person.phone} | {person.email}", centred=True)
    section(flow, "RELEVANT EXPERIENCE", 11)
    for job in person.jobs:
        flow.line(f"{job.company}, {job.place}", bold=True)
        flow.line(f"{job.position}, {long(job.start)} to {long(job.end)}", italic=True)
        for task in job.tasks:
            flow.bullet(task)
        flow.gap(4)
    section(flow, "EDUCATION", 11)
    for study in person.studies:
        flow.line(f"{study.degree}, {study.area}, {MONTHS['en'][5]} {study.end[0]}", bold=True)
        flow.line(f"{study.institution}, {study.place}")
    return flow.sheet


def chinese_sidebar(person: Person) -> Sheet:
    """A Chinese CV with a shaded sidebar; jobs to its right, the period behind the firm, the role below."""
    sheet = Sheet()
    sheet.page(0)
    sheet.shade(0, (0, 0, 180, 842), 0.88)
    side, main = Flow(sheet, 20, 150, 60, 9.5), Flow(sheet, 205, 345, 50)
    side.line(person.name, 20)
    section(side, "联系方式")
    for text in (person.phone, person.email, person.place):
        side.line(text)
    section(side, "专业技能")
    for skill in person.skills:
        side.line(skill)
    section(main, "工作经历")
    for job in person.jobs:
        main.line(job.company, 11, right=period(job, person, "dots"))
        main.line(f"职位：{job.position}")
        for task in job.tasks:
            main.bullet(task)
        main.gap()
    section(main, "教育经历")
    for study in person.studies:
        main.line(f"{study.institution}  {study.area}  {study.degree}", right=period(study, person, "dots"))
    return sheet


def french_table(person: Person) -> Sheet:
    """A French CV in unruled tables: Période, Entreprise, Poste; Année, Diplôme, Établissement."""
    flow = Flow(Sheet(), 50, 495)
    flow.line(person.name, 18, bold=True)
    flow.line(f"{person.place} — {person.phone} — {person.email}", 9.5)
    section(flow, "Parcours professionnel")
    flow.cells(("Période", "Entreprise", "Poste"), (170, 170, 155), bold=True)
    for job in person.jobs:
        flow.cells((period(job, person, "words"), job.company, job.position), (170, 170, 155))
    section(flow, "Études")
    flow.cells(("Année", "Diplôme", "Spécialité", "Établissement"), (60, 140, 120, 175), bold=True)
    for study in person.studies:
        flow.cells((str(study.end[0]), study.degree, study.area, study.institution), (60, 140, 120, 175))
    return flow.sheet


def barred_lines(person: Person) -> Sheet:
    """``COMPANY | Place | Period`` with the role below; ``School | Degree | Area | Year`` in one line."""
    flow = Flow(Sheet(), 50, 495)
    flow.line(person.name.upper(), 18, bold=True, right=person.phone)
    flow.line(person.headline, right=person.email)
    flow.line(person.place)
    flow.rule()
    section(flow, "Employment History")
    for job in person.jobs:
        flow.line(f"{job.company.upper()} | {job.place} | {period(job, person, 'words')}", bold=True)
        flow.line(job.position, italic=True)
        for task in job.tasks:
            flow.bullet(task)
    section(flow, "Education & Training")
    for study in person.studies:
        flow.line(f"{study.institution} | {study.degree} | {study.area} | {study.end[0]}")
    return flow.sheet
