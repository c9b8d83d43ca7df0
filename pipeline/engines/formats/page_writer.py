"""Writes the elements of a page as Markdown and blocks.

Pages of these formats have no image. Their lines get places all the same, as if the page were set in one column with
its tables as grids, because the rules find labels, values and columns by where lines stand.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.engines.formats.elements import Element, TableCell, column_name
from pipeline.engines.layout.cells.cells import Cell, Table
from pipeline.engines.layout.lines.letter_spacing import joined_title
from pipeline.page_markdown import escaped
from stores.models import UNREAD_PAGE, Block, Box, Fault, Label, Line, PageText

_LINE_PT, _HIGH_PT = 14.0, 11.0  # from line to line, and the letters of one
_GAP_PT = 8.0  # between two elements
_LETTER_PT, _WIDE_LETTER_PT = 5.5, 11.0
_LINE_LETTERS = 100
_COLUMN_PT, _COLUMN_GAP_PT = 140.0, 12.0
_INDENT_PT = 18.0
_WIDE = re.compile("[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]")
_UNBROKEN = re.compile(r"[!-~]+|.", re.DOTALL)
_LIKE_A_LIST = re.compile(r"(?m)^(\s*)(?:([-+*])|(\d{1,9})([.)]))(?=\s)")
ANGLE = re.compile(r"<(?=[A-Za-z/!?])(?![\w.+-]+@[\w.-]+>)")  # that would begin a tag; mail addresses stay
_FENCES = re.compile(r"(?m)^\s*(`{3,})")


@dataclass(slots=True)
class _Writer:
    """The page so far: its Markdown, its blocks, and how far down it reaches."""

    parts: list[str]
    blocks: list[Block]
    length: int = 0
    bottom: float = 0.0
    after_item: bool = False

    def add(self, element: Element, text: str, lines: Sequence[Line], box: Box) -> None:
        is_item = element.label is Label.LIST
        joint = "" if not self.parts else "\n" if is_item and self.after_item else "\n\n"
        start = self.length + len(joint)
        self.parts += [joint, text]
        self.length = start + len(text)
        self.after_item = is_item
        self.bottom = max(self.bottom, box[3])
        block_text = "\n".join(line.text for line in lines) if element.cells else element.text
        self.blocks.append(
            Block(
                label=element.label,
                box=box,
                text=block_text,
                start=start,
                end=self.length,
                level=element.level if element.label in (Label.TITLE, Label.HEADING) else 0,
                lines=tuple(lines),
            )
        )


def page_text(elements: Sequence[Element], engine: str, unread: Sequence[str] = ()) -> PageText:
    """Write one page. ``unread``: what of it was not read; it becomes the page's warning."""
    writer = _Writer([], [])
    for element in _outermost(map(_with_joined_title, elements)):
        written = _table(element, writer.bottom) if element.cells else _text(element, writer.bottom)
        if written:
            writer.add(element, *written)
    code = "left_out" if writer.parts else UNREAD_PAGE
    warning = Fault(code=code, message=f"not read: {', '.join(unread)}") if unread else None
    return PageText(markdown="".join(writer.parts), blocks=tuple(writer.blocks), engine=engine, warning=warning)


def _outermost(elements: Iterable[Element]) -> Iterator[Element]:
    """The elements, with list items that no list stands above as the outermost: further in they would be code."""
    outer: int | None = None
    for element in elements:
        outer = (
            None if element.label is not Label.LIST else element.level if outer is None else min(outer, element.level)
        )
        yield replace(element, level=element.level - outer) if outer else element


def _with_joined_title(element: Element) -> Element:
    """An element whose text is no title spelt out with blanks, as those of Chinese contracts are."""
    plain = not (element.markdown or element.cells or element.code)
    return replace(element, text=joined_title(element.text)) if plain else element


def plain_text(elements: Sequence[Element]) -> str:
    """The words of a page, without any marks."""
    return "\n".join(
        "\t".join(cell.text for cell in element.cells) if element.cells else element.text for element in elements
    )


def _text(element: Element, bottom: float) -> tuple[str, list[Line], Box] | None:
    if not element.text.strip():
        return None
    left = _INDENT_PT * element.level if element.label is Label.LIST else 0.0
    top = bottom + (0.0 if element.label is Label.LIST else _GAP_PT)
    shown = f"{element.marker} {element.text}" if element.marker not in ("", "-") else element.text
    lines = list(_set(shown, element, left, top)) if element.box is None else _set_in(element, element.box)
    return _marked(element), lines, _around([line.box for line in lines])


def _marked(element: Element) -> str:
    """The Markdown of an element that is no table."""
    text = element.markdown or _safe(element.text)
    if element.label in (Label.TITLE, Label.HEADING):
        return f"{'#' * max(1, element.level)} {' '.join(text.split())}"
    if element.code:
        fence = "`" * max([3, *(len(marks) + 1 for marks in _FENCES.findall(element.text))])
        return f"{fence}\n{element.text}\n{fence}"
    if element.label is Label.LIST:
        return f"{'  ' * element.level}{element.marker or ' '} {' '.join(text.split())}"
    return escaped(_LIKE_A_LIST.sub(_no_list, text) if element.label is Label.TEXT else text)


