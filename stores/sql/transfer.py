"""All rows of a knowledge base as JSON values, and back. Bytes are base64; nothing depends on the dialect."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Float, Integer, LargeBinary, Table, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from stores.contracts.transfer import Row
from stores.errors import InputError
from stores.lifecycle.states import OPEN_STATES, OPEN_STEPS
from stores.models import DocumentState, JobState, Schema, StepState
from stores.outbox.download_rows import CANCELLED, PENDING
from stores.outbox.events import OPEN_JOBS
from stores.sql.database import Database, now_of
from stores.sql.dialect import dialect_of, insert_or_replace
from stores.sql.record_tables import RecordTables, store_record_rows, values_of
from stores.sql.tables import callback, document, fetch, generation, job, job_document, metadata, record, step

_ROWS = 500
_LEFT_OUT = frozenset({"request"})  # answers to idempotent requests name jobs, and are kept for a day only
TABLES = tuple(table for table in metadata.sorted_tables if table.name not in _LEFT_OUT)
_BY_NAME = {table.name: table for table in TABLES}
_NUMBERED = {"source": "id", "chunk": "id", "callback": "number"}  # their numbers come with the rows
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DOCUMENT = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[^\W\d]\w{0,62}")  # of a schema and its fields: they become tables and columns
_NOT_SENT = "it was imported while it waited: `ingot callbacks replay` sends it from here"


@dataclass(frozen=True, slots=True)
class Transfer:
    """The tables of one knowledge base; implements ``stores.contracts.transfer.TransferStore``."""

    database: Database

    def version(self) -> int:
        with self.database.read() as connection:
            return dialect_of(connection).schema_version(connection)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Iterator[tuple[str, list[Row]]]]:
        with self.database.read() as connection:
            yield self._parts(connection)

    @staticmethod
    def _parts(connection: Any) -> Iterator[tuple[str, list[Row]]]:
        for table in TABLES:
            columns = [column.label(column.key) for column in table.columns]
            query = select(*columns).order_by(*table.primary_key)
            rows = connection.execute(query, execution_options={"yield_per": _ROWS})
            for some in rows.partitions():
                yield table.name, [_as_json(row._mapping) for row in some]

    def write(self, table: str, rows: Sequence[Row], renamed: tuple[str, str]) -> None:
        if table not in _BY_NAME:
            raise InputError(f"it holds rows of an unknown table {table!r}", code="bad_archive")
        values = [_renamed(table, _from_json(_BY_NAME[table], row), *renamed) for row in rows]
        for row in values:
            _check_names(table, row)
        statement = insert_or_replace(_BY_NAME[table]) if table == "meta" else insert(_BY_NAME[table])
        values = [row for row in values if table != "meta" or row.get("key") != "knowledge_id"]
        try:
            with self.database.write() as connection:
                if values:
                    connection.execute(statement, values)
        except IntegrityError as error:
            raise InputError(f"its rows of {table} do not fit together: {error.orig}", code="bad_archive") from error

    def settle(self, schemas: Sequence[Schema]) -> int:
        for schema in schemas:
            fields = [schema.name, *(f.name for f in schema.fields), *(c.name for f in schema.fields for c in f.fields)]
            _refuse_odd_names(fields)
        RecordTables(self.database).prepare(schemas)
        self._fill_record_tables()
        with self.database.write() as connection:
            for table, column in _NUMBERED.items():
                dialect_of(connection).restart_ids(connection, table, column)
            return _end_work(connection)

    def _fill_record_tables(self) -> None:
        after: tuple[str, int, str] = ("", 0, "")
        key = (record.c.document, record.c.generation, record.c.schema)
        while True:
            with self.database.write() as connection:
                query = select(record).where(tuple_(*key) > tuple_(*after)).order_by(*key).limit(_ROWS)
                rows = connection.execute(query).all()
                for row in rows:
                    store_record_rows(connection, row.document, row.generation, values_of(row))
            if not rows:
                return
            after = (rows[-1].document, rows[-1].generation, rows[-1].schema)


def _end_work(connection: Any) -> int:
    now, gone = now_of(connection), DocumentState.CANCELLED
    over = generation.c.state.in_(OPEN_STATES)
    ended = connection.execute(update(generation).where(over).values(state=gone, finished_at=now, passwords=None))
    connection.execute(update(document).where(document.c.state.in_(OPEN_STATES)).values(state=gone))
    steps = {"state": StepState.CANCELLED, "owner": None, "lease_until": 0.0, "finished_at": now}
    connection.execute(update(step).where(step.c.state.in_(OPEN_STEPS)).values(**steps))
    connection.execute(update(job_document).where(job_document.c.state.in_(OPEN_STATES)).values(state=gone))
    finished = {"state": JobState.CANCELLED, "finished_at": now, "work_s": 0.0}
    connection.execute(update(job).where(job.c.state.in_(OPEN_JOBS)).values(**finished))
    connection.execute(update(fetch).where(fetch.c.state == PENDING).values(state=CANCELLED, owner=None))
    dead = {"state": "dead", "owner": None, "error": _NOT_SENT, "finished_at": now}
    connection.execute(update(callback).where(callback.c.state == "pending").values(**dead))
    return int(ended.rowcount)


# Rows


def _as_json(row: Any) -> Row:
    return {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value for name, value in row.items()
    }


def _from_json(table: Table, row: Any) -> dict[str, Any]:
    if not isinstance(row, dict) or not row.keys() <= set(table.columns.keys()):
        raise InputError(f"it holds a row that does not belong into {table.name}", code="bad_archive")
    return {name: _value(table, name, value) for name, value in row.items()}


def _value(table: Table, name: str, value: Any) -> Any:
    """The value of a column, of the type that it has; SQLite would take any."""
    kind = table.columns[name].type
    if value is None or isinstance(kind, JSON):
        return value
    if isinstance(kind, LargeBinary):
        with contextlib.suppress(TypeError, ValueError, binascii.Error):
            return base64.b64decode(value, validate=True)
    elif isinstance(kind, Integer) and isinstance(value, int) and not isinstance(value, bool):
        return value
    elif isinstance(kind, Float) and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif not isinstance(kind, Integer | Float) and isinstance(value, str):
        return value
    raise InputError(f"it holds a wrong value in {table.name}.{name}", code="bad_archive")


_JOB_IDS = {"job": ("id",), "job_document": ("job",), "fetch": ("job",), "callback": ("id", "job")}


def _renamed(table: str, row: dict[str, Any], before: str, after: str) -> dict[str, Any]:
    """The row with the ids of jobs and callbacks that begin with the id of the knowledge base."""
    for name in _JOB_IDS.get(table, ()):
        prefix, dot, rest = str(row.get(name, "")).rpartition(".")
        if prefix != before or not dot:
            raise InputError(f"it holds a {table} of another knowledge base: {row.get(name)!r}", code="bad_archive")
        row[name] = f"{after}.{rest}"
    if table == "callback":
        body = row.get("body")
        data = body.get("data") if isinstance(body, dict) else None
        if not isinstance(body, dict) or not isinstance(data, dict):
            raise InputError("it holds a callback without a body", code="bad_archive")
        row["body"] = {**body, "data": {**data, "job_id": row["job"], "knowledge_id": after}}
    return row


def _check_names(table: str, row: dict[str, Any]) -> None:
    """Raise InputError for what would become the name of a file or a table."""
    if table == "document" and not (_SHA256.fullmatch(row["sha256"]) and row["id"] == row["sha256"][:32]):
        raise InputError(f"it holds a document with an odd hash: {row['sha256']!r}", code="bad_archive")
    if "document" in row and row["document"] and not _DOCUMENT.fullmatch(row["document"]):
        raise InputError(f"it holds a document with an odd id: {row['document']!r}", code="bad_archive")
    if table == "record":
        if not isinstance(row.get("fields"), dict):
            raise InputError("it holds a record without fields", code="bad_archive")
        _refuse_odd_names([row["schema"], *row["fields"]])


def _refuse_odd_names(names: Sequence[str]) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            raise InputError(f"it holds a schema or field with an odd name: {name!r}", code="bad_archive")
