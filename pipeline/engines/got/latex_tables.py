r"""Lays the rows of a LaTeX table on a grid with row and column spans. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.engines.got.latex_tree import Command, Environment, Mark, Node, Text

_WIDEST = 200  # columns
_MOST_HEADER_ROWS = 3


@dataclass(slots=True)
class TableCell:
    """One cell of the grid; rows and columns count from 0."""

    nodes: list[Node]
    row: int = 0
    column: int = 0
    columns: int = 1
    rows: int = 1

    @property
    def is_empty(self) -> bool:
        return not self.nodes


@dataclass(slots=True)
class Grid:
    """The cells by row, those that others cover left out; ``header_rows`` is at least 1."""

    rows: list[list[TableCell]] = field(default_factory=list)
    width: int = 0
    header_rows: int = 1

    @property
    def spans(self) -> bool:
        return any(cell.columns > 1 or cell.rows > 1 for row in self.rows for cell in row)

    @property
    def is_frame(self) -> bool:
        """Whether only one cell holds anything."""
        return sum(not cell.is_empty for row in self.rows for cell in row) < 2


def grid_of(table: Environment) -> Grid:
    """The grid of an environment like ``tabular``; spans that reach over other text or out of the table are cut."""
    source, rules = _source_rows(table.nodes)
    width = min(max((_width(row) for row in source), default=0), _WIDEST)
    lifted = [_lifted(source, number, row) for number, row in enumerate(source)]
    grid = Grid(_placed(lifted, width), width, _header_rows(rules, len(source)))
    if not grid.spans:
        grid.rows = [row for row in grid.rows if any(not cell.is_empty for cell in row)]
    reach = max((cell.row + cell.rows for row in grid.rows[: grid.header_rows] for cell in row), default=1)
    grid.header_rows = max(1, min(max(grid.header_rows, reach), len(grid.rows) - 1))
    return grid


def _source_rows(nodes: Sequence[Node]) -> tuple[list[list[TableCell]], set[int]]:
    """The rows as written, and before which rows lines are drawn."""
    rows: list[list[list[Node]]] = [[[]]]
    rules: set[int] = set()
    for node in nodes:
        kind = node.kind if isinstance(node, Mark) else ""
        if kind == "cell":
            rows[-1].append([])
        elif kind == "line":
            rows.append([[]])
        elif kind == "rule":
            rules.add(len(rows) - 1)
        elif kind != "paragraph":
            rows[-1][-1].append(node)
    cells = [[_cell(part) for part in row] for row in rows]
    while cells and all(cell.is_empty for cell in cells[-1]):
        cells.pop()
    return cells, rules


def _cell(nodes: list[Node]) -> TableCell:
    """A cell with the spans that its commands ask for."""
    cell = TableCell(_without_blanks(nodes))
    while cell.nodes:
        first = cell.nodes[0]
        if isinstance(first, Command) and first.name in ("multicolumn", "multirow"):
            if first.name == "multicolumn":
                cell.columns = _number(first, 1, _WIDEST)
            else:
                cell.rows = _number(first, -_WIDEST, _WIDEST) or 1
            inner = [node for text in first.texts for node in text]
        elif isinstance(first, Environment) and not first.name and len(cell.nodes) == 1:
            inner = first.nodes
        else:
            break
        cell.nodes = _without_blanks([*inner, *cell.nodes[1:]])
    return cell


def _number(command: Command, least: int, most: int) -> int:
    digits = re.search(r"-?\d{1,4}", command.raws[0]) if command.raws else None
    return max(least, min(int(digits.group()), most)) if digits else 1


def _without_blanks(nodes: list[Node]) -> list[Node]:
    start, end = 0, len(nodes)
    while start < end and _is_blank(nodes[start]):
        start += 1
    while end > start and _is_blank(nodes[end - 1]):
        end -= 1
    return nodes[start:end]


def _is_blank(node: Node) -> bool:
    if isinstance(node, Environment):
        return not node.name and all(map(_is_blank, node.nodes))
    return (isinstance(node, Text) and not node.text.strip()) or isinstance(node, Mark)


def _width(row: Sequence[TableCell]) -> int:
    return sum(cell.columns for cell in row)


def _lifted(rows: Sequence[Sequence[TableCell]], number: int, row: list[TableCell]) -> list[TableCell]:
    """The row with the cells of spans that reach upwards moved to where these begin."""
    column = 0
    for cell in row:
        if cell.rows < 0:
            height = min(-cell.rows, number + 1)
            top = _at_column(rows[number - height + 1], column)
            if top is not None and top.is_empty and height > 1:
                top.nodes, top.rows, top.columns = cell.nodes, height, cell.columns
                cell.nodes = []
            cell.rows = 1
        column += cell.columns
    return row


def _at_column(row: Sequence[TableCell], column: int) -> TableCell | None:
    for cell in row:
        if column == 0:
            return cell
        column -= cell.columns
    return None


def _placed(rows: Sequence[list[TableCell]], width: int) -> list[list[TableCell]]:
    """Rows of cells in their places; a cell that lies under a span is left out, or cuts the span where it is full."""
    above: list[TableCell | None] = [None] * width
    placed: list[list[TableCell]] = []
    for number, row in enumerate(rows):
        covered = [cell is not None and number < cell.row + cell.rows for cell in above]
        kept: list[TableCell] = []
        for cell in _spread(row, covered, width):
            cell.row, cell.rows = number, max(1, min(cell.rows, len(rows) - number))
            places = range(cell.column, cell.column + cell.columns)
            if cell.is_empty and all(covered[place] for place in places):
                continue
            for place in places:
                spanning = above[place]
                if covered[place] and spanning is not None:
                    spanning.rows = min(spanning.rows, max(1, number - spanning.row))
                above[place] = cell
            kept.append(cell)
        placed.append(kept)
    return placed


def _spread(row: Sequence[TableCell], covered: Sequence[bool], width: int) -> list[TableCell]:
    """The cells of one row with their columns, as many as the table is wide."""
    cells = list(row)
    missing = sum(covered)
    omits = missing and _width(row) + missing == width and any(
        covered[at] and not cell.is_empty for at, cell in _columns(row) if at < width
    )  # fmt: skip
    spread: list[TableCell] = []
    column = 0
    while column < width:
        if (omits and covered[column]) or not cells:
            spread.append(TableCell([], column=column))
            column += 1
            continue
        cell = cells.pop(0)
        wide = min(cell.columns, width - column)
        if cell.is_empty and wide > 1 and any(covered[column : column + wide]):
            spread += [TableCell([], column=column + right) for right in range(wide)]
        else:
            cell.column, cell.columns = column, wide
            spread.append(cell)
        column += wide
    return spread


def _columns(row: Sequence[TableCell]) -> list[tuple[int, TableCell]]:
    places, column = [], 0
    for cell in row:
        places.append((column, cell))
        column += cell.columns
    return places


def _header_rows(rules: set[int], rows: int) -> int:
    """The rows above the first line that is drawn below a row; one where there is none, or where it is far down."""
    first = min((number for number in rules if number > 0), default=1)
    return first if first <= _MOST_HEADER_ROWS and first < rows else 1
