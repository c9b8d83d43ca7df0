"""Schema ``contract``: title, number, dates, parties, term, amount and governing law; nothing rather than a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine, page_lines
from pipeline.engines.evidence.record_builder import build_record
from pipeline.engines.rules.chinese_setting import unspaced
from pipeline.engines.rules.contract.amount import find_worth
from pipeline.engines.rules.contract.parties import find_parties
from pipeline.engines.rules.contract.period import find_period
from pipeline.engines.rules.contract.term import find_term
from pipeline.engines.rules.dates import find_dates, prefers_month_first
from pipeline.engines.rules.document import find_title
from pipeline.engines.rules.labelled import LabelIndex
from stores.models import Label, Page, Record, Schema

_LAW = re.compile(
    r"govern(?:ed|ing)[^.]{0,80}?\blaws?\s+of\s+(?:the\s+)?(?P<law>[A-Z][\w ,'’-]{2,60}?(?:\s\([A-Z][\w ]+\))?)"
    r"(?=[.;,)]|\s+(?:without|applicable|excluding|as)\b|\s+and\s+(?![A-Z])|$)"
    r"|(?P<de>deutsche[sm]?|österreichische[sm]?|schweizer(?:isches)?)\s+Recht|droit\s+(?P<fr>français|belge|suisse)"
    r"|Recht\s+(?:der|des)\s+(?P<land>(?:Bundesrepublik|Republik|Fürstentums?|Kantons?)\s+[A-ZÄÖÜ]\w+|Schweiz\w*)"
    r"|受(?P<by>[\u4e00-\u9fff]{2,12}?)(?:的)?法律(?:管辖|约束|保护)"
    r"|适用(?P<zh>[\u4e00-\u9fff]{2,12})(?:的)?法律",
)
_NUMBER = re.compile(
    r"(?:合同|协议|契约)\s*(?:编\s*号|号)\s*[:：]?\s*[（(\[【]?(?P<zh>(?=[^\s，。；_]{0,20}(?:\s[（(])?[^\s，。；_]{0,20}\d)[^\s，。；_）)\]】]{2,20}(?:\s[（(]\S{2,20})?[^\s，。；_）)\]】]{0,20})"
    r"|(?<![^\W\d_])(?i:contract|agreement|lease|loan)\s*(?i:no|number|nr|ref(?:erence)?|id|#)\.?\s*[:：#]?\s*(?P<en>(?=\S*\d)[A-Z0-9][\w/.()-]{2,40})"
    r"|(?i:vertrags?-?\s?(?:nummer|nr\.?)|contrat\s*n[°º])\s*[:：]?\s*(?P<other>(?=\S*\d)[A-Z0-9][\w/.-]{2,40})"
)
_DATED = re.compile(
    r"(?:dated|effective|made|entered\s+into|signed|executed)\b[^.\d]{0,60}(?:as\s+of|on|date|this)?|effective\s+date|date\s+of\s+(?:this\s+)?(?:agreement|contract)|"
    r"签订(?:日期|时间)|签署日期|生效日期|签约日期|datum|fait\s+[àa]|"
    r"^\W*(?:date|dated?)\s*[:：]|[^\W\d_]{2,},\s*(?:den|le)\s+(?=\d)",
    re.IGNORECASE,
)
_CALLS_CONTRACT = re.compile(
    r"(?<![^\W\d_])(?:agreement|contract|lease|deed|memorandum|addendum|amendment|vereinbarung|contrat|convention|bail)(?![^\W\d_])"
    r"|vertrag(?![^\W\d_])|合同|协议|契约",
    re.IGNORECASE,
)
_TITLE_LINES = 24  # of the first page, among which it is
_MOST_TITLE_WORDS, _LONGEST_TITLE = 10, 90
_NUMBER_LABEL = re.compile(r"编号?$|号码$")
_SENTENCE = re.compile(r"[，。；]|[\u4e00-\u9fff]\s*[:：]|^(?:根据|依照|依据|本合同|甲乙?双?方)")
_DATE_CELLS = ("签订日期", "签署日期", "签约日期", "生效日期", "Effective date", "Date of agreement", "Date")
_OR_LATER = re.compile(r"\W*(?:or|and)\s+(?:later|after|earlier|before)(?![^\W\d_])", re.IGNORECASE)
_MOST_LINES = 80  # the date stands at the beginning or the end
_MOST_BETWEEN = 12  # words between a label and its date


class ContractRules:
    """Fields of a contract, by rules."""

    fingerprint = "rules-contract/8"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Extract the record of ``schema``; ``source`` is not used."""
        printed = page_lines(pages)
        lines = [line for line in printed if line.label not in (Label.HEADER, Label.FOOTER)]
        month_first = prefers_month_first(line.text for line in lines)
        start, end = find_period(lines, month_first)
        worth = find_worth(lines)
        values = {
            "title": _title(printed, find_title(lines)),
            "number": _first(lines[:_MOST_LINES], _NUMBER),
            "date": _date(lines, month_first),
            "parties": find_parties(lines),
            "start_date": start,
            "end_date": end,
            "term": find_term(lines),
            "amount": worth.amount,
            "currency": worth.currency,
            "amount_name": worth.called,
            "amount_per": worth.per,
            "governing_law": _first(lines, _LAW),
        }
        return build_record(schema, values)


