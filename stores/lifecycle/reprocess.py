"""Reprocessing a document from a stage on, or retrying what failed of it, as a job of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from stores.contracts.lifecycle import BaseGeneration
from stores.contracts.registration import NewJob
from stores.effects import Batch, Order
from stores.errors import InputError, NotFoundError
from stores.lifecycle.generations import GenerationSpec, open_beside
from stores.lifecycle.jobs import INCOMPLETE, insert_jobs
from stores.lifecycle.known_files import source_name
from stores.lifecycle.retry import rename_profile, retry_generation
from stores.lifecycle.states import OPEN_STATES
from stores.models import DocumentState, Options, Outcome, Stage
from stores.sql.database import Database
from stores.sql.tables import document, generation, job, job_document


@dataclass(frozen=True, slots=True)
class Reprocessing:
    """The documents of one knowledge base, processed again."""

    database: Database

    def base(self, document_id: str) -> BaseGeneration:
        """Find the generation whose results can be kept. InputError while the document is worked on."""
        with self.database.read() as connection:
            row = _idle_document(connection, document_id)
            base = _generation(connection, document_id, row.visible or row.newest)
        return BaseGeneration(
            document=document_id,
            number=base.number,
            options=Options.from_json(base.options),
            fingerprints=base.fingerprints,
            profile=base.profile,
        )

    def reprocess(
        self,
        job_id: str,
        base: BaseGeneration,
        rerun: frozenset[Stage],
        batches: Sequence[Batch],
        fingerprints: Mapping[str, str],
        profile: str,
        order: Order,
        now: float,
        *,
        options: Options | None = None,
        with_others: bool = False,
    ) -> None:
        """Open a generation beside its base, in which only the stages ``rerun`` run, and a job that waits for it.

        ``options``: those of the new generation where they differ. ``with_others``: the job waits for several
        documents; it is opened with the first, and open until it is sealed.
        """
        with self.database.write() as connection:
            _idle_document(connection, base.document)
            had = _generation(connection, base.document, base.number).options
            spec = GenerationSpec(
                options=asdict(options) if options else had, fingerprints=fingerprints, profile=profile
            )
            number = open_beside(connection, base.document, spec, base.number, rerun, batches, order, now)
            insert_job_of(connection, job_id, base.document, number, now, with_others=with_others)

    def retry(self, job_id: str, document_id: str, order: Order, renamed: Mapping[str, str], now: float) -> None:
        """Run again only what failed or was cancelled in the newest generation. InputError where nothing did.

        ``renamed``: see ``JobControl.retry``.
        """
        with self.database.write() as connection:
            row = _idle_document(connection, document_id)
            if row.state not in INCOMPLETE:
                raise InputError("nothing of it failed: name the stage from which it is made again", code="conflict")
            number = retry_generation(connection, document_id, row.newest, order, now)
            rename_profile(connection, document_id, number, renamed)
            insert_job_of(connection, job_id, document_id, number, now)


def _idle_document(connection: Connection, document_id: str) -> Any:
    """Read the row of a document. NotFoundError where there is none, InputError while it is worked on."""
    row = connection.execute(select(document).where(document.c.id == document_id)).first()
    if row is None:
        raise NotFoundError(f"there is no document {document_id!r}: see `ingot docs list`")
    if row.state in OPEN_STATES:
        raise InputError("it is being worked on: wait for its job, or cancel that first", code="conflict")
    return row


def _generation(connection: Connection, document_id: str, number: int) -> Any:
    numbered = generation.c.document == document_id, generation.c.number == number
    return connection.execute(select(generation).where(*numbered)).one()


def insert_job_of(
    connection: Connection, job_id: str, document_id: str, number: int, now: float, *, with_others: bool = False
) -> None:
    """Insert a job that waits for one generation, with the options and the profile of that.

    ``with_others``: see ``Reprocessing.reprocess``.
    """
    if not (with_others and _has_job(connection, job_id)):
        row = _generation(connection, document_id, number)
        options = Options.from_json(row.options)
        new = NewJob(job=job_id, options=options, profile=row.profile, accepting=with_others)
        insert_jobs(connection, [new], now)
    _insert_place(connection, job_id, document_id, number)


def _has_job(connection: Connection, job_id: str) -> bool:
    return connection.execute(select(job.c.id).where(job.c.id == job_id)).first() is not None


def _insert_place(connection: Connection, job_id: str, document_id: str, number: int) -> None:
    """Let a job wait for one generation, under a name that no other document of the job has."""
    name = source_name(connection, document_id)
    same_name = select(job_document.c.source).where(job_document.c.job == job_id, job_document.c.source == name)
    taken = connection.execute(same_name).first() is not None
    connection.execute(
        insert(job_document).values(
            job=job_id,
            source=f"{name} ({document_id})" if taken else name,
            document=document_id,
            generation=number,
            outcome=Outcome.AGAIN,
            state=DocumentState.QUEUED,
        )
    )
