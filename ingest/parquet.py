"""Records as a Parquet file: a row per record, typed by the schema; lists are lists, and rows are structs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from ingest.spreadsheet import CORRECTED, corrected_paths
from stores.errors import InputError
from stores.models import Field, FieldKind, Schema

_SLICE = 1000  # records written at once
_EVIDENCE = "evidence"


def write_parquet(path: Path, schema: Schema, records: Iterable[Mapping[str, Any]], *, evidence: bool = False) -> int:
    """Write serialized records of a schema; returns how many. Dates are texts, as exact as they are printed.

    ``evidence``: a column with path, page, quote, boxes of each value, and whether it was found. InputError where the
    package pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(
            "Parquet needs the package pyarrow: pip install 'ingot[parquet]'", code="missing_package"
        ) from error
    columns = _columns(pyarrow, schema, evidence)
    types = pyarrow.schema(list(columns.items()))
    rows, count = iter(records), 0
    with pyarrow.parquet.ParquetWriter(path, types) as writer:
        while part := list(islice(rows, _SLICE)):
            flat = [_row(schema, record, evidence) for record in part]
            writer.write_table(pyarrow.Table.from_pylist(flat, schema=types))
            count += len(part)
    return count


def _columns(pyarrow: Any, schema: Schema, evidence: bool) -> dict[str, Any]:
    columns = {"document": pyarrow.string(), "source": pyarrow.string()}
    columns |= {field.name: _type(pyarrow, field) for field in schema.fields}
    columns.setdefault(CORRECTED, pyarrow.list_(pyarrow.string()))
    if evidence and _EVIDENCE not in columns:
        boxes = pyarrow.list_(pyarrow.list_(pyarrow.float64()))
        place = {"path": pyarrow.string(), "page": pyarrow.int32(), "quote": pyarrow.string()}
        columns[_EVIDENCE] = pyarrow.list_(
            pyarrow.struct([*place.items(), ("boxes", boxes), ("found", pyarrow.bool_())])
        )
    return columns


def _type(pyarrow: Any, field: Field) -> Any:
    if field.kind is FieldKind.ROWS:
        return pyarrow.list_(pyarrow.struct([(column.name, _type(pyarrow, column)) for column in field.fields]))
    if field.kind is FieldKind.TEXTS:
        return pyarrow.list_(pyarrow.string())
    kinds = {FieldKind.NUMBER: pyarrow.float64, FieldKind.INTEGER: pyarrow.int64, FieldKind.BOOLEAN: pyarrow.bool_}
    return kinds.get(field.kind, pyarrow.string)()


def _row(schema: Schema, record: Mapping[str, Any], evidence: bool) -> dict[str, Any]:
    row: dict[str, Any] = {CORRECTED: corrected_paths(record)}
    if evidence:
        row[_EVIDENCE] = [{"path": path, **place} for path, place in record["evidence"].items()]
    row |= {"document": record["document"], "source": record["source"]}
    return row | {field.name: _fitting(field, record["fields"].get(field.name)) for field in schema.fields}


def _fitting(field: Field, value: Any) -> Any:
    """Return the value as its column takes it: an older record may hold another type, which is left out."""
    if field.kind is FieldKind.ROWS:
        rows = value if isinstance(value, list) else []
        return [
            {column.name: _fitting(column, row.get(column.name)) for column in field.fields}
            for row in rows
            if isinstance(row, Mapping)
        ]
    if field.kind is FieldKind.TEXTS:
        return [str(one) for one in value if one is not None] if isinstance(value, list) else []
    if value is None or isinstance(value, list | Mapping):
        return None
    if field.kind is FieldKind.BOOLEAN:
        return value if isinstance(value, bool) else None
    if field.kind in (FieldKind.NUMBER, FieldKind.INTEGER):
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        whole = field.kind is FieldKind.INTEGER
        return (int(value) if whole else float(value)) if fits and (not whole or value == int(value)) else None
    return str(value)
