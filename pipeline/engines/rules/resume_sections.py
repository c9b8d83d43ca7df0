"""The sections of a curriculum vitae: its headings, its columns, and the rows below each heading."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from statistics import median

from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.dates import find_periods
from pipeline.engines.rules.page_rows import Row, printed_rows
from pipeline.engines.rules.resume_content import headings_by_content
from pipeline.engines.rules.resume_entries import heads_entry, is_detail, is_period_row
from pipeline.engines.rules.resume_tables import header_cells
from pipeline.engines.rules.resume_words import is_place, names_job
from stores.models import Label

_ADJECTIVES = (
    r"(?:(?:my|top|work(?:ing)?|professional|relevant|employment|industry|industrial|research|teaching|academic|"
    r"internship|other|additional|"
    r"selected|career|related|technical|key|core|personal|main|previous|full-time|education(?:al)?|leadership|"
    r"practical|"
    r"executive|technological|it|computer|soft|hard|areas?|of|the|in|and|&|berufliche|professionnelles?|personnel|"
    r"laboral|"
    r"profesional|academica|académica)\s+)*"
)
_NOUNS = {
    "other": r"(?:volunteer\w*|project|projects|extra-?curricular|community|civic)\s+(?:experiences?|work|activit\w+|"
    r"service|involvement)|"
    r"projects?|publications?|patents?|awards?|hono[u]?rs?|achievements?|certificat\w+|certifications?|"
    r"licen[sc]es?|courses?|coursework|"
    r"training|languages?|interests?|hobbies|references?|referees|volunteer(?:ing)?|activities|memberships?|"
    r"affiliations|conferences|"
    r"talks|presentations|scholarships?|grants|test scores|portfolio|declaration|extra-?curricular activit\w+|"
    r"sprachen|interessen|"
    r"hobbys|zertifikate|weiterbildung(?:en)?|projekte|ehrenamt|auszeichnungen|publikationen|langues|"
    r"centres? d.int[ée]r[êe]ts?|loisirs|projets|"
    r"talen|hobby.?s|certificaten|projecten|idiomas|lingue|proyectos|"
    r"项目(?:经历|经验|成果)?|校园(?:经历|活动|实践)?|社会(?:实践|活动)(?:经历)?|志愿(?:者)?(?:经历|服务)|"
    r"获奖(?:情况|经历|荣誉)?|荣誉(?:奖项|证书)?|奖项(?:荣誉)?|"
    r"证书(?:资质)?|语言(?:能力|水平)?|兴趣爱好|爱好|论文(?:发表)?|发表论文|学术成果|科研(?:成果|项目)|专利|"
    r"培训(?:经历)?|在校(?:经历|职务|情况)|学生工作|"
    r"主修课程|主要课程|其他(?:信息)?|附加信息|作品(?:集)?|资格证书|技能证书|科研经历",
    "experience": r"(?:[^\W\d_]+\s+){0,2}experiences?|experience and \w+|employment(?: history| record)?|work history|"
    r"history|positions? held|"
    r"internships?|(?:professional|work|career|employment|industry)\s+background|"
    r"(?:[^\W\d_]+\s+){0,2}appointments?|career|career history|career summary|berufserfahrung|"
    r"beruflicher? werdegang|berufspraxis|"
    r"werdegang|praktika|praktische erfahrung|"
    r"exp[ée]riences?(?: professionnelles?)?|parcours(?: professionnel)?|stages|werkervaring|"
    r"experiencia(?: laboral| profesional)?|"
    r"esperienz[ae](?: professional[ei]| lavorativ[ae])?|"
    r"(?:工作|实习|职业|任职|从业|就业|主要工作|工作与实习|工作及实习|实习与工作|实习/工作|工作/实习|实践)(?:经历|"
    r"经验|履历|背景)|工作履历|职业生涯",
    "education": r"education(?:al)?|education(?:al)?\s+(?:background|history|qualifications?)|education (?:and|&) \w+|"
    r"background|qualifications?|credentials|"
    r"studies|degrees?|schooling|academics|ausbildung|schulbildung|bildungsweg|studium|hochschulbildung|"
    r"formations?(?: acad[ée]mique)?|"
    r"[ée]tudes|dipl[ôo]mes|opleiding(?:en)?|educaci[óo]n|formaci[óo]n(?: acad[ée]mica)?|"
    r"istruzione(?: e formazione)?|formazione|"
    r"教育(?:背景|经历|情况|信息)?|学历(?:背景|信息)|学习经历|求学经历|学业背景",
    "summary": r"summary|profile|objectives?|about(?: me)?|statement|overview|introduction|bio(?:graphy)?|"
    r"summary of qualifications|goals?|"
    r"profil|kurzprofil|über mich|zusammenfassung|à propos(?: de moi)?|r[ée]sum[ée]|objectif|over mij|profiel|"
    r"perfil|resumen|sobre m[íi]|profilo|"
    r"自我(?:评价|介绍|总结|描述)|个人(?:简介|总结|评价|优势|概述|介绍|亮点)|职业(?:概述|目标|总结)|简介",
    "skills": r"skills?(?: (?:and|&) \w+)?(?: summary| set)?|skillset|competenc(?:e|es|ies)|technologies|expertise|"
    r"strengths|proficienc(?:y|ies)|tools|"
    r"programming languages|abilities|kenntnisse|f[äa]higkeiten|kompetenzen|edv-kenntnisse|"
    r"comp[ée]tences(?: techniques)?|vaardigheden|"
    r"competenties|habilidades|competencias|aptitudes|competenze|"
    r"(?:专业|个人|职业|相关|工作|技术|掌握|主要)?(?:技能|能力|特长|技术栈)(?:特长|清单|描述|水平|与技能)?|"
    r"专业能力|技术能力",
    "contact": r"contact(?: me| details| info(?:rmation)?)?|details|information|info|data|address|"
    r"links|kontakt(?:daten)?|"
    r"pers[öo]nliche (?:daten|angaben)|"
    r"coordonn[ée]es|informations personnelles|persoonlijke gegevens|contactgegevens|datos(?: personales)?|"
    r"contacto|dati personali|contatti|"
    r"联系(?:方式|我)|个人(?:信息|资料)|基本(?:信息|资料|情况)|求职意向|应聘职位",
}
_HEADINGS = tuple(
    (
        kind,
        re.compile(
            rf"{_ADJECTIVES}(?:{nouns})(?:\s*(?:&|and|/|,)\s*{_ADJECTIVES}(?:{'|'.join(_NOUNS.values())}))*", re.I
        ),
    )
    for kind, nouns in _NOUNS.items()
)
_FIRST_NAMED = re.compile(  # "Education and Training" is about education
    r"(?:(?:professional|work|academic)\s+)?(?:(?P<education>education)|experience|employment)\s*(?:&|and|,|/)\s", re.I
)
_PAPER = re.compile(r"\W*r[ée]sum[ée]\W*", re.IGNORECASE)  # the name of the paper on its top, a summary further down
_BULLET_INSIDE = re.compile(r"(?<=\S)\s+(?=[•◦▪‣●○■□➢➤✓✔]\s?\S)")
_MOST_CROSSING = 0.04  # of the lines, over a gutter
_LEAST_COMMAS = 2  # of an enumeration, which is no heading
_ROWS_BELOW = 3  # of an entry's heading, among which its period stands
_FURTHEST_ABOVE_HEIGHT = 1.06  # a heading of unknown words must be taller than the text
_SAME_LEFT = 4.0  # points between the left edges of headings of one column
_COLUMN_SHARE = 0.18  # of the text's width: headings further apart than this stand in two columns


class SectionKind(StrEnum):
    """What a section is about; ``head`` is what stands before the first heading."""

    HEAD = "head"
    EDUCATION = "education"
    EXPERIENCE = "experience"
    SUMMARY = "summary"
    SKILLS = "skills"
    CONTACT = "contact"
    OTHER = "other"


_WITH_ENTRIES = (SectionKind.EDUCATION, SectionKind.EXPERIENCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading's kind and the rows below it, over pages, in reading order."""

    kind: SectionKind
    rows: tuple[Row, ...]

    @property
    def lines(self) -> list[PageLine]:
        return [cell for row in self.rows for cell in row.cells]


