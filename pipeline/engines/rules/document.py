"""Schema ``document``: the fields that are extracted from every document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice, zip_longest

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import PageLine, page_lines
from pipeline.engines.evidence.record_builder import build_record
from pipeline.engines.rules.contacts import ContactMatch, find_emails, find_phones, find_urls
from pipeline.engines.rules.dates import find_dates, prefers_month_first
from pipeline.engines.rules.language import detect_language
from pipeline.engines.rules.money import find_amounts, printed
from pipeline.type_signals import Where, signals
from stores.models import Label, Page, Record, Schema

_MOST_VALUES = 200  # of one list; a 400-page report does not need its thousandth amount in a record
_TITLE_PAGES = 3
_MOST_TITLE_LINES = 4
_MOST_TITLE_CHARACTERS = 300
_NEARLY = 0.8  # of the height of the tallest
_LARGE = 1.4  # heights of the median line
_FAR_LARGER = 1.3  # times the height of any heading
_SECTION = re.compile(
    r"(?:\d{1,2}|[IVX]{1,4})[.)]?\s+\S|(?:abstract|summary|introduction|einleitung|zusammenfassung|r[ée]sum[ée]|references|literatur|bibliography|contents|inhalt|摘\s*要|引\s*言|参考文献|目\s*录)\W*$",
    re.IGNORECASE,
)
_LETTERHEADED = ("invoice", "statement")
_TOP_LINES = 24
_MOST_NAME_WORDS = 8
_LABELLED = re.compile(r"[^:：\d]{2,16}[:：]\s*\S*\d")  # "Invoice no: 4711" in the block of a title
_NUMBER_BEHIND = re.compile(
    r"(?<=\S)\s*[\u4e00-\u9fff]{2,6}\s*[:：]\s*\d{6,}.*$"
)  # 电子发票（普通发票）发票号码：2531...
_IN_SCALE = re.compile(  # "in millions", said of a whole table
    r"(?:\bin|[(,;]|\bof)\s*(?:(?:US|C|A)?[$€£]\s*|USD\s*|EUR\s*)?(?:thousands|millions|billions)\b"
    r"|\b(?:thousands|millions|billions)\s+of\s+(?:(?:US|U\.S\.|Canadian|Australian)\s+)?"
    r"(?:dollars|euros?|pounds|yen|yuan|RMB)"
    r"|\b(?:in|en)\s+(?:T€|TEUR|Tsd|Mio|Mrd|Tausend|Millionen|Milliarden|milliers|millions)\b"
    r"|[$€£]\s?(?:['’]?000|m|mn|bn)(?:['’]s)?(?!\w)"
    r"|(?:单位|單位|货币)?\s*[:：（(]\s*(?:人民币|港币|美元)?\s*(?:千|万|百万|亿|億|萬)\s*[元円)）]",
    re.IGNORECASE,
)
_BODY = (Label.TEXT, Label.LIST, Label.TABLE)


class DocumentRules:
    """Title, language, dates, e-mails, phones, URLs and amounts, by rules."""

    fingerprint = "rules-document/10"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Extract the record of ``schema``; ``source`` is not used."""
        lines = page_lines(pages)
        values = {
            "title": _named_title(lines) or find_title(lines),
            "language": _language(lines),
            "dates": _find_dates(lines),
            "emails": _collect(lines, _contacts(find_emails)),
            "phones": _collect(lines, _contacts(find_phones)),
            "urls": _collect(lines, _contacts(find_urls)),
            "amounts": _find_amounts(lines),
        }
        return build_record(schema, values)


def _collect(lines: Sequence[PageLine], find: Callable[[str], Iterator[tuple[str, str]]]) -> list[LocatedValue]:
    """Locate each distinct value where it first stands; ``find`` gives (value, quote) pairs of a line's text."""
    located: dict[str, LocatedValue] = {}
    for line in lines:
        for value, quote in find(line.text):
            if value not in located:
                located[value] = located_in(value, [line], quote)
        if len(located) >= _MOST_VALUES:
            break
    return list(located.values())


def _find_dates(lines: Sequence[PageLine]) -> list[LocatedValue]:
    """Find the dates of the lines, including those that are broken over two lines of a paragraph."""
    month_first = prefers_month_first(line.text for line in lines)
    located: dict[str, LocatedValue] = {}
    for own, text in _over_line_ends(lines):
        for date in find_dates(text, month_first):
            if date.start < len(own[0].text) and date.value not in located:
                parts = own if date.end > len(own[0].text) else own[:1]
                located[date.value] = located_in(date.value, parts, text[date.start : date.end])
        if len(located) >= _MOST_VALUES:
            break
    return list(located.values())


def _over_line_ends(lines: Sequence[PageLine]) -> Iterator[tuple[list[PageLine], str]]:
    """Each line with the next one of its paragraph, where there is one, and the text of both."""
    for line, following in zip_longest(lines, lines[1:]):
        own = [line, following] if following is not None and following.block == line.block else [line]
        yield own, " ".join(part.text for part in own)


def _contacts(find: Callable[[str], list[ContactMatch]]) -> Callable[[str], Iterator[tuple[str, str]]]:
    return lambda text: ((match.value, text[match.start : match.end]) for match in find(text))


