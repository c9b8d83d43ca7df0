"""Schema ``contract``: title, date, parties, term and governing law; nothing rather than a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine, page_lines
from pipeline.engines.evidence.record_builder import build_record
from pipeline.engines.rules.dates import find_dates, prefers_month_first
from pipeline.engines.rules.document import find_title
from stores.models import Label, Page, Record, Schema

_ROLES = (
    r"landlord|tenant|lessor|lessee|seller|buyer|purchaser|vendor|supplier|customer|client|contractor|consultant|employer|employee|"
    r"licensor|licensee|lender|borrower|company|provider|service\s+provider|owner|agent|disclosing\s+party|receiving\s+party|"
    r"auftraggeber|auftragnehmer|vermieter|mieter|verkäufer|käufer|arbeitgeber|arbeitnehmer|bailleur|locataire|vendeur|acheteur"
)
_ROLE_LABEL = re.compile(rf"^\W*(?:the\s+)?(?P<role>{_ROLES})\s*[:：]\s*(?P<name>\S.{{2,120}})$", re.IGNORECASE)
_ZH_PARTY = re.compile(
    r"(?P<role>[甲乙丙丁]\s*方)\s*(?:[（(](?P<other>[^）)]{1,20})[）)])?\s*[:：]\s*(?P<name>[^\s:：，,；;]{2,40})"
)
_BETWEEN = re.compile(
    r"(?<![a-z])(?:by\s+and\s+between|between)\s*[:：]?\s+(?P<one>.{3,200}?)[,;]?\s+(?:and|&)\s+(?P<two>.{3,200}?)"
    r"(?:\.(?:\s|$)|;|$|\bwitnesseth\b|\bwhereas\b)",
    re.IGNORECASE | re.DOTALL,
)
_CALLED = re.compile(
    r"\(\s*(?:(?:hereinafter|hereafter|together|collectively)[^“\"”']{0,40})?(?:the\s+)?[“\"'‘](?:the\s+)?(?P<role>[^”\"'’]{2,40})[”\"'’][^)]*\)",
    re.IGNORECASE,
)
_NAME_END = re.compile(
    r",\s*(?:an?\s|the\s|with\s|whose\s|having\s|located\s|of\s|organi[sz]ed|incorporated|registered|company\s+number|residing|acting|located|represented)"
    r"|\s+\(|\s+of\s+\d|\s+with\s+its|,\s*\d",
    re.IGNORECASE,
)
_LAW = re.compile(
    r"govern(?:ed|ing)[^.]{0,80}?\blaws?\s+of\s+(?:the\s+)?(?P<law>[A-Z][\w ,'’-]{2,60}?)"
    r"(?=[.;,)]|\s+(?:without|and|applicable|excluding|as)\b|$)"
    r"|(?P<de>deutsche[sm]?|österreichische[sm]?|schweizer(?:isches)?)\s+Recht|droit\s+(?P<fr>français|belge|suisse)"
    r"|适用(?P<zh>[\u4e00-\u9fff]{2,12})(?:的)?法律",
)
_TERM = re.compile(
    r"(?:(?:initial\s+)?(?:term|period)\s+of|for\s+a\s+(?:term|period)\s+of)\s+(?P<term>[\w()\s-]{1,40}?(?:day|week|month|year)s?)(?![a-z])"
    r"|(?:合同期限|租赁期限|合同有效期|租期|期限)\s*(?:为|[:：])\s*(?P<zh>[^\s，。；,;]{2,40})"
    r"|(?:vertragslaufzeit|laufzeit|mietdauer)\s*(?:beträgt|[:：])\s*(?P<de>[\w\s]{2,30}?(?:tage?|wochen?|monate?|jahre?)n?)(?![a-z])",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"(?:dated|effective|made|entered\s+into|signed)\b[^.\d]{0,60}(?:as\s+of|on|date|this)?|effective\s+date|date\s+of\s+(?:this\s+)?(?:agreement|contract)|"
    r"签订(?:日期|时间)|签署日期|生效日期|签约日期|datum|fait\s+[àa]",
    re.IGNORECASE,
)
_MOST_LINES = 80  # parties and date stand at the beginning
_REACH = 6  # lines of one sentence
_MOST_NAME = 90


class ContractRules:
    """Fields of a contract, by rules."""

    fingerprint = "rules-contract/1"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Extract the record of ``schema``; ``source`` is not used."""
        lines = [line for line in page_lines(pages) if line.label not in (Label.HEADER, Label.FOOTER)]
        parties = list(_labelled_parties(lines)) or _parties_between(lines)
        values = {
            "title": find_title(lines),
            "date": _date(lines),
            "parties": parties,
            "term": _first(lines, _TERM),
            "governing_law": _first(lines, _LAW),
        }
        return build_record(schema, values)