def heading_kind(text: str) -> SectionKind | None:
    """Return the kind of section that this heading begins, None where the text is no known heading."""
    plain = re.sub(r"[\ue000-\uf8ff]", " ", text)
    plain = re.sub(r"^\W*(?:\d{1,2}[.、)]|[IVX]+\.|[一二三四五六七八九十]+[、.])?\s*", "", plain)
    plain = re.sub(r"[\W_]+$", "", " ".join(plain.split()))
    if len(plain) > 4 and re.fullmatch(r"(?:\S )+\S", plain):
        plain = plain.replace(" ", "")  # letter-spaced: E D U C A T I O N
    if re.fullmatch(r"[\u4e00-\u9fff](?:\s+[\u4e00-\u9fff])+", plain):
        plain = re.sub(r"\s+", "", plain)
    plain = re.sub(r"(?<=[\u4e00-\u9fff])\s*[A-Za-z][A-Za-z &]+$|^[A-Za-z][A-Za-z &]+\s*(?=[\u4e00-\u9fff])", "", plain)
    if not plain or len(plain) > 45 or plain[0].islower():  # a lower-case word is the end of a broken line
        return None
    kinds = [SectionKind(kind) for kind, pattern in _HEADINGS if pattern.fullmatch(plain)]
    if kinds and (first := _FIRST_NAMED.match(plain)):
        return SectionKind.EDUCATION if first["education"] else SectionKind.EXPERIENCE
    return kinds[0] if kinds else None