def _title(lines: Sequence[PageLine], largest: LocatedValue | None) -> LocatedValue | None:
    """The largest line of a contract where it calls it one, or the first that does so by itself; a sentence is none."""
    if largest is not None and _is_title(str(largest.value)):
        return largest
    first = [line for line in lines[:_TITLE_LINES] if line.page == lines[0].page]
    for line in first:
        if _is_title(line.text.strip()):
            return located_in(line.text.strip(), [line])
    if spelt := _spelt(first):
        return spelt
    sentence = largest is not None and (
        len(str(largest.value)) > _LONGEST_TITLE or _SENTENCE.search(str(largest.value))
    )
    return None if sentence else largest


def _spelt(lines: Sequence[PageLine]) -> LocatedValue | None:
    """A title whose Chinese characters stand below one another, each a line of its own, as on a cover."""
    for _, group in groupby(lines, lambda line: len(line.text.strip()) == 1):
        letters = list(group)
        title = "".join(line.text.strip() for line in letters)
        if len(letters) > 1 and len(letters[0].text.strip()) == 1 and _is_title(title):
            return located_in(title, letters, " ".join(title))
    return None


def _is_title(text: str) -> bool:
    """Whether a text calls something a contract, and is no sentence."""
    alone = len(text.split()) <= _MOST_TITLE_WORDS and text[-1:] not in ".,;:：。，；" and not text[:1].islower()
    sentence = _SENTENCE.search(text) or len(text) > _LONGEST_TITLE
    spoken = unspaced(text)
    return alone and not sentence and _CALLS_CONTRACT.search(spoken) is not None and not _NUMBER_LABEL.search(spoken)


def _date(lines: Sequence[PageLine], month_first: bool) -> LocatedValue | None:
    """The date that the beginning or the end of the contract calls its own."""
    for at in (*range(len(lines))[:_MOST_LINES], *range(len(lines))[-_MOST_LINES:]):
        dated = _dated(lines[at : at + 1], month_first) or _dated(lines[at : at + 2], month_first)
        if dated:
            return dated
    index = LabelIndex(lines)
    return index.first(_DATE_CELLS, lambda text: _whole_date(text, month_first)) or _date_in_blanks(index)


def _dated(span: Sequence[PageLine], month_first: bool) -> LocatedValue | None:
    """The date behind a word of the first of some lines that calls it that of the contract."""
    text = " ".join(line.text.strip() for line in span if line.block == span[0].block)
    for label in _DATED.finditer(text):
        said = text[label.start() :]
        dates = [date for date in find_dates(said, month_first) if date.exact and not _OR_LATER.match(said[date.end :])]
        begin = label.start() + (dates[0].start if dates else 0)
        if dates and label.start() < len(span[0].text) and len(text[label.end() : begin].split()) <= _MOST_BETWEEN:
            quote = text[begin : label.start() + dates[0].end]
            within = [line for line in span if quote in line.text]
            return located_in(dates[0].value, within[:1] or span, quote)
    return None


def _date_in_blanks(index: LabelIndex) -> LocatedValue | None:
    """A date whose numbers were filled in, so that its row is read in pieces: ``签订日期：`` ``2020`` ``年 2 月``."""
    for row in index.rows:
        text = " ".join(cell.text.strip() for cell in row.cells)
        label = _DATED.match(text)
        read = _whole_date(text[label.end() :].lstrip(" :："), False) if label else None
        if read is not None:
            return located_in(read[0], row.cells)
    return None


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
