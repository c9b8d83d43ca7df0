"""Reads lines at the margin of a page: their words, and the numbers that may be page numbers. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WORD = (
    r"page|pages|seite|blatt|sheet|folio|p\.|pg\.?|s\.|página|pagina|pág\.?|side|sida|strona|стр\.?|страница|第|頁|页"
)
_EDGE = r"[-–—|.·•\s]*"
_PAGE_NUMBER = re.compile(
    rf"{_EDGE}(?:(?:{_WORD})\s*)?(?P<first>\d{{1,4}}|[ivxlc]{{1,7}})\s*(?:页|頁|ページ)?"
    rf"(?:\s*(?:/|of|von|sur|de|di|av|z|из|-|–|共|全)\s*(?P<second>\d{{1,4}})\s*(?:页|頁|ページ)?)?{_EDGE}",
    re.IGNORECASE,
)
_AFTER_WORD = re.compile(rf"(?:(?<=\W)|^)(?:{_WORD})\s*(?P<value>\d{{1,4}})(?![\w]|[.,:/-]\w)", re.IGNORECASE)
_OF_A_PART = re.compile(rf"{_EDGE}(?P<part>[A-Z]{{1,2}})\s?[-–]\s?(?P<value>\d{{1,3}}){_EDGE}")
_FIRST = re.compile(r"\s*(?P<value>\d{1,3})(?P<gap>\s*[|·•–—]\s*|\s+)(?=[^\W\d]|(?:19|20)\d\d\s+[^\W\d])")
_LAST = re.compile(r"(?<=[^\W\d.,:/-])(?P<gap>\s*[|·•–—]\s*|\s+)(?P<value>\d{1,3})\s*$")
_CHAPTER = re.compile(
    r"\W*(?:(?:ch|chap|chapter|kap|kapitel|cap)\b\.?\s*(?:\d+|[ivxlc]+)|第\s*\d+\s*章)\W*", re.IGNORECASE
)
_STAMP = re.compile(
    r"\W*(?:downloaded\s+(?:from|by|on)\b|download date\b|accessed\s+(?:on\b|\d)|this content downloaded\b"
    r"|authori[sz]ed licensed use\b|open access\W+freely available online\b|(?:all rights reserved\W*)$"
    r"|this article is protected by copyright\b)",
    re.IGNORECASE,
)
_OF_AN_ISSUE = tuple(
    map(
        re.compile,
        (
            r"(?i)\bvol(?:ume|\.)?\s*\d+",
            r"(?i)\bissue\s*\d+",
            r"(?i)\bissn\b",
            r"(?i)\bdoi\b|\b10\.\d{4,9}/",
            r"\be\d{4,}\b",
            r"(?i)\bpp\.\s*\d+",
        ),
    )
)
_ON_A_PUBLICATION = tuple(
    map(
        re.compile,
        (
            r"(?i)\bwww\.|https?://",
            r"(?i)©|\(c\)\s*\d{4}|\bcopyright\b",
            r"(?i)\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(?:19|20)\d\d\b",
            r"(?i)\bjournal\b|\btransactions on\b|\bproceedings\b",
        ),
    )
)
_NAME_AND_ADDRESS = re.compile(r"(?i)[^|\d]+\|\s*(?:https?://)?(?:www\.)?[a-z.-]+\.[a-z]{2,}/?\s*")
_TOKEN = re.compile(r"\d+(?:[.,:/-]\d+)*|[^\W\d_]+")
_LEAST_RUN, _MOSTLY = 3, 0.6  # pages that count on, and their share of those with lines that are alike
_MOST_PAGES = 3  # of a document, on which one page of the original is printed
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True)
class Counting:
    """A number of a line that may be the page's; ``template`` is the line without it, ``words`` what it says besides.

    ``least_pages``: the number of pages on which it must count to be accepted.
    """

    value: int
    template: str
    words: str
    least_pages: int


def folded(text: str) -> str:
    """Reduce a text to its words and numbers, without case, signs and the spaces between words."""
    tokens = _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())
    return "".join(f" {token} " if token[0].isdigit() else token for token in tokens)


def is_page_number(text: str) -> bool:
    """Whether a line is a page number alone: ``- 12 -``, ``Page 3 of 9``, ``xiv``, ``第 3 页``."""
    match = _PAGE_NUMBER.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return match is not None and _value(match["first"]) > 0


def is_number_of_part(text: str) -> bool:
    """Whether a line is the letter of a part and a number of its own in it, such as ``A-12``."""
    return _OF_A_PART.fullmatch(unicodedata.normalize("NFKC", text).strip()) is not None


def is_chapter_mark(text: str) -> bool:
    """Whether a line names a chapter by its number alone: ``[Ch. XIX.``, ``第 3 章``."""
    return _CHAPTER.fullmatch(unicodedata.normalize("NFKC", text).strip()) is not None


def is_publishers_line(text: str) -> bool:
    """Whether a line speaks of the publication, not of its subject: a download stamp, or volume, issue and the like.

    One mark of an issue and another of any kind make one. An address or a date alone never does: letters have those.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    of_an_issue = sum(mark.search(text) is not None for mark in _OF_AN_ISSUE)
    others = sum(mark.search(text) is not None for mark in _ON_A_PUBLICATION)
    return _STAMP.match(text) is not None or (of_an_issue > 0 and of_an_issue + others > 1)


def is_name_and_address(text: str) -> bool:
    """Whether a line is a name and a web address, and nothing else: ``PLOS ONE | www.plosone.org``."""
    return _NAME_AND_ADDRESS.fullmatch(unicodedata.normalize("NFKC", text).strip()) is not None


def countings(text: str) -> Iterator[Counting]:
    """Yield the numbers of a line that may be page numbers; parts of a code, a date or an amount never are."""
    text = unicodedata.normalize("NFKC", text).strip()
    of_part, alone = _OF_A_PART.fullmatch(text), _PAGE_NUMBER.fullmatch(text)
    if of_part:
        yield Counting(int(of_part["value"]), f"{of_part['part']} - #", "", 3)
        return
    if alone:
        yield from _alone(alone)
        return
    for pattern in (_AFTER_WORD, _FIRST, _LAST):
        match = pattern.search(text) if pattern is not _FIRST else pattern.match(text)
        if match:
            rest = f"{text[: match.start('value')]}{text[match.end('value') :]}"
            apart = pattern is _AFTER_WORD or bool(match["gap"].strip())
            words = folded(rest)
            several = len(_TOKEN.findall(rest)) > 1 or rest.isupper()
            if apart or several:
                yield Counting(int(match["value"]), f"#{words}", words, 2 if apart else 3)


def counts_on(numbers: Sequence[tuple[int, int]]) -> list[int]:
    """Indices of the pairs (page, number) in which the number counts on with the pages, none where most do not.

    A page of the original may be several pages here, so that the number grows by no more than the page does. Parts of
    a document may begin anew, each with a few pages.
    """
    runs: list[list[int]] = []
    for at in sorted(range(len(numbers)), key=lambda index: numbers[index]):
        page, value = numbers[at]
        last = numbers[runs[-1][-1]] if runs else (page, value)
        if 0 < value - last[1] <= page - last[0] <= _MOST_PAGES * (value - last[1]):
            runs[-1].append(at)
        else:
            runs.append([at])
    counting = [at for run in runs if len(run) >= _LEAST_RUN for at in run]
    return counting if len(counting) > _MOSTLY * len(numbers) else []


def _alone(match: re.Match[str]) -> Iterator[Counting]:
    first, second = _value(match["first"]), match["second"]
    if first and second is None:
        yield Counting(first, "#", "", 2)
    elif first and second is not None:  # of so many pages, or of a chapter
        yield Counting(first, f"# of {second}", "", 2)
        yield Counting(int(second), f"{first} - #", "", 2)


def _value(digits: str) -> int:
    """Read a number in digits or small Roman numerals; 0 where it is none."""
    if digits.isdigit():
        return int(digits)
    values = [_ROMAN[char] for char in digits.lower()]
    total = sum(-v if any(v < later for later in values[at + 1 : at + 2]) else v for at, v in enumerate(values))
    return total if _as_roman(total) == digits.lower() else 0


def _as_roman(number: int) -> str:
    signs = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
    written = ""
    for value, sign in signs:
        while number >= value:
            written += sign
            number -= value
    return written
