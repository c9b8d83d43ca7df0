"""The sentences of a chunk that can be quoted: whole ones, and the rows of tables with what their columns are. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.answering.table_rows import CELLS
from pipeline.search.highlighting import plain
from stores.words import unspaced_share

_END = re.compile(
    r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b(?:No|Mr|Ms|Dr|vs|St)\.)\s+(?=[^a-z\s])|(?<=[。！？])(?![”’」』）)])|(?<=；)"
)
_ENDED = re.compile(r"[.!?。！？；…:：][\"”’」』）)\]*]*$")
_ASKS = re.compile(r"[?？][\"”’」』）)*]*$")
_HEADING = re.compile(r"#{1,6}\s|(?:\*\*|__)[^*_]+(?:\*\*|__)\s*$")
_ITEM = re.compile(
    r"\s*(?:[-*+•▪◦·]|\(?\d{1,3}[.)、]|\(?[a-zA-Z][.)]|[（(][\d一二三四五六七八九十]+[)）]|[一二三四五六七八九十]+、)\s*"
)
_ROW = re.compile(r"\s*\|.*\|\s*$")
_RULE = re.compile(r"[\s|:-]+$")
_BARE_ITEM = re.compile(r"\W*\w{1,3}\W*$")
_PIPE = re.compile(r"(?<!\\)\|")
_HTML_TABLE = re.compile(r"<table\b.*?</table\s*>", re.IGNORECASE | re.DOTALL)
_HTML_ROW = re.compile(r"<tr\b[^>]*>(.*?)</tr\s*>", re.IGNORECASE | re.DOTALL)
_HTML_CELL = re.compile(r"<t[dh]\b[^>]*>(.*?)</t[dh]\s*>", re.IGNORECASE | re.DOTALL)
_SHORTEST, _LONGEST = 8, 600  # characters of a sentence
_LONGEST_LIST = 300  # characters of a list that is quoted with what announces it
_SHORT_LINE = 40  # characters; a shorter line of words ends on purpose, a longer one where the page does


@dataclass(frozen=True, slots=True)
class ChunkSentence:
    """A sentence as it is shown, and as it is printed: a row of a table is shown with the names of its columns.

    ``whole`` is False for what is no sentence, names nothing and has no number, such as a caption or a title.
    """

    shown: str
    printed: str
    whole: bool = True


def chunk_sentences(markdown: str, heading: str = "") -> Iterator[ChunkSentence]:
    """The sentences of a chunk; headings (``heading`` is the path above it) and questions are none."""
    titles = {_bare(title) for title in heading.split(" > ")}
    for table in _HTML_TABLE.findall(markdown):
        yield from _rows([[plain(cell) for cell in _HTML_CELL.findall(row)] for row in _HTML_ROW.findall(table)])
    lines = _HTML_TABLE.sub("\n", markdown).splitlines()
    for is_table, group in groupby(lines, lambda line: bool(_ROW.match(line))):
        if is_table:
            rows = [row for row in group if not _RULE.match(row)]
            yield from _rows([[plain(cell) for cell in _PIPE.split(row.strip()[1:-1])] for row in rows])
        else:
            for paragraph in _with_lists(_paragraphs(list(group))):
                yield from _of_prose(paragraph, titles)


def _of_prose(paragraph: str, titles: set[str]) -> Iterator[ChunkSentence]:
    for part in _END.split(plain(paragraph)):
        text = part.strip()
        weight = 2 if unspaced_share(text) > 0.5 else 1
        if len(text) * weight < _SHORTEST or _bare(text) in titles or _ASKS.search(text) or _BARE_ITEM.match(text):
            continue
        facts = any(sign.isdigit() or sign in ":：=" for sign in text[:-1])
        whole = bool(_ENDED.search(text) or facts) and not (text.endswith((":", "：")))
        yield ChunkSentence(text[:_LONGEST], text[:_LONGEST], whole)


def _rows(rows: Sequence[Sequence[str]]) -> Iterator[ChunkSentence]:
    """The rows below the first, each cell behind the name of its column."""
    if not rows:
        return
    header, *others = rows
    for row in others:
        cells = [cell.strip() for cell in row]
        named = [
            _named(name.strip(), cell) for name, cell in zip([*header, *[""] * len(cells)], cells, strict=False) if cell
        ]
        printed = CELLS.join(cell for cell in cells if cell)
        if len(named) > 1 and len(printed) >= _SHORTEST:
            yield ChunkSentence("; ".join(named)[:_LONGEST], printed[:_LONGEST])


def _named(name: str, cell: str) -> str:
    return f"{name}: {cell}" if name and name != cell else cell


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Lines joined where a sentence goes on in the next one."""
    paragraph = ""
    for line in lines:
        if _HEADING.match(line.strip()) or not line.strip():
            yield paragraph
            paragraph = ""
        elif paragraph and _goes_on(paragraph, line):
            glue = "" if unspaced_share(paragraph[-1] + line.strip()[0]) == 1.0 else " "
            paragraph = f"{paragraph}{glue}{line.strip()}"
        else:
            yield paragraph
            paragraph = line.strip()
    yield paragraph


def _with_lists(paragraphs: Iterable[str]) -> Iterator[str]:
    """What ends with a colon together with what it announces, as far as that is short."""
    part, announced = "", False
    for paragraph in filter(None, paragraphs):
        announced = part.endswith((":", "：")) or (announced and bool(_ITEM.match(paragraph)))
        if announced and len(part) + len(paragraph) <= _LONGEST_LIST:
            part = f"{part} {plain(paragraph)}"
        else:
            yield part
            part, announced = paragraph, False
    yield part


def _goes_on(paragraph: str, line: str) -> bool:
    """Whether a sentence goes on in a line: it has no end, and the line begins in its middle or is long enough."""
    if _ENDED.search(paragraph) or _ITEM.match(line):
        return False
    first = line.strip()[0]
    last_line = len(paragraph) * (2 if unspaced_share(paragraph) > 0.5 else 1)
    return first.islower() or last_line >= _SHORT_LINE


def _bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
