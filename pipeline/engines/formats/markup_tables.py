"""Tables of HTML: those that hold data, told from those that only place things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from pipeline.engines.formats.elements import MOST_CELLS, Element, TableCell
from pipeline.engines.formats.packages import local
from stores.errors import InputError
from stores.models import Label

_LARGEST_SPAN = 200
_LONG_CELL = 600  # characters; a table whose cells hold more on average places paragraphs beside one another
_BLOCKS_OF_PAGES = frozenset({"h1", "h2", "h3", "table", "form", "article", "section", "nav"})


def is_layout(table: Any) -> bool:
    """Whether a table only places things: it holds other tables or headings, one column, or long texts."""
    if (table.get("role") or "").lower() in ("presentation", "none"):
        return True
    if any(local(node).lower() in _BLOCKS_OF_PAGES for node in table.iterdescendants()):
        return True
    rows = list(table_rows(table))
    if max((len(list(_cells(row))) for row in rows), default=0) < 2:
        return True
    texts = [len("".join(cell.itertext()).strip()) for row in rows for cell in _cells(row)]
    filled = [length for length in texts if length]
    return not filled or sum(filled) / len(filled) > _LONG_CELL


def table_element(table: Any, text_of: Callable[[Any], str]) -> Element | None:
    """The cells of a table at their places; None where none holds text."""
    taken: set[tuple[int, int]] = set()
    cells: list[TableCell] = []
    for y, row in enumerate(table_rows(table)):
        x = 0
        for node in _cells(row):
            while (y, x) in taken:
                x += 1
            high, wide = _span(node, "rowspan"), _span(node, "colspan")
            if len(taken) + high * wide > MOST_CELLS:
                raise InputError(f"It holds a table of more than {MOST_CELLS} cells.", code="too_large")
            taken.update((y + down, x + right) for down in range(high) for right in range(wide))
            heading = local(node).lower() == "th"
            text = text_of(node)
            cells.append(TableCell(row=y, column=x, text=text, rows=high, columns=wide, heading=heading))
            x += wide
    cells = _within(cells)
    return Element(label=Label.TABLE, cells=tuple(cells)) if any(cell.text for cell in cells) else None


def _within(cells: list[TableCell]) -> list[TableCell]:
    """Cells whose spans end with the table's last row, and columns that no cell of its own needs are dropped."""
    last = max((cell.row for cell in cells), default=0)
    starts = sorted({cell.column for cell in cells})
    index = {column: at for at, column in enumerate(starts)}

    def columns(cell: TableCell) -> int:
        return max(1, sum(cell.column <= column < cell.column + cell.columns for column in starts))

    return [replace(c, column=index[c.column], columns=columns(c), rows=min(c.rows, last - c.row + 1)) for c in cells]


def table_rows(table: Any) -> Iterator[Any]:
    """The rows of a table itself, not those of tables inside."""
    for node in table:
        name = local(node).lower()
        if name == "tr":
            yield node
        elif name in ("thead", "tbody", "tfoot"):
            yield from (row for row in node if local(row).lower() == "tr")


def _cells(row: Any) -> Iterator[Any]:
    return (node for node in row if local(node).lower() in ("td", "th"))


def _span(node: Any, name: str) -> int:
    text = (node.get(name) or "").strip()
    return min(_LARGEST_SPAN, max(1, int(text))) if text.isascii() and text.isdigit() and len(text) < 7 else 1
