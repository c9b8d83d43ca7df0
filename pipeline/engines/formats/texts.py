"""Text files: plain text, Markdown, and tables with separators (CSV)."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline.engines.formats.decoding import read_text
from pipeline.engines.formats.elements import MOST_CELLS, Content, Element, Section, numbered, table
from pipeline.engines.formats.packages import translated
from pipeline.engines.formats.typed_tables import is_ruler, rows_of
from pipeline.engines.formats.web import content_of_html
from pipeline.engines.text_kinds import separator_of
from stores.errors import InputError
from stores.models import Label

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"(?mi)^title\s*:\s*[\"']?(.{1,300}?)[\"']?\s*$")
_CHAPTER = re.compile(
    r"(chapter|part|section|article|appendix|annex)\s+[\dIVXLC]+\b|第[一二三四五六七八九十百零\d]+[章节条編编篇]",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,4})[.)]?\s+[^\W\d_]")
_LONGEST_HEADING = 80
_ITEM = re.compile(r"\s{0,8}([-*•+]|\d{1,3}[.)])\s+(?=\S)")


def read_plain(path: Path) -> Content:
    """Read plain text: paragraphs stand apart by empty lines, pages by form feeds."""
    with translated("text file"):
        text = read_text(path)
        sections = tuple(
            Section(elements=tuple(numbered(list(_elements(page.expandtabs(8)))))) for page in text.split("\f")
        )
    return Content(sections=tuple(section for section in sections if section.elements) or sections[:1])


def _elements(text: str) -> Iterator[Element]:
    for paragraph in re.split(r"\n[ \t]*\n", text):
        lines = [line.rstrip() for line in paragraph.split("\n") if line.strip()]
        if not lines:
            continue
        level = _heading_level(lines)
        if level:
            yield Element(label=Label.HEADING, text=lines[0].strip(), level=level)
        elif all(_ITEM.match(line) for line in lines):
            yield from (_item(line) for line in lines)
        elif (rows := rows_of(lines)) and (drawn := table(rows, heading=True)):
            yield drawn
        elif _is_drawn(lines):
            yield Element(label=Label.TEXT, text="\n".join(lines), code=True)
        else:
            yield Element(label=Label.TEXT, text="\n".join(line.strip() for line in lines))


def _item(line: str) -> Element:
    mark = _ITEM.match(line)
    assert mark
    marker = mark[1] if mark[1][:1].isdigit() else "-"
    return Element(label=Label.LIST, text=line[mark.end() :].strip(), marker=marker.replace(")", "."))


def _heading_level(lines: list[str]) -> int:
    """The level of a paragraph that is a heading, 0 for others: one short line, in capitals or numbered."""
    line = lines[0].strip()
    if len(lines) != 1 or len(line) > _LONGEST_HEADING or line[-1:] in ".,;:!?。，；：！？":
        return 0
    if _CHAPTER.match(line):
        return 1
    if (number := _NUMBERED.match(line)) and len(line) > 4:
        return min(6, number[1].count(".") + 1)
    letters = [letter for letter in line if letter.isalpha()]
    return 1 if len(letters) > 3 and line.isupper() else 0


def _is_drawn(lines: list[str]) -> bool:
    """Whether places within the lines mean something, as in a table set with blanks."""
    printed = [line for line in lines if not is_ruler(line)]
    return len(printed) > 1 and sum(bool(re.search(r"\S {3,}\S", line)) for line in printed) * 2 > len(printed)


def read_markdown(path: Path) -> Content:
    """Read Markdown (CommonMark, tables, strike-through); HTML in it is read as HTML."""
    from markdown_it import MarkdownIt

    with translated("Markdown text"):
        text = read_text(path)
        front = _FRONT_MATTER.match(text)
        title = _TITLE.search(front[1]) if front else None
        parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        content = content_of_html(parser.render(text[front.end() :] if front else text))
    return replace(content, title=title[1] if title else content.title)


def read_csv(path: Path) -> Content:
    """Read a table whose cells are separated by commas, semicolons, tabs or bars."""
    csv.field_size_limit(min(sys.maxsize, 1 << 24))
    with translated("table"):
        text = read_text(path)
        separator = separator_of(text[:4000]) or ","
        rows = []
        cells = 0
        for row in csv.reader(text.split("\n"), delimiter=separator):
            cells += len(row)
            if cells > MOST_CELLS:
                raise InputError(f"It holds more than {MOST_CELLS} cells; split it.", code="too_large")
            rows.append(row)
    element = table(rows, heading=True)
    return Content(sections=(Section(elements=(element,) if element else ()),))
