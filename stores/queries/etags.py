"""Stamps: short texts that change when what was read of documents does, found without reading any of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select

from stores.models import DocumentState
from stores.sql.database import Database
from stores.sql.tables import SHOWN_NAME, correction, document, generation, record, source


@dataclass(frozen=True, slots=True)
class EtagQueries:
    """The stamps of one knowledge base."""

    database: Database

    def of_document(self, document_id: str) -> str:
        """What changes when anything that was read of a document does; "" while what is shown is being made.

        A generation that answers is written again by corrections only; one that comes to its number later was made
        later.
        """
        shown = func.coalesce(document.c.visible, document.c.newest)
        mine = and_(generation.c.document == document.c.id, generation.c.number == shown)
        query = select(generation, document.c.visible, *_corrections_of(document.c.id)).join(document, mine)
        with self.database.read() as connection:
            row = connection.execute(query.where(document.c.id == document_id)).first()
        if row is None or (row.visible is None and not DocumentState(row.state).final):
            return ""
        ended = row.visible or row.finished_at
        corrections = (row.corrections, row.withdrawn)
        return repr((document_id, row.number, row.created_at, ended, sorted(row.fingerprints.items()), corrections))

    def of_records(self, schema: str, after: str, limit: int | None, *, inapplicable: bool = False) -> str:
        """What changes when the records of one schema do, those of documents behind the id ``after``."""
        answers = and_(document.c.id == record.c.document, document.c.visible == record.c.generation)
        made = and_(generation.c.document == record.c.document, generation.c.number == record.c.generation)
        name = select(SHOWN_NAME).where(source.c.document == record.c.document).order_by(source.c.id).limit(1)
        query = (
            select(record.c.document, record.c.generation, generation.c.created_at, name.scalar_subquery())
            .add_columns(*_corrections_of(record.c.document))
            .join(document, answers)
            .join(generation, made)
            .where(record.c.schema == schema, record.c.document > after)
            .order_by(record.c.document)
            .limit(limit)
        )
        query = query if inapplicable else query.where(record.c.not_applicable.is_(None))
        digest = hashlib.sha256()
        with self.database.read() as connection:
            for row in connection.execute(query):
                digest.update(repr(tuple(row)).encode())
        return digest.hexdigest()


def _corrections_of(document_id: Any) -> tuple[Any, Any]:
    """How many corrections a document has had, and how many of them were withdrawn: both only grow."""
    mine = correction.c.document == document_id
    made = select(func.count(correction.c.number)).where(mine).scalar_subquery()
    withdrawn = select(func.count(correction.c.withdrawn_at)).where(mine).scalar_subquery()
    return made.label("corrections"), withdrawn.label("withdrawn")