def _find_amounts(lines: Sequence[PageLine]) -> list[LocatedValue]:
    """Find amounts printed with a currency, a bare number may be anything; ``$92`` at a line's end may be millions.

    Those in tables of pages that say "in millions" are left out: which of them are, and which are not, is not known.
    """
    located: dict[str, LocatedValue] = {}
    in_scale = {line.page for line in lines if _IN_SCALE.search(line.text)}
    for own, joined in _over_line_ends(lines):
        line, cell = own[0], own[0].label is Label.TABLE
        if cell and line.page in in_scale:
            continue
        text = line.text if cell else joined
        for amount in find_amounts(text):
            value = f"{printed(amount)} {amount.currency}"
            if amount.currency and amount.start < len(line.text) and value not in located:
                parts = own if amount.end > len(line.text) else own[:1]
                located[value] = located_in(value, parts, text[amount.start : amount.end])
        if len(located) >= _MOST_VALUES:
            break
    return list(located.values())


def _named_title(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The line that names a business paper, ``Invoice`` or ``Kontoauszug``, where a letterhead stands above it."""
    head = find_title(lines)
    if head is None or len(head.quote.split()) > _MOST_NAME_WORDS or _names_paper(head.quote):
        return None
    top = [line for line in lines if line.page == lines[0].page and line.number > head.lines[-1].number][:_TOP_LINES]
    heights = sorted(line.height for line in top)
    tall = heights[len(heights) // 2] if heights else 0.0
    named = [line for line in top if line.height >= tall and _stands_alone(line) and _names_paper(line.text)]
    return _title(named[:1]) if named else None


@cache
def _paper_names() -> Sequence[re.Pattern[str]]:
    """Patterns of the titles of invoices, statements, and what looks like them."""
    own = [signal for name in _LETTERHEADED for signal in signals()[name] if signal.where is Where.TITLE]
    return [signal.pattern for signal in own if signal.name in ("title", "other paper")]


def _stands_alone(line: PageLine) -> bool:
    return line.label is not Label.TABLE and not line.text.rstrip().endswith((":", "："))


def _names_paper(text: str) -> bool:
    return any(pattern.fullmatch(" ".join(text.split())) for pattern in _paper_names())


def find_title(lines: Sequence[PageLine]) -> LocatedValue | None:
    """Find the title: the title block, else the top-level heading of the first pages, else a large line of page 1."""
    early = [line for line in lines if line.page < lines[0].page + _TITLE_PAGES] if lines else []
    titles = [line for line in early if line.label is Label.TITLE]
    if titles:
        return _title(_same_block(early, titles[0]))
    top = [line for line in early if line.page == lines[0].page and line.label in _BODY and _wordy(line.text)][:12]
    headings = [line for line in early if line.label is Label.HEADING]
    free = [line for line in headings if not _opens_section(line.text)]
    above = _large_above(lines)
    if above and all(above[0].height >= _FAR_LARGER * line.height for line in free):
        return _title(above)
    if headings:
        heading = min(free or headings, key=lambda line: (line.level or 6, line.number))
        if heading.level != 1 and top and _stands_as_title(top[0], heading, early):
            return _title(top[:1])
        return _title(_same_block(early, heading))
    top = [line for line in top if line.height < line.box[2] - line.box[0]]  # others are set from top to bottom
    tallest = max((line.height for line in top), default=0.0)
    tall = [line for line in top if line.height >= _NEARLY * tallest]
    return _title(tall[:1]) if tall else None


def _opens_section(text: str) -> bool:
    return bool(_SECTION.match(text.strip()))


def _large_above(lines: Sequence[PageLine]) -> list[PageLine]:
    """The first line of page 1 where it is far larger than the text: a title that was taken for a running line."""
    ours = [line for line in lines if line.page == lines[0].page]
    heights = sorted(line.height for line in ours if _wordy(line.text))
    large = heights and ours[0].height >= _LARGE * heights[len(heights) // 2] and _wordy(ours[0].text)
    return _same_block(ours, ours[0]) if large else []


def _stands_as_title(line: PageLine, heading: PageLine, lines: Sequence[PageLine]) -> bool:
    """Whether a short line above the first heading is centred and as large: a title that layout analysis missed."""
    ours = [other for other in lines if other.page == line.page]
    left, right = min(other.box[0] for other in ours), max(other.box[2] for other in ours)
    off_centre = abs((line.box[0] + line.box[2]) - (left + right)) / 2
    centred = off_centre < 0.04 * (right - left) and line.box[0] > left + 0.1 * (right - left)
    return centred and line.number < heading.number and line.height >= _NEARLY * heading.height and len(line.text) <= 60


def _same_block(lines: Sequence[PageLine], first: PageLine) -> list[PageLine]:
    return [line for line in lines if line.block == first.block][:_MOST_TITLE_LINES]


def _title(lines: Sequence[PageLine]) -> LocatedValue | None:
    lines = [line for at, line in enumerate(lines) if not at or not _LABELLED.match(line.text)]
    whole = located_in("", lines)
    text = _NUMBER_BEHIND.sub("", " ".join(whole.quote.split()))[:_MOST_TITLE_CHARACTERS]
    return located_in(text, lines, text if len(lines) == 1 else None) if text else None


def _wordy(text: str) -> bool:
    return sum(c.isalpha() for c in text) >= 3


def _language(lines: Sequence[PageLine]) -> LocatedValue | None:
    """The document's language; its evidence is the first long line in that language."""
    text = "\n".join(islice((line.text for line in lines), 2000))
    code = detect_language(text)
    if code is None:
        return None
    lettered = [line for line in lines if any(c.isalpha() for c in line.text)]
    wordy = [line for line in lettered if _wordy(line.text)] or lettered
    evidence = next(
        (line for line in wordy[:40] if len(line.text) > 40 and detect_language(line.text) == code), wordy[0]
    )
    return located_in(code, [evidence])