def _labelled_parties(lines: Sequence[PageLine]) -> Iterator[dict[str, LocatedValue | None]]:
    """Parties that stand behind their roles: ``Landlord: ...``, ``甲方：...``; each role once."""
    roles: set[str] = set()
    for line in lines:
        for match in (*_ZH_PARTY.finditer(line.text), *_ROLE_LABEL.finditer(line.text)):
            role = " ".join(match["role"].split()) if match["role"].isascii() else re.sub(r"\s", "", match["role"])
            name = match["name"].strip(" .,;，。_")
            if role in roles or len(name) < 2 or re.fullmatch(r"[\W_]*", name):
                continue
            roles.add(role)
            yield {"name": located_in(name, [line], name), "role": located_in(role, [line], match["role"])}


def _parties_between(lines: Sequence[PageLine]) -> list[dict[str, LocatedValue | None]]:
    """The two parties of ``between ... and ...``, which may run over several lines."""
    for at, line in enumerate(lines[:_MOST_LINES]):
        if not re.search(r"(?<![a-z])between(?![a-z])", line.text, re.IGNORECASE):
            continue
        span = [one for one in lines[at : at + _REACH] if one.page == line.page]
        match = _BETWEEN.search(" ".join(one.text.strip() for one in span))
        parties = [_party(match[side], span) for side in ("one", "two")] if match else []
        if len(parties) == 2 and all(parties):
            return [party for party in parties if party]
    return []


def _party(text: str, span: Sequence[PageLine]) -> dict[str, LocatedValue | None] | None:
    called = _CALLED.search(text)
    end = _NAME_END.search(text)
    name = text[: min(match.start() for match in (called, end) if match)] if called or end else text
    name = re.sub(r"^\W*(?:\(?\d\)|[a-z]\))\s*", "", name).strip(" ,.;:")
    if not (2 < len(name) <= _MOST_NAME) or not name[0].isupper():
        return None
    role = called["role"].strip(" ,.") if called else None
    return {
        "name": located_in(name, _lines_of(name, span), name),
        "role": located_in(role, _lines_of(role, span), role) if role else None,
    }


def _lines_of(text: str, span: Sequence[PageLine]) -> list[PageLine]:
    """The lines of a sentence that print a part of it."""
    whole, ranges = "", []
    for line in span:
        begin = len(whole)
        whole += line.text.strip() + " "
        ranges.append((begin, len(whole), line))
    start = whole.find(text)
    return [line for begin, end, line in ranges if begin < start + len(text) and end > start] or [span[0]]


def _date(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The date that the beginning or the end of the contract calls its own."""
    month_first = prefers_month_first(line.text for line in lines)
    for line in (*lines[:_MOST_LINES], *lines[-_MOST_LINES:]):
        for label in _DATED.finditer(line.text):
            dates = [date for date in find_dates(line.text[label.start() :], month_first) if date.exact]
            if dates:
                start = label.start()
                quote = line.text[start + dates[0].start : start + dates[0].end]
                return located_in(dates[0].value, [line], quote)
    return None


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
