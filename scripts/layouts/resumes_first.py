"""Layouts of generated CVs on which the rules for CVs were mended."""

from __future__ import annotations

from scripts.layouts.printed_sheet import Flow, Sheet
from scripts.layouts.resume_parts import beside, head, period, section
from scripts.layouts.resume_people import Person


def title_dash_company(person: Person) -> Sheet:
    """``Title - Company`` as a heading, its period below; ``Degree, Institution`` as a heading."""
    flow = Flow(Sheet(), 56, 480)
    head(flow, person)
    section(flow, "Professional Experience")
    for job in person.jobs:
        flow.line(f"{job.position} - {job.company}", 11.5, bold=True)
        flow.line(period(job, person, "words"), italic=True)
        for task in job.tasks:
            flow.bullet(task)
    section(flow, "Education")
    for study in person.studies:
        flow.line(f"{study.degree} in {study.area}, {study.institution}", 11.5, bold=True)
        flow.line(period(study, person, "words"), italic=True)
    return flow.sheet


def sidebar_left(person: Person) -> Sheet:
    """A shaded sidebar with contacts, skills and languages; the career to its right."""
    sheet = Sheet()
    sheet.page(0)
    sheet.shade(0, (0, 0, 190, 842))
    side, main = Flow(sheet, 20, 155, 80, 9), Flow(sheet, 215, 345, 60)
    section(side, "CONTACT", 11)
    for text in (person.phone, person.email, person.place):
        side.line(text)
    section(side, "SKILLS", 11)
    for skill in person.skills:
        side.line(skill)
    section(side, "LANGUAGES", 11)
    side.line("English (native)")
    side.line("Spanish (B2)")
    main.line(person.name.upper(), 22, bold=True)
    main.line(person.headline, 11, grey=0.4)
    section(main, "WORK EXPERIENCE")
    for job in person.jobs:
        main.line(job.position, 11, bold=True)
        main.line(f"{job.company}, {job.place}", right=period(job, person, "numbers"))
        for task in job.tasks:
            main.bullet(task)
        main.gap()
    section(main, "EDUCATION")
    for study in person.studies:
        main.line(f"{study.degree}, {study.area}", 11, bold=True)
        main.line(study.institution, right=period(study, person, "years"))
    return sheet


def ruled_tables(person: Person) -> Sheet:
    """Ruled tables with a header row."""
    flow = Flow(Sheet(serif=True), 50, 495)
    flow.line("Curriculum Vitae", 16, bold=True, centred=True)
    flow.gap()
    for name, value in (
        ("Name", person.name),
        ("E-mail", person.email),
        ("Mobile", person.phone),
        ("City", person.place),
    ):
        flow.cells((name, value), (110, 385), ruled=True)
    section(flow, "Employment Record")
    flow.cells(("Period", "Employer", "Position", "Location"), (110, 150, 145, 90), bold=True, ruled=True)
    for job in person.jobs:
        flow.cells(
            (period(job, person, "words"), job.company, job.position, job.place), (110, 150, 145, 90), ruled=True
        )
    section(flow, "Academic Qualifications")
    flow.cells(("Years", "Institution", "Degree", "Subject"), (80, 190, 125, 100), bold=True, ruled=True)
    for study in person.studies:
        row = (period(study, person, "years"), study.institution, study.degree, study.area)
        flow.cells(row, (80, 190, 125, 100), ruled=True)
    return flow.sheet


def dates_in_left_column(person: Person) -> Sheet:
    """Periods in a left column; beside them the company in bold, the position in italics below."""
    flow = Flow(Sheet(), 56, 480)
    head(flow, person)
    section(flow, "Experience")
    for job in person.jobs:
        beside(flow, period(job, person, "words"), job.company, bold=True)
        flow.line(job.position, italic=True, indent=140)
        for task in job.tasks:
            flow.line(f"– {task}", indent=140)
        flow.gap()
    section(flow, "Education")
    for study in person.studies:
        beside(flow, period(study, person, "years"), study.institution, bold=True)
        flow.line(f"{study.degree} in {study.area}", italic=True, indent=140)
        flow.gap()
    return flow.sheet


def academic_one_liners(person: Person) -> Sheet:
    """An academic CV: each post in one line behind its years, and a list of publications with years."""
    flow = Flow(Sheet(serif=True), 64, 465, size=11)
    flow.line(person.name, 18, centred=True)
    flow.line(f"{person.place}, {person.phone}", centred=True)
    flow.line(person.email, centred=True)
    section(flow, "Academic Appointments")
    for job in person.jobs:
        flow.line(f"{period(job, person, 'years')}   {job.position}, {job.company}")
    section(flow, "Degrees")
    for study in person.studies:
        flow.line(f"{study.end[0]}   {study.degree}, {study.area}, {study.institution}")
    section(flow, "Publications")
    for at in range(4):
        flow.line(f"{person.name.split()[-1]}, A. and Fenwick, R. ({2021 - at}). On the flow of slow rivers. "
                  f"Journal of Inland Waters, {14 - at}(2), {at}11-{at}29.")  # fmt: skip
    return flow.sheet


