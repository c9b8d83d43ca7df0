"""Records as typed SQL: one table per schema, one child table per list, and a view that shows only what answers now.

``record`` keeps every record as JSON; ``record_<schema>`` its scalars in typed columns; ``record_<schema>_<list>`` its
lists, one row per element. The view ``<schema>_now`` joins the visible rows with their source names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    and_,
    delete,
    insert,
    select,
    true,
    update,
)
from sqlalchemy import column as column_clause
from sqlalchemy import table as table_clause

from stores.corrected_records import corrected
from stores.effects import Extracted
from stores.models import Evidence, Field, FieldKind, Record, Schema
from stores.sql.correction_rows import corrections_of, json_of_evidence, keep_extracted, marks_of
from stores.sql.database import Database
from stores.sql.dialect import dialect_of
from stores.sql.pages import placed_boxes
from stores.sql.tables import SHOWN_NAME, WholeNumber, evidence, extracted_record, generation, metadata, record, source
from stores.sql.tables import document as document_table

_ROWS = 500
_TYPES: dict[FieldKind, Any] = {
    FieldKind.TEXT: Text,
    FieldKind.DATE: String,
    FieldKind.NUMBER: Float,
    FieldKind.INTEGER: WholeNumber,
    FieldKind.BOOLEAN: Boolean,
}


@dataclass(frozen=True, slots=True)
class RecordTables:
    """The records of one knowledge base."""

    database: Database

    def prepare(self, schemas: Iterable[Schema]) -> list[str]:
        """Create the tables of schemas, and add columns that a schema has gained.

        Columns stay as the first definition wanted them: a sentence for each that another one wants otherwise.
        """
        remarks: list[str] = []
        with self.database.write() as connection:
            for schema in schemas:
                for table in tables_of(schema, dialect_of(connection).table_name):
                    remarks += _create(connection, table)
                _create_view(connection, schema)
        return remarks

    def table_names(self, schema: Schema) -> list[str]:
        """The view of a schema, then the tables of its lists, in the order of its fields."""
        with self.database.read() as connection:
            _, *lists = tables_of(schema, dialect_of(connection).table_name)
        return [f"{schema.name}_now", *(table.name for table in lists)]

    def read(self, document: str, number: int) -> list[Record]:
        with self.database.read() as connection:
            rows = connection.execute(
                select(record).where(record.c.document == document, record.c.generation == number)
            ).all()
            return [record_of(connection, row) for row in rows]

    def visible_part(
        self, schema: str, after: str, limit: int, *, inapplicable: bool = False
    ) -> list[tuple[str, str, Record]]:
        """(document id, its first source name, record) of documents that answer now, those behind the id ``after``.

        ``inapplicable``: with the records of documents that the schema does not apply to.
        """
        wanted = true() if inapplicable else record.c.not_applicable.is_(None)
        answers = and_(document_table.c.id == record.c.document, document_table.c.visible == record.c.generation)
        first = (
            select(SHOWN_NAME).where(source.c.document == record.c.document).order_by(source.c.id).limit(1)
        ).scalar_subquery()
        with self.database.read() as connection:
            rows = connection.execute(
                select(record, first.label("source"))
                .join(document_table, answers)
                .where(record.c.schema == schema, record.c.document > after, wanted)
                .order_by(record.c.document)
                .limit(limit)
            ).all()
            return [(row.document, row.source or row.document, record_of(connection, row)) for row in rows]


@lru_cache(maxsize=256)
def tables_of(schema: Schema, named: Callable[[str], str] = str) -> tuple[Table, ...]:
    """Return the typed tables of a schema, the main one first. ``named`` makes a name one that the database takes.

    Cached: every request to ingest asks for those of all schemas, and SQLAlchemy builds them slowly.
    """
    own = MetaData()
    generation.to_metadata(own)
    metadata.tables["document"].to_metadata(own)
    name = f"record_{schema.name}"
    scalars = [f for f in schema.fields if f.kind in _TYPES]
    tables = [_table(own, name, [Column(f.name, _TYPES[f.kind]) for f in scalars], keyed=())]
    for field in schema.fields:
        if field.kind not in _TYPES:
            tables.append(_table(own, named(f"{name}_{field.name}"), _child_columns(field), keyed=("ordinal",)))
    return tuple(tables)


def _child_columns(field: Field) -> list[Column[Any]]:
    ordinal: Column[Any] = Column("ordinal", Integer, nullable=False)
    if field.kind is FieldKind.TEXTS:
        return [ordinal, Column("value", Text)]
    return [ordinal, *(Column(f.name, _TYPES.get(f.kind, Text)) for f in field.fields)]


def _table(own: MetaData, name: str, columns: Sequence[Column[Any]], keyed: tuple[str, ...]) -> Table:
    return Table(
        name,
        own,
        Column("document", String, nullable=False),
        Column("generation", Integer, nullable=False),
        *columns,
        PrimaryKeyConstraint("document", "generation", *keyed),
        ForeignKeyConstraint(
            ["document", "generation"], ["generation.document", "generation.number"], ondelete="CASCADE"
        ),
    )


def _create(connection: Connection, table: Table) -> list[str]:
    table.create(connection, checkfirst=True)
    known = dialect_of(connection).column_types(connection, table.name)
    quote = connection.dialect.identifier_preparer.quote
    remarks = []
    for column in table.columns:
        kind = column.type.compile(connection.dialect)
        if column.name not in known:
            connection.exec_driver_sql(f"ALTER TABLE {quote(table.name)} ADD COLUMN {quote(column.name)} {kind}")
        elif known[column.name] != kind:
            remarks.append(
                f"the column {column.name!r} of {table.name} stays {known[column.name]}, as an earlier definition of "
                f"the schema wanted it, and is not made {kind}: the records as JSON hold what is extracted now; for a "
                "column of its own give the field another name"
            )
    return remarks


def _create_view(connection: Connection, schema: Schema) -> None:
    """Create the view of the visible rows of a schema, with every column that its table has by now."""
    name = f"record_{schema.name}"
    rows = table_clause(name, *map(column_clause, dialect_of(connection).column_types(connection, name)))
    visible = and_(document_table.c.id == rows.c.document, document_table.c.visible == rows.c.generation)
    query = (
        select(SHOWN_NAME.label("source"), *rows.c)
        .join_from(rows, document_table, visible)
        .join(source, source.c.document == rows.c.document)
    )
    dialect_of(connection).replace_view(connection, f"{schema.name}_now", query)


def store_records(connection: Connection, document: str, number: int, effect: Extracted) -> None:
    """Write the records of a generation, replacing those of an earlier attempt, under the corrections that count."""
    connection.execute(
        generation.update()
        .where(generation.c.document == document, generation.c.number == number)
        .values(title=effect.title, language=effect.language)
    )
    for table in (record, evidence, extracted_record):
        connection.execute(delete(table).where(table.c.document == document, table.c.generation == number))
    for extracted in effect.records:
        corrections = corrections_of(connection, document, extracted.schema)
        applies = corrections and not extracted.not_applicable
        if applies:
            keep_extracted(connection, document, number, extracted)
        _store(connection, document, number, corrected(extracted, corrections) if applies else extracted)


def _store(connection: Connection, document: str, number: int, shown: Record) -> None:
    connection.execute(
        insert(record).values(document=document, generation=number, schema=shown.schema, **_columns(shown))
    )
    write_evidence(connection, document, number, shown.schema, shown.evidence)
    store_record_rows(connection, document, number, shown)


def _columns(shown: Record) -> dict[str, Any]:
    return {
        "fields": dict(shown.fields),
        "not_applicable": shown.not_applicable or None,
        "remarks": list(shown.remarks),
        "corrections": [mark.as_json() for mark in shown.corrections] or None,
    }


def change_record(connection: Connection, document: str, number: int, before: Record, shown: Record) -> None:
    """Write what differs between two states of a record of a generation."""
    is_it = record.c.document == document, record.c.generation == number, record.c.schema == shown.schema
    connection.execute(update(record).where(*is_it).values(**_columns(shown)))
    had, has = ({one.path: one for one in each.evidence} for each in (before, shown))
    gone = [path for path, one in had.items() if has.get(path) != one]
    mine = evidence.c.document == document, evidence.c.generation == number, evidence.c.schema == shown.schema
    for start in range(0, len(gone), _ROWS):
        connection.execute(delete(evidence).where(*mine, evidence.c.path.in_(gone[start : start + _ROWS])))
    changed = [one for path, one in has.items() if had.get(path) != one]
    write_evidence(connection, document, number, shown.schema, changed)
    if before.fields != shown.fields:
        store_record_rows(connection, document, number, shown)


def write_evidence(connection: Connection, document: str, number: int, schema: str, values: Iterable[Evidence]) -> None:
    """Add evidence to a record of a generation."""
    key = {"document": document, "generation": number, "schema": schema}
    rows = [{**key, **json_of_evidence(one), "found": int(one.found)} for one in values]
    if rows:
        connection.execute(insert(evidence), rows)


def values_of(row: Any) -> Record:
    """The record of a row of the table of all records, without its evidence."""
    return Record(
        schema=row.schema,
        fields=dict(row.fields),
        not_applicable=row.not_applicable or "",
        remarks=tuple(row.remarks or ()),
        corrections=marks_of(row.corrections),
    )


def store_record_rows(connection: Connection, document: str, number: int, extracted: Record) -> None:
    """Write a record into the typed tables of its schema; values without a column are left to the JSON."""
    key = {"document": document, "generation": number}
    name = f"record_{extracted.schema}"
    scalars = {k: v for k, v in extracted.fields.items() if not isinstance(v, list)}
    _replace(connection, name, key, [] if extracted.not_applicable else [key | scalars])
    for field, values in extracted.fields.items():
        if isinstance(values, list):
            rows = [
                key | {"ordinal": i} | (dict(v) if isinstance(v, dict) else {"value": v})
                for i, v in enumerate(values, 1)
            ]
            _replace(connection, f"{name}_{field}", key, rows)


def _replace(connection: Connection, name: str, key: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """Replace the rows of a generation in a typed table; values without a column are left out."""
    name = dialect_of(connection).table_name(name)
    columns = dialect_of(connection).column_types(connection, name)
    if not columns:
        return
    typed = table_clause(name, *map(column_clause, columns))
    mine = typed.c.document == key["document"], typed.c.generation == key["generation"]
    connection.execute(delete(typed).where(*mine))
    if rows:
        fitted = dialect_of(connection).column_value
        values = [{column: fitted(row.get(column), kind) for column, kind in columns.items()} for row in rows]
        connection.execute(insert(typed), values)


def record_of(connection: Connection, row: Any) -> Record:
    """The record of a row of the table of all records, with its evidence."""
    evidence_rows = connection.execute(
        select(evidence).where(
            evidence.c.document == row.document,
            evidence.c.generation == row.generation,
            evidence.c.schema == row.schema,
        )
    )
    return replace(
        values_of(row),
        evidence=tuple(
            Evidence(
                path=e.path,
                page=e.page,
                boxes=tuple(tuple(box) for box in e.boxes),
                quote=e.quote,
                found=bool(e.found),
                place=e.place or "",
            )
            for e in evidence_rows
        ),
    )


__all__ = ["RecordTables", "placed_boxes", "store_record_rows", "store_records", "tables_of", "values_of"]
