"""The parts of a line in the head of an entry: name of a firm, job, school, degree, place."""

from __future__ import annotations

import re

from pipeline.engines.rules.parties import has_company_suffix, is_legal_form_alone
from pipeline.engines.rules.resume.words import (
    find_degree,
    is_place,
    is_state,
    names_job,
    names_school,
    names_state_university,
    place_at_end,
    place_without_comma,
)

ICONS = re.compile(r"[\ue000-\uf8ff\ufffd]")
STRONG_SEPARATOR = re.compile(
    r"\s+[|•·‧∘∙⋅/]\s+|\s*[|｜丨]\s*|\s+[-–—―‐\u2011\u2012]\s+|\s{3,}|\t|\s+@\s*(?=[^\W\d])|(?<=[a-z]{3})@(?=[A-Z][a-z]+(?![\w.-]*\.[a-z]))|(?<=[\u4e00-\u9fff])\s+(?![&＆])|(?<![&＆\s,，])\s+(?=[\u4e00-\u9fff])"
)
_COMMAS = re.compile(r"\s*[,，、]\s*")
_DOT_IN_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff)）])[·•∙](?=[\u4e00-\u9fffA-Z])")  # "东港大学（本科）·软件工程·GPA"
_DASH_IN_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff])[-–—](?=[\u4e00-\u9fff])")  # "东港大学-硕士-软件工程"
_SUPERVISOR_BEHIND = re.compile(r"(?<=[\u4e00-\u9fff])\s*[,，]?\s*(?:合作|指导)?导师\s*[:：].*$")
_ADVISED = re.compile(  # "Research Assistant, advised by Prof. A. Alder"
    r"(?<=\w\w)\)?[.,;]?\s+(?:advised|supervised|mentored)\s+by\s.*$|"
    r"(?<=\w\w)\)?\s*[,;]\s*(?:advis[eo]r|supervisor|mentor|guide|instructor)s?\s*[:：].*$|"
    r"(?<=\w\w)\)?,?\s+under\s+(?:the\s+\w+\s+of\s+)?(?:prof|dr)\b.*$",
    re.IGNORECASE,
)
_LASTING = re.compile(  # "Alder Labs (Leeds, 15 months)"
    r"\s*[(（](?:[^()（）]*[,;]\s*)?\d+\+?\s*(?:months?|years?|weeks?|mois|ans|monate|jahre|meses|años|个月|年)\s*[)）]$",
    re.IGNORECASE,
)
_WEAK_SEPARATOR = re.compile(
    r"\s*(?:,(?!(?<=\d,)\d)|[;，；、])(?![^()（）]*[)）]|\s*(?:Ltd|Inc|LLC|Limited|Corp|GmbH|PLC|L\.?P)\b)\s*|\s+at\s+(?:the\s+(?!(?:Chair|Dep|Faculty|Division)))?(?=[A-Z0-9])|(?<=\w)\s+(?:bei(?:m|\s+de[rm])?|chez)\s+(?=[A-ZÀ-Þ0-9„\"])(?![^()（）]*[)）])|\s*(?<=[\u4e00-\u9fff)])\s*/\s*"
)
KIND_OF_WORK = re.compile(
    r"\(?(?:intern(?:ship)?|stage|stagiaire|praktikum|praktikant(?:in)?|werkstudent(?:in)?|freelance|"
    r"self[- ]employed|part[- ]time|full[- ]time|contract(?:ual)?|permanent|temporary|fixed[- ]term|实习)\)?",
    re.IGNORECASE,
)
KIND_OF_SCHOOL = re.compile(
    r"(?:(?:grund|real|haupt|berufs|volks|fach|ober|mittel|hoch)schule|gymnasium|(?:high|primary|secondary|middle)\s+school|"
    r"lycée|collège|university|universität|college|institute)",
    re.IGNORECASE,
)
_STOP = re.compile(r"(?<=[^\W_]{2})\.\s+(?=[A-ZÀ-Þ])")
_SHORTENED = frozenset(["Co", "Corp", "Dept", "Dr", "Ed", "etc", "Eng", "Inc", "Jr", "Ltd", "Med", "Sc", "Sr", "St"])
_MOST_SMALL_WORDS = 2  # in a head that ends with a full stop
_ASIDE = re.compile(  # behind a name: "Alder Labs (mostly working in boats)"
    r"\s+\((?=[a-z]+\s)[^()]*\s(?:in|with|on|for|as|mit|im|als|avec|en)\s[^()]*\)$"
)
_STREET_BEHIND = re.compile(  # behind the name of a firm, without a comma
    r"(?<=\S)\s+(?=(?:[Vv]ia|Viale|Piazza|Corso|Rue|rue|Avenue|Calle|Avenida|Rua)\s+[A-ZÀ-Þ][^,]*\s\d)"
)
_ENUMERATOR = re.compile(
    r"^\s*(?:[一二三四五六七八九十]{1,2}[、.．]|[①-⑳]|[(（][一二三四五六七八九十\d]{1,2}[)）])\s*(?=\S)"
)
_BEFORE_FIRM = re.compile(r"^(?i:bei(?:\s+(?:der|dem))?|an\s+de[rm]|chez|at)\s+(?=[A-ZÀ-Þ0-9])")
_BRACKETED = re.compile(r"\s*(.+?)\s*[（(]([^（()）]+)[）)]\s*")  # the job behind the firm
_HAN_TOGETHER = re.compile(  # school, field and degree that a reader has joined
    r"([\u4e00-\u9fff]{2,12}?(?:大学|学院|学校))([\u4e00-\u9fff]{2,12}?)?(博士|硕士|研究生|学士|本科|大专|专科)|"
    r"([\u4e00-\u9fff]{2,12}?大学)([\u4e00-\u9fff]{1,8}系[\u4e00-\u9fff]*|[\u4e00-\u9fff]{2,12}专业)"
)
_ACRONYM = re.compile(r"[A-Z][A-Z0-9&-]{1,9}(?:\s*\([^()]*\))?\W*")  # of a school: "ENSG (IGN)"
_PART_OF_SCHOOL = re.compile(r"the\s+(?:Chair|Dep|Faculty|Division)")
_SCHOOL_BEHIND = re.compile(
    r"\s+(?:from|at|an\s+der|von\s+der|à\s+l['’]\s?|à|de\s+l['’]\s?)\s*(?=(?-i:[A-ZÀ-Þ\u4e00-\u9fff]))|\s*,\s+(?=(?:the\s+)?universit)",
    re.IGNORECASE,
)


