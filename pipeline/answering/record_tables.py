"""The record tables of knowledge bases, as a language model is told of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.processing_plan import schemas_of
from pipeline.step_context import Resources
from stores.models import Field, FieldKind, Schema

_SQL_TYPES = {FieldKind.NUMBER: "number", FieldKind.INTEGER: "integer", FieldKind.BOOLEAN: "boolean"}
_OWN_COLUMNS = (
    "document (text): id of the document",
    "generation (integer): with document the key of a record",
    "source (text): name of the document's file",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTable:
    """A table that may be asked. ``columns``: a line for each, with its type and a few words."""

    name: str
    about: str
    columns: tuple[str, ...]


def record_tables(resources: Resources, knowledge_id: str) -> dict[str, RecordTable]:
    """The tables, by name, of all schemas that have records in a knowledge base."""
    store = resources.catalog.store(knowledge_id)
    schemas = schemas_of(resources, store)
    tables: dict[str, RecordTable] = {}
    for name in store.page_queries.records_by_schema():
        if name in schemas:
            there = store.record_tables.table_names(schemas[name])
            tables |= {table.name: table for table in _tables(schemas[name], there)}
    return tables


def _tables(schema: Schema, there: Sequence[str]) -> Iterator[RecordTable]:
    """The view of a schema, then the tables of its lists. ``there``: their names, in the order of the fields."""
    view, *others = there
    scalars = [field for field in schema.fields if field.kind not in (FieldKind.ROWS, FieldKind.TEXTS)]
    yield RecordTable(
        name=view, about=schema.description, columns=(*_OWN_COLUMNS, *(_column(field) for field in scalars))
    )
    lists = [field for field in schema.fields if field.kind in (FieldKind.ROWS, FieldKind.TEXTS)]
    for name, field in zip(others, lists, strict=True):
        columns = [_column(one) for one in field.fields] or ["value (text)"]
        about = f"The {field.name} of {view}, a row for each; joined by document and generation. {field.description}"
        yield RecordTable(
            name=name, about=about.strip(), columns=(*_OWN_COLUMNS[:2], "ordinal (integer): from 1", *columns)
        )


def _column(field: Field) -> str:
    kind = "text, a date as 2026-05-31" if field.kind is FieldKind.DATE else _SQL_TYPES.get(field.kind, "text")
    choices = f"one of {', '.join(field.choices)}" if field.choices else ""
    words = "; ".join(part for part in (field.description, choices) if part)
    return f"{field.name} ({kind})" + (f": {words}" if words else "")
