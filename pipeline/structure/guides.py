"""The guides to a document that it contains itself: its outline (bookmarks) and its pages of contents. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from pipeline.margin_text import folded
from pipeline.structure.candidates import HeadingCandidate
from pipeline.structure.numbering import numbering_of
from stores.models import OutlineEntry, Page

_ENTRY = re.compile(
    r"^[\s|*#•\-–]*(?P<title>[^|]*?[^\W_][^|]*?)\s*(?:[.…·_|\s]{1,}|(?<=\D))(?P<page>\d{1,4}|[ivxlc]{1,6})\s*\|?\s*$"
)
_LEADERS = re.compile(r"[.…·_]{3,}|…")
_LEAST_ENTRIES = 4
_FIRST_SHARE = 0.25  # of a document: its contents stand further in only in a short one
_FIRST_PAGES = 12
_ALIKE = 0.9
_LONGEST_TITLE = 160
_HEADS_CONTENTS = re.compile(
    r"\W*(?:table of contents|contents|index|inhalt(?:sverzeichnis)?|sommaire|indice|目\s*录|目\s*錄|目\s*次)\W*", re.I
)


def contents_pages(pages: Sequence[Page]) -> dict[int, list[str]]:
    """Page number -> titles of its entries, for the pages at the beginning that are lists of contents."""
    last = max(_FIRST_PAGES, int(_FIRST_SHARE * len(pages)))
    listed: dict[int, list[str]] = {}
    for page in pages[:last]:
        titles = _titles(page, continues=bool(listed) and max(listed) == page.number - 1)
        if titles:
            listed[page.number] = titles
    return listed


def _titles(page: Page, *, continues: bool) -> list[str]:
    lines = [_without_cells(line) for line in page.markdown.splitlines() if any(map(str.isalnum, line))]
    short = [line for line in lines if len(line) < _LONGEST_TITLE and line.rstrip(" |")[-1:].isalnum()]
    if len(short) < _LEAST_ENTRIES:
        return []
    entries = [match for line in short if (match := _ENTRY.match(line))]
    if len(entries) < _LEAST_ENTRIES or len(entries) < 0.4 * len(lines):
        return []
    headed = continues or any(heads_contents(line.strip("# ")) for line in lines[:6])
    dotted = sum(bool(_LEADERS.search(entry.group())) for entry in entries)
    if not headed and dotted < 0.5 * len(entries):
        return []
    numbers = [int(entry["page"]) for entry in entries if entry["page"].isdecimal()]
    rising = sum(one <= other for one, other in pairwise(numbers))
    return [entry["title"] for entry in entries] if rising >= 0.8 * max(len(numbers) - 1, 1) else []


def is_nothing_but_contents(page: Page, titles: Sequence[str]) -> bool:
    """Whether the entries of a page of contents are its lines: those of a table may have headings above and below."""
    return sum(line.startswith("|") for line in page.markdown.splitlines()) < len(titles)


def _without_cells(line: str) -> str:
    """A row of a table as one text: a reader may take a list of contents for a table."""
    if not line.startswith("|"):
        return line
    return " ".join(cell.strip() for cell in line.split("|") if cell.strip())


def heads_contents(text: str) -> bool:
    """Whether a text is the heading of a list of contents."""
    return _HEADS_CONTENTS.fullmatch(text) is not None


def is_entry(text: str) -> bool:
    """Whether a text may be an entry of a list of contents: it ends with the number of a page."""
    return _ENTRY.match(text) is not None


def mark_guided(
    candidates: Sequence[HeadingCandidate], outline: Sequence[OutlineEntry], contents: dict[int, list[str]]
) -> int:
    """Mark the candidates that the outline or the contents name; return how many there are."""
    by_page: dict[int, list[HeadingCandidate]] = {}
    for candidate in candidates:
        by_page.setdefault(candidate.page, []).append(candidate)
    for entry in outline:
        named = _named(entry, by_page)
        if named is not None:
            named.guided, named.guided_level = True, entry.level
    names = {name for titles in contents.values() for title in titles for name in _names(title)}
    last = max(contents, default=0)
    for candidate in candidates:
        if candidate.page > last and names.intersection(_names(candidate.text)):
            candidate.guided = True
    return sum(candidate.guided for candidate in candidates)


def _named(entry: OutlineEntry, by_page: dict[int, list[HeadingCandidate]]) -> HeadingCandidate | None:
    """The candidate that an entry of the outline names: on its page, or on the one after it."""
    wanted = _names(entry.title)
    if not wanted:
        return None
    for number in (entry.page, entry.page + 1):
        free = [candidate for candidate in by_page.get(number, ()) if not candidate.guided_level]
        for candidate in free:
            if wanted.intersection(_names(candidate.text)):
                return candidate
        for candidate in free:
            if _is_alike(folded(entry.title), folded(candidate.text)):
                return candidate
    return None


def _names(title: str) -> frozenset[str]:
    """The words of a title with and without its number, folded; nothing where it has no letters."""
    number = numbering_of(title)
    names: Iterator[str] = (folded(text) for text in (title, title[number.length :] if number else title))
    return frozenset(name for name in names if any(map(str.isalpha, name)))


def _is_alike(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _ALIKE * max(len(one), len(other)):
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _ALIKE