def find_sections(lines: Sequence[PageLine]) -> list[Section]:
    """Divide a document into sections; text in columns is read column by column."""
    body = _split_at_bullets(_without_page_furniture(lines))
    no_headings = header_cells(printed_rows(body)) | {line.number for line in body[:1] if _PAPER.fullmatch(line.text)}
    known = {
        line.number: kind
        for line in body
        if line.number not in no_headings and (kind := heading_kind(line.text)) and _stands_alone(line, body)
    }
    known |= _told_by_content(body, known)
    headings = known | _unknown_headings(body, known)
    parts: list[tuple[SectionKind, list[Row]]] = []
    for column in _columns(body, known):
        if column.fresh or not parts:
            parts.append((SectionKind.HEAD, []))
        rows = printed_rows(column.lines)
        head_ends = 0  # rows before this one belong to the head of an entry, headings or not
        for at, row in enumerate(rows):
            cell = next((c for names in (known, headings) for c in row.cells if c.number in names), None)
            kind = headings[cell.number] if cell else None
            unknown = cell is not None and cell.number not in known
            if unknown and parts[-1][0] in _WITH_ENTRIES and heads_entry(row, _rows_below(rows[at + 1 :], headings)):
                head_ends = at + 2
            if unknown and _opens_with_period(parts[-1]):
                head_ends = at + 1
            if kind is None or (unknown and at < head_ends):
                parts[-1][1].append(row)
            else:
                parts.append((kind, _rest_of(row, headings if unknown else known)))
    return [Section(kind=kind, rows=tuple(rows)) for kind, rows in parts if rows]


def _opens_with_period(part: tuple[SectionKind, list[Row]]) -> bool:
    """Whether a section's entries begin with rows of periods, and the last one lacks a name that the first one has."""
    kind, rows = part
    if kind not in _WITH_ENTRIES or not rows or not is_period_row(rows[0]):
        return False
    last = max(at for at, row in enumerate(rows) if is_period_row(row))
    behind = rows[last + 1 :]
    return not any(is_detail(row.text) for row in behind) and (not behind or len(behind) < _names_below(rows))


def _names_below(rows: Sequence[Row]) -> int:
    """How many rows stand between the period of the first entry and its details, or the next period."""
    ends = (at for at, row in enumerate(rows[1:]) if is_detail(row.text) or is_period_row(row))
    return next(ends, 0)


