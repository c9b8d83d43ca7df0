"""Rows as CSV, protected against text that a spreadsheet would run as a formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ingest.quantities import exact

CORRECTED = "corrected_fields"
"""The column that names the values that people corrected, confirmed or rejected."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """Yield the line with the names of the columns, then a line per row."""
    yield _line(columns)
    for row in rows:
        yield _line([csv_cell(row.get(column)) for column in columns])


def csv_text(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return all lines as one text."""
    return "".join(csv_lines(rows, columns))


def _line(cells: Sequence[Any]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerow(cells)
    return target.getvalue()


def csv_cell(value: Any) -> str:
    """Format a value as a cell.

    Lists of texts are joined by ``; ``, nested rows are JSON, and a text that looks like a formula gets an apostrophe.
    """
    if value is None:
        return ""
    if isinstance(value, int | float):
        return exact(value)
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        value = "; ".join(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(_FORMULA) else text


def corrected_paths(record: Mapping[str, Any]) -> list[str]:
    """List what people said of the values of a serialized record: ``total corrected``, ``issuer confirmed``."""
    return [f"{mark['path']} {mark['verdict']}" for mark in record["corrections"] if mark["applied"]]


def record_columns(fields: Iterable[str]) -> list[str]:
    """List the columns of records with these fields."""
    columns = ["document", "source", *fields]
    return columns if CORRECTED in columns else [*columns, CORRECTED]


def record_row(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a serialized record as a row of these columns."""
    about = {"document": record["document"], "source": record["source"]}
    return {CORRECTED: corrected_paths(record), **about, **record["fields"]}
