"""Tables: characters put into the cells of a grid, written as a pipe table or, where cells span, as HTML. Pure."""

from __future__ import annotations

import html
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.engines.layout_glyphs import Fragment, Glyph, fragment, printed_lines
from pipeline.engines.layout_joining import joined
from stores.models import Box, Line


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: its place, how many columns and rows it spans, its printed text."""

    row: int
    column: int
    box: Box
    text: str
    columns: int = 1
    rows: int = 1
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of one table in reading order, without those that others cover."""

    cells: tuple[Cell, ...]
    box: Box

    @property
    def spans(self) -> bool:
        return any(cell.columns > 1 or cell.rows > 1 for cell in self.cells)

    @property
    def text(self) -> str:
        """Rows as lines, cells apart by tabs."""
        return "\n".join("\t".join(cell.text for cell in row).rstrip("\t") for row in self._by_row())

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(Line(box=cell.box, text=cell.text) for cell in self.cells if cell.text)

    def markdown(self) -> str:
        return self._as_html() if self.spans else self._as_pipes()

    def _by_row(self) -> list[list[Cell]]:
        rows: dict[int, list[Cell]] = {}
        for cell in self.cells:
            rows.setdefault(cell.row, []).append(cell)
        return [sorted(rows[row], key=lambda cell: cell.column) for row in sorted(rows)]

    def _as_pipes(self) -> str:
        rows = [[_piped(cell.text) for cell in row] for row in self._by_row()]
        width = max(len(row) for row in rows)
        padded = [row + [""] * (width - len(row)) for row in rows]
        written = ["| " + " | ".join(row) + " |" for row in padded]
        return "\n".join([written[0], "|" + " --- |" * width, *written[1:]])

    def _as_html(self) -> str:
        rows = "\n".join("<tr>" + "".join(map(_tagged, row)) + "</tr>" for row in self._by_row())
        return f"<table>\n{rows}\n</table>"


def _piped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def _tagged(cell: Cell) -> str:
    tag = "th" if cell.heading else "td"
    wide = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    high = f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
    return f"<{tag}{wide}{high}>{html.escape(cell.text, quote=False)}</{tag}>"


def table_of_grid(
    fragments: Sequence[Fragment], columns: Sequence[float], rows: Sequence[float], words: frozenset[str]
) -> Table | None:
    """The table whose grid lines are ``columns`` (x) and ``rows`` (y), ascending, in points; None without text."""
    glyphs: dict[tuple[int, int], list[Fragment]] = {}
    for part in fragments:
        for place, run in _runs(part, columns, rows):
            glyphs.setdefault(place, []).append(fragment(run, upright=part.upright))
    if not glyphs:
        return None
    cells = []
    for row in range(len(rows) - 1):
        for column in range(len(columns) - 1):
            box = (columns[column], rows[row], columns[column + 1], rows[row + 1])
            cells.append(_cell(row, column, box, glyphs.get((row, column), []), words))
    return Table(tuple(_without_empty(cells)), (columns[0], rows[0], columns[-1], rows[-1]))


def _cell(row: int, column: int, box: Box, parts: Sequence[Fragment], words: frozenset[str]) -> Cell:
    lines = printed_lines(parts)
    return Cell(row=row, column=column, box=box, text=joined([line.text for line in lines], words), heading=row == 0)


def _runs(part: Fragment, columns: Sequence[float], rows: Sequence[float]) -> list[tuple[tuple[int, int], list[Glyph]]]:
    """A fragment cut where it enters another cell; spaces go with the character before them."""
    runs: list[tuple[tuple[int, int], list[Glyph]]] = []
    for glyph in part.glyphs:
        x, y = glyph.middle
        place = (_slot(rows, y), _slot(columns, x))
        if runs and (glyph.char.isspace() or runs[-1][0] == place):
            runs[-1][1].append(glyph)
        elif not glyph.char.isspace():
            runs.append((place, [glyph]))
    return runs


def _slot(edges: Sequence[float], value: float) -> int:
    return min(max(bisect_right(edges, value) - 1, 0), len(edges) - 2)


def _without_empty(cells: list[Cell]) -> list[Cell]:
    """The cells without rows and columns that are empty throughout."""
    rows = sorted({cell.row for cell in cells if cell.text})
    columns = sorted({cell.column for cell in cells if cell.text})
    at_row, at_column = ({old: new for new, old in enumerate(kept)} for kept in (rows, columns))
    return [
        Cell(row=at_row[cell.row], column=at_column[cell.column], box=cell.box, text=cell.text, heading=cell.heading)
        for cell in cells
        if cell.row in at_row and cell.column in at_column
    ]
