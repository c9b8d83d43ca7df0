"""The term of a contract: how long it holds. Periods of notice, of secrecy and after its end are none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.labelled import LabelIndex

_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_NUMBER = (
    rf"(?:\d{{1,3}}|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[\s-](?:{_UNITS}))?|{_UNITS}"
    r"|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|a\s+hundred)"
)
_SPAN = (
    rf"(?P<span>{_NUMBER}(?:\s*[(（]\s*(?:{_NUMBER})\s*[)）])?[\s-]*(?:(?:calendar|consecutive|full)\s+)?"
    r"(?:day|week|month|year)s?)(?![a-z])"
)
_OF_A_PERIOD = r"(?:(?:a|an|the)\s+)?(?:[\w-]+\s+){0,2}?(?:period|term|duration)\s+of\s+"
_HOLDS = (
    r"(?:commenc\w*|begin(?:s|ning)?|starts?|starting|runs?|continues?|lasts?|remains?|in\s+(?:full\s+)?force"
    r"|in\s+(?:full\s+)?effect|effective|valid|binding)"
)
_IN_ENGLISH = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![^\W_])(?:term|duration)(?:\s+of\s+(?:this\s+|the\s+)?\w+)?(?:\s*[:：]\s*|\s+[–—-]\s+)(?:\w+\s+){{0,3}}?{_SPAN}",
        rf"(?<![^\W_])(?:term|duration)(?:\s+of\s+[^.;:]{{0,40}}?)?\s+(?:shall\s+be|will\s+be|is)\s+(?:for\s+)?(?:{_OF_A_PERIOD})?{_SPAN}",
        rf"(?<![^\W_])(?:for\s+|of\s+)(?:(?:a|an|the)\s+)?(?:[\w-]+\s+){{0,2}}?term\s+of\s+{_SPAN}",
        rf"(?<![^\W_])(?:{_HOLDS}|term)(?![^\W_])[^.;]{{0,110}}?\s(?:for|until\s+the\s+end\s+of)\s+(?:{_OF_A_PERIOD})?{_SPAN}",
    )
)
_ELSEWHERE = re.compile(
    r"(?:pour\s+une\s+durée|durée\s+(?:initiale|déterminée))\s+de\s+(?P<fr>[\w-]+(?:\s*\(\d+\))?\s+(?:jours?|semaines?|mois|années?|ans?))(?![a-z])"
    r"|(?:合同期限|租赁期限|服务期限|合作期限|(?:合同)?有效期|租期|(?<![行用修保密款])期限)\s*(?:为|[:：])\s*(?P<zh>[^\s，。；,;]{2,40})"
    r"|(?:vertragslaufzeit|laufzeit|mietdauer|vertragsdauer)\s*(?:beträgt|von|[:：])\s*(?P<de>[\w\s]{2,30}?(?:tage?|wochen?|monate?|jahre?)n?)(?![a-z])",
    re.IGNORECASE,
)
_OF_SOMETHING_ELSE = re.compile(
    r"notice|cure|default|breach|confidential|secre|surviv|warrant|compet|solicit|refrain|restrict|invoice|paym|interest|"
    r"insur|licen[cs]e\s+rights|prior\s+to\s+terminat|after\s+terminat|renew|exten|probation|suspen|delay|force\s+majeure|vacan",
    re.IGNORECASE,
)
_AFTER_SOMETHING = re.compile(
    r"\W*(?:prior|before|after|following|post|beyond|from\s+(?:the\s+)?(?:date\s+of\s+)?(?:terminat|expir|disclos|receipt)|(?:written\s+)?notice|of\s+notice)",
    re.IGNORECASE,
)
_OPEN_UNIT = re.compile(r"个$|^[\u4e00-\u9fff]*[^\d年月日天周期]$")  # what is cut off at the end of a line
_FILLED = re.compile(r"[:：为]\s*(\d{1,4}\s*(?:年|个月|月|天|日)[^，。；,;]{0,40})")
_REACH = 3  # lines of one sentence
_SENTENCE_END = re.compile(r"[.;](?=\s|$)")


def find_term(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The term as a sentence or a label says it; where it was filled in, so that its row is read in pieces, the row."""
    for pattern in _IN_ENGLISH:
        for span, match in _matches(lines, pattern):
            if not _is_of_something_else(match):
                return _located(span, match["span"])
    for span, match in _matches(lines, _ELSEWHERE):
        value = next(group for group in match.groups() if group)
        if value.isdecimal():
            return _filled_in(lines, span[0])
        if not _OPEN_UNIT.search(value):
            return _located(span, value)
    return None


def _matches(lines: Sequence[PageLine], pattern: re.Pattern[str]) -> Iterator[tuple[Sequence[PageLine], re.Match[str]]]:
    """What a pattern matches in each line, or in lines of its page that follow it."""
    for at, line in enumerate(lines):
        span = [one for one in lines[at : at + _REACH] if one.page == line.page]
        match = pattern.search(" ".join(one.text.strip() for one in span))
        if match and match.start() < len(line.text):
            yield span, match


def _is_of_something_else(match: re.Match[str]) -> bool:
    """Whether the sentence up to the period speaks of notice, secrecy or the like, or counts from some other event."""
    before = _SENTENCE_END.split(match.string[: match.start("span")])[-1]
    behind = match.string[match.end("span") :]
    return bool(_OF_SOMETHING_ELSE.search(before) or _AFTER_SOMETHING.match(behind))


def _located(span: Sequence[PageLine], value: str) -> LocatedValue:
    """A value in those of the lines that print it."""
    within = next((line for line in span if value in line.text), None)
    return located_in(" ".join(value.split()), [within] if within else list(span), value)


def _filled_in(lines: Sequence[PageLine], line: PageLine) -> LocatedValue | None:
    row = LabelIndex(lines).row_of(line)
    text = " ".join(cell.text.strip() for cell in row.cells)
    match = _FILLED.search(text)
    return located_in(match[1].strip(), row.cells, match[1].strip()) if match else None
