"""Collects found values into a Record that has exactly the fields of its schema, each with its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.engines.evidence.located_values import Found
from stores.models import Evidence, Field, FieldKind, Record, Schema

FoundRow = Mapping[str, Found | None]
FoundValue = Found | Sequence[Found] | Sequence[FoundRow] | None


def build_record(schema: Schema, found: Mapping[str, Any]) -> Record:
    """The record of ``schema``: ``found`` maps a field's name to a Found, a list of them, or a list of rows.

    Fields that were not found are None, or an empty list; names that the schema does not have are left out.
    """
    fields: dict[str, Any] = {}
    evidence: list[Evidence] = []
    for field in schema.fields:
        fields[field.name] = _fill(field, found.get(field.name), evidence)
    return Record(schema=schema.name, fields=fields, evidence=tuple(evidence))


def _fill(field: Field, found: Any, evidence: list[Evidence]) -> Any:
    if field.kind is FieldKind.ROWS:
        return [_row(field, index, row, evidence) for index, row in enumerate(found or ())]
    if field.kind is FieldKind.TEXTS:
        items = _distinct(found or ())
        evidence.extend(item.evidence(f"{field.name}[{index}]") for index, item in enumerate(items))
        return [item.value for item in items]
    if found is None:
        return None
    evidence.append(found.evidence(field.name))
    return found.value


def _row(field: Field, index: int, row: FoundRow, evidence: list[Evidence]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in field.fields:
        cell = row.get(column.name)
        values[column.name] = cell.value if cell else None
        if cell:
            evidence.append(cell.evidence(f"{field.name}[{index}].{column.name}"))
    return values


def _distinct(items: Iterable[Found]) -> list[Found]:
    """The first Found of every value."""
    first: dict[Any, Found] = {}
    for item in items:
        first.setdefault(item.value, item)
    return list(first.values())
