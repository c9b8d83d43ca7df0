"""The corrections of one knowledge base: each is kept, and shown in every generation of its document at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select, update

from stores.corrected_records import CorrectedRecord, corrected
from stores.correction_marks import Verdict
from stores.corrections import Correction, CorrectionRequest, ValuePath
from stores.errors import InputError, NotFoundError
from stores.models import Record
from stores.sql.correction_rows import (
    add_correction,
    corrections_of,
    forget_extracted,
    keep_extracted,
    read_extracted,
)
from stores.sql.database import Database
from stores.sql.record_tables import change_record, record_of
from stores.sql.tables import correction, record


@dataclass(frozen=True, slots=True)
class Corrections:
    """Implements ``stores.contracts.corrections.CorrectionStore``."""

    database: Database

    def add(self, document: str, number: int, schema: str, wanted: CorrectionRequest) -> Correction:
        now = self.database.now()
        with self.database.write() as connection:
            row = _record_row(connection, document, number, schema)
            shown = record_of(connection, row)
            if shown.not_applicable:
                raise InputError(f"the schema {schema!r} does not apply to it: {shown.not_applicable}", code="conflict")
            made = _correction(connection, document, number, shown, wanted)
            made = replace(made, created_at=now, number=_next_number(connection, document))
            add_correction(connection, made)
            _show(connection, document, schema)
        return made

    def withdraw(self, document: str, number: int, author: str) -> Correction:
        now = self.database.now()
        with self.database.write() as connection:
            known = {one.number: one for one in corrections_of(connection, document, all_of_them=True)}
            if number not in known:
                raise NotFoundError(f"the document has no correction {number}")
            if known[number].withdrawn_at is not None:
                raise InputError(f"the correction {number} was withdrawn before", code="conflict")
            connection.execute(
                update(correction)
                .where(correction.c.document == document, correction.c.number == number)
                .values(withdrawn_at=now, withdrawn_by=author)
            )
            _show(connection, document, known[number].schema)
        return replace(known[number], withdrawn_at=now, withdrawn_by=author)

    def of_document(self, document: str) -> list[Correction]:
        with self.database.read() as connection:
            return corrections_of(connection, document, all_of_them=True)


def _record_row(connection: Connection, document: str, number: int, schema: str) -> Any:
    is_it = record.c.document == document, record.c.generation == number, record.c.schema == schema
    row = connection.execute(select(record).where(*is_it)).first()
    if row is None:
        raise NotFoundError(f"the document has no record of the schema {schema!r}", code="no_record")
    return row


def _next_number(connection: Connection, document: str) -> int:
    query = select(correction.c.number).where(correction.c.document == document)
    return max(connection.execute(query).scalars(), default=0) + 1


def _correction(
    connection: Connection, document: str, number: int, shown: Record, wanted: CorrectionRequest
) -> Correction:
    """The correction of what is asked for, its path counted as the values were extracted."""
    extracted = read_extracted(connection, document, number, shown.schema) or shown
    state = CorrectedRecord(extracted, corrections_of(connection, document, shown.schema))
    path = ValuePath.read(wanted.path)
    kept = state.extracted_path(path) if path else None
    if path is None or kept is None:
        raise NotFoundError(f"the record {shown.schema!r} has no value at {wanted.path!r}", code="no_value")
    before = value_at(shown, path)
    confirmed = wanted.verdict is Verdict.CONFIRMED
    evidence = wanted.evidence
    if confirmed and evidence is None:
        evidence = next((one for one in shown.evidence if one.path == wanted.path), None)
    return Correction(
        document=document,
        schema=shown.schema,
        path=str(kept),
        verdict=wanted.verdict,
        value=before if confirmed else wanted.value,
        evidence=evidence,
        replaced=before,
        anchor=state.anchor(kept),
        author=wanted.author,
    )


def value_at(shown: Record, path: ValuePath) -> Any:
    """The value of a record at a path, None where there is none."""
    value = shown.remarks if path.name.startswith("@") else shown.fields.get(path.name)
    if path.index is not None:
        at = int(path.index)
        value = value[at] if isinstance(value, list | tuple) and at < len(value) else None
    return value.get(path.column) if path.column and isinstance(value, dict) else value


def _show(connection: Connection, document: str, schema: str) -> None:
    """Write the records of a schema, in all generations of a document, as the corrections want them."""
    corrections = corrections_of(connection, document, schema)
    rows = connection.execute(select(record).where(record.c.document == document, record.c.schema == schema)).all()
    for row in rows:
        if row.not_applicable:
            continue
        before = record_of(connection, row)
        kept = read_extracted(connection, document, row.generation, schema)
        extracted = kept or replace(before, corrections=())
        if corrections and kept is None:
            keep_extracted(connection, document, row.generation, extracted)
        if not corrections:
            forget_extracted(connection, document, row.generation, schema)
        change_record(connection, document, row.generation, before, corrected(extracted, corrections))
