"""Joins printed lines to paragraphs: no space in Chinese, no hyphens at line ends. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipeline.engines.layout.lines.script_gaps import is_cjk

_SOFT = "\u00ad"
_HYPHENS = "-‐" + _SOFT
_BROKEN = re.compile(r"([^\W\d_]+)[-‐\u00ad]$")
_INSIDE_ADDRESS = "_=&?%/"
_PATH = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\S*")
_LEAST_PROSE, _PLAIN = 80, 0.96  # characters, and their share of letters, blanks and punctuation
_PUNCTUATION = ".,:'’\"“”?!-–"
_CLAUSE = re.compile(r"[^\W\d_]{2}[.?!](?:\s+[^\W\d_]|$)")
_START = re.compile(r"[^\W\d_]+")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_SYLLABLES = "-"  # among the words of a page whose lines end within words
_LEAST_HEAD, _LEAST_TAIL = 3, 4  # letters of the two sides of a hyphen that is the word's own
_CHECK_BOX = re.compile(r"\[[x ]\] (?=\S)")
_BULLET = re.compile(r"^(?:[•‣◦⁃∙·●○■□▪▫◆◇➢➤►▶✓✔❖★☆※\ufffd\-–*]|—{1,3}|o(?=\s))\s*(?=\S)")
_NUMBERED = re.compile(
    r"^(?:[(（]?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5}|[一二三四五六七八九十]{1,3})[)）]|\d{1,3}[.、．](?!\d)|[一二三四五六七八九十]{1,3}、|[①-⑳]|[A-H](?:[．、]|\.(?=\s?[\u4e00-\u9fff])))\s*[^\s;；,，。)）]"
)
_BOXES = "□☐☑☒√✓✔■"
_CHOICE = re.compile(rf"[{_BOXES}]\s*[^\s{_BOXES}][^{_BOXES}]{{0,11}}[{_BOXES}]\s*\S")
_LABELLED = re.compile(r"(?=[^\W\d_])(?!https?:)[^：:，。；,;.!?？！]{1,18}[：:]\s*\S")
_AMOUNT = r"[-−(]?[$€£¥￥₹₩]?\s?\d[\d.,]*[)%]?"
_AMOUNTS = re.compile(rf"(?=.*[^\W\d_]{{2}}).*\S\s+{_AMOUNT}\s+{_AMOUNT}")
_DAY = re.compile(r"(?:19|20)\d\d\s?(?:年\s?\d{1,2}\s?月\s?\d{1,2}\s?日|([-./])\d{1,2}\1\d{1,2}(?!\d))")
_GOES_ON = ",，、;；-–—至到和及与"  # at the end of a line: what follows belongs to it
_CONTENTS = re.compile(r".*\S … [\dIVXLCivxlc]{1,6}")


def joined(lines: Sequence[str], words: frozenset[str] = frozenset()) -> str:
    """The lines as one paragraph. ``words`` are those of the page in lower case: they decide about hyphens."""
    text = ""
    for line in lines:
        text = joined_pair(text, line.strip(), words) if text else line.strip()
    return text.replace(_SOFT, "").replace("~~ ~~", " ")


def joined_pair(text: str, line: str, words: frozenset[str] = frozenset()) -> str:
    """``text`` continued with the next printed line."""
    if not line or not text:
        return text or line
    if text[-1] in _HYPHENS:
        return _mended(text, line, words)
    if text[-1] in _INSIDE_ADDRESS and "://" in text.rsplit(maxsplit=1)[-1]:
        return text + line
    if text[-1] in "–—" and text[-2:-1].isalnum() and line[0].isalnum():
        return text + line  # a dash between two words, or of a range or a number
    if is_cjk(text[-1]) or is_cjk(line[0]):
        return text + line
    return f"{text} {line}"


def _is_address(text: str, line: str) -> bool:
    """Whether a line ends inside an e-mail or web address, whose hyphens are its own."""
    last, first = text.rsplit(maxsplit=1)[-1], line.split(maxsplit=1)[0]
    return "@" in last or "@" in first or "://" in last or last.startswith("www.") or bool(_PATH.match(last))


def _mended(text: str, line: str, words: frozenset[str]) -> str:
    if text[-1] != _SOFT and _is_address(text, line):
        return text + line
    broken, start = _BROKEN.search(text), _START.match(line)
    if not broken or not start:
        return text.rstrip(_SOFT) + line if text[-1] == _SOFT else _after_dash(text, line)
    head, tail = broken.group(1), start.group()
    if text[-1] == _SOFT:
        return text[:-1] + line
    if not tail[0].islower() or len(head) < 2 or head.isupper():
        return text + line
    whole, kept = (head + tail).lower(), f"{head}-{tail}".lower()
    if kept in words and whole not in words:
        return text + line
    return text + line if _are_two_words(text, head.lower(), tail.lower(), words) else text[:-1] + line


def _are_two_words(text: str, head: str, tail: str, words: frozenset[str]) -> bool:
    """Whether a hyphen at the end of a line is one of the word's own: both sides are words, and no syllables part."""
    if _SYLLABLES in words or len(head) < _LEAST_HEAD or len(tail) < _LEAST_TAIL:
        return False
    hyphenated = text[: -len(head) - 1].endswith("-")  # "fee-for-" before "service"
    known = hyphenated or head in words or f"{head}-" in words
    return known and (tail in words or f"-{tail}" in words)


