"""Markdown cut into its blocks, and these into what is printed apart: items, cells. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stores.models import Label

_HEADING = re.compile(r"(#{1,6})[ \t]+(\S.*)")
_FENCE = re.compile(r"(`{3,}|~{3,})")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+")
_INTERRUPTING = re.compile(r"(?:[-*+]|1[.)])[ \t]+\S")
_RULE = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_TABLE_END = re.compile(r"</table\s*>", re.IGNORECASE)
_ROW = re.compile(r"<tr\b[^>]*>(.*?)(?=<tr\b|\Z)", re.IGNORECASE | re.DOTALL)
_CELL = re.compile(r"<t[dh]\b([^>]*)>(.*?)(?=<t[dh]\b|\Z)", re.IGNORECASE | re.DOTALL)
_WIDE = re.compile(r"colspan\s*=\s*[\"']?(\d{1,3})", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
_BREAK = re.compile(r"<br\s?/?>|</(?:p|li|div)>", re.IGNORECASE)
_PIPE = re.compile(r"(?<!\\)\|")
_BOLD = re.compile(r"\*\*(?=\S)([^*\n]+)\*\*|(?<!\w)\*(?=\S)([^*\n]+)(?<=\S)\*(?!\w)")
_LINK = re.compile(r"!?\[([^\]\n]{1,300})\]\([^)\s]{0,500}\)")
_ESCAPE = re.compile(r"\\([#>|\\])")


@dataclass(frozen=True, slots=True)
class Segment:
    """What is printed apart: a paragraph, an item, a cell. Rows and columns of cells count from 0."""

    text: str
    row: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class MarkdownBlock:
    """One block; ``start`` and ``end`` are offsets into the Markdown."""

    label: Label
    start: int
    end: int
    segments: tuple[Segment, ...]
    level: int = 0

    @property
    def text(self) -> str:
        """The text without Markdown's signs; cells of a row apart by tabs, rows and items by line breaks."""
        rows: dict[int, list[str]] = {}
        for segment in self.segments:
            rows.setdefault(segment.row, []).append(segment.text)
        return "\n".join("\t".join(row).rstrip("\t") for row in rows.values())


def blocks_of(markdown: str) -> list[MarkdownBlock]:
    """The blocks in their order."""
    lines: list[tuple[int, str]] = []
    at = 0
    for line in markdown.split("\n"):
        lines.append((at, line))
        at += len(line) + 1
    blocks: list[MarkdownBlock] = []
    first = 0
    while first < len(lines):
        if not lines[first][1].strip():
            first += 1
            continue
        label, last = _extent(lines, first)
        start, end = lines[first][0], lines[last][0] + len(lines[last][1])
        blocks.append(_block(label, markdown[start:end], start, not any(block.level == 1 for block in blocks)))
        first = last + 1
    return blocks


def _extent(lines: list[tuple[int, str]], first: int) -> tuple[str, int]:
    """What begins at a line, and its last line."""
    line = lines[first][1].strip()
    fence = _FENCE.match(line)
    if fence:
        return "code", _until(lines, first + 1, lambda text: text.strip() == fence[1])
    if line.startswith("$$"):
        closed = line.endswith("$$") and len(line) > 3
        return "formula", first if closed else _until(lines, first + 1, lambda text: text.rstrip().endswith("$$"))
    if _HEADING.match(line):
        return "heading", first
    if line.lower().startswith("<table"):
        return "html", _until(lines, first, lambda text: bool(_TABLE_END.search(text)))
    if _begins_pipes(lines, first):
        return "pipes", _while(lines, first, lambda text: "|" in text)
    if _ITEM.match(line):
        return "list", _end_of_list(lines, first)
    return "text", _end_of_paragraph(lines, first)


def _until(lines: list[tuple[int, str]], first: int, ends: Callable[[str], bool]) -> int:
    return next((at for at in range(first, len(lines)) if ends(lines[at][1])), len(lines) - 1)


