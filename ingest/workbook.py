"""Records as an Excel workbook: a sheet with a row per record, and a sheet for each list of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.spreadsheet import CORRECTED, corrected_paths
from stores.errors import InputError
from stores.models import Field, FieldKind, Schema

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

_MOST_CHARACTERS, _MOST_ROWS, _MOST_NAME = 32_767, 1_048_576, 31  # of a cell, a sheet, the name of a sheet
_CUT = " [...]"
EVIDENCE = ("page", "quote", "found")
"""What is told of each value where its evidence is wanted, in columns beside it."""


@dataclass(slots=True)
class _Sheet:
    """A sheet that is written row by row."""

    sheet: WriteOnlyWorksheet
    rows: int = 0

    def append(self, cells: Sequence[Any]) -> None:
        self.rows += 1
        if self.rows > _MOST_ROWS:
            raise InputError(
                f"a sheet has at most {_MOST_ROWS} rows: narrow the records with --where, or write --parquet or --csv",
                code="too_large",
            )
        self.sheet.append(cells)


def write_workbook(path: Path, schema: Schema, records: Iterable[Mapping[str, Any]], *, evidence: bool = False) -> int:
    """Write serialized records of a schema; returns how many. Dates, numbers and booleans are cells of their type.

    ``evidence``: each value is followed by its page, its quote and whether it was found.
    """
    from openpyxl import Workbook

    with path.open("wb") as target:  # refused at once where it cannot be written
        book = Workbook(write_only=True)
        count = _fill(book, schema, records, evidence=evidence)
        book.save(target)
    return count


def _fill(book: Workbook, schema: Schema, records: Iterable[Mapping[str, Any]], *, evidence: bool) -> int:
    single = [field for field in schema.fields if field.kind is not FieldKind.ROWS]
    lists = [field for field in schema.fields if field.kind is FieldKind.ROWS]
    taken: set[str] = set()
    main = _sheet(book, schema.name, ("document", "source", *_headers(single, evidence), CORRECTED), taken)
    children = {
        field.name: _sheet(book, field.name, ("document", "source", "row", *_headers(field.fields, evidence)), taken)
        for field in lists
    }
    count = 0
    for record in records:
        count += 1
        _write(main, children, single, lists, record, evidence=evidence)
    return count


def _sheet(book: Workbook, name: str, headers: Sequence[str], taken: set[str]) -> _Sheet:
    """Create a sheet whose first row stays in view. Names are cut to what Excel takes, and differ."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    short, number = name[:_MOST_NAME], 1
    while short.casefold() in taken:
        number += 1
        short = f"{name[: _MOST_NAME - 4]}_{number}"
    taken.add(short.casefold())
    sheet = book.create_sheet(short)
    sheet.freeze_panes = "A2"
    cells = []
    for header in headers:
        cell = WriteOnlyCell(sheet, header)
        cell.font = Font(bold=True)
        cells.append(cell)
    made = _Sheet(sheet)
    made.append(cells)
    return made


def _headers(fields: Sequence[Field], evidence: bool) -> Iterator[str]:
    for field in fields:
        yield field.name
        if evidence and field.kind is not FieldKind.TEXTS:
            yield from (f"{field.name} {part}" for part in EVIDENCE)


def _write(
    main: _Sheet,
    children: Mapping[str, _Sheet],
    single: Sequence[Field],
    lists: Sequence[Field],
    record: Mapping[str, Any],
    *,
    evidence: bool,
) -> None:
    about = [_cell(main, record["document"]), _cell(main, record["source"])]
    cells = list(_cells(main, single, record["fields"], record, "", evidence=evidence))
    main.append([*about, *cells, _cell(main, "; ".join(corrected_paths(record)))])
    for field in lists:
        child = children[field.name]
        for at, row in enumerate(record["fields"].get(field.name) or ()):
            own = _cells(child, field.fields, row, record, f"{field.name}[{at}].", evidence=evidence)
            child.append([_cell(child, record["document"]), _cell(child, record["source"]), at + 1, *own])


def _cells(
    sheet: _Sheet,
    fields: Sequence[Field],
    values: Mapping[str, Any],
    record: Mapping[str, Any],
    prefix: str,
    *,
    evidence: bool,
) -> Iterator[Any]:
    for field in fields:
        yield _cell(sheet, values.get(field.name), field.kind)
        if evidence and field.kind is not FieldKind.TEXTS:
            place = record["evidence"].get(prefix + field.name, {})
            is_placed = place.get("found") if place else None
            yield place.get("page") if is_placed else None
            yield _cell(sheet, place.get("quote") or None)
            yield is_placed


def _cell(sheet: _Sheet, value: Any, kind: FieldKind = FieldKind.TEXT) -> Any:
    """Make a cell of the type of its value. A text is never taken for a formula."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if value is None or isinstance(value, bool | int | float):
        return value
    if kind is FieldKind.DATE and (day := _day(value)) is not None:
        cell = WriteOnlyCell(sheet.sheet, day)
        cell.number_format = "yyyy-mm-dd"
        return cell
    text = "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)
    cell = WriteOnlyCell(sheet.sheet, text if len(text) <= _MOST_CHARACTERS else _cut(text))
    cell.data_type = "s"
    return cell


def _cut(text: str) -> str:
    return text[: _MOST_CHARACTERS - len(_CUT)] + _CUT


def _day(value: Any) -> date | None:
    """Return the day of an ISO date; None for a month, a year, and days before those that Excel counts."""
    try:
        day = date.fromisoformat(str(value)) if len(str(value)) == 10 else None
    except ValueError:
        return None
    return day if day and day.year >= 1900 else None
