"""What a contract is worth: its price, the sum that is lent, else the rent, fee or salary, and for how long that is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.contract.clauses import Clause, clauses
from pipeline.engines.rules.money import Amount, find_amounts, read_chinese_amount

_NAMES = tuple(
    (weight, re.compile(pattern, re.IGNORECASE))
    for weight, pattern in (
        (
            9,
            r"(?<![^\W\d_])(?:total\s+(?:annual\s+)?)?(?:contract|agreement|project|sales?|purchase)\s+(?:price|value|amount|sum|fee|consideration)(?![^\W\d_])"
            r"|(?<![^\W\d_])total\s+(?:price|amount|value|fees?|consideration|compensation|cost)(?![^\W\d_])"
            r"|(?:gesamt|kauf|festpreis|pauschal)(?:preis|betrag|summe|vergütung|honorar)|vertragssumme|auftragssumme"
            r"|prix\s+(?:total|global|forfaitaire|de\s+vente|d['’]achat)|montant\s+(?:total|global)(?:\s+du\s+contrat)?"
            r"|(?:合同|协议)(?:含税|不含税|固定|暂定)*总?(?:价款?|金额|价格|总额)|(?:含税)?总(?:价款?|费用|金额|额|报酬|造价)|费用(?:总计|共计|总额|合计)"
            r"|总[\u4e00-\u9fff]{2,6}(?:费用?|报酬|款)|[\u4e00-\u9fff]{2}费用?(?:总额|总计|共计|合计)|转让(?:价款?|金额)|购房款|成交价|工程造价",
        ),
        (
            8,
            r"(?<![^\W\d_])(?:principal\s+(?:loan\s+)?(?:amount|sum)|loan\s+amount|amount\s+of\s+the\s+loan)(?![^\W\d_])"
            r"|darlehens?(?:betrag|summe)?|montant\s+du\s+prêt|(?:借款|贷款)(?:金额|本金|总额)|出借",
        ),
        (
            7,
            r"(?<![^\W\d_])sum(?=\s+of(?![^\W\d_]))",
        ),
        (
            6,
            r"(?<![^\W\d_])(?:(?:base|basic|monthly|annual|yearly|weekly|hourly|gross)\s+)*(?:rent|salary|wage|compensation|remuneration|retainer|fees?)(?![^\W\d_])"
            r"|(?<![^\W\d_])(?:(?:kalt|warm|monats|grund|gesamt|jahres|stunden)?(?:miete|gehalt|honorar|vergütung|mietzins|pacht|lohn))(?![^\W\d_])"
            r"|(?<![^\W\d_])(?:loyer|rémunération|honoraires|salaire|redevance|prix)(?![^\W\d_])"
            r"|[月年季]?租金|[月年]?(?:工资|薪酬|薪资|报酬|服务费|物业费)(?:标准)?",
        ),
    )
)
_OTHER_SUMS = re.compile(
    r"(?<![^\W\d_])(?:liab\w*|damages|penalt\w*|deposit|insur\w*|exceed\w*|late|overdue|interest|reimburs\w*|at\s+least|minimum|maximum|up\s+to|cap(?:ped)?|"
    r"closing\s+costs?|repairs?|bonus|kaution|vertragsstrafe|haftung|pénalités?|caution|dépôt)(?![^\W\d_])"
    r"|违约|赔偿|逾期|滞纳|押金|定金|订金|保证金|罚|不超过|不低于|预付|首付|水费|电费|注册资本|每逾期",
    re.IGNORECASE,
)
_STOP = re.compile(r"[;；。]|[.](?=\s|$)")
_BY_NAME = re.compile(
    r"(?P<month>monthly|monatlich|mensuel|每?月)|(?P<year>annual|yearly|jähr|annuel|每?年)", re.IGNORECASE
)
_PER = re.compile(
    r"^\W{0,3}(?:\([^)]{0,60}\)\W*)?(?:(?:USD|EUR|GBP|dollars?|euros?)\W*)?"
    r"(?:(?:plus|zuzüglich|hors\s+taxes|HT|TTC)[^.;]{0,40}?)?(?:per|a|an|each|every|/|pro|im|par|每|元?/)\s*(?:calendar\s+)?"
    r"(?P<unit>months?|years?|annum|weeks?|days?|hours?|quarters?|monat|jahr|woche|stunde|tag|quartal|mois|an(?:née)?|semaine|heure|jour|月|年|日|天|季度|小时)(?![^\W\d_]{2})",
    re.IGNORECASE,
)
_IN_WORDS = re.compile(
    "[零壹贰叁肆伍陆柒捌玖拾佰仟千百万亿一二三四五六七八九十]{2,}[元圆](?:[零壹贰叁肆伍陆柒捌玖][角分])*[整正]?"
)
_HEAD = re.compile(r"\W*(?:[\d.]+\s+)?[^.;。；]{3,40}[.:：](?=\s)")
_MOST_BETWEEN = 60  # characters from the name of a sum to the sum
_LONGEST_HEAD = 40  # characters of a heading


class Worth(NamedTuple):
    """An amount, its currency, what the contract calls it, and the time that it is paid for."""

    amount: LocatedValue | None
    currency: LocatedValue | None
    called: LocatedValue | None
    per: LocatedValue | None


class _Name(NamedTuple):
    """The name of a sum in a text, and how much it tells of what the contract is worth."""

    weight: int
    start: int
    text: str


def find_worth(lines: Sequence[PageLine]) -> Worth:
    """The first amount whose name tells the most of what the contract is worth; nothing rather than another sum."""
    paragraphs = clauses(lines)
    heads = [None, *(clause if len(clause.text) <= _LONGEST_HEAD else None for clause in paragraphs)]
    named = [one for clause, head in zip(paragraphs, heads, strict=False) for one in _named(clause, head)]
    best = max(enumerate(named), key=lambda item: (item[1][0], -item[0]), default=None)
    return best[1][1] if best else Worth(None, None, None, None)


def _named(clause: Clause, head: Clause | None) -> Iterator[tuple[int, Worth]]:
    """The amounts of a clause that a name stands before, no other amount between, with the weight of the name.

    The first amount may have its name from the short paragraph above, ``head``.
    """
    before = 0
    for amount in _amounts(clause.text):
        if not amount.currency or amount.value <= 0:
            continue
        sentence = _sentence(clause.text[before : amount.start])
        name = _name_in(sentence)
        if name:
            place = amount.start - len(sentence) + name.start
            yield (
                name.weight,
                _worth(clause, amount, name.text, clause.located(name.text, place, place + len(name.text))),
            )
        elif not before and _may_be_headed(sentence) and (named := _named_in_head(clause, amount.start, head)):
            yield named[0].weight, _worth(clause, amount, named[0].text, named[1])
        before = amount.end


def _amounts(text: str) -> list[Amount]:
    """The amounts of a text in their order, those in Chinese words too where no number says the same."""
    amounts = find_amounts(text)
    for match in _IN_WORDS.finditer(text):
        value = read_chinese_amount(match[0].rstrip("整正"))
        if value is not None and all(amount.value != value for amount in amounts):
            spoken = Amount(start=match.start(), end=match.end(), value=value, currency="CNY", decimals=0)
            amounts.append(spoken)
    return sorted(amounts, key=lambda amount: amount.start)


def _named_in_head(clause: Clause, end: int, above: Clause | None) -> tuple[_Name, LocatedValue] | None:
    """The name of a sum in the heading of a clause: in the paragraph above, or run in: ``2. Rent. The tenant ...``."""
    first = _HEAD.match(clause.text[:end])
    for head in ((clause, first[0]) if first else None, (above, above.text) if above else None):
        if head and (name := _name_in(head[1])):
            return name, head[0].located(name.text, name.start, name.start + len(name.text))
    return None


def _may_be_headed(sentence: str) -> bool:
    return len(sentence) <= _MOST_BETWEEN and not _OTHER_SUMS.search(sentence)


def _name_in(sentence: str) -> _Name | None:
    """The best name of a sum close before the end of a part of a sentence."""
    if _OTHER_SUMS.search(sentence):
        return None
    for weight, pattern in _NAMES:
        name = next(reversed(list(pattern.finditer(sentence))), None)
        if name is not None and len(sentence) - name.end() <= _MOST_BETWEEN:
            return _Name(weight, name.start(), name[0])
    return None


def _sentence(before: str) -> str:
    """What stands of a sentence before its end."""
    ends = [match.end() for match in _STOP.finditer(before)]
    return before[ends[-1] if ends else 0 :]


def _worth(clause: Clause, amount: Amount, name: str, called: LocatedValue) -> Worth:
    return Worth(
        amount=clause.located(amount.value, amount.start, amount.end),
        currency=clause.located(amount.currency, amount.start, amount.end),
        called=called,
        per=_per(clause, amount, name, called),
    )


def _per(clause: Clause, amount: Amount, name: str, called: LocatedValue) -> LocatedValue | None:
    """The time that an amount is paid for: ``per month`` behind it, or ``monthly`` in its name."""
    behind = _PER.match(clause.text[amount.end :])
    if behind:
        at = amount.end + behind.start("unit")
        return clause.located(behind["unit"], at, at + len(behind["unit"]))
    named = _BY_NAME.search(name)
    return located_in(named[0], called.lines, named[0]) if named else None
