"""When a contract begins and ends, where it says so by dates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.engines.evidence.located_values import LocatedValue
from pipeline.engines.evidence.page_lines import PageLine
from pipeline.engines.rules.contract.clauses import Clause, clauses
from pipeline.engines.rules.dates import DateMatch, find_dates

Period = tuple[LocatedValue | None, LocatedValue | None]

_OF_CONTRACT = (  # what it is that begins and ends, so long as nothing else does in between
    r"(?<![^\W\d_])(?:term|period|duration|lease|tenancy|rental|employment|agreement|contract|engagement|subscription|services?)(?![^\W\d_])"
    r"|laufzeit|(?:miet|arbeits|vertrags|dienst)\w*(?:verhältnis|zeit|dauer)|vertrag|durée|bail|contrat|location"
    r"|期限|租期|有效期|期间|合同期|工期|服务期|开发时间|合作时间"
)
_OF_PERIOD = re.compile(_OF_CONTRACT, re.IGNORECASE)
_TO = re.compile(
    r"\W*(?:\([^)]{0,40}\))?\W*(?:起|开始|日)?\W*"
    r"(?:(?:and\s+|which\s+)?(?:shall\s+|will\s+)?(?:end(?:s|ing)?|expir(?:es?|ing)|terminat(?:es?|ing)|continu(?:es?|ing)|ceas(?:es?|ing)|run(?:s|ning)?)"
    r"(?:\s+(?:on|until|through|to|at))?(?:\s+(?:midnight|noon|the\s+end))?(?:\s+(?:on|of))?"
    r"|to|until|till|through|bis(?:\s+zum)?|und\s+endet\s+am|au|et\s+(?:prend\s+fin|se\s+termine)\s+le|jusqu['’]au|至|到|截止|[-–—~～])\W*(?:and\s+including\s+)?",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    rf"(?:{_OF_CONTRACT})[^.;。；]{{0,70}}?(?:begin(?:s|ning)?|commenc(?:es?|ing)|starts?|starting|beginnt|prend\s+effet|prendra\s+effet)"
    r"(?:\s+(?:on|from|as\s+of|am|le))?\W*$"
    r"|^\W*(?:\d\S*\s+)?(?:(?:lease|contract|term|agreement|employment)\s+)?(?:start(?:ing)?|commencement|beginning|begin)\s*date\W*$"
    r"|(?:起始|开始|起租|入职)(?:日期|时间|日)\W*$",
    re.IGNORECASE,
)
_ENDS = re.compile(
    rf"(?:{_OF_CONTRACT})[^.;。；]{{0,70}}?(?:expires?|ends?|terminates?|endet|prend\s+fin|prendra\s+fin)(?:\s+(?:on|at|am|le))?\W*$"
    rf"|(?:{_OF_CONTRACT})[^.;。；]{{0,70}}?(?:until|through|bis\s+zum|jusqu['’]au)\W*$"
    r"|^\W*(?:\d\S*\s+)?(?:(?:lease|contract|term|agreement|employment)\s+)?(?:end(?:ing)?|expiry|expiration|termination)\s*date\W*$"
    r"|(?:终止|结束|截止|到期|届满)(?:日期|时间|日)\W*$",
    re.IGNORECASE,
)
_NOT_ITS_OWN = re.compile(
    r"rent\s+for|租金从|房租|付款|支付|交付|notice|payment|invoice|insur|probation|试用期|试用|holiday|vacation|renewal|extension",
    re.IGNORECASE,
)
_REACH = 110  # characters before a date that say what it is


def find_period(lines: Sequence[PageLine], month_first: bool) -> Period:
    """The first and the last day; None where it names none, or a month only."""
    paragraphs = [(clause, _exact(clause, month_first)) for clause in clauses(lines)]
    for clause, dates in paragraphs:
        for first, last in pairwise(dates):
            if first.value < last.value and _is_period(clause.text, first, last):
                return _placed(clause, first), _placed(clause, last)
    start = next(_behind(paragraphs, _BEGINS), None)
    end = next(_behind(paragraphs, _ENDS), None)
    if start and end and str(start.value) >= str(end.value):
        return None, None
    return start, end


def _exact(clause: Clause, month_first: bool) -> list[DateMatch]:
    return [date for date in find_dates(clause.text, month_first) if date.exact]


def _is_period(text: str, first: DateMatch, last: DateMatch) -> bool:
    before = text[max(0, first.start - _REACH) : first.start]
    named = _OF_PERIOD.search(before) and not _NOT_ITS_OWN.search(before[-_REACH // 2 :])
    return bool(named) and _TO.fullmatch(text[first.end : last.start]) is not None


def _behind(paragraphs: Sequence[tuple[Clause, Sequence[DateMatch]]], words: re.Pattern[str]) -> Iterator[LocatedValue]:
    for clause, dates in paragraphs:
        for date in dates:
            before = clause.text[max(0, date.start - _REACH) : date.start]
            if words.search(before) and not _NOT_ITS_OWN.search(before):
                yield _placed(clause, date)


def _placed(clause: Clause, date: DateMatch) -> LocatedValue:
    return clause.located(date.value, date.start, date.end)
