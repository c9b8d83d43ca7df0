"""Pages for tests, drawn as text: a line per printed row, two blanks or more between its cells."""

from __future__ import annotations

import re
import textwrap
import unicodedata

from stores.models import Block, Label, Line, Page, PageText, Route

ROW_HEIGHT_PT = 12.0
CHARACTER_PT = 5.0
GLYPH_HEIGHT_PT = 9.0


def printed_page(drawing: str, number: int = 1) -> Page:
    """A page of the rows of ``drawing``; paragraphs (between empty rows) are blocks, ``# `` begins a heading."""
    blocks: list[Block] = []
    lines: list[Line] = []
    label = Label.TEXT
    rows = textwrap.dedent(drawing).strip("\n").splitlines()
    for at, row in enumerate([*rows, ""]):
        heading = row.startswith("# ")
        if lines and (heading or not row.strip() or label is Label.HEADING):
            blocks.append(_block(label, lines))
            lines = []
        label = Label.HEADING if heading else Label.TEXT
        lines.extend(_cells(row.removeprefix("# "), at))
    markdown = "\n\n".join(block.text for block in blocks)
    text = PageText(markdown=markdown, blocks=tuple(blocks), engine="drawing")
    height = ROW_HEIGHT_PT * (len(rows) + 2)
    return Page(number=number, width_pt=600.0, height_pt=height, route=Route.TEXT, reason="drawn", text=text)


def _cells(row: str, at: int) -> list[Line]:
    top = ROW_HEIGHT_PT * (at + 1)
    cells = []
    for match in re.finditer(r"\S+(?: \S+)*", row):
        left = CHARACTER_PT * _width(row[: match.start()])
        right = left + CHARACTER_PT * _width(match[0])
        cells.append(Line(box=(left, top, right, top + GLYPH_HEIGHT_PT), text=match[0]))
    return cells


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _block(label: Label, lines: list[Line]) -> Block:
    box = (
        min(line.box[0] for line in lines),
        min(line.box[1] for line in lines),
        max(line.box[2] for line in lines),
        max(line.box[3] for line in lines),
    )
    level = 2 if label is Label.HEADING else 0
    return Block(label=label, box=box, text="\n".join(line.text for line in lines), level=level, lines=tuple(lines))
