"""Making a document again from a stage on, as a job of its own; what was made before that stage is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from stores.effects import Batch
from stores.errors import InputError, NotFoundError
from stores.lifecycle.registration import copy_record_rows
from stores.lifecycle.retry import Order, rename_profile, retry_generation
from stores.lifecycle.states import OPEN_STATES, advance, copy_facts, copy_rows, new_generation, open_batches, open_step
from stores.models import DocumentState, JobState, Options, Outcome, Route, Stage, StepState
from stores.sql.database import Database
from stores.sql.tables import block, document, generation, job, job_document, page, source

_BROKEN = (DocumentState.FAILED, DocumentState.PARTIAL, DocumentState.CANCELLED)
_ROUTES = {Stage.OCR: Route.OCR, Stage.PARSE: Route.TEXT}
_LATER = (Stage.EXTRACT, Stage.EMBED, Stage.PUBLISH)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseGeneration:
    """The generation that a document is made again from: the visible one, else the newest."""

    document: str
    number: int
    options: Options
    fingerprints: Mapping[str, str]
    profile: str | None


@dataclass(frozen=True, slots=True)
class Reprocessing:
    """Documents of one knowledge base, made again."""

    database: Database

    def base(self, document_id: str) -> BaseGeneration:
        """Whose results can be kept. InputError while the document is worked on."""
        with self.database.read() as connection:
            row = _closed(connection, document_id)
            found = connection.execute(_generation(document_id, row.visible or row.newest)).one()
        options = {**found.options, "schemas": tuple(found.options.get("schemas", ()))}
        return BaseGeneration(
            document=document_id,
            number=found.number,
            options=Options(**options),
            fingerprints=found.fingerprints,
            profile=found.profile,
        )

    def redo(
        self,
        job_id: str,
        base: BaseGeneration,
        again: frozenset[Stage],
        batches: Sequence[Batch],
        fingerprints: Mapping[str, str],
        profile: str,
        order: Order,
        now: float,
    ) -> None:
        """Open a generation beside the donor, in which only the stages ``again`` run, and the job that waits for it."""
        with self.database.write() as connection:
            _closed(connection, base.document)
            options = connection.execute(_generation(base.document, base.number)).one().options
            number = new_generation(connection, base.document, dict(options), [], fingerprints, profile, now)
            copy_facts(connection, base.document, base.number, number)
            if Stage.PLAN in again:
                open_step(connection, base.document, number, Stage.PLAN, StepState.DUE)
            else:
                _keep(connection, base, number, again)
                _open_steps(connection, base.document, number, again, batches)
                advance(connection, base.document, number, order, 0.0)
            _open_job(connection, job_id, base.document, number, options, now)

    def reopen(self, job_id: str, document_id: str, order: Order, renamed: Mapping[str, str], now: float) -> None:
        """Take up what failed or was cancelled in the newest generation, and nothing else.

        ``renamed``: see ``Reopening.retry``.
        """
        with self.database.write() as connection:
            row = _closed(connection, document_id)
            if row.state not in _BROKEN:
                raise InputError("nothing of it failed: name the stage from which it is made again", code="conflict")
            options = connection.execute(_generation(document_id, row.newest)).one().options
            number = retry_generation(connection, document_id, row.newest, order, now)
            rename_profile(connection, document_id, number, renamed)
            _open_job(connection, job_id, document_id, number, options, now)


def _closed(connection: Connection, document_id: str) -> Any:
    """The row of a document that nobody works on."""
    row = connection.execute(select(document).where(document.c.id == document_id)).first()
    if row is None:
        raise NotFoundError(f"there is no document {document_id!r}: see `ingot docs list`")
    if row.state in OPEN_STATES:
        raise InputError("it is being worked on: wait for its job, or cancel that first", code="conflict")
    return row


def _generation(document_id: str, number: int) -> Any:
    return select(generation).where(generation.c.document == document_id, generation.c.number == number)


def _keep(connection: Connection, base: BaseGeneration, number: int, again: frozenset[Stage]) -> None:
    """Copy what the donor has of the stages that do not run again."""
    tables = ["page", "block"]
    tables += [] if Stage.EXTRACT in again else ["record", "evidence"]
    tables += [] if Stage.EMBED in again else ["chunk"]
    copy_rows(connection, tables, base.document, base.number, number)
    if Stage.EXTRACT not in again:
        copy_record_rows(connection, base.document, base.number, number)
    for stage, route in _ROUTES.items():
        if stage in again:
            _forget_pages(connection, base.document, number, route)


def _forget_pages(connection: Connection, document_id: str, number: int, route: Route) -> None:
    mine = and_(page.c.document == document_id, page.c.generation == number, page.c.route == route)
    theirs = and_(block.c.document == document_id, block.c.generation == number)
    connection.execute(delete(block).where(theirs, block.c.page.in_(select(page.c.number).where(mine))))
    connection.execute(
        update(page)
        .where(mine)
        .values(
            markdown=None,
            engine=None,
            confidence=None,
            error=None,
            error_code=None,
            warning=None,
            warning_code=None,
        )
    )


def _open_steps(
    connection: Connection, document_id: str, number: int, again: frozenset[Stage], batches: Sequence[Batch]
) -> None:
    open_step(connection, document_id, number, Stage.PLAN, StepState.SKIPPED)
    open_batches(connection, document_id, number, batches)
    pages = connection.execute(_generation(document_id, number)).one().pages
    for stage in _LATER:
        state = StepState.WAITING if stage in again else StepState.SKIPPED
        open_step(connection, document_id, number, stage, state, pages=pages)


def _open_job(
    connection: Connection, job_id: str, document_id: str, number: int, options: Mapping[str, Any], now: float
) -> None:
    named = or_(source.c.document == document_id, source.c.pending == document_id)
    name = connection.execute(select(source.c.name).where(named).order_by(source.c.id).limit(1)).scalar_one_or_none()
    connection.execute(
        insert(job).values(
            id=job_id,
            state=JobState.RUNNING,
            options=dict(options),
            created_at=now,
            touched_at=now,
            profile=connection.execute(_generation(document_id, number)).one().profile,
        )
    )
    connection.execute(
        insert(job_document).values(
            job=job_id,
            source=name or document_id,
            document=document_id,
            generation=number,
            outcome=Outcome.AGAIN,
            state=DocumentState.QUEUED,
        )
    )
