"""A part of the records of one schema as a table: filtered by conditions and words, sorted by any column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.queries.record_filter import values_at
from stores.filters import Filter, matches
from stores.models import Schema
from stores.suggestions import unknown
from stores.views import RecordView

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

BY_NAME = "@name"
"""Sorts by the name of the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRequest:
    """What is listed, and how. ``sort``: a field or ``BY_NAME``, with ``-`` before it the other way round.

    ``words``: each of them has to stand in some value or in the name of the document. ``where``: see
    ``record_filter.read_conditions``.
    """

    where: Filter | None = None
    words: str = ""
    sort: str = BY_NAME
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTable:
    """The rows that were asked for, and how many there are in all."""

    items: tuple[RecordView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class RecordRow:
    """The values of one record, without their evidence."""

    document: str
    generation: int
    source: str
    fields: Mapping[str, Any]


def rows_of(store: KnowledgeStore, schema: str, wanted: TableRequest, known: Schema | None) -> list[RecordRow]:
    """Read the values of all records of a schema that are wanted, in their order. InputError for an unknown column."""
    words = wanted.words.casefold().split()
    rows = [
        row
        for row in (RecordRow(*values) for values in store.page_queries.record_values(schema))
        if _holds(row, wanted.where, words)
    ]
    return _sorted(rows, wanted.sort, known)


def _holds(row: RecordRow, where: Filter | None, words: Sequence[str]) -> bool:
    if where is not None and not matches(where, lambda name: values_at(row.fields, name)):
        return False
    if not words:
        return True
    text = "\n".join((row.source, *_texts(row.fields))).casefold()
    return all(word in text for word in words)


def _texts(value: Any) -> Iterator[str]:
    """Yield every value inside a record as text."""
    if isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
    elif value is not None:
        yield str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _sorted(rows: list[RecordRow], sort: str, known: Schema | None) -> list[RecordRow]:
    """Sort by one column and then by name. Rows without a value in the column come last in both directions."""
    column = sort.removeprefix("-")
    rows = sorted(rows, key=lambda row: (row.source.casefold(), row.document))
    if column == BY_NAME:
        return rows[::-1] if sort.startswith("-") else rows
    if known is not None and column not in [field.name for field in known.fields]:
        raise unknown("column", column, [field.name for field in known.fields], code="unknown_field")
    filled = [row for row in rows if row.fields.get(column) not in (None, "", [])]
    empty = [row for row in rows if row.fields.get(column) in (None, "", [])]
    return sorted(filled, key=lambda row: sort_key(row.fields[column]), reverse=sort.startswith("-")) + empty


def sort_key(value: Any) -> tuple[int, float, str]:
    """Return what a value is sorted by: numbers by size before texts without case; a list of rows by their number."""
    if isinstance(value, list):
        if value and not isinstance(value[0], Mapping):
            return sort_key(value[0])
        return 0, float(len(value)), ""
    if isinstance(value, int | float):
        return 0, float(value), ""
    return 1, 0.0, str(value).casefold()
