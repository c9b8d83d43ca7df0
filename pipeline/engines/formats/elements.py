"""What a format reader makes of a file: elements in their order on pages, pictures, and what was not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from stores.errors import InputError
from stores.models import Box, Label

MOST_ELEMENTS = 200_000
MOST_CELLS = 2_000_000
MOST_PICTURES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCell:
    """A cell of a table: row and column from 0, how many of them it spans, its text, and its name (``B7``)."""

    row: int
    column: int
    text: str
    rows: int = 1
    columns: int = 1
    heading: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One heading, paragraph, list item, table, code listing or picture.

    ``text`` is plain, ``markdown`` the same with links, "" where there are none. ``level`` is that of a heading (1 to
    6) or the depth of a list item (0: not nested), ``marker`` what begins the item. ``box`` is in points where the
    format knows it (slides). ``place`` names it for people: ``paragraph 12``.
    """

    label: Label
    text: str = ""
    markdown: str = ""
    level: int = 0
    marker: str = ""
    code: bool = False
    cells: tuple[TableCell, ...] = ()
    picture: int | None = None  # index into the pictures of the document
    box: Box | None = None
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture inside a document: its bytes, and what the document calls it."""

    data: bytes
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A page as the format has it: a slide, a sheet, a chapter; ``cut``: it may be cut into several at headings."""

    elements: tuple[Element, ...]
    title: str = ""
    cut: bool = True
    unread: tuple[str, ...] = ()  # what of it was not read, as parts of a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that was read of a file. ``unread``: what was not, as parts of a sentence: "2 charts"."""

    sections: tuple[Section, ...]
    title: str = ""
    pictures: tuple[Picture, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(slots=True)
class PictureList:
    """Collects the pictures of a document, each once, and counts those that were not kept."""

    pictures: list[Picture] = field(default_factory=list)
    left_out: int = 0
    _known: dict[bytes, int] = field(default_factory=dict)

    def add(self, data: bytes, name: str) -> int | None:
        """Index of a picture; None for one too many."""
        if data in self._known:
            return self._known[data]
        if len(self.pictures) >= MOST_PICTURES:
            self.left_out += 1
            return None
        self._known[data] = len(self.pictures)
        self.pictures.append(Picture(data=data, name=name))
        return self._known[data]


def numbered(elements: Sequence[Element], first: int = 1) -> list[Element]:
    """Name the place of each element by its number: ``paragraph 12``; tables are counted by themselves."""
    if len(elements) > MOST_ELEMENTS:
        raise InputError(f"It holds {len(elements)} paragraphs, more than {MOST_ELEMENTS}; split it.", code="too_large")
    placed, paragraphs, tables = [], first - 1, 0
    for element in elements:
        if element.cells:
            tables += 1
            placed.append(replace(element, place=f"table {tables}"))
        else:
            paragraphs += 1
            placed.append(replace(element, place=f"paragraph {paragraphs}"))
    return placed


def column_name(index: int) -> str:
    """The letters of a column from 0: A, B, ..., Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def table(rows: Sequence[Sequence[str]], *, heading: bool = False) -> Element | None:
    """A table without spans; None where no cell holds text. ``heading``: its first row names the columns."""
    cells = tuple(
        TableCell(row=y, column=x, text=" ".join(text.split()), heading=heading and y == 0)
        for y, row in enumerate(rows)
        for x, text in enumerate(row)
    )
    return Element(label=Label.TABLE, cells=cells) if any(cell.text for cell in cells) else None
