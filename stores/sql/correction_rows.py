"""Rows of corrections, and of records as they were extracted before they were corrected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select

from stores.correction_marks import CorrectionMark, Verdict
from stores.corrections import Correction
from stores.models import Evidence, Record
from stores.sql.tables import correction, extracted_record

_VALUE = "value"
"""Values are kept in an object of one key: SQLite makes 9 of a 9.0 that stands alone in a JSON column."""


def corrections_of(
    connection: Connection, document: str, schema: str = "", *, all_of_them: bool = False
) -> list[Correction]:
    """Read the corrections of a document, the oldest first: those that count, or also the withdrawn ones."""
    query = select(correction).where(correction.c.document == document).order_by(correction.c.number)
    query = query.where(correction.c.schema == schema) if schema else query
    query = query if all_of_them else query.where(correction.c.withdrawn_at.is_(None))
    return [_correction(row) for row in connection.execute(query)]


def _correction(row: Any) -> Correction:
    return Correction(
        document=row.document,
        number=row.number,
        schema=row.schema,
        path=row.path,
        verdict=Verdict(row.verdict),
        value=_unwrapped(row.value),
        evidence=evidence_of_json(row.evidence) if row.evidence else None,
        replaced=_unwrapped(row.replaced),
        anchor=row.anchor,
        author=row.author,
        created_at=row.created_at,
        withdrawn_by=row.withdrawn_by or "",
        withdrawn_at=row.withdrawn_at,
    )


def add_correction(connection: Connection, made: Correction) -> None:
    """Write a correction."""
    connection.execute(
        insert(correction).values(
            document=made.document,
            number=made.number,
            schema=made.schema,
            path=made.path,
            verdict=str(made.verdict),
            value={_VALUE: made.value},
            evidence=json_of_evidence(made.evidence) if made.evidence else None,
            replaced={_VALUE: made.replaced},
            anchor=made.anchor,
            author=made.author,
            created_at=made.created_at,
        )
    )


def _unwrapped(stored: Any) -> Any:
    return stored.get(_VALUE) if isinstance(stored, Mapping) else stored


def keep_extracted(connection: Connection, document: str, number: int, extracted: Record) -> None:
    """Keep a record as it was extracted, beside the one that is shown."""
    forget_extracted(connection, document, number, extracted.schema)
    connection.execute(
        insert(extracted_record).values(
            document=document,
            generation=number,
            schema=extracted.schema,
            fields=dict(extracted.fields),
            remarks=list(extracted.remarks),
            evidence=[json_of_evidence(one) for one in extracted.evidence],
        )
    )


def forget_extracted(connection: Connection, document: str, number: int, schema: str) -> None:
    """Delete what ``keep_extracted`` kept."""
    connection.execute(delete(extracted_record).where(_is(document, number, schema)))


def read_extracted(connection: Connection, document: str, number: int, schema: str) -> Record | None:
    """Read a record as it was extracted; None where it was never corrected."""
    row = connection.execute(select(extracted_record).where(_is(document, number, schema))).first()
    if row is None:
        return None
    return Record(
        schema=schema,
        fields=dict(row.fields),
        remarks=tuple(row.remarks or ()),
        evidence=tuple(map(evidence_of_json, row.evidence)),
    )


def _is(document: str, number: int, schema: str) -> Any:
    return and_(
        extracted_record.c.document == document,
        extracted_record.c.generation == number,
        extracted_record.c.schema == schema,
    )


def marks_of(stored: Any) -> tuple[CorrectionMark, ...]:
    """The marks of a record, of what its row holds of them."""
    return tuple(CorrectionMark.from_json(one) for one in stored or ())


def json_of_evidence(one: Evidence) -> dict[str, Any]:
    return {
        "path": one.path,
        "page": one.page,
        "boxes": [list(box) for box in one.boxes],
        "quote": one.quote,
        "found": one.found,
        "place": one.place or None,
    }


def evidence_of_json(stored: Mapping[str, Any]) -> Evidence:
    boxes = tuple((x0, y0, x1, y1) for x0, y0, x1, y1 in stored["boxes"])
    return Evidence(**{**stored, "boxes": boxes, "place": stored.get("place") or ""})
