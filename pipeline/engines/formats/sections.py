"""Cuts a document that has no pages into some: at headings, each of some thousand characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.engines.formats.elements import Content, Element, Section
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
    for element in (part for whole in section.elements for part in _cut_table(whole)):
        size = _size(element)
        opens = element.label in _HEADINGS
        if page and (
            (length >= _FULL and opens)
            or (length + size > _LONGEST and length >= _FULL and page[-1].label not in _HEADINGS)
            or length > _LONGEST
        ):
            yield replace(section, elements=tuple(page), unread=unread)
            page, length, unread = [], 0, ()
        page.append(element)
        length += size
    if page or unread or not section.elements:
        yield replace(section, elements=tuple(page), unread=unread)


def _size(element: Element) -> int:
    return len(element.text) + sum(len(cell.text) for cell in element.cells)


def _cut_table(element: Element) -> Iterator[Element]:
    """A long table in parts of so many rows, each below the first row of the whole."""
    rows = max((cell.row for cell in element.cells), default=0) + 1
    if rows <= _ROWS_OF_PAGE or any(cell.rows > 1 for cell in element.cells):
        yield element
        return
    yield from (replace(element, cells=cells) for cells in _parts(element.cells, rows))


def _parts(cells: Sequence, rows: int) -> Iterator[tuple]:  # type: ignore[type-arg]
    first = min(cell.row for cell in cells)
    head = [cell for cell in cells if cell.row == first]
    by_part: dict[int, list] = {}  # type: ignore[type-arg]
    for cell in cells:
        by_part.setdefault((cell.row - first) // _ROWS_OF_PAGE, []).append(cell)
    for number in sorted(by_part):
        yield tuple(by_part[number] if number == 0 else head + by_part[number])
