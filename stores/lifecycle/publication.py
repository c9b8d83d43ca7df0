"""Which generation answers, which went out of date, and how all of a document is removed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, or_, select, update

from stores.effects import Claim, Obsolete
from stores.errors import CancelledError
from stores.lifecycle.known_files import has_source
from stores.lifecycle.states import OPEN_STATES, close_generation, rename_pending
from stores.models import Chunk, DocumentState, Outcome, Stage, StepState
from stores.sql import keywords
from stores.sql.database import Database
from stores.sql.tables import chunk, document, generation, job_document, page, source, step


@dataclass(frozen=True, slots=True)
class Publication:
    """The visible generations of one knowledge base."""

    database: Database

    def index_keywords(self, rows: Sequence[tuple[int, Chunk]], title: str) -> None:
        """Write the keywords of chunks (row id, chunk); nothing answers before ``switch``."""
        words = [keywords.Words(rowid=at, text=c.text, heading=c.heading, title=title) for at, c in rows]
        with self.database.write() as connection:
            keywords.write(connection, words)

    def switch(self, claim: Claim) -> list[Obsolete]:
        """From now on this generation answers, under every name that waited for it; what went out of date."""
        key, now = claim.key, self.database.now()
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

    def withdraw(self, document_id: str, *, named: bool = True) -> bool:
        """Stop a document from answering at once: cancel its work, remove its names.

        Without ``named`` only where it has no name; False where it was given one meanwhile.
        """
        now = self.database.now()
        with self.database.write() as connection:
            if not named and has_source(connection, document_id):
                return False
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
        return True

    def remove_older(self, document_id: str, keep: int) -> None:
        """Remove the rows of the generations that ``keep`` replaced; the last act, after vectors and files are gone."""
        with self.database.write() as connection:
            _remove_generations(connection, document_id, {keep, _newest(connection, document_id) or keep})

    @contextlib.contextmanager
    def removing(self, document_id: str) -> Iterator[bool]:
        """Remove all rows of a withdrawn document; its files go inside, while nobody can submit it again.

        False where that has happened already: then only what was made before goes, and the files stay.
        """
        with self.database.write() as connection:
            again = has_source(connection, document_id)
            yield not again
            newest = _newest(connection, document_id)
            _remove_generations(connection, document_id, {newest} if again and newest is not None else set())
            if not again:
                connection.execute(delete(document).where(document.c.id == document_id))

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


def _newest(connection: Connection, document_id: str) -> int | None:
    query = select(document.c.newest).where(document.c.id == document_id)
    return connection.execute(query).scalar_one_or_none()


def _remove_generations(connection: Connection, document_id: str, kept: set[int]) -> None:
    doomed = chunk.c.document == document_id, chunk.c.generation.not_in(kept)
    keywords.delete(connection, list(connection.execute(select(chunk.c.id).where(*doomed)).scalars()))
    mine = generation.c.document == document_id, generation.c.number.not_in(kept)
    connection.execute(delete(generation).where(*mine))


def _hide(connection: Connection, document_id: str) -> None:
    connection.execute(update(document).where(document.c.id == document_id).values(visible=None))
