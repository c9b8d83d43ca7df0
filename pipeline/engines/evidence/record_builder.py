"""Builds a record, with exactly the fields of its schema, from located values and keeps the evidence of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.engines.evidence.located_values import LocatedValue
from stores.models import Evidence, Field, FieldKind, Record, Schema

LocatedRow = Mapping[str, LocatedValue | None]


def build_record(schema: Schema, values: Mapping[str, Any]) -> Record:
    """Build the record of ``schema`` from field names mapped to values.

    A field of kind ``texts`` takes a list of LocatedValue, one of kind ``rows`` a list of mappings from column to
    LocatedValue, any other one LocatedValue; None stands for a value that was not found. Fields without a value
    become None, or an empty list; names that the schema does not have are left out.
    """
    fields: dict[str, Any] = {}
    evidence: list[Evidence] = []
    for field in schema.fields:
        fields[field.name] = _fill(field, values.get(field.name), evidence)
    return Record(schema=schema.name, fields=fields, evidence=tuple(evidence))


def _fill(field: Field, value: Any, evidence: list[Evidence]) -> Any:
    if field.kind is FieldKind.ROWS:
        return [_row(field, index, row, evidence) for index, row in enumerate(value or ())]
    if field.kind is FieldKind.TEXTS:
        items = _distinct(value or ())
        evidence.extend(item.evidence(f"{field.name}[{index}]") for index, item in enumerate(items))
        return [item.value for item in items]
    if value is None:
        return None
    evidence.append(value.evidence(field.name))
    return value.value


def _row(field: Field, index: int, row: LocatedRow, evidence: list[Evidence]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in field.fields:
        cell = row.get(column.name)
        values[column.name] = cell.value if cell else None
        if cell:
            evidence.append(cell.evidence(f"{field.name}[{index}].{column.name}"))
    return values


def _distinct(items: Iterable[LocatedValue]) -> list[LocatedValue]:
    """The first of the located values that are equal."""
    first: dict[Any, LocatedValue] = {}
    for item in items:
        first.setdefault(item.value, item)
    return list(first.values())