def _after_dash(text: str, line: str) -> str:
    """A dash that stands alone keeps its space, one between digits keeps none."""
    return f"{text} {line}" if len(text) < 2 or text[-2].isspace() else text + line


def reads_as_prose(text: str) -> bool:
    """Whether a text is sentences of a language, in whatever letters it is set, and no code."""
    plain = sum(char.isalpha() or char.isspace() or char in _PUNCTUATION for char in text)
    return len(text) > _LEAST_PROSE and plain > _PLAIN * len(text) and bool(_CLAUSE.search(text))


def words_of(lines: Iterable[str]) -> frozenset[str]:
    """All words of a page in lower case, hyphenated ones whole, and what they begin and end with: ``long-``, ``-term``.

    The two sides of a word that a line's end parts are not among them by that. ``_SYLLABLES`` is, where one of those
    words stands on the page in one piece: then lines end within words.
    """
    words: set[str] = set()
    broken: list[str] = []
    head = ""
    for text in map(str.lower, lines):
        start = _START.match(text) if head else None
        if start:
            broken.append(head + start.group())
        end = _BROKEN.search(text)
        head = end.group(1) if end else ""
        words |= set(_WORDS.findall(text[start.end() if start else 0 : end.start(1) if end else len(text)]))
    parts = [word.split("-") for word in words if "-" in word]
    words |= {f"{first}-" for first, *_ in parts} | {f"-{last}" for *_, last in parts}
    return frozenset(words | ({_SYLLABLES} if any(word in words for word in broken) else set()))


def has_check_box(text: str) -> bool:
    """Whether a line begins with the state of a check box."""
    return bool(_CHECK_BOX.match(text))


def has_bullet(text: str) -> bool:
    """Whether a line begins with a sign that is nothing but a bullet."""
    if text.startswith("——"):
        return text[-1] in ";；。"  # a subtitle has no stop
    return has_check_box(text) or (bool(_BULLET.match(text)) and text[0] not in "-–—*o" and not is_choice(text))


def is_choice(text: str) -> bool:
    """Whether a line is a row of boxes to tick: ``□适用 ☑不适用``. The first of them is no bullet."""
    return bool(_CHOICE.match(text))


def is_list_start(text: str) -> bool:
    """Whether a line begins with a bullet, the number of an item, or the state of a check box."""
    return bool(_BULLET.match(text) or _NUMBERED.match(text) or _CHECK_BOX.match(text)) and not is_choice(text)


def are_rows(before: str, line: str) -> bool:
    """Whether two lines stand for themselves, however long.

    They are values behind labels, entries of a list of contents, or both begin with a day or end in a row of numbers.
    """
    if _CONTENTS.fullmatch(before) or is_choice(before) or is_choice(line):
        return True
    if _DAY.match(before) and _DAY.match(line) and before[-1] not in _GOES_ON:
        return True
    if _AMOUNTS.fullmatch(before) and _AMOUNTS.fullmatch(line):
        return True
    return bool(_LABELLED.match(before) and _LABELLED.match(line))


def item_text(text: str) -> str:
    """A list item as Markdown: its bullet as "- ", its own number kept behind one where it has another form."""
    plain = text if is_choice(text) else _BULLET.sub("", text, count=1)
    if plain != text:
        return f"- {plain}"
    return text if re.match(r"\d{1,3}[.)]\s", text) else f"- {text}"