def _told_by_content(lines: Sequence[PageLine], known: dict[int, SectionKind]) -> dict[int, SectionKind]:
    """The headings of jobs and schools by what stands below them, of a kind that no heading names."""
    missing = set(_WITH_ENTRIES) - set(known.values())
    if not missing:
        return {}
    told = headings_by_content(printed_rows(lines))
    kinds = {at: SectionKind.EDUCATION if educated else SectionKind.EXPERIENCE for at, educated in told}
    return {at: kind for at, kind in kinds.items() if kind in missing and at not in known}


def _rows_below(rows: Sequence[Row], headings: dict[int, SectionKind]) -> list[Row]:
    """Return the few rows below a heading, up to the next one; the heading of a job below a firm's does not count."""
    ends = (at for at, row in enumerate(rows) if row.cells[0].number in headings and not names_job(row.text))
    return list(rows[: min(next(ends, len(rows)), _ROWS_BELOW)])


def _split_at_bullets(lines: Sequence[PageLine]) -> list[PageLine]:
    """Split lines before each bullet inside them (table cells hold whole entries) and number all lines again."""
    parts: list[PageLine] = []
    for line in lines:
        texts = _BULLET_INSIDE.split(line.text)
        if len(texts) == 2 and is_place(texts[1].lstrip("•◦▪‣●○■□ ")):
            texts = [line.text]  # "Firm • Town, Country": the bullet separates
        x0, y0, x1, _ = line.box
        step = line.height / len(texts)
        for at, text in enumerate(texts):
            box = (x0, y0 + step * at, x1, y0 + step * (at + 1))
            parts.append(replace(line, number=len(parts), box=box, text=text))
    return parts


def _rest_of(row: Row, headings: Container[int]) -> list[Row]:
    """Return the cells beside a heading: a heading in the left margin has its first entry there."""
    cells = tuple(cell for cell in row.cells if cell.number not in headings)
    return [Row(page=row.page, cells=cells)] if cells else []


def _without_page_furniture(lines: Sequence[PageLine]) -> list[PageLine]:
    """Leave out page numbers, "last updated" notes, and running headers and footers.

    What layout analysis takes for a header or footer may be the first or last entry of a page: a period is kept.
    """
    first = lines[0].page if lines else 0
    furniture = re.compile(
        r"page \d+|\d{1,2}\s*/\s*\d{1,2}\W*$|last updated|seite \d+|第\s*\d+\s*页|\W*\d{1,2}\W*$", re.IGNORECASE
    )
    margins = [line for line in lines if line.label in (Label.HEADER, Label.FOOTER)]
    pages_by_text: dict[str, set[int]] = {}
    for line in margins:
        pages_by_text.setdefault(re.sub(r"\d+", "#", line.text), set()).add(line.page)
    running = {
        line.number
        for line in margins
        if len(pages_by_text[re.sub(r"\d+", "#", line.text)]) > 1
        or re.search(r"page \d+|last updated", line.text, re.IGNORECASE)
        or (line.page > first and not any(period.first for period in find_periods(line.text)))
    }
    return [line for line in lines if line.number not in running and not furniture.match(line.text.strip())]


def _is_inner_cell(line: PageLine, lines: Sequence[PageLine]) -> bool:
    """Whether a line is a further cell of a table of three columns, or of four unmarked ones: the subject "History"."""
    row = [o for o in lines if o.page == line.page and abs(o.middle - line.middle) < 0.5 * line.height]
    return len(row) > (2 if line.label is Label.TABLE else 3) and any(other.box[0] < line.box[0] for other in row)


def _stands_alone(line: PageLine, lines: Sequence[PageLine]) -> bool:
    """Whether no other line ends right before this one in its row: "Skills" in a sentence is no heading."""
    return not _is_inner_cell(line, lines) and not any(
        other.page == line.page
        and abs(other.middle - line.middle) < 0.5 * line.height
        and 0 <= line.box[0] - other.box[2] < 1.5 * line.height
        for other in lines
        if other is not line
    )