def _while(lines: list[tuple[int, str]], first: int, goes_on: Callable[[str], bool]) -> int:
    return next((at for at in range(first, len(lines)) if not goes_on(lines[at][1])), len(lines)) - 1


def _begins_pipes(lines: list[tuple[int, str]], at: int) -> bool:
    below = lines[at + 1][1].strip() if at + 1 < len(lines) else ""
    return "|" in lines[at][1] and "|" in below and bool(_RULE.match(below))


def _end_of_list(lines: list[tuple[int, str]], first: int) -> int:
    """Items and lines that run on; a blank line ends them, as it ends every block."""
    for at in range(first + 1, len(lines)):
        if not lines[at][1].strip() or _begins_other(lines, at):
            return at - 1
    return len(lines) - 1


def _begins_other(lines: list[tuple[int, str]], at: int) -> bool:
    line = lines[at][1].lstrip()
    other = _HEADING.match(line) or _FENCE.match(line) or line.startswith(("$$", "<table"))
    return bool(other) or _begins_pipes(lines, at)


def _end_of_paragraph(lines: list[tuple[int, str]], first: int) -> int:
    for at in range(first + 1, len(lines)):
        line = lines[at][1]
        if not line.strip() or _begins_other(lines, at) or _INTERRUPTING.match(line):
            return at - 1
    return len(lines) - 1


def _block(kind: str, source: str, start: int, first_title: bool) -> MarkdownBlock:
    end = start + len(source)
    heading = _HEADING.match(source) if kind == "heading" else None
    if heading:
        level = len(heading[1])
        label = Label.TITLE if level == 1 and first_title else Label.HEADING
        return MarkdownBlock(label, start, end, (Segment(plain(heading[2])),), level)
    if kind == "formula":
        return MarkdownBlock(Label.FORMULA, start, end, (Segment(source.strip().strip("$").strip()),))
    if kind == "html":
        return MarkdownBlock(Label.TABLE, start, end, tuple(_html_cells(source)))
    if kind == "pipes":
        return MarkdownBlock(Label.TABLE, start, end, tuple(_pipe_cells(source)))
    if kind == "list":
        return MarkdownBlock(Label.LIST, start, end, tuple(_items(source)))
    if kind == "code":
        rows = source.split("\n")[1:]
        rows = rows[:-1] if rows and _FENCE.match(rows[-1].strip()) else rows
        return MarkdownBlock(Label.TEXT, start, end, tuple(Segment(text, row) for row, text in enumerate(rows)))
    return MarkdownBlock(Label.TEXT, start, end, (Segment(plain(source)),))


def _html_cells(source: str) -> Iterator[Segment]:
    for row, cells in enumerate(_ROW.findall(source)):
        column = 0
        for attributes, inner in _CELL.findall(cells):
            yield Segment(plain(html.unescape(_TAG.sub("", _BREAK.sub(" ", inner)))).strip(), row, column)
            wide = _WIDE.search(attributes)
            column += int(wide[1]) if wide else 1


def _pipe_cells(source: str) -> Iterator[Segment]:
    rows = [line.strip() for number, line in enumerate(source.split("\n")) if number != 1]
    for row, line in enumerate(rows):
        inner = line.removeprefix("|")
        inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
        for column, cell in enumerate(_PIPE.split(inner)):
            yield Segment(plain(cell.strip()), row, column)


def _items(source: str) -> Iterator[Segment]:
    items: list[str] = []
    for line in source.split("\n"):
        if _ITEM.match(line) or not items:
            mark = line.lstrip()
            items.append(mark if mark[:1].isdigit() else _ITEM.sub("", line, count=1))
        elif line.strip():
            items[-1] += "\n" + line.strip()
    for row, item in enumerate(items):
        yield Segment(plain(item), row)


def plain(text: str) -> str:
    """Text of a paragraph, an item or a cell without the signs of Markdown."""
    text = _LINK.sub(r"\1", text)
    text = _BOLD.sub(lambda match: match[1] or match[2], text)
    if "<" in text:
        text = _TAG.sub("", text)
    return _ESCAPE.sub(r"\1", text)
