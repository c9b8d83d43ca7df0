"""Which records are listed, and which of their values: conditions, proved values, what does not apply.

Conditions are in the language of filters (``pipeline.search.filter_language``), on the fields of one schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.search.filter_language import parse
from pipeline.search.filters import check_values
from stores.errors import InputError
from stores.filters import Condition, Either, Every, Filter, Not, conditions, every, matches
from stores.models import Field, FieldKind, Record, Schema
from stores.suggestions import unknown

_RECORD = "record."  # before the names of fields, so that none is taken for a document's own, such as ``name``


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """What of the records of one schema is wanted.

    ``proved``: values that were not found on a page are left out. ``inapplicable``: records of documents that the
    schema does not apply to are listed, too.
    """

    where: Filter | None = None
    proved: bool = False
    inapplicable: bool = False

    def applied(self, record: Record) -> Record | None:
        """The record as it is listed, None where the conditions do not hold."""
        shown = proved_part(record) if self.proved else record
        holds = self.where is None or matches(self.where, lambda name: values_at(shown.fields, name))
        return shown if holds else None


ALL_RECORDS = RecordFilter()


def read_conditions(texts: Sequence[str], schema: Schema | None) -> Filter | None:
    """Read filters such as ``total > 100``, ``issuer has ltd`` or ``lines.amount >= 5``; all of them have to hold.

    Raises InputError for what cannot be read, for an unknown field, and for a value that does not fit its field.
    """
    tree = every([parse(text) for text in texts])
    if tree is None:
        return None
    for condition in conditions(tree):
        if schema is not None:
            check_values(condition, [_field_at(schema, condition.field.split(".", 1)).kind])
    return _of_record(tree)


def _of_record(tree: Filter) -> Filter:
    if isinstance(tree, Condition):
        return replace(tree, field=_RECORD + tree.field)
    if isinstance(tree, Not):
        return Not(_of_record(tree.part))
    parts = tuple(_of_record(part) for part in tree.parts)
    return Every(parts) if isinstance(tree, Every) else Either(parts)


def values_at(fields: Mapping[str, Any], name: str) -> list[Any]:
    """The values of a field, or those of one column of its rows."""
    first, _, column = name.removeprefix(_RECORD).partition(".")
    value = fields.get(first)
    if not column:
        return [value]
    return [row.get(column) for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _field_at(schema: Schema, path: Sequence[str]) -> Field:
    fields: Sequence[Field] = schema.fields
    field: Field | None = None
    for name in path:
        field = next((one for one in fields if one.name == name), None)
        if field is None:
            raise unknown("field", name, [one.name for one in fields], code="unknown_field")
        fields = field.fields
    if field is None or field.kind is FieldKind.ROWS:
        columns = ", ".join(f"{path[0]}.{column.name}" for column in fields)
        raise InputError(f"{path[0]} is a list of rows: compare one of its columns, {columns}", code="bad_where")
    return field


def proved_part(record: Record) -> Record:
    """The record with only those values whose evidence names the place where they stand."""
    proved = {evidence.path for evidence in record.evidence if evidence.found}
    return Record(
        schema=record.schema,
        fields={name: _proved(name, value, proved) for name, value in record.fields.items()},
        evidence=tuple(evidence for evidence in record.evidence if evidence.found),
        not_applicable=record.not_applicable,
        remarks=record.remarks,
        corrections=record.corrections,
    )


def _proved(path: str, value: Any, proved: set[str]) -> Any:
    """The value without its unproved parts; elements keep their places, so that their paths stay true."""
    if isinstance(value, list):
        return [_proved(f"{path}[{at}]", one, proved) for at, one in enumerate(value)]
    if isinstance(value, Mapping):
        return {name: _proved(f"{path}.{name}", one, proved) for name, one in value.items()}
    return value if path in proved else None
