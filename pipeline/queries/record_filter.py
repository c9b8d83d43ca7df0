"""Which records are listed, and which of their values: conditions, proved values, what does not apply."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stores.errors import InputError
from stores.models import Field, FieldKind, Record, Schema
from stores.suggestions import unknown

_CONDITION = re.compile(r"\s*(?P<field>[^\s<>=!~]+)\s*(?P<sign><=|>=|!=|==|=|<|>|~)\s*(?P<value>.*?)\s*")
_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "~": lambda value, part: part in value,
}
_NUMBERS = (FieldKind.NUMBER, FieldKind.INTEGER)
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A comparison of one field with a value; of a list or of rows, one element or cell has to fulfil it.

    ``path`` is the field's name, for a column of rows ``(field, column)``. Texts are compared without case.
    """

    path: tuple[str, ...]
    sign: str
    value: Any

    def holds(self, fields: Mapping[str, Any]) -> bool:
        values = fields.get(self.path[0])
        listed = values if isinstance(values, list) else [values]
        if len(self.path) > 1:
            listed = [row.get(self.path[1]) for row in listed if isinstance(row, Mapping)]
        return any(self._compares(value) for value in listed)

    def _compares(self, value: Any) -> bool:
        if value is None:
            return False
        if isinstance(self.value, str):
            value = str(value).casefold()
        elif not isinstance(value, (int, float)):
            return False
        return _SIGNS[self.sign](value, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """What of the records of one schema is wanted.

    ``proved``: values that were not found on a page are left out. ``inapplicable``: records of documents that the
    schema does not apply to are listed, too.
    """

    where: tuple[Condition, ...] = ()
    proved: bool = False
    inapplicable: bool = False

    def applied(self, record: Record) -> Record | None:
        """The record as it is listed, None where a condition does not hold."""
        shown = proved_part(record) if self.proved else record
        return shown if all(condition.holds(shown.fields) for condition in self.where) else None


ALL_RECORDS = RecordFilter()


def parse_condition(text: str, schema: Schema | None) -> Condition:
    """Read a condition such as ``total>100``, ``issuer~ltd`` or ``lines.amount>=5``.

    Raises InputError for anything else, for an unknown field, and for a text where a number is compared.
    """
    match = _CONDITION.fullmatch(text)
    if not match or not match["value"]:
        raise InputError(
            f"{text!r} is no condition: write it like total>100, issuer~ltd or date>=2024-01", code="bad_where"
        )
    path = tuple(match["field"].split(".", 1))
    field = _field_at(schema, path) if schema else None
    return Condition(path=path, sign=match["sign"], value=_read(match["value"], field, match["sign"], text))


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


def _read(text: str, field: Field | None, sign: str, condition: str) -> Any:
    if field is not None and field.kind is FieldKind.BOOLEAN:
        if text.casefold() not in _TRUTHS:
            raise InputError(f"{condition!r}: {field.name} is true or false", code="bad_where")
        return _TRUTHS[text.casefold()]
    if field is not None and field.kind not in _NUMBERS:
        return text.casefold()
    try:
        return float(text)
    except ValueError as error:
        if field is None:
            return text.casefold()
        raise InputError(f"{condition!r}: {field.name} is a number, and {text!r} is none", code="bad_where") from error


def proved_part(record: Record) -> Record:
    """The record with only those values whose evidence names the place where they stand."""
    proved = {evidence.path for evidence in record.evidence if evidence.found}
    return Record(
        schema=record.schema,
        fields={name: _proved(name, value, proved) for name, value in record.fields.items()},
        evidence=tuple(evidence for evidence in record.evidence if evidence.found),
        not_applicable=record.not_applicable,
        remarks=record.remarks,
    )


def _proved(path: str, value: Any, proved: set[str]) -> Any:
    """The value without its unproved parts; elements keep their places, so that their paths stay true."""
    if isinstance(value, list):
        return [_proved(f"{path}[{at}]", one, proved) for at, one in enumerate(value)]
    if isinstance(value, Mapping):
        return {name: _proved(f"{path}.{name}", one, proved) for name, one in value.items()}
    return value if path in proved else None
