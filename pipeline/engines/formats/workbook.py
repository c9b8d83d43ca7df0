"""Excel workbooks (XLSX): values as they are shown, sheet by sheet; formulas by their saved results."""

from __future__ import annotations

import posixpath
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.engines.formats.drawings import words_of_drawing
from pipeline.engines.formats.elements import MOST_CELLS, Content, Element, PictureList, Section
from pipeline.engines.formats.grid import elements_of_grid
from pipeline.engines.formats.markup import unread_words
from pipeline.engines.formats.number_format import shown
from pipeline.engines.formats.packages import local, opened, parse_xml, part, readable, translated
from stores.errors import InputError
from stores.models import Label

_WHAT = "Excel workbook"
_MOST_SHEETS = 1000
_WIDEST, _LONGEST = 16_384, 1_048_576


@dataclass(slots=True)
class _SheetFacts:
    """What the values of a sheet do not tell: merged cells, and how many formulas have no saved result."""

    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # first row and column, rows, columns
    without_result: int = 0


def read_workbook(path: Path) -> Content:
    """Read the visible sheets; macros, queries and links are never run or followed."""
    import openpyxl

    lost: dict[str, int] = {}
    pictures = PictureList()
    with (
        opened(path, _WHAT) as package,
        readable(package, path, "xl/workbook.xml") as file,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # of extensions that openpyxl does not know
        names = package.namelist()
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sections = list(_sections(book, package, lost))
        title = " ".join((book.properties.title or "").split())[:300]
        for name in sorted(names):
            if name.startswith("xl/media/"):
                pictures.add(package.read(name), name.rpartition("/")[2])
        for words, start in (
            ("charts", "xl/charts/chart"),
            ("macros", "xl/vbaProject"),
            ("embedded files", "xl/embeddings/"),
        ):
            if count := sum(name.startswith(start) for name in names):
                lost[words] = count
    return Content(sections=tuple(sections), title=title, pictures=tuple(pictures.pictures), unread=unread_words(lost))


def _sections(book: Any, package: Any, lost: dict[str, int]) -> Iterator[Section]:
    left = MOST_CELLS
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if hidden := len(book.worksheets) - len(sheets):
        lost["hidden sheets"] = hidden
    if len(sheets) > _MOST_SHEETS:
        raise InputError(f"It has {len(sheets)} sheets, more than {_MOST_SHEETS}.", code="too_large")
    for sheet in sheets:
        with translated(_WHAT):
            facts = _facts(package, sheet)
            cells = _cells(sheet, left)
        left -= len(cells)
        if facts.without_result:
            lost["formulas without a saved result"] = (
                lost.get("formulas without a saved result", 0) + facts.without_result
            )
        elements = [*_elements(sheet.title, cells, facts, several=len(sheets) > 1), *_drawn(package, sheet)]
        yield Section(elements=tuple(elements), title=sheet.title)


def _elements(name: str, cells: dict[tuple[int, int], str], facts: _SheetFacts, *, several: bool) -> Sequence[Element]:
    heading = [Element(label=Label.HEADING, level=1, text=name)] if several and cells else []
    return [*heading, *elements_of_grid(cells, facts.merged, name)]


def _cells(sheet: Any, most: int) -> dict[tuple[int, int], str]:
    """(row, column) from 0 -> text, of the cells that show something."""
    cells: dict[tuple[int, int], str] = {}
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is None:
                continue
            text = " ".join(shown(cell.value, cell.number_format or "General").split())
            if text and cell.row <= _LONGEST and cell.column <= _WIDEST:
                cells[cell.row - 1, cell.column - 1] = text
        if len(cells) > most:
            raise InputError(f"It holds more than {MOST_CELLS} cells; split it.", code="too_large")
    return cells


def _drawn(package: Any, sheet: Any) -> Iterator[Element]:
    """Text boxes, diagrams and comments of a sheet."""
    folder, _, name = sheet._worksheet_path.lstrip("/").rpartition("/")
    relations = part(package, f"{folder}/_rels/{name}.rels")
    targets = [node.get("Target") or "" for node in parse_xml(relations)] if relations else []
    for target in targets:
        path = posixpath.normpath(posixpath.join(folder, target)).lstrip("/")
        data = part(package, path) if "/drawing" in path or "comments" in path else b""
        if data and "comments" in path:
            yield from _comments(data, sheet.title)
        elif data and path.endswith(".xml"):
            yield from words_of_drawing(data, Label.TEXT)


def _comments(data: bytes, sheet: str) -> Iterator[Element]:
    for comment in (node for node in parse_xml(data).iter() if local(node) == "comment"):
        text = " ".join("".join(node.text or "" for node in comment.iter() if local(node) == "t").split())
        if text:
            place = f"{sheet}!{comment.get('ref')}"
            yield Element(label=Label.TEXT, text=f"Comment on {comment.get('ref')}: {text}", place=place)


def _facts(package: Any, sheet: Any) -> _SheetFacts:
    from lxml import etree
    from openpyxl.utils import range_boundaries

    facts = _SheetFacts()
    part = sheet._worksheet_path.lstrip("/")
    with package.open(part) as file:
        for _, node in etree.iterparse(file, events=("end",), resolve_entities=False, no_network=True, load_dtd=False):
            name = local(node)
            if name == "mergeCell" and len(facts.merged) < 100_000:
                left, top, right, bottom = range_boundaries(node.get("ref"))
                facts.merged.append((top - 1, left - 1, bottom - top + 1, right - left + 1))
            elif name == "c":
                parts = {local(child): child.text or len(child) for child in node}
                facts.without_result += "f" in parts and not parts.get("v") and not parts.get("is")
            elif name == "row":
                node.clear()
                while node.getprevious() is not None:
                    del node.getparent()[0]
    return facts
