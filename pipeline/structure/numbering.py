"""The numbers that headings begin with: ``3.1.2``, ``第三章``, ``（二）``, ``Article 4``, ``Appendix A``. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_HAN = "〇零一二三四五六七八九十百千"
_VALUES = {char: at for at, char in enumerate("零一二三四五六七八九")} | {"〇": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_PART_WORDS = "part|book|teil|partie|parte|часть|deel|titre|title"
_CHAPTER_WORDS = "chapter|kapitel|chapitre|cap[ií]tulo|capitolo|hoofdstuk|глава|rozdzia[łl]"
_APPENDIX_WORDS = "appendix|annex|anhang|anlage|annexe|anexo|allegato|schedule|exhibit|приложение|附录|附件|附錄"
_ARTICLE_WORDS = "article|section|clause|item|artikel|abschnitt|artículo|articolo|статья|§§?"


@dataclass(frozen=True, slots=True)
class Numbering:
    """The number of a heading. ``kind``: its form; ``depth``: how many numbers it has; ``value``: the last of them.

    ``prefix``: the numbers before the last one. ``length``: characters of the text that the number takes.
    """

    kind: str
    depth: int
    value: int
    prefix: tuple[int, ...] = ()
    length: int = 0


_NUMBER = rf"(?:\d{{1,4}}|[{_HAN}]{{1,5}}|[IVXLC]{{1,7}}|[A-Z])"
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE if kind in ("part", "chapter", "appendix", "article") else 0))
    for kind, pattern in (
        ("part", rf"第\s*(?P<n>[{_HAN}\d]{{1,5}})\s*[编編篇部卷]"),
        ("chapter", rf"第\s*(?P<n>[{_HAN}\d]{{1,5}})\s*章"),
        ("section", rf"第\s*(?P<n>[{_HAN}\d]{{1,5}})\s*[节節]"),
        ("article", rf"第\s*(?P<n>[{_HAN}\d]{{1,5}})\s*[条條]"),
        ("part", rf"(?:{_PART_WORDS})\s+(?P<n>{_NUMBER})(?=[\s.:：—–-]|$)"),
        ("chapter", rf"(?:{_CHAPTER_WORDS})\s+(?P<n>{_NUMBER})(?=[\s.:：—–-]|$)"),
        ("appendix", rf"(?:{_APPENDIX_WORDS})\s*(?P<n>{_NUMBER})(?=[\s.:：、—–-]|$)"),
        ("appendix", rf"附\s*[录錄]\s*(?P<n>[A-Z]|\d{{1,2}}|[{_HAN}]{{1,3}})(?![A-Za-z\d])"),
        ("article", rf"(?:{_ARTICLE_WORDS})\s*(?P<n>\d{{1,4}}[a-z]?|[IVXLC]{{1,7}})(?=[\s.:：—–-]|$)"),
        ("han", rf"(?P<n>[{_HAN}]{{1,4}})\s*[、．.](?=\s*\S)"),
        ("han brackets", rf"[(（](?P<n>[{_HAN}]{{1,4}})[)）]"),
        ("dotted", r"(?P<n>(?:[A-Z]|\d{1,3})(?:[.．]\d{1,3}){1,5})[.．、]?(?![\d%])(?=\s*[^\W\d]|\s*[(（\"“《])"),
        ("dotted", r"(?P<n>\d{1,2})(?:[.．、]\s*|\s+)(?=[^\W\d_]|[(（\"“《])"),
        ("letter", r"(?P<n>[A-HJ-UWYZ])(?:[.．)]\s+(?=\S)|\s+(?=[A-Z]))"),
        ("roman", r"(?P<n>[IVXLC]{1,6})(?:[.．)]\s+(?=\S)|\s+(?=[A-Z]))"),
        ("brackets", r"(?:[(（]\d{1,2}[)）]|\d{1,2}[)）])\s*(?=\S)"),
    )
)


def numbering_of(text: str) -> Numbering | None:
    """The number that a text begins with; None where it has none."""
    text = unicodedata.normalize("NFKC", text)
    for kind, form in _FORMS:
        match = form.match(text)
        if match is None:
            continue
        return _numbering(kind, match)
    return None


def _numbering(kind: str, match: re.Match[str]) -> Numbering:
    if kind == "brackets":
        return Numbering(kind, 1, int(re.sub(r"\D", "", match.group())), length=match.end())
    numbers = [_value(number) for number in re.split(r"[.．]", match["n"])]
    return Numbering(kind, len(numbers), numbers[-1], tuple(numbers[:-1]), match.end())


def _value(number: str) -> int:
    if number.isdecimal():
        return int(number)
    if number[0] in _HAN:
        return _han_value(number)
    lowered = number.lower()
    if (len(number) > 1 and all(char in _ROMAN for char in lowered)) or number in "IVX":
        values = [_ROMAN[char] for char in lowered]
        return sum(-v if any(v < later for later in values[at + 1 : at + 2]) else v for at, v in enumerate(values))
    digits = re.match(r"\d+", number)
    return int(digits.group()) if digits else ord(lowered[0]) - ord("a") + 1


def _han_value(number: str) -> int:
    """``二十三`` as 23; digits that stand in a row are read as such."""
    if not any(char in _UNITS for char in number):
        return int("".join(str(_VALUES[char]) for char in number))
    total, digit = 0, 0
    for char in number:
        if char in _UNITS:
            total += (digit or 1) * _UNITS[char]
            digit = 0
        else:
            digit = _VALUES[char]
    return total + digit
