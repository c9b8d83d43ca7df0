"""Schema ``contract``: title, date, parties, term and governing law; nothing rather than a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine, page_lines
from pipeline.engines.evidence.record_builder import build_record
from pipeline.engines.rules.contract_parties import find_parties
from pipeline.engines.rules.dates import find_dates, prefers_month_first
from pipeline.engines.rules.document import find_title
from pipeline.engines.rules.labelled import LabelIndex
from stores.models import Label, Page, Record, Schema

_LAW = re.compile(
    r"govern(?:ed|ing)[^.]{0,80}?\blaws?\s+of\s+(?:the\s+)?(?P<law>[A-Z][\w ,'’-]{2,60}?)"
    r"(?=[.;,)]|\s+(?:without|applicable|excluding|as)\b|\s+and\s+(?![A-Z])|$)"
    r"|(?P<de>deutsche[sm]?|österreichische[sm]?|schweizer(?:isches)?)\s+Recht|droit\s+(?P<fr>français|belge|suisse)"
    r"|Recht\s+(?:der|des)\s+(?P<land>(?:Bundesrepublik|Republik|Fürstentums?|Kantons?)\s+[A-ZÄÖÜ]\w+|Schweiz\w*)"
    r"|受(?P<by>[\u4e00-\u9fff]{2,12}?)(?:的)?法律(?:管辖|约束|保护)"
    r"|适用(?P<zh>[\u4e00-\u9fff]{2,12})(?:的)?法律",
)
_TERM = re.compile(
    r"(?:(?:initial\s+)?(?:term|period)\s+of|for\s+a\s+(?:term|period)\s+of)\s+(?P<term>[\w()\s-]{1,40}?(?:day|week|month|year)s?)(?![a-z])"
    r"|(?:term|commenc\w*|begins?|runs?|continues?|in\s+force|lasts?|valid)(?![a-z])[^.]{0,80}?\sfor\s+(?P<for>[\w-]+\s*(?:\(\d+\)\s*)?(?:day|week|month|year)s?)(?![a-z])"
    r"|(?:pour\s+une\s+durée|durée\s+(?:initiale|déterminée))\s+de\s+(?P<fr>[\w-]+(?:\s*\(\d+\))?\s+(?:jours?|semaines?|mois|années?|ans?))(?![a-z])"
    r"|(?:合同期限|租赁期限|服务期限|合作期限|(?:合同)?有效期|租期|期限)\s*(?:为|[:：])\s*(?P<zh>[^\s，。；,;]{2,40})"
    r"|(?:vertragslaufzeit|laufzeit|mietdauer|vertragsdauer)\s*(?:beträgt|von|[:：])\s*(?P<de>[\w\s]{2,30}?(?:tage?|wochen?|monate?|jahre?)n?)(?![a-z])",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"(?:dated|effective|made|entered\s+into|signed)\b[^.\d]{0,60}(?:as\s+of|on|date|this)?|effective\s+date|date\s+of\s+(?:this\s+)?(?:agreement|contract)|"
    r"签订(?:日期|时间)|签署日期|生效日期|签约日期|datum|fait\s+[àa]|"
    r"^\W*(?:date|dated?)\s*[:：]|[^\W\d_]{2,},\s*(?:den|le)\s+(?=\d)",
    re.IGNORECASE,
)
_DATE_CELLS = ("签订日期", "签署日期", "签约日期", "生效日期", "Effective date", "Date of agreement", "Date")
_FILLED_TERM = re.compile(r"[:：为]\s*(\d{1,4}\s*(?:年|个月|月|天|日)[^，。；,;]{0,40})")
_MOST_LINES = 80  # the date stands at the beginning or the end
_MOST_BETWEEN = 12  # words between a label and its date


class ContractRules:
    """Fields of a contract, by rules."""

    fingerprint = "rules-contract/4"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Extract the record of ``schema``; ``source`` is not used."""
        lines = [line for line in page_lines(pages) if line.label not in (Label.HEADER, Label.FOOTER)]
        values = {
            "title": find_title(lines),
            "date": _date(lines),
            "parties": find_parties(lines),
            "term": _term(lines),
            "governing_law": _first(lines, _LAW),
        }
        return build_record(schema, values)


def _date(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The date that the beginning or the end of the contract calls its own."""
    month_first = prefers_month_first(line.text for line in lines)
    for line in (*lines[:_MOST_LINES], *lines[-_MOST_LINES:]):
        for label in _DATED.finditer(line.text):
            dates = [date for date in find_dates(line.text[label.start() :], month_first) if date.exact]
            if dates and len(line.text[label.end() : label.start() + dates[0].start].split()) <= _MOST_BETWEEN:
                start = label.start()
                quote = line.text[start + dates[0].start : start + dates[0].end]
                return located_in(dates[0].value, [line], quote)
    index = LabelIndex(lines)
    return index.first(_DATE_CELLS, lambda text: _whole_date(text, month_first)) or _date_in_blanks(index)


def _date_in_blanks(index: LabelIndex) -> LocatedValue | None:
    """A date whose numbers were filled in, so that its row is read in pieces: ``签订日期：`` ``2020`` ``年 2 月``."""
    for row in index.rows:
        text = " ".join(cell.text.strip() for cell in row.cells)
        label = _DATED.match(text)
        read = _whole_date(text[label.end() :].lstrip(" :："), False) if label else None
        if read is not None:
            return located_in(read[0], row.cells)
    return None


def _term(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The term as a line says it; where it was filled in, so that its row is read in pieces, the whole row."""
    term = _first(lines, _TERM)
    if term is None or not str(term.value).isdecimal():
        return term
    row = LabelIndex(lines).row_of(term.lines[0])
    text = " ".join(cell.text.strip() for cell in row.cells)
    match = _FILLED_TERM.search(text)
    return located_in(match[1].strip(), row.cells, match[1].strip()) if match else None


def _whole_date(text: str, month_first: bool) -> tuple[object, int, int] | None:
    """A date that fills a cell."""
    dates = [date for date in find_dates(text, month_first) if date.exact]
    alone = dates and not text[: dates[0].start].strip() and not text[dates[0].end :].strip(" .。")
    return (dates[0].value, dates[0].start, dates[0].end) if alone else None


def _first(lines: Sequence[PageLine], pattern: re.Pattern[str]) -> LocatedValue | None:
    """The first match of a pattern in a line, or in two lines that follow each other."""
    for at, line in enumerate(lines):
        following = lines[at + 1] if at + 1 < len(lines) and lines[at + 1].page == line.page else None
        text = f"{line.text.strip()} {following.text.strip()}" if following else line.text
        match = pattern.search(text)
        if match and match.start() < len(line.text):
            value = next(group for group in match.groups() if group)
            span = [line, following] if following and match.end() > len(line.text) + 1 else [line]
            return located_in(" ".join(value.split()), span, value)
    return None
