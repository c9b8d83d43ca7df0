"""OpenDocument files: texts (ODT), spreadsheets (ODS), presentations (ODP), read from their content.xml."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.engines.formats.elements import (
    MOST_CELLS,
    Content,
    Element,
    PictureList,
    Section,
    TableCell,
    numbered,
)
from pipeline.engines.formats.grid import Merged, elements_of_grid
from pipeline.engines.formats.markup import unread_words
from pipeline.engines.formats.mathml import tex_of_mathml
from pipeline.engines.formats.numbered_items import labelled
from pipeline.engines.formats.opendocument_extras import comments_in, hidden_styles
from pipeline.engines.formats.opendocument_numbering import OUTLINE, Numbers, numbers_of
from pipeline.engines.formats.packages import attribute, local, opened, parse_xml, part, whole
from pipeline.engines.formats.page_writer import ANGLE
from stores.errors import EncryptedError, InputError
from stores.models import Box, Label

_WHAT = "OpenDocument file"
_MOST_BLANKS = 1000
_MOST_REPEATED = 100_000
_SKIPPED = frozenset(
    ["tracked-changes", "sequence-decls", "forms", "annotation", "annotation-end", "table-source", "shapes"]
)
_HIDEABLE = frozenset(["h", "p", "section", "list"])
_SECTIONS = frozenset(["section", "hidden-paragraph"])
_LENGTH = re.compile(r"(-?\d+(?:\.\d+)?)(cm|mm|in|pt|pc|px)?")
_POINTS = {"cm": 72 / 2.54, "mm": 7.2 / 2.54, "in": 72.0, "pt": 1.0, "pc": 12.0, "px": 0.75, None: 1.0}


def read_opendocument(path: Path) -> Content:
    """Read a text, spreadsheet or presentation; macros, embedded objects, charts and hidden texts are named."""
    with opened(path, _WHAT) as package:
        if b"encryption-data" in part(package, "META-INF/manifest.xml"):
            raise EncryptedError("The OpenDocument file is encrypted with a password; save it without one.")
        data = part(package, "content.xml")
        if not data:
            raise InputError("The OpenDocument file has no content.xml; it is damaged.", code="damaged")
        root = parse_xml(data)
        bodies = [node for node in root.iter() if local(node) == "body"]
        body = next(iter(bodies[0]), None) if bodies else None
        if body is None:
            raise InputError("The OpenDocument file has no content; it is damaged.", code="damaged")
        styles = part(package, "styles.xml")
        roots = (root, parse_xml(styles)) if styles else (root,)
        reader = _Reader(package, numbers_of(roots), _title_styles(root), hidden_styles(roots))
        reader.lost |= _macros(package)
        sections = tuple(_sections(reader, body))
        title = _title(package)
    return Content(
        sections=sections, title=title, pictures=tuple(reader.pictures.pictures), unread=unread_words(reader.lost)
    )


def _sections(reader: _Reader, body: Any) -> Iterator[Section]:
    kind = local(body)
    if kind == "spreadsheet":
        tables = [node for node in body if local(node) == "table"]
        for node in tables:
            name = attribute(node, "name")
            heading = [Element(label=Label.HEADING, level=1, text=name)] if len(tables) > 1 else []
            elements = [*elements_of_grid(*_grid(node), name), *comments_in(node)]
            yield Section(elements=(*heading, *elements) if elements else (), title=name)
    elif kind == "presentation":
        for page in (node for node in body if local(node) == "page"):
            yield Section(elements=tuple(reader.slide(page)), cut=False)
    else:
        yield Section(elements=tuple(numbered([*reader.blocks(body), *reader.notes, *comments_in(body)])))


@dataclass(slots=True)
class _Reader:
    """Walks texts and slides; names the list styles that count, the styles of titles and of what is hidden."""

    package: zipfile.ZipFile
    numbers: Numbers
    titles: frozenset[str]
    hidden: frozenset[str]
    pictures: PictureList = field(default_factory=PictureList)
    lost: dict[str, int] = field(default_factory=dict)
    notes: list[Element] = field(default_factory=list)

    def _is_hidden(self, node: Any) -> bool:
        """Whether nobody sees a node, which is counted then if it holds text."""
        off = attribute(node, "display") in ("none", "true") if local(node) in _SECTIONS else False
        off = off or attribute(node, "style-name") in self.hidden
        if off and "".join(node.itertext()).strip():
            self.lost["hidden texts"] = self.lost.get("hidden texts", 0) + 1
        return off

    def blocks(self, node: Any, depth: int = 0) -> Iterator[Element]:
        """The elements below a node in their order."""
        if depth > 100:
            return
        for child in node:
            name = local(child)
            if name in _HIDEABLE and self._is_hidden(child):
                continue
            if name == "h":
                level = max(whole(attribute(child, "outline-level"), 1), 1)
                form = Element(label=Label.HEADING, level=min(level, 6))
                yield from self._numbered(child, form, self.numbers.label(OUTLINE, level - 1) if _counts(child) else "")
            elif name == "p":
                is_title = attribute(child, "style-name") in self.titles
                form = Element(label=Label.TITLE, level=1) if is_title else Element(label=Label.TEXT)
                yield from self._paragraph(child, form)
            elif name == "list":
                yield from self._list(child, 0, attribute(child, "style-name"), depth)
            elif name == "table":
                yield from self._table(child)
            elif name == "frame":
                yield from self._frame(child, depth)
            elif name and name not in _SKIPPED:
                yield from self.blocks(child, depth + 1)

    def slide(self, page: Any) -> Iterator[Element]:
        """The elements of a slide, its title first, each with its box; then its notes."""
        frames = [node for node in page if local(node) in ("frame", "custom-shape", "g")]
        title = [node for node in frames if attribute(node, "class") == "title"]
        for frame in [*title, *(node for node in frames if node not in title)]:
            if attribute(frame, "class") in ("date-time", "footer", "page-number"):
                continue
            for element in self.blocks([frame] if local(frame) == "frame" else frame):
                if frame in title and element.label is Label.TEXT:
                    element = replace(element, label=Label.HEADING, level=1)
                yield replace(element, box=_box(frame)) if element.label is not Label.TEXT else element
        for notes in (node for node in page if local(node) == "notes"):
            text = " ".join(element.text for element in self.blocks(notes))
            if text.strip():
                yield Element(label=Label.TEXT, text=f"Notes: {text}", place="notes")

    def _paragraph(self, node: Any, form: Element) -> Iterator[Element]:
        """The text of a paragraph, then the pictures and boxes that are anchored in it."""
        anchored: list[Any] = []
        text, markdown = self._inline(node, anchored)
        text, markdown = _tidy(text), _tidy(markdown)
        if text:
            yield replace(form, text=text, markdown="" if markdown == text else markdown)
        for frame in anchored:
            yield from self._frame(frame, 0) if local(frame) == "frame" else self.blocks(frame, 1)

    def _inline(self, node: Any, anchored: list[Any]) -> tuple[str, str]:
        """Text and Markdown of a run."""
        parts = [(node.text or "", _safe(node.text or ""))]
        for child in node:
            name = local(child)
            if name == "span" and self._is_hidden(child):
                pass
            elif name == "s":
                blanks = attribute(child, "c")
                count = min(int(blanks), _MOST_BLANKS) if blanks.isdigit() else 1
                parts.append((" " * count, " " * count))
            elif name in ("tab", "line-break"):
                mark = "\n" if name == "line-break" else " "
                parts.append((mark, mark))
            elif name == "note":
                parts.append(self._note(child))
            elif name == "frame" and (tex := self._formula(child)):
                parts.append((f"${tex}$", f"${tex}$"))
            elif name in ("frame", "custom-shape", "g", "text-box"):
                anchored.append(child)
            elif name == "a":
                parts.append(self._link(child, anchored))
            elif name and name not in _SKIPPED:
                parts.append(self._inline(child, anchored))
            tail = child.tail or ""
            parts.append((tail, _safe(tail)))
        return "".join(text for text, _ in parts), "".join(markdown for _, markdown in parts)

    def _formula(self, frame: Any) -> str:
        """The TeX of the formula that a frame holds, "" for any other frame."""
        objects = (child for child in frame if local(child) == "object")
        names = (attribute(child, "href").removeprefix("./") for child in objects)
        data = next((part(self.package, f"{name}/content.xml") for name in names if name), b"")
        root = parse_xml(data) if b"math" in data[:4000] else None
        return tex_of_mathml(root) if root is not None and local(root) == "math" else ""

    def _link(self, node: Any, anchored: list[Any]) -> tuple[str, str]:
        text, markdown = self._inline(node, anchored)
        address = attribute(node, "href")
        is_web = re.fullmatch(r"(https?://|mailto:)[^\s<>()]+", address) is not None
        return text, f"[{markdown}]({address})" if is_web and text.strip() and text.strip() != address else markdown

    def _note(self, node: Any) -> tuple[str, str]:
        """A reference to a note in brackets; the note itself comes at the end."""
        citation = next((" ".join(c.itertext()).strip() for c in node if local(c) == "note-citation"), "")
        bodies = [child for child in node if local(child) == "note-body"]
        text = " ".join(element.text for body in bodies for element in self.blocks(body, 1))
        mark = f"[{citation or len(self.notes) + 1}]"
        if text.strip():
            self.notes.append(Element(label=Label.TEXT, text=f"{mark} {text}"))
        return mark, mark

    def _list(self, node: Any, level: int, style: str, depth: int) -> Iterator[Element]:
        if not _goes_on(node):
            self.numbers.begin(style, level)
        for item in node:
            if local(item) not in ("list-item", "list-header"):
                continue
            first = local(item) == "list-item"
            for child in item:
                if local(child) == "list":
                    yield from self._list(child, level + 1, attribute(child, "style-name") or style, depth + 1)
                elif local(child) in ("p", "h"):
                    number = self.numbers.label(style, level, attribute(item, "start-value")) if first else ""
                    form = Element(label=Label.LIST, level=min(level, 8), marker="-" if first else "")
                    if local(child) == "h":
                        outline = whole(attribute(child, "outline-level"), level + 1)
                        form = Element(label=Label.HEADING, level=min(max(outline, 1), 6))
                    yield from self._numbered(child, form, number)
                    first = False

    def _numbered(self, node: Any, form: Element, number: str) -> Iterator[Element]:
        """A paragraph, whose first element has a number if it is given one."""
        for at, element in enumerate(self._paragraph(node, form)):
            yield labelled(element, number) if number and at == 0 else element

    def _table(self, node: Any) -> Iterator[Element]:
        cells: list[TableCell] = []
        covered = 0
        for y, row in enumerate(_rows(node)):
            x = 0
            for cell in row:
                repeated = _count(cell, "number-columns-repeated")
                if local(cell) == "table-cell":
                    text = " ".join(element.text for element in self.blocks(cell, 1) if not element.cells)
                    for _ in range(min(repeated, 200)):
                        cells.append(
                            TableCell(
                                row=y,
                                column=x,
                                text=" ".join(text.split()),
                                rows=_count(cell, "number-rows-spanned"),
                                columns=_count(cell, "number-columns-spanned"),
                            )
                        )
                        x += 1
                elif local(cell) == "covered-table-cell":
                    x += min(repeated, 200)
                covered += 1
            if len(cells) > MOST_CELLS:
                raise InputError(f"It holds a table of more than {MOST_CELLS} cells.", code="too_large")
        if any(cell.text for cell in cells):
            yield Element(label=Label.TABLE, cells=tuple(cells))

    def _frame(self, node: Any, depth: int) -> Iterator[Element]:
        """What a frame holds: a picture, a text box, a table; an object is named."""
        words = " ".join(
            " ".join(child.itertext()).strip() for child in node if local(child) in ("title", "desc")
        ).strip()
        for child in node:
            name = local(child)
            if name == "image":
                data = part(self.package, attribute(child, "href").removeprefix("./"))
                if data:
                    yield Element(label=Label.FIGURE, text=words, picture=self.pictures.add(data, words))
                return
            if name == "text-box":
                yield from self.blocks(child, depth + 1)
            elif name == "table":
                yield from self._table(child)
            elif name in ("object", "object-ole", "plugin"):
                self.lost["embedded objects"] = self.lost.get("embedded objects", 0) + 1
                return


def _counts(heading: Any) -> bool:
    """Whether a heading is counted: it says something, and does not say that it has no number."""
    return attribute(heading, "is-list-header") != "true" and bool("".join(heading.itertext()).strip())


def _goes_on(node: Any) -> bool:
    """Whether a list goes on with the numbers of the one before it."""
    return attribute(node, "continue-numbering") == "true" or bool(attribute(node, "continue-list"))


def _macros(package: zipfile.ZipFile) -> dict[str, int]:
    names = [name for name in package.namelist() if name.startswith(("Basic/", "Scripts/")) and name[-1:] != "/"]
    count = sum(
        not name.endswith(("script-lb.xml", "script-lc.xml", "dialog-lb.xml", "dialog-lc.xml")) for name in names
    )
    return {"macros": count} if count else {}


def _grid(table: Any) -> tuple[dict[tuple[int, int], str], list[Merged]]:
    """The cells of a sheet by (row, column), and those that are merged. Repeated empty cells take no room."""
    cells: dict[tuple[int, int], str] = {}
    merged: list[Merged] = []
    y = 0
    for row in _rows(table):
        x = 0
        texts: list[tuple[int, str]] = []
        for cell in row:
            if local(cell) not in ("table-cell", "covered-table-cell"):
                continue
            repeated = _count(cell, "number-columns-repeated")
            text = _cell_text(cell)
            if text:
                texts += [(x + at, text) for at in range(min(repeated, 1000))]
            rows, columns = _count(cell, "number-rows-spanned"), _count(cell, "number-columns-spanned")
            if rows > 1 or columns > 1:
                merged.append((y, x, rows, columns))
            x += repeated
        high = _count(row, "number-rows-repeated")
        for at in range(min(high, 1000) if texts else 0):
            cells.update({(y + at, column): text for column, text in texts})
        if len(cells) > MOST_CELLS:
            raise InputError(f"It holds more than {MOST_CELLS} cells; split it.", code="too_large")
        y += high
    return cells, merged


def _cell_text(cell: Any) -> str:
    paragraphs = [" ".join("".join(child.itertext()).split()) for child in cell if local(child) == "p"]
    return " ".join(filter(None, paragraphs))


def _rows(table: Any) -> Iterator[Any]:
    """The rows of a table itself."""
    for node in table:
        name = local(node)
        if name == "table-row":
            yield node
        elif name in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows(node)


def _title_styles(root: Any) -> frozenset[str]:
    """The style Title, and those that only change how it looks."""
    styles = (node for node in root.iter() if local(node) == "style")
    return frozenset(
        {"Title", *(attribute(style, "name") for style in styles if attribute(style, "parent-style-name") == "Title")}
    )


def _title(package: zipfile.ZipFile) -> str:
    data = part(package, "meta.xml")
    titles = [node.text or "" for node in parse_xml(data).iter() if local(node) == "title"] if data else []
    return " ".join(titles[0].split())[:300] if titles else ""


def _count(node: Any, name: str) -> int:
    text = attribute(node, name)
    return min(max(int(text), 1), _MOST_REPEATED * 20) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _box(frame: Any) -> Box | None:
    sides = [_LENGTH.fullmatch(attribute(frame, name)) for name in ("x", "y", "width", "height")]
    if not all(sides):
        return None
    x, y, width, height = (float(side[1]) * _POINTS[side[2]] for side in sides if side)
    return (x, y, x + width, y + height) if width > 0 and height > 0 else None


def _safe(text: str) -> str:
    return ANGLE.sub(r"\\<", text)


def _tidy(text: str) -> str:
    lines = (re.sub(r"[ \t\r]+", " ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
