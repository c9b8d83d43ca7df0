"""Rules for any schema whose fields list the labels that documents print before their values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.engines.evidence.located_values import LocatedValue, located_in
from pipeline.engines.evidence.page_lines import page_lines
from pipeline.engines.evidence.record_builder import build_record
from pipeline.engines.rules.dates import find_dates, prefers_month_first
from pipeline.engines.rules.labelled import LabelIndex, ValueReader
from pipeline.engines.rules.money import Amount, find_amounts, read_chinese_amount
from pipeline.engines.rules.page_rows import Row
from stores.models import Field, FieldKind, Page, Record, Schema

_MOST_TEXT_CHARACTERS = 300
_MOST_ROWS = 500
_SPLIT_TEXTS = re.compile(r"\s*[,;，；、|]\s*")


class LabelsRules:
    """Finds fields by their ``labels``, and ``rows`` fields by the table whose header prints the columns' labels."""

    fingerprint = "rules-labels/2"

    def extract(self, schema: Schema, pages: Sequence[Page], source: str) -> Record:
        """Extract the record of ``schema``; ``source`` is not used."""
        index = LabelIndex(page_lines(pages))
        month_first = prefers_month_first(line.text for line in index.lines)
        every_label = [label for field in schema.fields for label in (*field.labels, *_column_labels(field))]
        readers = {kind: reader_of(kind, month_first, every_label) for kind in FieldKind}
        return build_record(schema, {field.name: _find(field, index, readers) for field in schema.fields})


def _column_labels(field: Field) -> list[str]:
    return [label for column in field.fields for label in column.labels]


def _find(
    field: Field, index: LabelIndex, readers: Mapping[FieldKind, ValueReader]
) -> LocatedValue | list[LocatedValue] | list[dict[str, LocatedValue | None]] | None:
    if field.kind is FieldKind.ROWS:
        return _table(field, index, readers)
    value = index.first(field.labels, readers[field.kind])
    if field.kind is FieldKind.TEXTS:
        return _parts(value) if value else []
    return value


def _parts(enumeration: LocatedValue) -> list[LocatedValue]:
    """Split an enumeration into its parts."""
    return [located_in(part, enumeration.lines, part) for part in _SPLIT_TEXTS.split(enumeration.quote) if part]


def reader_of(kind: FieldKind, month_first: bool, other_labels: Sequence[str]) -> ValueReader:
    """Return the reader of values of ``kind``; a text ends where the next known label begins."""
    if kind is FieldKind.DATE:
        return lambda text: _read_date(text, month_first)
    if kind in (FieldKind.NUMBER, FieldKind.INTEGER):
        return lambda text: _read_number(text, kind is FieldKind.INTEGER)
    stops = [re.compile(rf"{re.escape(label)}\s*[:：]", re.IGNORECASE) for label in other_labels]
    bare = {label.casefold().strip(" :：") for label in other_labels}
    return lambda text: _read_text(text, stops, bare)


def _read_date(text: str, month_first: bool) -> tuple[object, int, int] | None:
    dates = find_dates(text, month_first, years=True)
    return (dates[0].value, dates[0].start, dates[0].end) if dates else None


def _read_number(text: str, whole: bool) -> tuple[object, int, int] | None:
    amounts = find_amounts(text)
    if not amounts:
        value = read_chinese_amount(text.strip())
        first = None if value is None else Amount(start=0, end=len(text), value=value, currency="", decimals=0)
    else:
        first = amounts[0]
    if first is None or (whole and not first.value.is_integer()):
        return None  # 9.45 is no whole number, and 9 is not what is printed
    return (int(first.value) if whole else first.value, first.start, first.end)


def _read_text(text: str, stops: Sequence[re.Pattern[str]], labels: set[str]) -> tuple[object, int, int] | None:
    end = min([match.start() for stop in stops if (match := stop.search(text))] + [len(text)])
    value = text[:end].strip()[:_MOST_TEXT_CHARACTERS]
    if not value or value.casefold().strip(" :：") in labels:
        return None
    return value, text.find(value), text.find(value) + len(value)


def _table(
    field: Field, index: LabelIndex, readers: Mapping[FieldKind, ValueReader]
) -> list[dict[str, LocatedValue | None]]:
    """Read the rows below the first row with half of the columns' labels; a cell belongs to the nearest column."""
    for at, row in enumerate(index.rows):
        columns = header_columns(field, row)
        if len(columns) * 2 < len(field.fields) or len(columns) < 2:
            continue
        return _rows_under(field, index.rows[at + 1 :], columns, readers)
    return []


def header_columns(field: Field, row: Row) -> dict[str, tuple[float, float]]:
    """Column name -> left and right edge of the cell that prints its label, for the labels that ``row`` prints."""
    edges: dict[str, tuple[float, float]] = {}
    for column in field.fields:
        wanted = {_bare(label) for label in column.labels}
        cell = next((cell for cell in row.cells if _bare(cell.text) in wanted), None)
        if cell:
            edges[column.name] = (cell.box[0], cell.box[2])
    return edges


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _rows_under(
    field: Field,
    rows: Sequence[Row],
    columns: Mapping[str, tuple[float, float]],
    readers: Mapping[FieldKind, ValueReader],
) -> list[dict[str, LocatedValue | None]]:
    table: list[dict[str, LocatedValue | None]] = []
    for row in rows[:_MOST_ROWS]:
        cells = _cells(field, row, columns, readers)
        if sum(cell is not None for cell in cells.values()) * 2 <= len(columns):
            break
        table.append(cells)
    return table


def _cells(
    field: Field, row: Row, columns: Mapping[str, tuple[float, float]], readers: Mapping[FieldKind, ValueReader]
) -> dict[str, LocatedValue | None]:
    kinds = {column.name: column.kind for column in field.fields}
    cells: dict[str, LocatedValue | None] = dict.fromkeys(kinds)
    for cell in row.cells:
        name = min(columns, key=lambda name: _distance(columns[name], (cell.box[0], cell.box[2])))
        value = readers[kinds[name]](cell.text)
        if value and cells[name] is None:
            cells[name] = located_in(value[0], [cell], cell.text[value[1] : value[2]])
    return cells


def _distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the gap between two ranges; where they overlap, the overlap as a negative number."""
    return max(one[0], other[0]) - min(one[1], other[1])
