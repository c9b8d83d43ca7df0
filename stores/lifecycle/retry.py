"""Cancelling what a job still waits for, and opening again what failed in it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, or_, select, update

from stores.effects import Need
from stores.lifecycle.states import (
    FORSAKEN_S,
    OPEN_STATES,
    advance,
    close_generation,
    close_jobs,
    copy_facts,
    copy_rows,
    new_generation,
    note_work,
)
from stores.models import DocumentState, JobState, Stage, StepState
from stores.outbox.download_rows import cancel_downloads, reopen_downloads
from stores.outbox.events import OPEN_JOBS, jobs_ended, places_ended
from stores.sql.database import Database
from stores.sql.tables import chunk, document, generation, job, job_document, page, step

Order = Mapping[Stage, tuple[Need, ...]]
_OPEN_AGAIN = {"state": JobState.RUNNING, "finished_at": None, "began_at": None, "work_s": None}


@dataclass(frozen=True, slots=True)
class JobControl:
    """The jobs of one knowledge base, stopped and taken up again."""

    database: Database

    def cancel(self, job_id: str) -> int:
        """Cancel an open job, and those of its documents that no other open job waits for; how many it waited for.

        What becomes of its places and of the job is written first, so that its events tell of the whole.
        """
        now = time.time()
        with self.database.write() as connection:
            if (
                connection.execute(select(job.c.id).where(job.c.id == job_id, job.c.state.in_(OPEN_JOBS))).first()
                is None
            ):
                return 0
            rows = _open_documents(connection, job_id)
            ended = connection.execute(
                update(job_document)
                .where(job_document.c.job == job_id, job_document.c.state.in_(OPEN_STATES))
                .values(state=DocumentState.CANCELLED)
                .returning(job_document.c.job, job_document.c.source)
            ).all()
            places_ended(connection, [(row.job, row.source) for row in ended], now)
            connection.execute(update(job).where(job.c.id == job_id).values(state=JobState.CANCELLED, finished_at=now))
            cancel_downloads(connection, job_id)
            note_work(connection, [job_id])
            jobs_ended(connection, [job_id], now)
            for row in rows:
                if not _wanted_elsewhere(connection, job_id, row):
                    close_generation(connection, row.document, row.generation, DocumentState.CANCELLED, None, now)
        return len(ended)

    def retry(self, job_id: str, order: Order, renamed: Mapping[str, str] | None = None) -> int:
        """Open again what failed or was cancelled in a job: only those pages and stages; how many documents.

        ``renamed``: a profile with other limits for each one that had them.
        """
        now = time.time()
        with self.database.write() as connection:
            rows = connection.execute(
                select(job_document.c.document, job_document.c.generation)
                .join(
                    document,
                    and_(document.c.id == job_document.c.document, document.c.newest == job_document.c.generation),
                )
                .where(
                    job_document.c.job == job_id,
                    document.c.state.in_((DocumentState.FAILED, DocumentState.PARTIAL, DocumentState.CANCELLED)),
                )
                .distinct()
            ).all()
            for row in rows:
                number = retry_generation(connection, row.document, row.generation, order, now, job_id)
                rename_profile(connection, row.document, number, renamed or {})
            _rename_of_job(connection, job_id, renamed or {})
            fetches = reopen_downloads(connection, job_id)
            if rows or fetches:
                connection.execute(update(job).where(job.c.id == job_id).values(touched_at=now, **_OPEN_AGAIN))
        return len(rows) + fetches

    def close_forsaken(self) -> None:
        """End the jobs that nobody ends: their asker died while it added files, and nothing of them is open."""
        now = time.time()
        with self.database.read() as connection:
            stale = job.c.state == JobState.ACCEPTING, job.c.touched_at < now - FORSAKEN_S
            if connection.execute(select(job.c.id).where(*stale).limit(1)).first() is None:
                return
        with self.database.write() as connection:
            close_jobs(connection, now)


def _open_documents(connection: Connection, job_id: str) -> Sequence[Any]:
    """(document, generation) of what a job still waits for; a URL that is yet to be fetched has none."""
    return connection.execute(
        select(job_document.c.document, job_document.c.generation)
        .where(job_document.c.job == job_id, job_document.c.state.in_(OPEN_STATES), job_document.c.document != "")
        .distinct()
    ).all()


def _wanted_elsewhere(connection: Connection, job_id: str, row: Any) -> bool:
    return (
        connection.execute(
            select(job_document.c.job)
            .join(job, job.c.id == job_document.c.job)
            .where(
                job_document.c.document == row.document,
                job_document.c.generation == row.generation,
                job_document.c.job != job_id,
                job.c.state.in_((JobState.RUNNING, JobState.ACCEPTING)),
            )
            .limit(1)
        ).first()
        is not None
    )


def retry_generation(
    connection: Connection, document_id: str, number: int, order: Order, now: float, job_id: str = ""
) -> int:
    """Pages and steps that failed or were cancelled wait again, and all that follows them.

    A generation that answers is not touched: a copy of it is opened beside it. The number of the one that is open.
    Its place in the job that is retried waits with it; what other jobs that are over say of it stays.
    """
    row = connection.execute(select(document.c.visible).where(document.c.id == document_id)).one()
    old = number
    if row.visible == number:
        number = _copy_beside(connection, document_id, number, now)
    broken = _forget_failures(connection, document_id, number)
    _reset_steps(connection, document_id, number, broken)
    _queue_again(connection, document_id, number, now)
    _queue_places(connection, document_id, old, number, job_id)
    advance(connection, document_id, number, order, 0.0)
    return number


def rename_profile(connection: Connection, document_id: str, number: int, renamed: Mapping[str, str]) -> None:
    """Let a generation go on with the profile that stands for its own."""
    mine = generation.c.document == document_id, generation.c.number == number
    for old, new in renamed.items():
        done = connection.execute(update(generation).where(*mine, generation.c.profile == old).values(profile=new))
        if done.rowcount:
            return


def _rename_of_job(connection: Connection, job_id: str, renamed: Mapping[str, str]) -> None:
    old = connection.execute(select(job.c.profile).where(job.c.id == job_id)).scalar_one_or_none()
    if old and old in renamed:
        connection.execute(update(job).where(job.c.id == job_id).values(profile=renamed[old]))


def _copy_beside(connection: Connection, document_id: str, old: int, now: float) -> int:
    row = connection.execute(
        select(generation).where(generation.c.document == document_id, generation.c.number == old)
    ).one()
    new = new_generation(connection, document_id, dict(row.options), [], row.fingerprints, row.profile, now)
    copy_rows(connection, ["page", "block", "step"], document_id, old, new)
    copy_facts(connection, document_id, old, new)
    return new


def _forget_failures(connection: Connection, document_id: str, number: int) -> list[int]:
    """Pages that failed are unread again, and the chunks of all are made anew; which pages those are."""
    mine = and_(page.c.document == document_id, page.c.generation == number)
    broken = list(connection.execute(select(page.c.number).where(mine, page.c.error.is_not(None))).scalars())
    connection.execute(update(page).where(mine, page.c.error.is_not(None)).values(error=None, error_code=None))
    if broken:
        connection.execute(delete(chunk).where(chunk.c.document == document_id, chunk.c.generation == number))
    return broken


def _reset_steps(connection: Connection, document_id: str, number: int, broken: list[int]) -> None:
    reading = step.c.stage.in_((Stage.RENDER, Stage.OCR, Stage.PARSE))
    again = [
        step.c.state.in_((StepState.FAILED, StepState.CANCELLED)),
        step.c.stage.in_((Stage.EXTRACT, Stage.EMBED, Stage.PUBLISH)),
        *[and_(reading, step.c.first_page <= n, step.c.last_page >= n) for n in broken],
    ]
    connection.execute(
        update(step)
        .where(step.c.document == document_id, step.c.generation == number, or_(*again))
        .values(
            state=StepState.WAITING,
            attempt=0,
            losses=0,
            sends=0,
            sent_at=0.0,
            not_before=0.0,
            lease_until=0.0,
            owner=None,
            error=None,
            error_code=None,
            detail=None,
            heard_at=None,
            started_at=None,
            finished_at=None,
        )
    )


def _queue_again(connection: Connection, document_id: str, number: int, now: float) -> None:
    """A generation and its document are queued as if they were asked for now."""
    words = {"state": DocumentState.QUEUED, "error": None, "error_code": None}
    connection.execute(
        update(generation)
        .where(generation.c.document == document_id, generation.c.number == number)
        .values(state=DocumentState.QUEUED, created_at=now, finished_at=None)
    )
    connection.execute(update(document).where(document.c.id == document_id).values(**words))


def _queue_places(connection: Connection, document_id: str, old: int, number: int, job_id: str) -> None:
    """The places of a generation wait again in the job that is retried, and in jobs that are not over."""
    still_open = select(job.c.id).where(job.c.state.in_(OPEN_JOBS))
    connection.execute(
        update(job_document)
        .where(job_document.c.document == document_id, job_document.c.generation == old)
        .where(or_(job_document.c.job == job_id, job_document.c.job.in_(still_open)))
        .values(generation=number, state=DocumentState.QUEUED, error=None, error_code=None)
    )
