"""What the words of a segment tell: the kinds of name that they hold, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.engines.rules.contacts import find_emails
from pipeline.engines.rules.parties import has_company_suffix, has_legal_form, looks_like_address
from pipeline.engines.rules.resume.entry_rows import is_no_name
from pipeline.engines.rules.resume.heads import KIND_OF_WORK
from pipeline.engines.rules.resume.marked_rows import is_prose
from pipeline.engines.rules.resume.words import find_degree, is_place, names_job, names_school, names_subject

KINDS = ("job", "school", "degree", "firm", "place", "subject")  # of names that a segment may hold
_WHOLE = 0.8  # of the characters, in a degree that is all of a segment
_MOSTLY = 0.6  # of the words, begun with capitals
_LENGTHS = ((0, 1), (2, 2), (3, 4), (5, 7), (8, 12), (13, 999))  # words
_HAN_IN_WORD = 2.5  # characters of a word in Chinese, about
_SHORT, _LONG, _LONGEST = 10, 60, 90  # characters
_HAN = re.compile("[\u4e00-\u9fff]")
_BINDS = re.compile(r"(?<!\w)(?:of|and|for|at|the|in|de|la|für|et|du|des|y)(?!\w)", re.IGNORECASE)
_LINK = re.compile(r"https?://|www\.|\.com\b|\.io\b|github|linkedin", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_OF_WORKERS = re.compile(  # endings of nouns for those who do something
    r"(?:er|or|ist|ant|ent|eur|euse|rice|ière|ador|adora|ero|era|ista|ico|ica|in|师|员|生|理|长|者)$", re.IGNORECASE
)
_MARKS = (
    ("stop", re.compile(r"[.。;]\s*$")),
    ("colon", re.compile("[:：]")),
    ("announces", re.compile(r"[:：]\s*$")),
    ("digit", re.compile(r"\d")),
    ("comma", re.compile("[,，、;]")),
    ("bracket", re.compile("[(（]")),
    ("and", re.compile("&")),
    ("binds", _BINDS),
    ("year", re.compile(r"(?:19|20)\d\d")),
    ("link", _LINK),
    ("han", _HAN),
)


def word_signals(text: str) -> set[str]:
    """The names of the signals that a text gives."""
    marks = (name for name, mark in _MARKS if mark.search(text))
    return {*_names(text), *_writing(text), *_length(text), *_endings(text), *marks}


def _endings(text: str) -> Iterator[str]:
    """How the first and the last word end: in all languages, endings tell who does something from what is done."""
    words = _WORD.findall(text)
    if not words:
        return
    for place, word in (("first", words[0]), ("last", words[-1])):
        if _HAN.search(word):
            yield f"{place} ends {word[-1]}"
            if len(word) > 1:
                yield f"{place} ends {word[-2:]}"
        elif len(word) > 3:
            yield f"{place} ends {word[-3:].casefold()}"
        else:
            yield f"{place} ends {word.casefold()}"


def _names(text: str) -> Iterator[str]:
    degree = find_degree(text)
    first = degree is not None and degree.start() == 0
    told = {
        "job": names_job(text),
        "school": names_school(text),
        "degree": degree is not None,
        "degree first": first,
        "degree alone": degree is not None and len(degree[0]) >= _WHOLE * len(text.strip()),
        "firm": has_company_suffix(text),
        "legal form": has_legal_form(text),
        "place": is_place(text),
        "subject": names_subject(text),
        "kind of work": bool(KIND_OF_WORK.fullmatch(text.strip())),
        "no name": is_no_name(text),
        "prose": is_prose(text),
        "address": looks_like_address(text),
        "e-mail": bool(find_emails(text)),
    }
    return (name for name, holds in told.items() if holds)


def _writing(text: str) -> Iterator[str]:
    words = text.split() or [""]
    capitals = [word[:1].isupper() for word in words if word[:1].isalpha()]
    told = {
        "small": text[:1].islower(),
        "shouted": text.isupper() and len(text) > 3,
        "capitals": bool(capitals) and sum(capitals) >= _MOSTLY * len(capitals),
        "capital": bool(capitals) and capitals[0],
        "initials": bool(re.fullmatch(r"[A-Z][A-Z0-9&.-]{1,6}", text.strip())),
        "worker first": bool(_OF_WORKERS.search(text if _HAN.search(text) else words[0])),
        "worker last": bool(_OF_WORKERS.search(words[-1])),
    }
    return (name for name, holds in told.items() if holds)


def _length(text: str) -> Iterator[str]:
    count = round(len(text) / _HAN_IN_WORD) if _HAN.search(text) else len(text.split())
    yield from (f"words {least}" for least, most in _LENGTHS if least <= count <= most)
    size = len(text)
    told = {"short": size < _SHORT, "long": size > _LONG, "longest": size > _LONGEST}
    yield from (name for name, holds in told.items() if holds)