def _unknown_headings(lines: Sequence[PageLine], known: dict[int, SectionKind]) -> dict[int, SectionKind]:
    """Find lines that are set like the known headings, whatever their words: they end a section."""
    models = [line for line in lines if line.number in known]
    if not models:
        return {}
    body_height = median(line.height for line in lines)
    headings = {}
    for line in lines:
        enumeration = line.text.count(",") >= _LEAST_COMMAS
        if line.number in known or enumeration or len(line.text.strip()) > 50 or line.number < models[0].number:
            continue
        if _ranks_alike(line, models) or _drawn_alike(line, models, body_height):
            headings[line.number] = SectionKind.OTHER
    return headings


def _ranks_alike(line: PageLine, models: Sequence[PageLine]) -> bool:
    """Whether a heading is of the rank of the known ones, of those that begin where it does if there are any."""
    near = [model for model in models if abs(model.box[0] - line.box[0]) < _SAME_LEFT] or models
    marked = [model.level for model in near if model.label in (Label.HEADING, Label.TITLE)]
    return len(marked) * 2 > len(near) and line.label is Label.HEADING and 0 < line.level <= max(marked)


def _drawn_alike(line: PageLine, models: Sequence[PageLine], body_height: float) -> bool:
    near = [model for model in models if abs(model.box[0] - line.box[0]) < _SAME_LEFT]
    if not near:
        return False
    tall = all(model.height > _FURTHEST_ABOVE_HEIGHT * body_height for model in near)
    same_height = any(abs(model.height - line.height) < 0.04 * model.height for model in near)
    shouted = all(model.text.isupper() for model in models) and line.text.isupper() and len(line.text.split()) <= 4
    wordy = bool(re.fullmatch(r"[^\W\d_]{3,}(?:[\s&]+[^\W\d_]+)*\W*", line.text.strip()))
    return (tall and same_height) or (shouted and same_height and wordy)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    lines: tuple[PageLine, ...]
    fresh: bool  # what stands before its first heading belongs to no section of the column before


def _columns(lines: Sequence[PageLine], known: dict[int, SectionKind]) -> list[_Column]:
    """Divide the document into columns where a gutter separates two groups of headings."""
    pages = sorted({line.page for line in lines})
    by_page = {page: [line for line in lines if line.page == page] for page in pages}
    gutters = {page: _gutter(by_page[page], known) for page in pages}
    if not any(gutters.values()):
        return [_Column(lines=tuple(lines), fresh=False)]
    above: list[PageLine] = []
    left: list[PageLine] = []
    right: list[PageLine] = []
    for page in pages:
        gutter = gutters[page]
        top = min((line.box[1] for line in by_page[page] if line.number in known), default=0.0)
        for line in by_page[page]:
            crossing = gutter is None or line.box[0] < gutter - 2.0 < gutter + 2.0 < line.box[2]
            if crossing and page == pages[0] and line.box[1] < top:
                above.append(line)
            else:
                (left if not crossing and line.box[2] <= (gutter or 0.0) + 2.0 else right).append(line)
    return [_Column(lines=tuple(column), fresh=True) for column in (above, left, right) if column]


def _gutter(lines: Sequence[PageLine], known: dict[int, SectionKind]) -> float | None:
    """Return the x of the white strip between two columns of headings, None where the page has one column."""
    headings = sorted((line for line in lines if line.number in known), key=lambda line: line.box[0])
    if len(headings) < 2:
        return None
    width = max(line.box[2] for line in lines) - min(line.box[0] for line in lines)
    top = min(line.box[1] for line in headings)
    for one, other in pairwise(headings):
        if other.box[0] - one.box[0] < _COLUMN_SHARE * width:
            continue
        below = [line for line in lines if line.box[1] >= top - 1.0]
        # The heading of the right column may be centred above text that begins left of it.
        starts = {line.box[0] - 1.0 for line in below if one.box[2] < line.box[0] <= other.box[0]}
        gutter = min(starts, key=lambda x: (_crossing(below, x), -x))
        if _crossing(below, gutter) <= _MOST_CROSSING * len(below):
            return gutter
    return None


def _crossing(lines: Sequence[PageLine], x: float) -> int:
    return sum(line.box[0] < x - 2.0 and line.box[2] > x + 2.0 for line in lines)
