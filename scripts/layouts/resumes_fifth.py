"""Layouts of generated CVs after templates that many people use: rendercv, Deedy, Europass, JSON Resume, Word."""

from __future__ import annotations

from scripts.layouts.printed_sheet import Flow, Sheet
from scripts.layouts.resume_parts import beside, period, section
from scripts.layouts.resume_people import Job, Person, Study


def _iso(at: tuple[int, int] | None) -> str:
    return f"{at[0]}-{at[1]:02d}" if at else "Present"


def firm_dash_place(person: Person) -> Sheet:
    """Centred head; ``Firm – Place`` in bold with the period at the right, the position in italics below."""
    flow = Flow(Sheet(serif=True), 56, 483)
    flow.line(person.name, 24, bold=True, centred=True)
    flow.line(f"{person.place}  ·  {person.email}  ·  {person.phone}", 9, centred=True)
    flow.gap(4)
    flow.line("Education", 13, centred=True)
    for study in person.studies:
        flow.line(f"{study.institution} – {study.place}", bold=True, right=period(study, person, "words"))
        flow.line(f"{study.degree} in {study.area}", italic=True)
        flow.bullet("GPA: 3.9/4.0")
        flow.gap(3)
    flow.line("Experience", 13, centred=True)
    for job in person.jobs:
        flow.line(f"{job.company} – {job.place}", bold=True, right=period(job, person, "words"))
        flow.line(job.position, italic=True)
        for task in job.tasks:
            flow.bullet(task, "–")
        flow.gap(3)
    return flow.sheet


def degree_in_margin(person: Person) -> Sheet:
    """The degree in the left margin; ``School, Degree in Area – Place`` and ``Firm, Position – Place`` in one row."""
    flow = Flow(Sheet(serif=True), 60, 475, size=9.5)
    flow.line(person.name, 22, bold=True, centred=True)
    flow.line(f"{person.place} • {person.email} • {person.phone}", 9, centred=True)
    section(flow, "Education", 11)
    for study in person.studies:
        text = f"{study.institution}, {study.degree} in {study.area} – {study.place}"
        flow.line(text, indent=60, right=period(study, person, "words"))
        if len(study.degree) <= 10:
            flow.sheet.put(flow.number, (60, flow.y), study.degree, 9.5, bold=True)
        flow.gap(3)
    section(flow, "Experience", 11)
    for job in person.jobs:
        flow.line(f"{job.company}, {job.position} – {job.place}", right=period(job, person, "words"))
        for task in job.tasks:
            flow.bullet(task)
    section(flow, "Publications", 11)
    flow.line("Small pumps and their noise. Journal of Quiet Machines, 2016")
    return flow.sheet


def capitals_and_bars(person: Person) -> Sheet:
    """Education in a narrow left column, ``FIRM | Position`` at the right with period and place below."""
    sheet = Sheet()
    top = Flow(sheet, 40, 515, 30)
    top.line(person.name, 30, centred=True)
    top.line(f"{person.email} | {person.phone} | {person.place}", 9, centred=True)
    left, right = Flow(sheet, 40, 160, 110, 9), Flow(sheet, 225, 330, 110, 9.5)
    left.line("EDUCATION", 13)
    for study in person.studies:
        left.line(study.institution.upper(), 9.5, bold=True)
        left.line(f"{study.degree} in {study.area}")
        left.line(f"{period(study, person, 'years')} | {study.place}", grey=0.4)
        left.gap(5)
    left.line("LINKS", 13)
    left.line("Github:// thorn")
    left.line("SKILLS", 13)
    for skill in person.skills:
        left.line(skill)
    right.line("EXPERIENCE", 13)
    for job in person.jobs:
        right.line(f"{job.company.upper()} | {job.position}", 10, bold=True)
        right.line(f"{period(job, person, 'words')} | {job.place}", grey=0.4)
        for task in job.tasks:
            right.bullet(task)
        right.gap(5)
    return sheet


def chinese_two_columns(person: Person) -> Sheet:
    """A Chinese CV: schools in a narrow left column, firm and position in one row at the right, period below."""
    sheet = Sheet()
    top = Flow(sheet, 40, 515, 30)
    top.line(person.name, 26, centred=True)
    top.line(f"{person.email} | {person.phone}", 10, centred=True)
    left, right = Flow(sheet, 40, 150, 100, 9.5), Flow(sheet, 215, 340, 100, 10)
    left.line("教育经历", 13)
    for study in person.studies:
        left.line(study.institution, 10.5)
        left.line(f"{study.degree}，主修{study.area}")
        left.line(period(study, person, "dots"), grey=0.4)
        left.gap(6)
    left.line("技能", 13)
    left.line(" · ".join(person.skills))
    right.line("实习与工作经历", 13)
    for job in person.jobs:
        right.line(f"{job.company}    {job.position}", 10.5)
        right.line(f"{period(job, person, 'dots')} | {job.place}", grey=0.4)
        for task in job.tasks:
            right.bullet(task, "·")
        right.gap(5)
    return sheet


