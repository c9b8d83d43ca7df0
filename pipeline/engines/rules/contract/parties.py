"""The parties of a contract: behind their roles, in the cells of a table, numbered, or in ``between ... and ...``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.labelled import LabelIndex
from pipeline.engines.rules.parties import looks_like_address

Party = dict[str, LocatedValue | None]

_ROLES = (
    r"landlord|tenant|lessor|lessee|seller|buyer|purchaser|vendor|supplier|customer|client|contractor|consultant|employer|employee|"
    r"licensor|licensee|lender|borrower|company|provider|service\s+provider|owner|agent|disclosing\s+party|receiving\s+party|"
    r"(?:first|second)\s+party|party\s+(?:[a-d]|one|two|[12])|"
    r"auftraggeber(?:in)?|auftragnehmer(?:in)?|vermieter(?:in)?|mieter(?:in)?|verkäufer(?:in)?|käufer(?:in)?|"
    r"arbeitgeber(?:in)?|arbeitnehmer(?:in)?|darlehensgeber(?:in)?|darlehensnehmer(?:in)?|dienstleister|kunde|"
    r"bailleur|locataire|vendeur|acheteur|prestataire|employeur|salarié|prêteur|emprunteur"
)
_ROLE_LABEL = re.compile(
    rf"(?:^\W*|(?<=[.;)])\s+)(?:the\s+)?(?P<role>{_ROLES})(?:\(s\))?\s*[:：]\s*"
    rf"(?P<name>\S.{{2,120}}?)(?=$|[.;)]\s+(?:the\s+)?(?:{_ROLES})\s*[:：])",
    re.IGNORECASE,
)
_ZH_PARTY = re.compile(
    r"(?P<role>[甲乙丙丁]\s*方)[”\"]?\s*(?:[（(][^）)]{1,20}[）)]|[）)])?\s*[:：]\s*(?P<name>[^\s:：，,；;、。]{2,40}+)(?!、)"
)
_ZH_CELL = re.compile(
    r"^\W*(?:[\u4e00-\u9fff]{2,6}\s*[（(]\s*)?(?P<role>[甲乙丙丁]\s*方)\s*(?:[（(][^）)]{1,20})?[）)]?\W*$"
)
_ZH_HEAD = re.compile(
    r"^[\W\d]*(?:[\u4e00-\u9fff]{2,6}\s*[（(]\s*)?(?P<role>[甲乙丙丁]\s*方)\s*(?:[（(][^）)]{1,20})?[）)]?\W*$"
)
_ZH_NAMED = re.compile(
    r"^\W*(?:单位|公司|企业|机构)?(?:名\s*称|全称|单位|姓\s*名|公司)\s*[:：]\s*(?P<name>[^\s:：，,；;、。]{2,40})"
)
_ROLE_CELL = re.compile(rf"^\W*(?:the\s+)?(?P<role>{_ROLES})(?:\(s\))?\W*$", re.IGNORECASE)
_NAME_CELL = re.compile(r"[\u4e00-\u9fff（）()·]{2,40}|[A-ZÀ-Þ][^:_\n]{2,80}")
_BETWEEN_WORD = re.compile(r"(?<![^\W\d_])(?:between|zwischen|entre)(?![^\W\d_])", re.IGNORECASE)
_BETWEEN = re.compile(
    r"(?<![^\W\d_])(?:by\s+and\s+between|between|zwischen|entre(?:\s+les\s+soussignés)?)\s*[:：]?\s+(?P<one>.{3,260}?)"
    r"[,;]?\s+(?:and|und|et)\s*[:：]?\s+(?P<two>.{3,260}?)"
    r"(?:(?<![^a-z]inc)(?<![^a-z]ltd)(?<![^a-z]co)(?<![^a-z]corp)(?<!\.[a-z])\.(?:\s|$)|;|$|\bwitnesseth\b|\bwhereas\b"
    r"|(?:-|–|,)?\s*(?=wird\s|§\s*1|article\s+1|il\s+a\s+été)|\n\s*(?:\d{1,2}\s*[.)]|article\s|section\s|effective\s+date|recitals))",
    re.IGNORECASE | re.DOTALL,
)
_CALLED = re.compile(
    r"\(\s*(?:(?:hereinafter|hereafter|together|collectively)[^“\"”']{0,40})?(?:the\s+)?[“\"'‘](?:the\s+)?(?P<role>[^”\"'’]{2,40})[”\"'’][^)]*\)"
    r"|\(\s*(?:hereinafter\s+)?the\s+(?P<bare>[A-Z]\w+(?:\s[A-Z]\w+)?)\s*\)"
    r"|(?:im\s+folgenden|nachfolgend|nachstehend)\s+(?:der\s+|die\s+)?[„“\"»]?(?P<de>[A-ZÄÖÜ][^\W\d_]{3,30})(?:[“”\"«]|\s+genannt)*"
    r"|ci-après\s+(?:dénommée?s?|désignée?s?)?\s*[«“\"]?\s*(?:le\s+|la\s+|l['’])?(?P<fr>[A-ZÉ][^\W\d_]{3,30})\s*[»”\"]?",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^\W*\(?(?P<at>[1-4])[.)]\s+(?P<text>\S.*)$")
_PARTIES_HEAD = re.compile(r"^\W*(?:the\s+)?parties\W*$|^\W*vertragsparteien\W*$|^\W*les\s+parties\W*$", re.IGNORECASE)
_NAME_END = re.compile(
    r",\s*(?:an?\s|the\s|with\s|whose\s|having\s|located\s|of\s|organi[sz]ed|incorporated|registered|company\s+number|residing|acting|located|represented)"
    r"|,\s*(?:dont|sise?\b|ayant|représenté|vertreten|geschäftsansässig|wohnhaft|mit\s+sitz)"
    r"|\s+[(\[]|[（(]\s*(?:以下|下称|简称)|\s+of\s+\d|\s+with\s+its|,\s*\d|\s+[-–]\s"
    r"|\s+on\s+(?:this\s|the\s|\d|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\s)"
    r"|,\s*(?:\w+\s+)?aged\s|,\s*(?:son|daughter|wife|widow)\s+of\s|,?\s+[SDW]\s*/\s*[oO](?![^\W\d_])",
    re.IGNORECASE,
)
_CONNECTION = re.compile(r"\W*(?:d['’]une|d['’]autre)\s+part\W*", re.IGNORECASE)
_ROLE_WORD = re.compile(rf"(?<![^\W\d_])(?:{_ROLES})(?![^\W\d_])", re.IGNORECASE)
_NO_NAME = re.compile(
    rf"\W*(?:(?:the\s+)?(?:{_ROLES})\W*$|(?:will|shall|may|must|is|are|has|have|agrees?|pays?|does|to|and|or)(?![^\W\d_]))",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:phone|mobile|telephone|tel|fax|e-?mail|name|address|city|province|state|postal|zip|signature|signed|date|title)"
    r"(?:\s+(?:number|no|address|code|name|of\s+\w+))?\W*(?:[:：_]|$)"
    r"|\W*(?:身份证|证件|电话|联系|手机|地\s*址|住\s*所|住\s*址|法定代表|委托代理|授权代表|统一社会|签\s*[字名章]|盖\s*章|日\s*期|开户|账\s*号|邮\s*编|传\s*真|姓\s*名|性\s*别|填写|公章)"
    r"|\W*[甲乙丙丁]\s*方|\W*[\[【<〔(（]",
    re.IGNORECASE,
)
_ABBREVIATED = re.compile(r"(?<![^\W\d_])(?:inc|ltd|co|corp|cia|jr|sr|[a-z]\.[a-z])\.$", re.IGNORECASE)
_FIRST_PAGES = 3  # on which parties are named, and on the last page, where they sign
_MOST_LINES = 80  # parties stand at the beginning
_REACH = 12  # lines of one sentence
_MOST_NAME = 90


def find_parties(lines: Sequence[PageLine]) -> list[Party]:
    """The parties with their roles; nothing rather than one of them."""
    printed = _labelled(lines), _both(list(_in_cells(lines))), _both(list(_below_heads(lines)))
    for parties in (*map(list, printed), _numbered(lines), _between(lines)):
        if parties:
            return parties
    return []


def _labelled(lines: Sequence[PageLine]) -> Iterator[Party]:
    """Parties that stand behind their roles: ``Landlord: ...``, ``甲方：...``; each role once."""
    roles: set[str] = set()
    last = lines[-1].page if lines else 0
    for line in (line for line in lines if line.page <= _FIRST_PAGES or line.page == last):
        for match in chain(_ZH_PARTY.finditer(line.text), _ROLE_LABEL.finditer(line.text)):
            role = " ".join(match["role"].split()) if match["role"].isascii() else re.sub(r"\s", "", match["role"])
            name = _bare(_without_address(match["name"]))
            if role.casefold() in roles or not _may_be_name(name):
                continue
            roles.add(role.casefold())
            yield {"name": located_in(name, [line], name), "role": located_in(role, [line], match["role"])}


def _bare(name: str) -> str:
    """A name without the signs around it, but with the stop of ``Inc.`` at its end."""
    name = name.strip(" ,;，。_")
    return name if _ABBREVIATED.search(name) else name.rstrip(" .")


def _without_address(name: str) -> str:
    """The name of a party without what follows it: its address, its form, or what it is called."""
    end = _NAME_END.search(name)
    return name[: end.start()] if end and end.start() > 2 else name


def _may_be_name(name: str) -> bool:
    """Whether a text names somebody: no blank line, no role, no clause about the parties."""
    if len(name) < 2 or re.fullmatch(r"[\W_]*", name) or _LABEL.match(name):
        return False
    return not _NO_NAME.match(name) and (not name.isascii() or not _ROLE_WORD.search(name) or name.istitle())


def _in_cells(lines: Sequence[PageLine]) -> Iterator[Party]:
    """Parties in the cell beside their role: ``Lender | Firm Ltd``, ``委托方（甲方） | 公司``; two at least."""
    roles: set[str] = set()
    for row in LabelIndex(lines).rows:
        for cell, beside in zip(row.cells, row.cells[1:], strict=False):
            match = _ZH_CELL.match(cell.text) or _ROLE_CELL.match(cell.text)
            named = _NAME_CELL.fullmatch(beside.text.strip()) and _may_be_name(beside.text.strip())
            if match and match["role"].casefold() not in roles and named:
                roles.add(match["role"].casefold())
                name = _bare(_without_address(beside.text.strip()))
                yield {
                    "name": located_in(name, [beside], name),
                    "role": located_in(match["role"], [cell], match["role"]),
                }


def _below_heads(lines: Sequence[PageLine]) -> Iterator[Party]:
    """Parties whose roles are headings, their names behind a label below: ``承包人（乙方）``, ``单位：公司``."""
    roles: set[str] = set()
    for head, line in pairwise(lines[:_MOST_LINES]):
        role, named = _ZH_HEAD.match(head.text), _ZH_NAMED.match(line.text)
        if role and named and role["role"] not in roles and _may_be_name(named["name"]):
            roles.add(role["role"])
            name = located_in(named["name"], [line], named["name"])
            yield {"name": name, "role": located_in(re.sub(r"\s", "", role["role"]), [head], role["role"])}


def _both(parties: list[Party]) -> list[Party]:
    return parties if len(parties) > 1 else []


def _numbered(lines: Sequence[PageLine]) -> list[Party]:
    """Parties that are numbered below a heading: ``(1) Firm, whose office is at ... (the Employer); and``."""
    head = next((at for at, line in enumerate(lines[:_MOST_LINES]) if _PARTIES_HEAD.match(line.text)), None)
    if head is None:
        return []
    entries: list[list[PageLine]] = []
    for line in lines[head + 1 : head + 1 + _REACH]:
        match = _NUMBERED.match(line.text)
        if match and int(match["at"]) == len(entries) + 1:
            entries.append([line])
        elif not entries or len(entries[-1]) > 3 or entries[-1][-1].text.rstrip().endswith("."):
            break
        else:
            entries[-1].append(line)
    parties = [_party("\n".join(line.text.strip() for line in entry), entry) for entry in entries]
    return [party for party in parties if party] if len(parties) > 1 and all(parties) else []


def _between(lines: Sequence[PageLine]) -> list[Party]:
    """The two parties of ``between ... and ...``, which may run over several lines."""
    for at, line in enumerate(lines[:_MOST_LINES]):
        if not _BETWEEN_WORD.search(line.text):
            continue
        span = [one for one in lines[at : at + _REACH] if one.page == line.page]
        match = _BETWEEN.search("\n".join(one.text.strip() for one in span))
        parties = [_party(_CONNECTION.sub(" ", match[side]).strip(), span) for side in ("one", "two")] if match else []
        if len(parties) == 2 and all(parties):
            return [party for party in parties if party]
    return []


def _party(text: str, span: Sequence[PageLine]) -> Party | None:
    called = _CALLED.search(text)
    ends = [match.start() for match in (called, _NAME_END.search(text)) if match]
    ends += [at.start() for at in re.finditer("\n", text) if _opens_address(text[at.end() :])]
    name = " ".join(text[: min(ends, default=len(text))].split())
    name = _bare(re.sub(r"^\W*(?:\(?\d\)|[a-z]\))\s*", "", name).strip(" ,;:-–"))
    if not (2 < len(name) <= _MOST_NAME) or not name[0].isupper() or not _may_be_name(name):
        return None
    role = " ".join(next(group for group in called.groups() if group).split()).strip(" ,.") if called else None
    return {
        "name": located_in(name, _lines_of(name, span), name),
        "role": located_in(role, _lines_of(role, span), role) if role else None,
    }


def _opens_address(text: str) -> bool:
    line = text.split("\n", 1)[0]
    return looks_like_address(line) and any(c.isdigit() for c in line)


def _lines_of(text: str, span: Sequence[PageLine]) -> list[PageLine]:
    """The lines of a sentence that print a part of it."""
    whole, ranges = "", []
    for line in span:
        begin = len(whole)
        whole += line.text.strip() + " "
        ranges.append((begin, len(whole), line))
    start = whole.find(text)
    return [line for begin, end, line in ranges if begin < start + len(text) and end > start] or [span[0]]
