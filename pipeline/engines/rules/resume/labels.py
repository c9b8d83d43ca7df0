"""The labels that curricula vitae print before the values of a school or a job: ``学校：北京大学``."""

from __future__ import annotations

import re

_NAMED = r"(?:name\s+of\s+(?:the\s+)?)?(?:{})(?:\s+name)?"
_LABELS = {
    "institution": _NAMED.format(r"(?:high\s+)?school|university|institution|institute|college")
    + r"|bildungseinrichtung|schule|hochschule|instituci[óo]n(?:\s+\w+)?|centro(?:\s+educativo|\s+de\s+estudios)?|"
    r"[ée]tablissement|[ée]cole|universidad|istituto|institui[çc][ãa]o|学校(?:名称)?|毕业院校|院校|毕业学校",
    "degree": r"degree(?:\s+level)?|qualification|(?:(?:angestrebter|voraussichtlicher)\s+)?abschlu(?:ss|ß)|"
    r"t[íi]tulo(?:\s+\w+)?|titulaci[óo]n|titolo(?:\s+\w+){0,2}|dipl[ôo]me|diploma|grado|学历|学位|最高学历",
    "area": r"(?:degree\s+)?major|area|field(?:\s+of\s+study)?|subject|speciali[sz]ation|speciali?ty|study\s+course|"
    r"studiengang|studienfach|专业(?:名称)?|所学专业|主修",
    "company": _NAMED.format(r"company|employer|organi[sz]ation|firm")
    + r"|arbeitgeber|firma|empresa|compa[ñn][íi]a|empleador|entreprise|soci[ée]t[ée]|employeur|azienda|"
    r"datore\s+di\s+lavoro|empregador|公司(?:名称)?|单位(?:名称)?|工作单位|企业名称",
    "position": r"position(?:\s+held)?|title|role|designation|job(?:\s+title)?|"
    r"(?:puesto|cargo|poste|fonction|posizione|mansione|fun[çc][ãa]o|tätigkeit)(?:[\s/]+\w+){0,3}|职位(?:名称)?|"
    r"职务|岗位|担任职务|职位类别",
    "location": r"location|place|city|town|ort|lieu|ville|lugar|luogo|ciudad|城市|地点|工作地点|所在地",
}
_PERIOD_LABEL = re.compile(
    r"\W*(?:(?:period|duration|dates?|time|years?)(?:\s+of\s+(?:study|studies|attendance|employment|service|passing))?|"
    r"(?:year\s+of\s+)?graduation(?:\s+(?:year|date))?|zeitraum|dauer|p[ée]r[ií]odo?e?|fechas?|dur[ée]e|durata|duraci[óo]n|"
    r"(?:起止|在校|在职|工作|就读|任职|毕业)?(?:时间|日期|年月))\s*[:：]\s*",
    re.IGNORECASE,
)
LABEL = re.compile("|".join(rf"(?P<{name}>^(?:{words})\s*[:：]\s*)" for name, words in _LABELS.items()), re.IGNORECASE)
_ANY_LABEL = re.compile(r"\W*[^\W\d]{2,20}\s*[:：]")
PERIOD = "period"


def is_labelled(text: str) -> bool:
    """Whether a row begins with a label of any words."""
    return bool(_ANY_LABEL.match(text))


def is_labelled_detail(text: str) -> bool:
    """Whether a row begins with a label that announces neither a school or a job nor what belongs to their heads."""
    return is_labelled(text) and not LABEL.match(text.strip())


def labelled_value(text: str) -> tuple[str, str] | None:
    """What a label announces and the value behind it, ``("company", "Alder Labs")``; None without a known label."""
    text = re.sub(r"\s+(?=[:：])", "", text.strip(" \t•·-–*"))
    match = LABEL.match(text)
    if match and match.lastgroup:
        return match.lastgroup, text[match.end() :].strip()
    dated = _PERIOD_LABEL.match(text)
    return (PERIOD, text[dated.end() :].strip()) if dated else None