def _no_list(mark: re.Match[str]) -> str:
    """Escape what would begin a list: ``3. Analyses`` as ``3\\. Analyses``."""
    return f"{mark[1]}\\{mark[2]}" if mark[2] else f"{mark[1]}{mark[3]}\\{mark[4]}"


def _safe(text: str) -> str:
    """Text whose angle brackets are not taken for tags."""
    return ANGLE.sub(r"\\<", text)


def _set(text: str, element: Element, left: float, top: float) -> Iterator[Line]:
    """The lines of a text one below the other; long ones are wrapped as a printed page would."""
    for line in _wrapped(text, code=element.code):
        yield Line(box=(left, top, left + _width(line), top + _HIGH_PT), text=line, place=element.place)
        top += _LINE_PT


def _wrapped(text: str, *, code: bool) -> Iterator[str]:
    for line in text.splitlines():
        if code or len(line) <= _LINE_LETTERS // 2:
            yield line or " "
            continue
        if 2 * len(_WIDE.findall(line)) > len(line):
            yield from _wrapped_anywhere(line)
            continue
        yield from textwrap.wrap(
            line, _LINE_LETTERS, break_on_hyphens=False, replace_whitespace=False, drop_whitespace=True
        ) or [" "]


def _wrapped_anywhere(line: str) -> Iterator[str]:
    """The rows of a line of Chinese, broken between any two of its characters, but in no number and no Latin word."""
    row = ""
    for piece in _UNBROKEN.findall(line):
        if row.strip() and len(row) + len(piece) > _LINE_LETTERS // 2:
            yield row.strip()
            row = ""
        row += piece
    yield row.strip() or " "


def _set_in(element: Element, box: Box) -> list[Line]:
    """The lines of a text in its own box, each with an equal share of the height."""
    texts = list(_wrapped(element.text, code=element.code))
    x0, y0, x1, y1 = box
    step = (y1 - y0) / len(texts)
    return [
        Line(box=(x0, y0 + step * at, x1, y0 + step * (at + 1)), text=text, place=element.place)
        for at, text in enumerate(texts)
    ]


def _width(text: str) -> float:
    wide = len(_WIDE.findall(text))
    return max(1.0, _LETTER_PT * (len(text) - wide) + _WIDE_LETTER_PT * wide)


def _table(element: Element, bottom: float) -> tuple[str, list[Line], Box] | None:
    cells = _without_empty_edges(element.cells)
    if not cells:
        return None
    placed = _placed(cells, element.box, bottom + _GAP_PT)
    box = _around([cell.box for cell in placed])
    lines = [
        Line(box=cell.box, text=cell.text, place=_place(element, of))
        for cell, of in zip(placed, cells, strict=True)
        if cell.text.strip()
    ]
    table = Table(cells=tuple(placed), box=box)
    if not table.spans:  # others are written as HTML, which is escaped
        table = Table(cells=tuple(replace(cell, text=_safe(cell.text)) for cell in placed), box=box)
    return table.markdown(), lines, box


def _place(element: Element, cell: TableCell) -> str:
    name = cell.name or f"{column_name(cell.column)}{cell.row + 1}"
    return name if not element.place else f"{element.place}, {name}"


def _without_empty_edges(cells: Sequence[TableCell]) -> list[TableCell]:
    """The cells from the first to the last row and column with text, in the order of rows."""
    filled = [cell for cell in cells if cell.text.strip()]
    if not filled:
        return []
    top, left = min(cell.row for cell in filled), min(cell.column for cell in filled)
    bottom = max(cell.row for cell in filled)
    right = max(cell.column + cell.columns - 1 for cell in filled)
    inside = [c for c in cells if top <= c.row <= bottom and left <= c.column <= right]
    return sorted(inside, key=lambda cell: (cell.row, cell.column))


def _placed(cells: Sequence[TableCell], box: Box | None, top: float) -> list[Cell]:
    """Cells with a box each: a row below the other, columns of one width, inside ``box`` where it is given."""
    rows, columns = max(c.row for c in cells) + 1, max(c.column + c.columns for c in cells)
    x, y = (box[0], box[1]) if box else (0.0, top)
    wide = (box[2] - box[0]) / columns if box else _COLUMN_PT
    high = (box[3] - box[1]) / rows if box else _LINE_PT
    gap = _COLUMN_GAP_PT if wide > 2 * _COLUMN_GAP_PT else 0.0
    return [
        Cell(
            row=c.row,
            column=c.column,
            box=(
                x + wide * c.column,
                y + high * c.row,
                x + wide * (c.column + c.columns) - gap,
                y + high * (c.row + c.rows) - (high - _HIGH_PT if high > _HIGH_PT and not box else 0.0),
            ),
            text=c.text,
            columns=c.columns,
            rows=c.rows,
            heading=c.heading,
        )
        for c in cells
    ]


def _around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
