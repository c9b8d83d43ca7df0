"""Highlights the words of a query in a chunk, and picks the snippet with most of them. Pure."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stores.simplified import simplified
from stores.stemming import stem
from stores.words import query_words, unspaced_share

Range = tuple[int, int]

SNIPPET_LENGTH = 320  # characters; half of it in scripts without spaces, which are twice as wide
_LEAD = 0.25  # share of a snippet before its first match
_WORD = re.compile(r"\d+(?:,\d{3})+(?!\d)|\w+")
_TABLE = re.compile(r"<table\b.*?</table\s*>", re.IGNORECASE | re.DOTALL)
_CELL_END = re.compile(r"</t[dh]\s*>\s*<t[dh][^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,200}>")
_PICTURE = re.compile(r"<!-- picture: (.*?) -->", re.DOTALL)
_RULE_ROW = re.compile(r"^[ \t]*\|[ \t|:-]*-[ \t|:-]*$", re.MULTILINE)
_ROW = re.compile(r"^[ \t]*\|(.*)\|[ \t]*$", re.MULTILINE)
_LINE_MARK = re.compile(r"^[ \t]*(?:#{1,6}|[-*+]|>)[ \t]+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\([^()\s]{0,300}\)")
_EMPHASIS = re.compile(r"\*\*|__|`")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of plain text, and the ranges in it (ascending, disjoint) that match the query."""

    text: str
    ranges: tuple[Range, ...]

    @property
    def html(self) -> str:
        """The text escaped, its ranges inside ``<mark>``."""
        return marked(self.text, self.ranges)

    @property
    def parts(self) -> list[tuple[str, bool]]:
        """The text in pieces, each with whether it matches the query."""
        return list(_parts(self.text, self.ranges))


def highlights(text: str, query: str) -> tuple[Range, ...]:
    """Ranges of ``text`` (ascending, disjoint) with words of the query, compared as the keyword index does."""
    words, runs = _wanted(query)
    folded, origin = _folded(text)
    spans = [match.span() for match in _WORD.finditer(folded) if stem(match[0].replace(",", "")) in words]
    spans += [span for run in runs for span in _occurrences(folded, run)]
    return _merged((origin[start], origin[end - 1] + 1) for start, end in spans)


def snippet(markdown: str, query: str, length: int = SNIPPET_LENGTH) -> Snippet:
    """The piece of a chunk with most of the query's words, as plain text, cut between words."""
    text = plain(markdown)
    width = length // 2 if unspaced_share(text) > 0.3 else length
    ranges = highlights(text, query)
    start, end = _window(text, ranges, width)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    inside = tuple((a + shift, b + shift) for a, b in ranges if start <= a and b <= end)
    return Snippet(f"{before}{text[start:end]}{after}", inside)


def marked(text: str, ranges: Sequence[Range]) -> str:
    """``text`` as HTML with nothing in it but ``<mark>`` around the ranges."""
    return "".join(
        f"<mark>{html.escape(part)}</mark>" if lit else html.escape(part) for part, lit in _parts(text, ranges)
    )


def plain(markdown: str) -> str:
    """Markdown as one line of text: cells separated by a middle dot, no marks, no tags."""
    markdown = _PICTURE.sub(r"\1", markdown)
    text = _TABLE.sub(lambda table: html.unescape(_TAG.sub(" ", _CELL_END.sub(" · ", table[0]))), markdown)
    text = _ROW.sub(_cells, _RULE_ROW.sub("", text))
    text = _EMPHASIS.sub("", _LINK.sub(r"\1", _LINE_MARK.sub("", text)))
    return _SPACE.sub(" ", text).strip()


def _cells(row: re.Match[str]) -> str:
    cells = (cell.strip().replace("\\|", "|").replace("\\\\", "\\") for cell in re.split(r"(?<!\\)\|", row[1]))
    return " · ".join(cell for cell in cells if cell)


def _parts(text: str, ranges: Sequence[Range]) -> Iterator[tuple[str, bool]]:
    at = 0
    for start, end in ranges:
        if start > at:
            yield text[at:start], False
        yield text[start:end], True
        at = end
    if at < len(text):
        yield text[at:], False


def _wanted(query: str) -> tuple[set[str], list[str]]:
    """(stems of words, runs of characters without spaces) of a query."""
    wanted = query_words(query)
    words: set[str] = set()
    runs: list[str] = []
    for term in (*wanted.required, *wanted.more):
        for piece in _WORD.findall(_folded(term)[0]):
            if unspaced_share(piece) == 1.0:
                runs += [piece] if term in wanted.required else []
            else:
                words.add(stem(piece))
    return words, runs


def _folded(text: str) -> tuple[str, list[int]]:
    """Full width, case, accents and traditional characters folded away; for each one left the place it came from."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    pieces: list[str] = []
    origin: list[int] = []
    for at, character in enumerate(text):
        simple = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)).lower()
        simple = simplified(unicodedata.normalize("NFC", simple))
        pieces.append(simple)
        origin += [at] * len(simple)
    return "".join(pieces), origin


def _occurrences(text: str, run: str) -> Iterator[Range]:
    at = text.find(run)
    while at >= 0:
        yield at, at + len(run)
        at = text.find(run, at + 1)


def _merged(ranges: Iterator[Range] | Sequence[Range]) -> tuple[Range, ...]:
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _window(text: str, ranges: Sequence[Range], width: int) -> Range:
    """The stretch of about ``width`` characters that holds most different matches, the first of equals."""
    if len(text) <= width:
        return 0, len(text)
    lead = int(width * _LEAD)
    starts = [0, *(max(0, min(start - lead, len(text) - width)) for start, _ in ranges)]
    best = max(starts, key=lambda start: (_worth(text, ranges, start, start + width), -start))
    return _between_words(text, best, best + width, ranges)


def _worth(text: str, ranges: Sequence[Range], start: int, end: int) -> int:
    return len({text[a:b].lower() for a, b in ranges if start <= a and b <= end})


def _between_words(text: str, start: int, end: int, ranges: Sequence[Range], reach: int = 24) -> Range:
    """Moved inwards to white space where some is near, and never into a match."""
    end = min(end, len(text))
    if start:
        gap = text.find(" ", start, start + reach)
        start = gap + 1 if gap >= 0 and not any(a < gap + 1 and b > start for a, b in ranges) else start
    if end < len(text):
        gap = text.rfind(" ", end - reach, end)
        end = gap if gap >= 0 and not any(b > gap and a < end for a, b in ranges) else end
    return start, end


__all__ = ["SNIPPET_LENGTH", "Range", "Snippet", "highlights", "marked", "plain", "snippet"]
