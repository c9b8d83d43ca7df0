"""Cuts a document that has no pages into some: at headings, each of some thousand characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.engines.formats.elements import Content, Element, Section, TableCell
from stores.models import Label

_FULL, _LONGEST = 3000, 6000  # characters of a page: it may end before a heading, it ends before any element
_ROWS_OF_PAGE = 200
_HEADINGS = (Label.TITLE, Label.HEADING)


def pages_of(content: Content) -> list[Section]:
    """The sections of a document, long ones cut into several."""
    return [page for section in content.sections for page in (_cut(section) if section.cut else [section])]


def _cut(section: Section) -> Iterator[Section]:
    page: list[Element] = []
    length = 0
    unread = section.unread
    for element, continued in _parts(section.elements):
        size = _size(element)
        if page and (continued or _is_full(page, length, element, size)):
            yield replace(section, elements=tuple(page), unread=unread)
            page, length, unread = [], 0, ()
        page.append(element)
        length += size
    if page or unread or not section.elements:
        yield replace(section, elements=tuple(page), unread=unread)


def _is_full(page: Sequence[Element], length: int, element: Element, size: int) -> bool:
    """Whether a page ends before the next element. A heading is never the last thing on a page."""
    if length < _FULL or page[-1].label in _HEADINGS:
        return False
    return element.label in _HEADINGS or length + size > _LONGEST


def _size(element: Element) -> int:
    return len(element.text) + sum(len(cell.text) for cell in element.cells)


def _parts(elements: Sequence[Element]) -> Iterator[tuple[Element, bool]]:
    """The elements, long tables and texts in parts; and whether it goes on with the table before it."""
    for element in (part for whole in elements for part in _cut_text(whole)):
        spans = any(cell.rows > 1 for cell in element.cells)
        parts = [element.cells] if spans or not element.cells else list(_row_groups(element.cells))
        for number, cells in enumerate(parts):
            yield replace(element, cells=cells), number > 0


def _cut_text(element: Element) -> Iterator[Element]:
    """A text that would fill several pages in parts, which end between words where there are any."""
    text = element.text
    if len(text) <= 2 * _LONGEST:
        yield element
        return
    at = 0
    while at < len(text):
        end = at + _LONGEST
        space = text.rfind(" ", at + _FULL, end) if end < len(text) else -1
        end = space if space > at else end
        yield replace(element, text=text[at:end], markdown="")
        at = end


def _row_groups(cells: Sequence[TableCell]) -> Iterator[tuple[TableCell, ...]]:
    """Groups of rows that fit on a page, each below the first row of the table."""
    by_row: dict[int, list[TableCell]] = {}
    for cell in cells:
        by_row.setdefault(cell.row, []).append(cell)
    head, group, length, rows = by_row[min(by_row)], list[TableCell](), 0, 0
    for row in sorted(by_row):
        size = sum(len(cell.text) for cell in by_row[row])
        if group and (rows >= _ROWS_OF_PAGE or length + size > _LONGEST):
            yield tuple(group)
            group, length, rows = list(head), 0, 0
        group += by_row[row]
        length, rows = length + size, rows + 1
    yield tuple(group)
