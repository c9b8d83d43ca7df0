"""Which generation answers, which went out of date, and how all of a document is removed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, or_, select, update

from stores import keywords
from stores.database import Database
from stores.effects import Claim, Obsolete
from stores.errors import CancelledError
from stores.intake import has_source
from stores.ledger import OPEN_STATES, close_generation, rename_pending
from stores.models import Chunk, DocumentState, Outcome, Stage, StepState
from stores.tables import chunk, document, generation, job_document, page, source, step


@dataclass(frozen=True, slots=True)
class Versions:
    """The visible generations of one knowledge base."""

    database: Database

    def index_keywords(self, rows: Sequence[tuple[int, Chunk]], title: str) -> None:
        """Write the keywords of chunks (row id, chunk); nothing answers before ``switch``."""
        words = [keywords.Words(rowid=at, text=c.text, heading=c.heading, title=title) for at, c in rows]
        with self.database.write() as connection:
            keywords.write(connection, words)

    def switch(self, claim: Claim) -> list[Obsolete]:
        """From now on this generation answers, under every name that waited for it; what went out of date."""
        key, now = claim.key, time.time()
        with self.database.write() as connection:
            ours = connection.execute(
                select(step.c.owner).where(
                    step.c.document == key.document,
                    step.c.generation == key.generation,
                    step.c.stage == Stage.PUBLISH,
                    step.c.state == StepState.RUNNING,
                )
            ).scalar_one_or_none()
            if ours != claim.owner:
                raise CancelledError()
            before = connection.execute(
                select(source.c.document).where(source.c.pending == key.document, source.c.document.is_not(None))
            ).scalars()
            replaced = sorted(set(before))
            rename_pending(connection, key.document, now)
            connection.execute(update(document).where(document.c.id == key.document).values(visible=key.generation))
            gone = [Obsolete(document=old) for old in replaced if not has_source(connection, old)]
            for old in gone:
                _hide(connection, old.document)
        return [*gone, *self.orphans(), Obsolete(document=key.document, keep=key.generation)]

    def orphans(self) -> list[Obsolete]:
        """Documents that no source names any more: hidden, and to be removed."""
        with self.database.read() as connection:
            named = select(source.c.id).where(
                or_(source.c.document == document.c.id, source.c.pending == document.c.id)
            )
            rows = connection.execute(select(document.c.id).where(~named.exists())).scalars()
            return [Obsolete(document=row) for row in rows]

    def withdraw(self, document_id: str) -> list[str]:
        """Stop a document from answering at once: cancel its work, remove its names; which names those were."""
        now = time.time()
        with self.database.write() as connection:
            names = list(
                connection.execute(
                    select(source.c.name).where(or_(source.c.document == document_id, source.c.pending == document_id))
                ).scalars()
            )
            newest = connection.execute(
                select(document.c.newest, document.c.state).where(document.c.id == document_id)
            ).first()
            if newest and newest.state in OPEN_STATES:
                close_generation(connection, document_id, newest.newest, DocumentState.CANCELLED, None, now)
            _hide(connection, document_id)
            connection.execute(update(source).where(source.c.pending == document_id).values(pending=None))
            connection.execute(delete(source).where(source.c.document == document_id))
            connection.execute(delete(source).where(source.c.document.is_(None), source.c.name.in_(names)))
            connection.execute(
                update(job_document).where(job_document.c.document == document_id).values(outcome=Outcome.GONE)
            )
        return names

    def remove_rows(self, obsolete: Obsolete) -> None:
        """Remove the rows of what is obsolete; the last act, after vectors and files are gone."""
        with self.database.write() as connection:
            doomed = chunk.c.document == obsolete.document
            if obsolete.keep is not None:
                newest = connection.execute(
                    select(document.c.newest).where(document.c.id == obsolete.document)
                ).scalar_one_or_none()
                kept = {obsolete.keep, newest if newest is not None else obsolete.keep}
                doomed = doomed & chunk.c.generation.not_in(kept)
            rowids = list(connection.execute(select(chunk.c.id).where(doomed)).scalars())
            keywords.delete(connection, rowids)
            if obsolete.keep is None:
                connection.execute(delete(document).where(document.c.id == obsolete.document))
                return
            connection.execute(
                delete(generation).where(
                    generation.c.document == obsolete.document,
                    generation.c.number.not_in(kept),
                )
            )

    def unread_faults(self, document_id: str, number: int) -> tuple[int, str]:
        """(pages that were read or are blank, the first reason why one was not)."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(page.c.number, page.c.error)
                .where(page.c.document == document_id, page.c.generation == number)
                .order_by(page.c.number)
            ).all()
        bad = [row for row in rows if row.error]
        return len(rows) - len(bad), f"page {bad[0].number}: {bad[0].error}" if bad else ""


def _hide(connection: Connection, document_id: str) -> None:
    connection.execute(update(document).where(document.c.id == document_id).values(visible=None))
