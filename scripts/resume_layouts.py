"""Layouts of generated CVs: rules were mended on ``MENDED``, then on ``SEEN``; ``HELD_OUT`` is only measured.

Each layout sets a person of ``scripts/resume_people`` as people do; no rule of the product is written for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scripts.printed_sheet import Flow, Sheet
from scripts.resume_people import Job, Person, Study

Layout = Callable[[Person], Sheet]
_MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": tuple("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()),
    "fr": tuple("janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()),
    "de": tuple("Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()),
}
_NOW = {"en": "Present", "de": "heute", "fr": "aujourd'hui", "zh": "至今"}
_TO = {"words": " – ", "numbers": " - ", "dots": "-", "years": "–"}


@dataclass(frozen=True, slots=True)
class LayoutOf:
    """A layout, the languages that it is set in, and whether it prints where the person lives."""

    make: Layout
    languages: tuple[str, ...] = ("en",)
    place: bool = True


def period(one: Job | Study, person: Person, style: str) -> str:
    """The period of a job or a study: ``words`` Jan 2019, ``numbers`` 01/2019, ``dots`` 2019.01, ``years`` 2019."""
    end = _NOW[person.language] if one.end is None else _month(one.end, person.language, style)
    return f"{_month(one.start, person.language, style)}{_TO[style]}{end}"


def _month(at: tuple[int, int], language: str, style: str) -> str:
    year, month = at
    if style == "years":
        return str(year)
    if style == "numbers":
        return f"{month:02d}/{year}"
    if style == "dots":
        return f"{year}.{month:02d}"
    return f"{_MONTHS[language][month - 1]} {year}"


def _head(flow: Flow, person: Person) -> None:
    flow.line(person.name, 20, bold=True)
    flow.line(f"{person.email} | {person.phone} | {person.place}", 9)


def _section(flow: Flow, title: str, size: float = 13.0) -> None:
    flow.gap(8)
    flow.line(title, size, bold=True)
    flow.gap(2)


# The half on which rules may be mended.


def title_dash_company(person: Person) -> Sheet:
    """``Title - Company`` as a heading, its period below; ``Degree, Institution`` as a heading."""
    flow = Flow(Sheet(), 56, 480)
    _head(flow, person)
    _section(flow, "Professional Experience")
    for job in person.jobs:
        flow.line(f"{job.position} - {job.company}", 11.5, bold=True)
        flow.line(period(job, person, "words"), italic=True)
        for task in job.tasks:
            flow.bullet(task)
    _section(flow, "Education")
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
    _section(side, "CONTACT", 11)
    for text in (person.phone, person.email, person.place):
        side.line(text)
    _section(side, "SKILLS", 11)
    for skill in person.skills:
        side.line(skill)
    _section(side, "LANGUAGES", 11)
    side.line("English (native)")
    side.line("Spanish (B2)")
    main.line(person.name.upper(), 22, bold=True)
    main.line(person.headline, 11, grey=0.4)
    _section(main, "WORK EXPERIENCE")
    for job in person.jobs:
        main.line(job.position, 11, bold=True)
        main.line(f"{job.company}, {job.place}", right=period(job, person, "numbers"))
        for task in job.tasks:
            main.bullet(task)
        main.gap()
    _section(main, "EDUCATION")
    for study in person.studies:
        main.line(f"{study.degree}, {study.area}", 11, bold=True)
        main.line(study.institution, right=period(study, person, "years"))
    return sheet


def ruled_tables(person: Person) -> Sheet:
    """Ruled tables with a header row."""
    flow = Flow(Sheet(serif=True), 50, 495)
    flow.line("Curriculum Vitae", 16, bold=True, centred=True)
    flow.gap()
    for name, value in (("Name", person.name), ("E-mail", person.email), ("Mobile", person.phone), ("City", person.place)):
        flow.cells((name, value), (110, 385), ruled=True)
    _section(flow, "Employment Record")
    flow.cells(("Period", "Employer", "Position", "Location"), (110, 150, 145, 90), bold=True, ruled=True)
    for job in person.jobs:
        flow.cells((period(job, person, "words"), job.company, job.position, job.place), (110, 150, 145, 90), ruled=True)
    _section(flow, "Academic Qualifications")
    flow.cells(("Years", "Institution", "Degree", "Subject"), (80, 190, 125, 100), bold=True, ruled=True)
    for study in person.studies:
        row = (period(study, person, "years"), study.institution, study.degree, study.area)
        flow.cells(row, (80, 190, 125, 100), ruled=True)
    return flow.sheet


def dates_in_left_column(person: Person) -> Sheet:
    """Periods in a left column; beside them the company in bold, the position in italics below."""
    flow = Flow(Sheet(), 56, 480)
    _head(flow, person)
    _section(flow, "Experience")
    for job in person.jobs:
        _beside(flow, period(job, person, "words"), job.company, bold=True)
        flow.line(job.position, italic=True, indent=140)
        for task in job.tasks:
            flow.line(f"– {task}", indent=140)
        flow.gap()
    _section(flow, "Education")
    for study in person.studies:
        _beside(flow, period(study, person, "years"), study.institution, bold=True)
        flow.line(f"{study.degree} in {study.area}", italic=True, indent=140)
        flow.gap()
    return flow.sheet


def _beside(flow: Flow, left: str, text: str, *, bold: bool = False, indent: float = 140.0) -> None:
    flow.line(text, bold=bold, indent=indent)
    flow.sheet.put(flow.number, (flow.x, flow.y), left, flow.size)


def academic_one_liners(person: Person) -> Sheet:
    """An academic CV: each post in one line behind its years, and a list of publications with years."""
    flow = Flow(Sheet(serif=True), 64, 465, size=11)
    flow.line(person.name, 18, centred=True)
    flow.line(f"{person.place}, {person.phone}", centred=True)
    flow.line(person.email, centred=True)
    _section(flow, "Academic Appointments")
    for job in person.jobs:
        flow.line(f"{period(job, person, 'years')}   {job.position}, {job.company}")
    _section(flow, "Degrees")
    for study in person.studies:
        flow.line(f"{study.end[0]}   {study.degree}, {study.area}, {study.institution}")
    _section(flow, "Publications")
    for at in range(4):
        flow.line(f"{person.name.split()[-1]}, A. and Fenwick, R. ({2021 - at}). On the flow of slow rivers in lowlands. "
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
    _section(flow, "教育经历")
    flow.cells(("起止时间", "学校名称", "专业", "学历"), (120, 150, 145, 80), ruled=True)
    for study in person.studies:
        row = (period(study, person, "dots"), study.institution, study.area, study.degree)
        flow.cells(row, (120, 150, 145, 80), ruled=True)
    _section(flow, "工作经历")
    flow.cells(("起止时间", "工作单位", "职务", "工作内容"), (120, 145, 90, 140), ruled=True)
    for job in person.jobs:
        row = (period(job, person, "dots"), job.company, job.position, "，".join(job.tasks[:1]))
        flow.cells(row, (120, 145, 90, 140), ruled=True)
    return flow.sheet


def german_columns(person: Person) -> Sheet:
    """A German Lebenslauf: labels and periods left, ``Position, Firma, Ort`` right."""
    flow = Flow(Sheet(), 60, 475)
    flow.line("Lebenslauf", 18, bold=True)
    _section(flow, "Persönliche Daten")
    rows = (("Name", person.name), ("Anschrift", f"Lindenstraße 14, 80331 {person.place}"), ("Telefon", person.phone))
    for label, value in (*rows, ("E-Mail", person.email), ("Familienstand", "ledig")):
        _beside(flow, label, value)
    _section(flow, "Beruflicher Werdegang")
    for job in person.jobs:
        _beside(flow, period(job, person, "numbers"), f"{job.position}, {job.company}, {job.place}", bold=True)
        for task in job.tasks:
            flow.line(f"• {task}", indent=140)
    _section(flow, "Ausbildung")
    for study in person.studies:
        _beside(flow, period(study, person, "numbers"), f"{study.institution}, {study.place}", bold=True)
        flow.line(f"{study.degree}, {study.area}", indent=140)
    return flow.sheet


def company_first(person: Person) -> Sheet:
    """The company and its place in one row, position and period in the next; the degree below the school."""
    flow = Flow(Sheet(serif=True), 56, 480, size=10.5)
    flow.line(person.name, 19, bold=True, centred=True)
    flow.line(f"{person.place} • {person.email} • {person.phone}", 9, centred=True)
    _section(flow, "EDUCATION", 12)
    for study in person.studies:
        flow.line(study.institution, bold=True, right=study.place)
        flow.line(f"{study.degree} in {study.area}", italic=True, right=period(study, person, "words"))
    _section(flow, "EXPERIENCE", 12)
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
    _section(flow, "Where I have worked", 14)
    for job in person.jobs:
        flow.line(f"{job.position} ({period(job, person, 'years')})", 11, bold=True)
        flow.line(f"{job.company}, {job.place}", grey=0.4)
        for task in job.tasks:
            flow.bullet(task, "-")
    _section(flow, "What I studied", 14)
    for study in person.studies:
        flow.line(f"{study.degree} {study.area} ({period(study, person, 'years')})", 11, bold=True)
        flow.line(study.institution, grey=0.4)
    _section(flow, "What I am good at", 14)
    flow.line(", ".join(person.skills))
    return flow.sheet


# Measured before anything was mended on them.


def sidebar_right(person: Person) -> Sheet:
    """A sidebar on the right with contacts and education; jobs in lines with bars on the left."""
    sheet = Sheet()
    main, side = Flow(sheet, 45, 340, 50), Flow(sheet, 420, 140, 120, 9)
    main.line(person.name, 24, bold=True)
    main.line(person.headline, 11, italic=True)
    _section(side, "Get in touch", 12)
    for text in (person.email, person.phone, person.place):
        side.line(text)
    _section(side, "Education", 12)
    for study in person.studies:
        side.line(study.institution, bold=True)
        side.line(f"{study.degree}, {study.area}")
        side.line(period(study, person, "years"), grey=0.4)
        side.gap()
    _section(side, "Skills", 12)
    for skill in person.skills:
        side.bullet(skill)
    _section(main, "Career History", 14)
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
    _section(left, "EDUCATION")
    for study in person.studies:
        left.line(f"{study.degree} in {study.area}", bold=True)
        left.line(study.institution)
        left.line(f"{period(study, person, 'numbers')}, {study.place}", 9, grey=0.45)
        left.gap()
    _section(left, "SKILLS")
    for skill in person.skills:
        left.bullet(skill)
    _section(right, "EXPERIENCE")
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
    _section(flow, "Personal details")
    for label, value in (("Name", person.name), ("Address", f"14 Mill Lane, {person.place}"), ("Phone", person.phone)):
        flow.line(f"{label}: {value}")
    flow.line(f"Email: {person.email}")
    _section(flow, "Profile")
    flow.line(f"{person.headline}, with years of practice in teams large and small, looking for a place to stay.")
    _section(flow, "Work History")
    for job in person.jobs:
        flow.line(f"{job.position} at {job.company} ({period(job, person, 'years')})", bold=True)
        for task in job.tasks:
            flow.bullet(task)
    _section(flow, "Educational Background")
    for study in person.studies:
        flow.line(f"{study.degree} in {study.area} from {study.institution} ({period(study, person, 'years')})", bold=True)
    return flow.sheet


def unruled_tables(person: Person) -> Sheet:
    """Tables without lines, below a header row."""
    flow = Flow(Sheet(), 50, 495)
    _head(flow, person)
    _section(flow, "Employment")
    flow.cells(("Company", "Role", "From", "To"), (185, 165, 70, 75), bold=True)
    for job in person.jobs:
        start, end = period(job, person, "words").split(" – ")
        flow.cells((job.company, job.position, start, end), (185, 165, 70, 75))
    _section(flow, "Qualifications")
    flow.cells(("Degree", "Subject", "School", "Year"), (130, 130, 175, 60), bold=True)
    for study in person.studies:
        flow.cells((study.degree, study.area, study.institution, str(study.end[0])), (130, 130, 175, 60))
    return flow.sheet


def chinese_free(person: Person) -> Sheet:
    """A Chinese CV without lines: period, name and role in one row with wide spaces."""
    flow = Flow(Sheet(), 60, 475, size=10.5)
    flow.line(person.name, 20, centred=True)
    flow.line(f"电话：{person.phone}    邮箱：{person.email}    {person.place}", 9.5, centred=True)
    _section(flow, "教育背景")
    for study in person.studies:
        text = f"{period(study, person, 'dots')}        {study.institution}        {study.area}（{study.degree}）"
        flow.line(text)
    _section(flow, "工作经验")
    for job in person.jobs:
        flow.line(f"{job.company}        {job.position}", right=period(job, person, "dots"))
        for task in job.tasks:
            flow.bullet(task)
    _section(flow, "自我评价")
    flow.line("本人工作认真负责，善于沟通，具有良好的团队合作精神，能够承受较大的工作压力。")
    return flow.sheet


def french_colons(person: Person) -> Sheet:
    """A French CV: ``septembre 2018 – août 2021 : Poste, Entreprise, Ville``."""
    flow = Flow(Sheet(serif=True), 60, 475, size=10.5)
    flow.line(person.name, 18, bold=True)
    flow.line(f"12 rue des Lilas, {person.place}", 9.5)
    flow.line(f"Tél. {person.phone} – {person.email}", 9.5)
    _section(flow, "Expériences professionnelles")
    for job in person.jobs:
        flow.line(f"{period(job, person, 'words')} : {job.position}, {job.company}, {job.place}")
        for task in job.tasks:
            flow.bullet(task)
    _section(flow, "Formation")
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
    _section(flow, "Education")
    for study in person.studies:
        flow.line(f"{study.degree}, {study.area}, {study.institution}, {study.end[0]}", bold=True)
        flow.line("Thesis: Slow rivers and what they carry. Advisor: R. Fenwick", indent=14)
    _section(flow, "Professional Appointments")
    for job in person.jobs:
        _beside(flow, period(job, person, "years"), f"{job.position}, {job.company}, {job.place}", indent=90)
    _section(flow, "Grants and Awards")
    _beside(flow, "2019", "Prize of the Society of Inland Waters", indent=90)
    _section(flow, "Invited Talks")
    _beside(flow, "2018", "On lowland rivers, University of Oxenford", indent=90)
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
        flow.cells((period(study, person, "dots"), study.institution, study.area, study.degree), (130, 165, 130, 70), ruled=True)
    return flow.sheet


def period_above(person: Person) -> Sheet:
    """The period above each entry, the title in bold below it, then ``Company · Place``; degrees above schools."""
    flow = Flow(Sheet(), 80, 430)
    flow.line(person.name, 26)
    flow.line(f"{person.place} · {person.phone} · {person.email}", 9)
    for title in ("Employment", "Studies"):
        _section(flow, title, 15)
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


# Written after that, and measured before anything was mended on them.


def cards(person: Person) -> Sheet:
    """Each job a shaded card: the company in capitals, then ``Position, since 2019``; schools in one line each."""
    sheet = Sheet()
    flow = Flow(sheet, 56, 480)
    flow.line(person.name, 21, bold=True)
    flow.line(f"{person.headline}", 10, grey=0.4)
    flow.line(f"T {person.phone}   M {person.email}   {person.place}", 9)
    _section(flow, "Selected Roles")
    for job in person.jobs:
        sheet.shade(flow.number, (50, flow.y + 3, 540, flow.y + 34), 0.92)
        flow.line(job.company.upper(), 11, bold=True, right=period(job, person, "numbers"))
        flow.line(f"{job.position}, {job.place}", italic=True)
        flow.gap(4)
        for task in job.tasks:
            flow.bullet(task, "›")
        flow.gap(8)
    _section(flow, "Academic Background")
    for study in person.studies:
        flow.line(f"{study.institution} — {study.degree}, {study.area} — {period(study, person, 'years')}")
    return sheet


def labelled_entries(person: Person) -> Sheet:
    """Entries as lists of labels: ``Employer: …``, ``Position: …``, ``Dates: …``."""
    flow = Flow(Sheet(serif=True), 60, 475, size=10.5)
    flow.line("RESUME", 15, bold=True, centred=True)
    for label, value in (("Name", person.name), ("Phone", person.phone), ("E-mail", person.email), ("Address", person.place)):
        flow.line(f"{label}: {value}")
    _section(flow, "Work Experience")
    for job in person.jobs:
        for label, value in (("Dates", period(job, person, "words")), ("Employer", job.company), ("Position", job.position)):
            flow.line(f"{label}: {value}")
        flow.line(f"Responsibilities: {job.tasks[0]}")
        flow.gap()
    _section(flow, "Education and Training")
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
    _section(flow, "Career")
    for job in person.jobs:
        flow.line(f"{period(job, person, 'years')}: {job.position}, {job.company} ({job.place})")
    _section(flow, "Schooling")
    for study in person.studies:
        flow.line(f"{period(study, person, 'years')}: {study.institution}, {study.degree} ({study.area})")
    _section(flow, "Referees")
    flow.line("Dr. Anna Whitlock, Director, Institute of Inland Waters, a.whitlock@waters.example.org")
    return flow.sheet


def chinese_bilingual(person: Person) -> Sheet:
    """A Chinese CV with bilingual headings, roles in brackets, periods on a row of their own at the right."""
    flow = Flow(Sheet(), 56, 480, size=10.5)
    flow.line(f"{person.name}的个人简历", 18)
    flow.line(f"手机：{person.phone} ｜ 邮箱：{person.email} ｜ 现居：{person.place}", 9.5)
    _section(flow, "工作经历 / Work Experience")
    for job in person.jobs:
        flow.line(f"{job.company}（{job.position}）", 11, right=period(job, person, "dots"))
        for task in job.tasks:
            flow.line(f"- {task}", indent=10)
    _section(flow, "教育经历 / Education")
    for study in person.studies:
        flow.line(f"{study.institution}  |  {study.area}  |  {study.degree}", right=period(study, person, "dots"))
    _section(flow, "专业技能")
    flow.line("、".join(person.skills))
    return flow.sheet


def german_blocks(person: Person) -> Sheet:
    """A German CV: ``seit 03/2019`` and ``03/2015 bis 02/2019`` above ``Firma | Ort`` and the role."""
    flow = Flow(Sheet(), 70, 450)
    flow.line(person.name, 20, bold=True)
    flow.line(f"{person.place} | {person.phone} | {person.email}", 9)
    for title, ones in (("Berufspraxis", person.jobs), ("Bildungsweg", person.studies)):
        _section(flow, title, 14)
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


# Written last, and only measured.


def bulleted_lines(person: Person) -> Sheet:
    """One line an entry: ``• Position – Company, Place (2019 - 2021)``; schools after degrees."""
    flow = Flow(Sheet(), 60, 475)
    flow.line(person.name, 18, bold=True)
    flow.line(f"Email: {person.email}, Phone: {person.phone}", 9.5)
    flow.line(f"Location: {person.place}", 9.5)
    _section(flow, "Professional Background")
    for job in person.jobs:
        flow.bullet(f"{job.position} – {job.company}, {job.place} ({period(job, person, 'years')})")
    _section(flow, "Academic Credentials")
    for study in person.studies:
        flow.bullet(f"{study.degree} – {study.area} – {study.institution} ({study.end[0]})")
    return flow.sheet


def stacked_years(person: Person) -> Sheet:
    """A timeline: the year of the end above that of the begin in a left column, the entry beside it."""
    flow = Flow(Sheet(), 50, 495)
    flow.line(person.name, 24, bold=True)
    flow.line(f"{person.email} / {person.phone} / {person.place}", 9)
    for title, ones in (("EXPERIENCE", person.jobs), ("EDUCATION", person.studies)):
        _section(flow, title)
        for one in ones:  # type: ignore[attr-defined]
            upper, lower = (one.position, one.company) if isinstance(one, Job) else (one.institution, f"{one.degree} {one.area}")
            _beside(flow, f"{one.start[0]} -", upper, bold=True, indent=80)
            _beside(flow, str(one.end[0]) if one.end else "Present", lower, indent=80)
            for task in one.tasks if isinstance(one, Job) else ():
                flow.line(f"• {task}", indent=80)
            flow.gap(8)
    return flow.sheet


def month_names_long(person: Person) -> Sheet:
    """``Company, Place`` above ``Position, January 2019 to present``; the degree above the school with its year."""
    names = ("January February March April May June July August September October November December").split()
    long = lambda at: f"{names[at[1] - 1]} {at[0]}" if at else "present"  # noqa: E731
    flow = Flow(Sheet(serif=True), 64, 465, size=11)
    flow.line(person.name, 16, bold=True, centred=True)
    flow.line(f"{person.place}", centred=True)
    flow.line(f"{person.phone} | {person.email}", centred=True)
    _section(flow, "RELEVANT EXPERIENCE", 11)
    for job in person.jobs:
        flow.line(f"{job.company}, {job.place}", bold=True)
        flow.line(f"{job.position}, {long(job.start)} to {long(job.end)}", italic=True)
        for task in job.tasks:
            flow.bullet(task)
        flow.gap(4)
    _section(flow, "EDUCATION", 11)
    for study in person.studies:
        flow.line(f"{study.degree}, {study.area}, {names[5]} {study.end[0]}", bold=True)
        flow.line(f"{study.institution}, {study.place}")
    return flow.sheet


def chinese_sidebar(person: Person) -> Sheet:
    """A Chinese CV with a shaded sidebar; jobs to its right, the period behind the firm, the role below."""
    sheet = Sheet()
    sheet.page(0)
    sheet.shade(0, (0, 0, 180, 842), 0.88)
    side, main = Flow(sheet, 20, 150, 60, 9.5), Flow(sheet, 205, 345, 50)
    side.line(person.name, 20)
    _section(side, "联系方式")
    for text in (person.phone, person.email, person.place):
        side.line(text)
    _section(side, "专业技能")
    for skill in person.skills:
        side.line(skill)
    _section(main, "工作经历")
    for job in person.jobs:
        main.line(job.company, 11, right=period(job, person, "dots"))
        main.line(f"职位：{job.position}")
        for task in job.tasks:
            main.bullet(task)
        main.gap()
    _section(main, "教育经历")
    for study in person.studies:
        main.line(f"{study.institution}  {study.area}  {study.degree}", right=period(study, person, "dots"))
    return sheet


def french_table(person: Person) -> Sheet:
    """A French CV in unruled tables: Période, Entreprise, Poste; Année, Diplôme, Établissement."""
    flow = Flow(Sheet(), 50, 495)
    flow.line(person.name, 18, bold=True)
    flow.line(f"{person.place} — {person.phone} — {person.email}", 9.5)
    _section(flow, "Parcours professionnel")
    flow.cells(("Période", "Entreprise", "Poste"), (170, 170, 155), bold=True)
    for job in person.jobs:
        flow.cells((period(job, person, "words"), job.company, job.position), (170, 170, 155))
    _section(flow, "Études")
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
    _section(flow, "Employment History")
    for job in person.jobs:
        flow.line(f"{job.company.upper()} | {job.place} | {period(job, person, 'words')}", bold=True)
        flow.line(job.position, italic=True)
        for task in job.tasks:
            flow.bullet(task)
    _section(flow, "Education & Training")
    for study in person.studies:
        flow.line(f"{study.institution} | {study.degree} | {study.area} | {study.end[0]}")
    return flow.sheet


MENDED: Mapping[str, LayoutOf] = {
    "title-dash-company": LayoutOf(title_dash_company),
    "sidebar-left": LayoutOf(sidebar_left),
    "ruled-tables": LayoutOf(ruled_tables),
    "dates-in-left-column": LayoutOf(dates_in_left_column),
    "academic-one-liners": LayoutOf(academic_one_liners),
    "chinese-form": LayoutOf(chinese_form, ("zh",)),
    "german-columns": LayoutOf(german_columns, ("de",)),
    "company-first": LayoutOf(company_first),
    "unusual-section-names": LayoutOf(unusual_section_names, place=False),
}
SEEN: Mapping[str, LayoutOf] = {
    "sidebar-right": LayoutOf(sidebar_right),
    "two-columns": LayoutOf(two_columns),
    "position-at-company": LayoutOf(position_at_company),
    "unruled-tables": LayoutOf(unruled_tables),
    "chinese-free": LayoutOf(chinese_free, ("zh",)),
    "french-colons": LayoutOf(french_colons, ("fr",)),
    "academic-theses": LayoutOf(academic_theses, place=False),
    "chinese-register": LayoutOf(chinese_register, ("zh",)),
    "period-above": LayoutOf(period_above),
    "cards": LayoutOf(cards),
    "labelled-entries": LayoutOf(labelled_entries),
    "margin-headings": LayoutOf(margin_headings),
    "narrative": LayoutOf(narrative),
    "chinese-bilingual": LayoutOf(chinese_bilingual, ("zh",)),
    "german-blocks": LayoutOf(german_blocks, ("de",)),
}
HELD_OUT: Mapping[str, LayoutOf] = {
    "bulleted-lines": LayoutOf(bulleted_lines),
    "stacked-years": LayoutOf(stacked_years),
    "month-names-long": LayoutOf(month_names_long),
    "chinese-sidebar": LayoutOf(chinese_sidebar, ("zh",)),
    "french-table": LayoutOf(french_table, ("fr",)),
    "barred-lines": LayoutOf(barred_lines),
}