def split_head(text: str) -> list[str]:
    """Split a line of an entry's head at its separators; places stay whole, enclosing brackets are removed."""
    text = _SUPERVISOR_BEHIND.sub("", _ENUMERATOR.sub("", _without_full_stop(text), count=1))
    text = _LASTING.sub("", _ADVISED.sub("", text))
    if len(parts := _parts_in_chinese(text)) > 1:
        return [part for side in parts for part in split_head(side)]
    if together := _HAN_TOGETHER.fullmatch(text.strip()):
        return [part for part in together.groups() if part]
    parts = []
    for strong in _strong_parts(ICONS.sub("  ", text)):
        bracketed = _BRACKETED.fullmatch(strong)
        if bracketed and names_job(bracketed[2]) and not names_job(bracketed[1]) and not find_degree(bracketed[1]):
            parts.extend([*_split_weakly(bracketed[1]), bracketed[2]])
        elif (
            bracketed
            and names_school(bracketed[1])
            and any(map(_ends_with_degree, _COMMAS.split(bracketed[2])))
            and not find_degree(bracketed[1])
        ):
            parts.extend([bracketed[1], next(filter(_ends_with_degree, _COMMAS.split(bracketed[2])))])
        elif bracketed and _is_study(bracketed[1]) == "degree" and _is_study(bracketed[2]) == "school":
            parts.extend([bracketed[1], bracketed[2]])
        else:
            parts.extend(_split_weakly(strong))
    trimmed = (_trim(part) for part in parts)
    return [part for part in trimmed if re.search(r"\w", part)]


def _parts_in_chinese(text: str) -> list[str]:
    """Split at dots and dashes without blanks, where the first part or a degree behind a school tells what they are."""
    dotted, dashed = _DOT_IN_CHINESE.split(text), _DASH_IN_CHINESE.split(text)
    if names_school(dashed[0]) and any(map(_is_degree, dashed[1:])):
        return dashed
    return dotted if _tells(dotted[0]) else [text]


