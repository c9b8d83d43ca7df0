"""Extracted records as pages show them: each value with its text, its evidence and its key. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.quantities import exact
from stores.correction_marks import CorrectionMark, Verdict
from stores.models import FieldKind, Schema
from stores.views import RecordView


@dataclass(frozen=True, slots=True)
class ShownValue:
    """One value. ``path`` names it inside its record; ``page`` is 0 where it was not found in the document.

    ``said``: what a person said of it, empty where nobody did; ``number`` is that of the correction.
    """

    schema: str
    path: str
    name: str
    text: str
    page: int
    quote: str
    place: str = ""  # of the line or cell, where the format names it
    said: str = ""
    number: int = 0

    @property
    def key(self) -> str:
        """Its key in the inspector and in URLs."""
        return value_key(self.schema, self.path)

    @property
    def has_evidence(self) -> bool:
        return self.page > 0


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field of a record: its values, or for a list of rows the values of each row."""

    name: str
    values: tuple[ShownValue, ...] = ()
    rows: tuple[tuple[ShownValue, ...], ...] = ()
    path: str = ""  # under which its first value is given, where it has none
    said: str = ""  # why a person left it empty
    number: int = 0

    @property
    def empty(self) -> bool:
        return not self.values and not self.rows

    @property
    def all(self) -> tuple[ShownValue, ...]:
        return (*self.values, *(value for row in self.rows for value in row))


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """One record of one document, with its fields in the order of the schema."""

    document: str
    source: str
    schema: str
    fields: tuple[ShownField, ...]
    removed: tuple[tuple[str, int], ...] = ()  # what people took out of lists, and the numbers of the corrections
    remarks: tuple[str, ...] = ()

    @property
    def filled(self) -> tuple[ShownField, ...]:
        return tuple(field for field in self.fields if not field.empty)

    @property
    def absent(self) -> tuple[ShownField, ...]:
        return tuple(field for field in self.fields if field.empty)

    @property
    def count(self) -> int:
        return sum(len(field.all) for field in self.fields)


def value_key(schema: str, path: str) -> str:
    return f"{schema}.{path}"


def value_of_key(key: str) -> tuple[str, str] | None:
    """Split a key into schema and path; None where it is not a key of a value."""
    schema, dot, path = key.partition(".")
    return (schema, path) if dot and schema and path else None


def in_words(name: str) -> str:
    """Return a name as words: ``invoice number`` for ``invoice_number``."""
    return name.replace("_", " ")


def shown_record(view: RecordView, schema: Schema | None) -> ShownRecord:
    """Prepare a record with every field of its schema, or with the fields it has if the schema is gone."""
    known = [(field.name, field.kind) for field in schema.fields] if schema else []
    names = dict(known) | {name: _kind(value) for name, value in view.fields.items() if name not in dict(known)}
    fields = tuple(_field(view, name, kind) for name, kind in names.items())
    return ShownRecord(view.document, view.source, view.schema, fields, tuple(_removed(view)), view.remarks)


def _removed(view: RecordView) -> Iterator[tuple[str, int]]:
    """Yield what people took out of the lists of a record, or said of values that it does not have any more."""
    for mark in view.corrections:
        of_list = mark.verdict is Verdict.REJECTED and isinstance(view.fields.get(mark.path), list)
        if of_list or not mark.applied:
            where = in_words(mark.path) if of_list else f"{mark.path}, not in the record any more"
            yield f"{where}: {as_text(mark.replaced)} – {said_of(mark)}", mark.number


def said_of(mark: CorrectionMark) -> str:
    """Return what a person said of a value as words: ``corrected by ann, it was 564``."""
    before = f", it was {as_text(mark.replaced)}" if mark.verdict is Verdict.CORRECTED and _given(mark.replaced) else ""
    return f"{mark.verdict} by {mark.author}{before}"


def _given(value: Any) -> bool:
    return value is not None and value != "" and value != []


def _kind(value: Any) -> FieldKind:
    if isinstance(value, list):
        return FieldKind.ROWS if any(isinstance(one, dict) for one in value) else FieldKind.TEXTS
    return FieldKind.TEXT


def _field(view: RecordView, name: str, kind: FieldKind) -> ShownField:
    value = view.fields.get(name)
    if not isinstance(value, list):
        values = tuple(_values(view, [(name, in_words(name), value)]))
        mark = next((one for one in view.corrections if one.applied and one.path == name), None)
        said, number = (said_of(mark), mark.number) if mark else ("", 0)
        return ShownField(in_words(name), values, path=name, said=said, number=number)
    if kind is not FieldKind.ROWS:
        numbered = [(f"{name}[{at}]", in_words(name), one) for at, one in enumerate(value)]
        return ShownField(in_words(name), tuple(_values(view, numbered)), path=f"{name}[0]")
    return ShownField(in_words(name), rows=tuple(_rows(view, name, value)))


def _rows(view: RecordView, name: str, rows: Sequence[Any]) -> Iterator[tuple[ShownValue, ...]]:
    for at, row in enumerate(rows):
        cells = row.items() if isinstance(row, dict) else [("value", row)]
        yield tuple(_values(view, [(f"{name}[{at}].{cell}", in_words(cell), value) for cell, value in cells]))


def _values(view: RecordView, named: Sequence[tuple[str, str, Any]]) -> Iterator[ShownValue]:
    marks = {mark.path: mark for mark in view.corrections if mark.applied}
    for path, name, value in named:
        if not _given(value):
            continue
        evidence = view.evidence.get(path, {})
        page = int(evidence.get("page", 0)) if evidence.get("found") else 0
        quote, place = str(evidence.get("quote", "")), str(evidence.get("place") or "")
        mark = marks.get(path) or marks.get(path.rpartition(".")[0])
        said, number = (said_of(mark), mark.number) if mark else ("", 0)
        yield ShownValue(view.schema, path, name, as_text(value), page, quote, place, said, number)


def as_text(value: Any) -> str:
    """Format a value for a page: ``564`` for 564.0, all digits of 1234567890.12, and items separated by commas."""
    if isinstance(value, float):
        return exact(value).removesuffix(".0")
    if isinstance(value, list):
        return ", ".join(as_text(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{in_words(str(name))}: {as_text(one)}" for name, one in value.items() if one is not None)
    return str(value)