def chinese_form(person: Person) -> Sheet:
    """A Chinese form: the person in a ruled grid, schools and jobs in ruled tables."""
    flow = Flow(Sheet(), 50, 495)
    flow.line("个人简历", 18, centred=True)
    flow.gap()
    widths = (80, 168, 80, 167)
    flow.cells(("姓名", person.name, "性别", "女"), widths, ruled=True)
    flow.cells(("联系电话", person.phone, "电子邮箱", person.email), widths, ruled=True)
    flow.cells(("现居住地", person.place, "出生年月", "1992年5月"), widths, ruled=True)
    section(flow, "教育经历")
    flow.cells(("起止时间", "学校名称", "专业", "学历"), (120, 150, 145, 80), ruled=True)
    for study in person.studies:
        row = (period(study, person, "dots"), study.institution, study.area, study.degree)
        flow.cells(row, (120, 150, 145, 80), ruled=True)
    section(flow, "工作经历")
    flow.cells(("起止时间", "工作单位", "职务", "工作内容"), (120, 145, 90, 140), ruled=True)
    for job in person.jobs:
        row = (period(job, person, "dots"), job.company, job.position, "，".join(job.tasks[:1]))
        flow.cells(row, (120, 145, 90, 140), ruled=True)
    return flow.sheet


def german_columns(person: Person) -> Sheet:
    """A German Lebenslauf: labels and periods left, ``Position, Firma, Ort`` right."""
    flow = Flow(Sheet(), 60, 475)
    flow.line("Lebenslauf", 18, bold=True)
    section(flow, "Persönliche Daten")
    rows = (("Name", person.name), ("Anschrift", f"Lindenstraße 14, 80331 {person.place}"), ("Telefon", person.phone))
    for label, value in (*rows, ("E-Mail", person.email), ("Familienstand", "ledig")):
        beside(flow, label, value)
    section(flow, "Beruflicher Werdegang")
    for job in person.jobs:
        beside(flow, period(job, person, "numbers"), f"{job.position}, {job.company}, {job.place}", bold=True)
        for task in job.tasks:
            flow.line(f"• {task}", indent=140)
    section(flow, "Ausbildung")
    for study in person.studies:
        beside(flow, period(study, person, "numbers"), f"{study.institution}, {study.place}", bold=True)
        flow.line(f"{study.degree}, {study.area}", indent=140)
    return flow.sheet


def company_first(person: Person) -> Sheet:
    """The company and its place in one row, position and period in the next; the degree below the school."""
    flow = Flow(Sheet(serif=True), 56, 480, size=10.5)
    flow.line(person.name, 19, bold=True, centred=True)
    flow.line(f"{person.place} • {person.email} • {person.phone}", 9, centred=True)
    section(flow, "EDUCATION", 12)
    for study in person.studies:
        flow.line(study.institution, bold=True, right=study.place)
        flow.line(f"{study.degree} in {study.area}", italic=True, right=period(study, person, "words"))
    section(flow, "EXPERIENCE", 12)
    for job in person.jobs:
        flow.line(job.company, bold=True, right=job.place)
        flow.line(job.position, italic=True, right=period(job, person, "words"))
        for task in job.tasks:
            flow.bullet(task)
    return flow.sheet


def unusual_section_names(person: Person) -> Sheet:
    """Sections called as a designer calls them; periods in brackets behind the title."""
    flow = Flow(Sheet(), 70, 450)
    flow.line(f"Hi, I'm {person.name}.", 18, bold=True)
    flow.line(f"{person.headline}. Write to {person.email} or call {person.phone}.", 10)
    section(flow, "Where I have worked", 14)
    for job in person.jobs:
        flow.line(f"{job.position} ({period(job, person, 'years')})", 11, bold=True)
        flow.line(f"{job.company}, {job.place}", grey=0.4)
        for task in job.tasks:
            flow.bullet(task, "-")
    section(flow, "What I studied", 14)
    for study in person.studies:
        flow.line(f"{study.degree} {study.area} ({period(study, person, 'years')})", 11, bold=True)
        flow.line(study.institution, grey=0.4)
    section(flow, "What I am good at", 14)
    flow.line(", ".join(person.skills))
    return flow.sheet