def _ends_with_degree(text: str) -> bool:
    """Whether a text is a degree, or in Chinese a kind of study and a degree: ``统招本科``."""
    degree = find_degree(text)
    chinese = bool(degree) and bool(re.fullmatch(r"[\u4e00-\u9fff]{2,8}", text.strip()))
    return _is_degree(text) or (chinese and degree is not None and degree.end() == len(text.rstrip()))


def is_numbered(text: str) -> bool:
    """Whether a line begins with a Chinese number or a number in a circle: ``二、``."""
    return bool(_ENUMERATOR.match(text))


def _is_degree(text: str) -> bool:
    degree = find_degree(text)
    return degree is not None and degree[0] == text.strip()


def _without_full_stop(text: str) -> str:
    """Take the full stop from the end of a head, ``Clerk, Alder Works, Leeds.``, unless it shortens the last word."""
    bare = text.rstrip()
    word = re.search(r"[^\W\d_]{2,}(?=\.$)", bare)
    short = word is None or has_company_suffix(f"x {word[0]}") or find_degree(word[0]) or word[0] in _SHORTENED
    sentence = len(re.findall(r"(?<!\w)[a-zà-ÿ]{2,}", bare)) > _MOST_SMALL_WORDS
    return text if short or sentence else bare[:-1]


def _strong_parts(text: str) -> list[str]:
    """Split at strong separators, but not at a stroke between two jobs of one person, ``Developer / Consultant``.

    Nor at one between places, nor behind a kind of work: ``Intern - Developer``.
    """
    spans: list[tuple[int, int]] = []
    marks = list(STRONG_SEPARATOR.finditer(text))
    starts, ends = [0, *(mark.end() for mark in marks)], [*(mark.start() for mark in marks), len(text)]
    for start, end in zip(starts, ends, strict=True):
        opened = len(re.findall(r"[(（]", text[:start])) - len(re.findall(r"[)）]", text[:start]))
        if opened > 0 and re.search(r"[)）]", text[start:]):
            spans[-1] = (spans[-1][0], end)  # inside brackets
            continue
        mark = text[:start].rstrip()[-1:]
        stroke = mark in ("/", "|")
        before = text[slice(*spans[-1])] if spans else ""
        kind_of_work = _is_kind_of_work(before) and _is_job(text[start:end]) and not _is_kind_of_work(text[start:end])
        both = stroke and any(names(before) and names(text[start:end]) for names in (_is_job, is_place))
        campus = bool(mark) and mark in "-–—" and names_state_university(before) and not _is_job(text[start:end])
        if both or kind_of_work or campus or (stroke and _shares_job(before, text[start:end])):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return [text[start:end] for start, end in spans]


def _shares_job(before: str, behind: str) -> bool:
    """Whether a word before a stroke belongs to the job behind it, before a firm: ``Build / Test Engineer, Firm``."""
    job, comma, firm = behind.partition(",")
    plain = (
        len(re.findall(r"[^\W\d_][^\s]*", before)) == 1
        and not has_company_suffix(f"x {before.strip()}")
        and not is_place(before)
    )
    return plain and _is_job(job) and bool(comma) and not is_place(firm.strip())


def _is_kind_of_work(text: str) -> bool:
    return bool(KIND_OF_WORK.fullmatch(text.strip()))


def _is_job(text: str) -> bool:
    return names_job(text) and not has_company_suffix(text) and not names_school(text)


