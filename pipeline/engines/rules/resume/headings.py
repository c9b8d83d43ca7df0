"""The headings of a curriculum vitae: their words, in several languages, and the kinds of section that they begin."""

from __future__ import annotations

import re
from enum import StrEnum

_ADJECTIVES = (
    r"(?:(?:my|top|autres?|weitere|andere|formal|further|higher|work(?:ing)?|professional|relevant|employment|industry|industrial|research|teaching|academic|"
    r"internship|other|additional|"
    r"selected|career|related|technical|key|core|personal|main|previous|current|past|former|full-time|education(?:al)?|leadership|"
    r"practical|clinical|klinische|wissenschaftliche|"
    r"executive|technological|it|computer|soft|hard|areas?|of|the|in|and|&|berufliche|professionnelles?|personnel|"
    r"laboral|"
    r"profesional|academica|académica)\s+)*"
)
_NOUNS = {
    "other": r"(?:[^\W\d_]+[\s-]){0,2}(?:workshops?|trainings?|seminars?|visits?|courses)"
    r"(?: (?:attended|completed|undergone|done))?|"
    r"(?:volunteer\w*|project|projects|extra-?curricular|community|civic)\s+(?:experiences?|work|activit\w+|"
    r"service|involvement)|"
    r"projects?|publications?|patents?|awards?|hono[u]?rs?|achievements?|certificat\w+|certifications?|"
    r"licen[sc]es?|courses?|coursework|"
    r"training|languages?|interests?|hobbies|references?|referees|volunteer(?:ing)?|activities|memberships?|"
    r"affiliations|conferences|"
    r"talks|presentations|scholarships?|grants|test scores|portfolio|declaration|extra-?curricular activit\w+|"
    r"sprachen|interessen|"
    r"hobbys|(?:außercurriculäre|außeruniversitäre|ehrenamtliche) (?:aktivitäten|tätigkeiten)|"
    r"(?:ehrenamtliches )?engagement|kongresse|konferenzen|kurse(?: und seminare)?|sonstiges|freizeit|"
    r"interessen und hobb(?:y|ie)s|zivildienst|wehrdienst|bénévol(?:e|at)|vie associative|"
    r"projets (?:perso(?:nnels)?|r[ée]alis[ée]s|en [ée]cole)|r[ée]f[ée]rences|"
    r"zertifikate|weiterbildung(?:en)?|projekte|ehrenamt|auszeichnungen|publikationen|langues|"
    r"centres? d.int[ée]r[êe]ts?|loisirs|projets|"
    r"talen|hobby.?s|certificaten|projecten|idiomas|lingue|proyectos|"
    r"(?:综合|个人|开源|主要|重点|课程|近期|校园|参与)?(?:科研|研究)?项目(?:经历|经验|成果)?|(?:比赛|竞赛|课程)(?:经历|经验)?|校园(?:经历|活动|实践)?|社会(?:实践|活动)(?:经历)?|(?:课外|校园|学生|社团)?活动(?:经历|经验)|社团(?:活动|经历)|志愿(?:者)?(?:经历|服务)|"
    r"research(?: interests?| areas?)?|获奖(?:情况|经历|荣誉)?|所获奖项|研究(?:经历|项目)|"
    r"荣誉(?:奖项|证书)?|奖项(?:荣誉)?|"
    r"证书(?:资质)?|语言(?:能力|水平)?|兴趣爱好|爱好|论文(?:发表)?|发表论文|学术成果|科研(?:成果|项目)|专利|"
    r"培训(?:经历)?|在校(?:经历|职务|情况)|学生工作|"
    r"主修课程|主要课程|其他(?:信息)?|附加信息|作品(?:集)?|资格证书|技能证书|科研经历",
    "experience": r"(?:[^\W\d_]+\s+){0,2}experiences?|experience and \w+|employment(?: history| record)?|"
    r"work(?: history)?|"
    r"history|positions?(?: held)?|experiências?(?: profissiona(?:l|is)| acadêmicas?)?|"
    r"arbeitserfahrung(?:en)?|berufspraktika|"
    r"(?:berufliche(?:r)?|professionelle) (?:laufbahn|stationen|erfahrung(?:en)?)|"
    r"internships?|(?:professional|work|career|employment|industry)\s+background|"
    r"(?:[^\W\d_]+\s+){0,2}appointments?|career|career history|career summary|berufserfahrung|"
    r"beruflicher? werdegang|berufspraxis|"
    r"werdegang|karriere|praktika|praktische erfahrung|"
    r"exp[ée]riences?(?: pro(?:fessionnelles?)?| de \w+)?|parcours(?: professionnel)?|stages?|werkervaring|"
    r"experi?encia(?: laboral| profesional)?|"
    r"esperienz[ae](?: professional[ei]| lavorativ[ae])?|"
    r"(?:工作|实习|求职|职业|任职|从业|就业|主要工作|工程|教学|工作与实习|工作及实习|实习与工作|实习/工作|工作/实习|"
    r"(?:实习|工作)\s*/\s*项目|(?:工作|实习|职业|任职)[与和及、/](?:项目|科研|研究|实践|社会)|实践)(?:经历|"
    r"经验|履历|背景)|经历|经验|工作履历|职业生涯|工作实习|实习工作|(?:工作|实习)[与和及、/]社会(?:工作|实践)",
    "education": r"[ée]ducation(?:al)?|education(?:al)?\s+(?:background|history|qualifications?)|"
    r"education (?:and|&) \w+|"
    r"background|qualifications?|credentials|academic (?:details|profile|qualifications?)|"
    r"akademische (?:laufbahn|ausbildung)|akademischer werdegang|schulischer werdegang|schulische ausbildung|"
    r"berufsausbildung|schulausbildung|schullaufbahn|schulische laufbahn|hochschulstudium|"
    r"studies|degrees?|schooling|academics|ausbildung|schulbildung|bildungsweg|studium|hochschulbildung|"
    r"formations?(?: acad[ée]mique)?|formação(?: acadêmica)?|educação|escolaridade|formazione scolastica|"
    r"[ée]tudes|dipl[ôo]mes|opleiding(?:en)?|educaci[óo]n|formaci[óo]n(?: acad[ée]mica)?|"
    r"istruzione(?: e formazione)?|formazione|"
    r"(?:本科|研究生|硕士|博士|高等)?教育(?:背景|经历|情况|信息)?|学历(?:背景|信息)|学习经历|求学经历|学业背景",
    "summary": r"summary|profile|objectives?|about(?: me)?|statement|overview|introduction|bio(?:graphy)?|"
    r"summary of qualifications|goals?|"
    r"profil|kurzprofil|über mich|zusammenfassung|à propos(?: de moi)?|r[ée]sum[ée]|objectif|over mij|profiel|"
    r"perfil|resumen|sobre m[íi]|profilo|"
    r"概要|自我(?:评价|介绍|总结|描述)|个人(?:简介|总结|评价|优势|概述|介绍|亮点)|职业(?:概述|目标|总结)|简介",
    "skills": r"skills?(?: (?:and|&) \w+)?(?: summary| set)?|skillset|competenc(?:e|es|ies)|technologies|expertise|"
    r"strengths|proficienc(?:y|ies)|tools|"
    r"programming languages|abilities|(?:[^\W\d_]+-?)?kenntnisse|f[äa]higkeiten|kompetenzen|edv-kenntnisse|"
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
_AND = r"\s*(?:&|and|et|und|/|,|与|和|及)\s*"
_HEADINGS = tuple(
    (
        kind,
        re.compile(
            rf"{_ADJECTIVES}(?:{nouns})(?:\s*(?:&|and|et|und|/|,|与|和|及)\s*{_ADJECTIVES}(?:{'|'.join(_NOUNS.values())}))*",
            re.I,
        ),
    )
    for kind, nouns in _NOUNS.items()
)
_LONGEST = 72  # characters of a heading
_ACADEMIC = re.compile(r"academic\s+(?:career|history|records?|background)", re.I)
_PART = re.compile(r"(?<=[\u4e00-\u9fff])\s*[(（][\u4e00-\u9fff]{1,6}[)）]$")  # "项目经历（部分）"
_MOST_WORDS = 6
_EXPERIENCE_LAST = re.compile(r"(?:\s(?:experiences?|employment)|erfahrung(?:en)?)$", re.I)
_NO_JOBS = re.compile(
    r"volunt|project|projekt|extra-?curric|communit|leadership|programming|coding|skills|travel|life", re.I
)
_FIRST_NAMED = re.compile(  # "Education and Training" is about education
    r"(?:(?:professional|work|academic)\s+)?(?:(?P<education>education)|experience|employment)\s*(?:&|and|,|/)\s", re.I
)


class SectionKind(StrEnum):
    """What a section is about; ``head`` is what stands before the first heading."""

    HEAD = "head"
    EDUCATION = "education"
    EXPERIENCE = "experience"
    SUMMARY = "summary"
    SKILLS = "skills"
    CONTACT = "contact"
    OTHER = "other"


def heading_kind(text: str) -> SectionKind | None:
    """Return the kind of section that this heading begins, None where the text is no known heading."""
    plain = plain_heading(text)
    if not plain or len(plain) > _LONGEST or plain[0].islower():  # a lower-case word is the end of a broken line
        return None
    if _ACADEMIC.fullmatch(plain):
        return SectionKind.EDUCATION
    kinds = [SectionKind(kind) for kind, pattern in _HEADINGS if pattern.fullmatch(plain)]
    if kinds and (first := _FIRST_NAMED.match(plain)):
        return SectionKind.EDUCATION if first["education"] else SectionKind.EXPERIENCE
    joined = SectionKind.OTHER in kinds[:1] and re.search(_AND, plain) and ends_as_experience(text)
    return SectionKind.EXPERIENCE if joined else next(iter(kinds), None)  # "Research & Work Experience"


def ends_as_experience(text: str) -> bool:
    """Whether a heading of a few words is of jobs by the last one: ``Industry & R&D Experience``."""
    plain = plain_heading(text)
    few = len(plain.split()) <= _MOST_WORDS and plain[:1].isupper()
    return few and bool(_EXPERIENCE_LAST.search(plain)) and not _NO_JOBS.search(plain)


def plain_heading(text: str) -> str:
    """The words of a heading without signs and numbers around them, without gaps between their letters."""
    plain = re.sub(r"[\ue000-\uf8ff]", " ", text)
    plain = re.sub(r"^\W*(?:\d{1,2}(?:[.、)]|(?=\s))|[IVX]+\.|[一二三四五六七八九十]+[、.])?\s*", "", plain)
    plain = _PART.sub("", " ".join(plain.split()))
    plain = re.sub(r"[\W_]+$", "", plain)
    if len(plain) > 4 and re.fullmatch(r"(?:\S )+\S", plain):
        plain = plain.replace(" ", "")  # letter-spaced: E D U C A T I O N
    if re.fullmatch(r"[\u4e00-\u9fff](?:\s+[\u4e00-\u9fff])+", plain):
        plain = re.sub(r"\s+", "", plain)
    return re.sub(r"(?<=[\u4e00-\u9fff])\s*[A-Za-z][A-Za-z &]+$|^[A-Za-z][A-Za-z &]+\s*(?=[\u4e00-\u9fff])", "", plain)
