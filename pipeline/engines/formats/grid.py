"""Cells of a spreadsheet as tables and paragraphs: empty rows part them, a row of one cell is a line of text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from pipeline.engines.formats.elements import Element, TableCell, column_name
from stores.models import Label

_MOST_NAME_ROWS = 3
_FEWEST_COLUMNS = 3
Merged = tuple[int, int, int, int]
"""First row, first column (from 0), rows and columns of merged cells."""


def elements_of_grid(
    cells: Mapping[tuple[int, int], str], merged: Sequence[Merged], sheet: str = ""
) -> Iterator[Element]:
    """Tables and lines of text of one sheet in their order; the place of a cell is ``Sheet!B7``."""
    spans = {(row, column): (rows, columns) for row, column, rows, columns in merged}
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), text in cells.items():
        by_row.setdefault(row, {})[column] = text
    for rows in _runs(by_row):
        yield from _run(rows, by_row, spans, sheet)


def _runs(by_row: Mapping[int, Mapping[int, str]]) -> list[list[int]]:
    """Rows without an empty one between them; the column names of a table may have one below."""
    runs: list[list[int]] = []
    for _, group in groupby(enumerate(sorted(by_row)), key=lambda item: item[1] - item[0]):
        rows = [row for _, row in group]
        if runs and _are_names_of(runs[-1], rows, by_row):
            runs[-1] += rows
        else:
            runs.append(rows)
    return runs


def _are_names_of(above: Sequence[int], below: Sequence[int], by_row: Mapping[int, Mapping[int, str]]) -> bool:
    """Whether a few rows of words name the columns of the rows that follow after one empty row."""
    last, first = by_row[above[-1]], by_row[below[0]]
    if below[0] - above[-1] != 2 or len(above) > _MOST_NAME_ROWS or len(first) < _FEWEST_COLUMNS:
        return False
    words = sum(not any(sign.isdigit() for sign in text) for text in last.values())
    shared = len(first.keys() & last.keys())
    return shared >= len(first) - 1 and len(last) >= _FEWEST_COLUMNS and 2 * words > len(last)


def _run(
    rows: Sequence[int],
    by_row: Mapping[int, Mapping[int, str]],
    spans: Mapping[tuple[int, int], tuple[int, int]],
    sheet: str,
) -> Iterator[Element]:
    """The elements of rows without an empty one between them: lines of one cell above a table, then the table."""
    at = 0
    while at < len(rows) and len(by_row[rows[at]]) == 1:
        at += 1
    alone = at == len(rows)
    for row in rows[:at]:
        ((column, text),) = by_row[row].items()
        yield Element(label=Label.TEXT, text=text, place=_name(sheet, row, column))
    if not alone:
        yield _table(rows[at:], by_row, spans, sheet)


def _table(
    rows: Sequence[int],
    by_row: Mapping[int, Mapping[int, str]],
    spans: Mapping[tuple[int, int], tuple[int, int]],
    sheet: str,
) -> Element:
    columns = sorted({column for row in rows for column in by_row[row]})
    index = {column: at for at, column in enumerate(columns)}
    covered: set[tuple[int, int]] = set()
    cells: list[TableCell] = []
    for y, row in enumerate(rows):
        for column in columns:
            if (y, index[column]) in covered:
                continue
            high, wide = spans.get((row, column), (1, 1))
            high = min(high, len(rows) - y)
            wide = max(1, sum(column <= other < column + wide for other in columns))
            covered.update((y + down, index[column] + right) for down in range(high) for right in range(wide))
            text = by_row[row].get(column, "")
            cells.append(
                TableCell(
                    row=y, column=index[column], text=text, rows=high, columns=wide, name=_name(sheet, row, column)
                )
            )
    return Element(label=Label.TABLE, cells=tuple(cells))


def _name(sheet: str, row: int, column: int) -> str:
    name = f"{column_name(column)}{row + 1}"
    return f"{sheet}!{name}" if sheet else name