def _split_weakly(text: str) -> list[str]:
    text = _trim(text)
    if not text or is_place(text):
        return [text]
    place = place_without_comma(text)
    if place is None:
        place = place_at_end(text)
    if place is not None:
        return [*_split_weakly(text[:place]), text[place:]]
    job, at, firm = text.partition(" at ")
    if at and _is_job(job) and not find_degree(job) and not _PART_OF_SCHOOL.match(firm):
        return [*_split_weakly(job), *_split_weakly(firm.removeprefix("the "))]  # "Developer at eBay": in small letters
    if street := _STREET_BEHIND.search(text):
        return [*_split_weakly(text[: street.start()]), text[street.end() :]]
    if town := re.search(r"\s+in\s+(?=\d{4,5}\s+[A-ZÀ-Þ])", text):
        return [*_split_weakly(text[: town.start()]), text[town.end() :]]
    stops = _STOP.split(text)
    if (
        len(stops) in (2, 3)
        and _is_job(stops[0])
        and not is_legal_form_alone(stops[-1])
        and (names_school(stops[-1]) or has_company_suffix(stops[-1]))
    ):
        return [stops[0], *_split_weakly(stops[-1])]  # "Teaching assistant. Bricks I. Alder University"
    sides = [side.strip() for side in text.split("/")]
    if len(sides) == 2 and {_is_study(side) for side in sides} == {"school", "degree"}:
        return sides
    before, colon, rest = text.replace("：", ":").partition(":")
    if colon and KIND_OF_SCHOOL.fullmatch(before.strip()):
        return _split_weakly(rest)
    studied = find_degree(before) and not names_school(before)
    if colon and studied and names_school(rest) and not find_degree(rest):
        return [before, *_split_weakly(rest)]
    degree = find_degree(text)
    behind = re.split(r"[,(]", text[degree.end() :])[0] if degree and degree.start() == 0 else ""
    if degree and behind.startswith(" ") and names_school(behind) and not re.match(r"\s+(?:in|of|en|im)\b", behind):
        return [degree[0], *_split_weakly(text[degree.end() :])]  # two columns that a reader joined
    joint = _SCHOOL_BEHIND.search(text, degree.end() if degree else 0)
    studied = bool(degree) or not names_school(text[: joint.start() if joint else 0])
    behind_joint = text[joint.end() :] if joint else ""
    short = bool(_ACRONYM.fullmatch(behind_joint)) and bool(degree or _is_job(text[: joint.start() if joint else 0]))
    if joint and studied and (short or names_school(behind_joint)) and text[: joint.start()].strip():
        return [*_split_weakly(text[: joint.start()]), *_split_weakly(text[joint.end() :])]
    if "/" in text and not re.search("[,;，；、]", text) and all(_is_job(part) for part in re.split(r"\s*/\s*", text)):
        return [text]
    return _with_campus(_WEAK_SEPARATOR.split(text)) if _may_split(text) else [text]


def _is_study(text: str) -> str:
    """What a text is, of a school and a degree: the one that it begins with, or names alone."""
    degree = find_degree(text)
    if degree and degree.start() == 0:
        return "degree"
    return "school" if names_school(text) and not degree else ""


def _with_campus(parts: list[str]) -> list[str]:
    """Join what follows the name of a state's university to it: ``University of California, Davis``; ``intern`` too.

    And a state to its town behind a name.
    """
    joined: list[str] = []
    for part in parts:
        campus = bool(joined) and names_state_university(joined[-1]) and not find_degree(part)
        kind_of_work = bool(joined) and _is_kind_of_work(part)
        town = len(joined) > 1 and is_state(part) and not _tells(joined[-1]) and is_place(f"{joined[-1]}, {part}")
        if kind_of_work or town or (campus and len(part.split()) <= 2 and part[:1].isupper()):
            joined[-1] = f"{joined[-1]}, {part}"
        else:
            joined.append(part)
    return joined


def _tells(text: str) -> bool:
    return bool(names_job(text) or names_school(text) or find_degree(text))


def _may_split(text: str) -> bool:
    """Whether commas separate parts; they do not in a name such as ``University of California, Davis``."""
    parts = _WEAK_SEPARATOR.split(text)
    telling = any(map(_tells, parts))
    firm = any(has_company_suffix(part) for part in parts[1:-1])  # between a job and a town
    return telling or firm or len(parts) == 2


def _trim(text: str) -> str:
    text = _BEFORE_FIRM.sub("", text.strip(" \t,;:|·•@#-–—―，；：、"))
    if text[:1] in "(（[【" and text[-1:] in ")）]】":
        text = text[1:-1].strip()
    text = _ASIDE.sub("", re.sub(r"(?<=[)）])\.$", "", text)) or text
    return balanced(text)


def balanced(text: str) -> str:
    """The text without a bracket at its end or begin that no other one closes or opens."""
    opened, closed = len(re.findall(r"[(（]", text)), len(re.findall(r"[)）]", text))
    if opened > closed and text[-1:] in ("(", "（"):
        return balanced(text[:-1].rstrip())
    if closed > opened and text[:1] in (")", "）"):
        return balanced(text[1:].lstrip())
    return text.strip("()（） ") if opened != closed else text
