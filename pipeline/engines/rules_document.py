"""Schema ``document``: what every document is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from pipeline.engines.contacts import ContactMatch, find_emails, find_phones, find_urls
from pipeline.engines.dates import find_dates, prefers_month_first
from pipeline.engines.evidence import Found, PageLine, found_in, page_lines
from pipeline.engines.language import detect_language
from pipeline.engines.money import find_amounts
from pipeline.engines.record_builder import build_record
from stores.models import Label, Page, Record, Schema

_MOST_VALUES = 200  # of one list; a 400-page report does not need its thousandth amount in a record
_TITLE_PAGES = 3
_MOST_TITLE_LINES = 4
_MOST_TITLE_CHARACTERS = 300
_BODY = (Label.TEXT, Label.LIST, Label.TABLE)


class DocumentRules:
    """Title, language, dates, e-mails, phones, URLs and amounts, by rules."""

    fingerprint = "rules-document/1"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """The record of ``schema``; ``source`` plays no part."""
        lines = page_lines(pages)
        found = {
            "title": find_title(lines),
            "language": _language(lines),
            "dates": _collect(lines, _dates(prefers_month_first(line.text for line in lines))),
            "emails": _collect(lines, _contacts(find_emails)),
            "phones": _collect(lines, _contacts(find_phones)),
            "urls": _collect(lines, _contacts(find_urls)),
            "amounts": _collect(lines, _amounts),
        }
        return build_record(schema, found)


def _collect(lines: Sequence[PageLine], find: Callable[[str], Iterator[tuple[str, str]]]) -> list[Found]:
    """The first proof of every distinct value that ``find`` gives as (value, quote) for a line's text."""
    found: dict[str, Found] = {}
    for line in lines:
        for value, quote in find(line.text):
            if value not in found:
                found[value] = found_in(value, [line], quote)
        if len(found) >= _MOST_VALUES:
            break
    return list(found.values())


def _dates(month_first: bool) -> Callable[[str], Iterator[tuple[str, str]]]:
    return lambda text: ((date.value, text[date.start : date.end]) for date in find_dates(text, month_first))


def _contacts(find: Callable[[str], list[ContactMatch]]) -> Callable[[str], Iterator[tuple[str, str]]]:
    return lambda text: ((match.value, text[match.start : match.end]) for match in find(text))


def _amounts(text: str) -> Iterator[tuple[str, str]]:
    """Amounts that carry their currency: a bare number may be anything."""
    return (
        (f"{amount.value:.2f} {amount.currency}", text[amount.start : amount.end])
        for amount in find_amounts(text)
        if amount.currency
    )


def find_title(lines: Sequence[PageLine]) -> Found | None:
    """The title block, else the highest heading of the first pages, else the tallest line at the top of page one."""
    early = [line for line in lines if line.page < lines[0].page + _TITLE_PAGES] if lines else []
    titles = [line for line in early if line.label is Label.TITLE]
    headings = [line for line in early if line.label is Label.HEADING]
    if titles:
        return _title(_same_block(early, titles[0]))
    if headings:
        return _title(_same_block(early, min(headings, key=lambda line: (line.level or 6, line.number))))
    body = [line for line in early if line.page == lines[0].page and line.label in _BODY and _wordy(line.text)]
    if not body:
        return None
    tallest = max(body[:12], key=lambda line: line.height)
    return _title([tallest])


def _same_block(lines: Sequence[PageLine], first: PageLine) -> list[PageLine]:
    return [line for line in lines if line.block == first.block][:_MOST_TITLE_LINES]


def _title(lines: Sequence[PageLine]) -> Found | None:
    found = found_in("", lines)
    text = " ".join(found.quote.split())[:_MOST_TITLE_CHARACTERS]
    return found_in(text, lines) if text else None


def _wordy(text: str) -> bool:
    return sum(c.isalpha() for c in text) >= 3


def _language(lines: Sequence[PageLine]) -> Found | None:
    """The language, proved by the first long line that is in it."""
    text = "\n".join(islice((line.text for line in lines), 2000))
    code = detect_language(text)
    if code is None:
        return None
    wordy = [line for line in lines if _wordy(line.text)]
    proof = next((line for line in wordy[:40] if len(line.text) > 40 and detect_language(line.text) == code), wordy[0])
    return found_in(code, [proof])