def europass(person: Person) -> Sheet:
    """The Europass: periods in square brackets above position, employer and ``City: ... | Country: ...``."""
    flow = Flow(Sheet(), 60, 475)
    flow.line(person.name, 20, bold=True)
    flow.line(f"Date of birth: 14/05/1986   |   Phone number: {person.phone}", 9)
    flow.line(f"Email address: {person.email}   |   Address: {person.place}", 9)
    for title, ones in (("WORK EXPERIENCE", person.jobs), ("EDUCATION AND TRAINING", person.studies)):
        section(flow, title)
        for one in ones:  # type: ignore[attr-defined]
            flow.line(f"[ {period(one, person, 'numbers')} ]", 9, grey=0.3)
            if isinstance(one, Job):
                flow.line(one.position, 10.5, bold=True)
                flow.line(one.company, bold=True, grey=0.3)
                flow.line(f"City: {one.place.split(',')[0]} | Country: Ireland", 9)
                for task in one.tasks:
                    flow.bullet(task)
            else:
                flow.line(f"{one.degree} in {one.area}", 10.5, bold=True)
                flow.line(one.institution, bold=True, grey=0.3)
                flow.line(f"City: {one.place.split(',')[0]} | Field of study: {one.area}", 9)
            flow.gap(5)
    return flow.sheet


def json_resume(person: Person) -> Sheet:
    """A web theme printed to PDF: position as a heading, the firm with an ISO period below, studies alike."""
    flow = Flow(Sheet(), 70, 455, 45, 10.5)
    flow.line(person.name, 26, bold=True)
    flow.line(person.headline, 13, grey=0.4)
    flow.line(f"{person.email}    {person.phone}    {person.place}", 9.5, grey=0.3)
    section(flow, "About", 14)
    flow.line(f"{person.headline}, with a taste for small teams and long walks.")
    section(flow, "Work", 14)
    for job in person.jobs:
        flow.line(job.position, 12, bold=True)
        flow.line(f"{job.company}  ·  {_iso(job.start)} — {_iso(job.end)}", grey=0.35)
        flow.line(f"{job.tasks[0]}.")
        flow.line("Highlights", 9, bold=True)
        for task in job.tasks[1:]:
            flow.bullet(task)
        flow.gap(5)
    section(flow, "Education", 14)
    for study in person.studies:
        flow.line(study.institution, 12, bold=True)
        flow.line(f"{study.degree}, {study.area}  ·  {_iso(study.start)} — {_iso(study.end)}", grey=0.35)
        flow.gap(4)
    section(flow, "Languages", 14)
    flow.line("English: Native speaker")
    return flow.sheet


def timeline(person: Person) -> Sheet:
    """Years in the margin, stacked; ``Position`` in bold, ``Firm, Place`` in italics; education first."""
    flow = Flow(Sheet(), 56, 483)
    flow.line(person.name.upper(), 20, bold=True)
    flow.line(" / ".join((person.place, person.phone, person.email)), 9)
    for title, ones in (("Academic Background", person.studies), ("Professional Background", person.jobs)):
        section(flow, title)
        for one in ones:  # type: ignore[attr-defined]
            beside(flow, period(one, person, "years"), _headline(one), bold=True, indent=95)
            where = one.company if isinstance(one, Job) else one.institution
            flow.line(f"{where}, {one.place}", italic=True, indent=95)
            for task in one.tasks if isinstance(one, Job) else ():
                flow.line(f"› {task}", indent=95)
            flow.gap(5)
    return flow.sheet


def _headline(one: Job | Study) -> str:
    return one.position if isinstance(one, Job) else f"{one.degree}, {one.area}"


def chinese_recruiter(person: Person) -> Sheet:
    """A Chinese recruiting site's export: ``period | firm`` above ``position | department``, schools with bars."""
    flow = Flow(Sheet(), 56, 483, size=10.5)
    flow.line(person.name, 18)
    flow.line(f"手机：{person.phone}  |  邮箱：{person.email}", 9.5)
    flow.line(f"现居住地：{person.place}  |  6年工作经验", 9.5)
    section(flow, "工作经验")
    for job in person.jobs:
        flow.line(f"{period(job, person, 'dots')}  |  {job.company}", bold=True)
        flow.line(f"{job.position}  |  技术部")
        flow.line("工作描述：")
        for task in job.tasks:
            flow.line(f"{task}。")
        flow.gap(5)
    section(flow, "教育经历")
    for study in person.studies:
        flow.line(f"{period(study, person, 'dots')}  |  {study.institution}  |  {study.area}  |  {study.degree}")
    section(flow, "语言能力")
    flow.line("英语：熟练")
    return flow.sheet


def german_word(person: Person) -> Sheet:
    """A German Word template: ``seit 01/2019``, position with ``bei Firma, Ort``, schools with ``Abschluss:``."""
    flow = Flow(Sheet(), 60, 475, 60)
    flow.line("Lebenslauf", 18, bold=True)
    section(flow, "Persönliche Daten", 12)
    rows = (("Name", person.name), ("Anschrift", person.place), ("Telefon", person.phone), ("E-Mail", person.email))
    for label, value in rows:
        beside(flow, f"{label}:", value, indent=120)
    section(flow, "Beruflicher Werdegang", 12)
    for job in person.jobs:
        since = f"seit {job.start[1]:02d}/{job.start[0]}" if job.end is None else period(job, person, "numbers")
        beside(flow, since, job.position, bold=True, indent=120)
        flow.line(f"{job.company}, {job.place}", indent=120)
        for task in job.tasks:
            flow.line(f"- {task}", indent=120)
        flow.gap(4)
    section(flow, "Ausbildung", 12)
    for study in person.studies:
        beside(flow, period(study, person, "numbers"), f"{study.institution}, {study.place}", bold=True, indent=120)
        flow.line(f"Studium {study.area}, Abschluss: {study.degree}", indent=120)
        flow.gap(4)
    return flow.sheet
