"""Jobs: how they are inserted, sealed, cancelled and retried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update

from stores.contracts.registration import NewJob
from stores.effects import Order
from stores.lifecycle.retry import rename_profile, retry_generation
from stores.lifecycle.states import FORSAKEN_S, OPEN_STATES, close_generation, close_jobs, note_work
from stores.models import DocumentState, JobState
from stores.outbox.download_rows import cancel_downloads, open_downloads, retry_downloads
from stores.outbox.events import OPEN_JOBS, jobs_ended, places_ended
from stores.sql.database import Database
from stores.sql.tables import document, job, job_document

INCOMPLETE = (DocumentState.FAILED, DocumentState.PARTIAL, DocumentState.CANCELLED)
"""Final states of documents that can be retried."""


def insert_jobs(connection: Connection, jobs: Sequence[NewJob], now: float) -> None:
    """Write the rows of jobs that begin, and the downloads that they wait for."""
    connection.execute(insert(job), [_row(new, now) for new in jobs])
    for new in jobs:
        if new.urls:
            open_downloads(connection, new.job, new.urls, new.passwords)


def seal_job(connection: Connection, job_id: str, now: float) -> None:
    """Take no more files into a job: it ends with its last document, now if none is open."""
    accepting = job.c.id == job_id, job.c.state == JobState.ACCEPTING
    connection.execute(update(job).where(*accepting).values(state=JobState.RUNNING))
    close_jobs(connection, now, {job_id})


def _row(new: NewJob, now: float) -> dict[str, Any]:
    return {
        "id": new.job,
        "state": JobState.ACCEPTING if new.accepting else JobState.RUNNING,
        "options": asdict(new.options),
        "created_at": now,
        "touched_at": now,
        "priority": new.priority,
        "metadata": new.metadata,
        "callback_url": new.callback_url or None,
        "callback_each": int(new.callback_each),
        "profile": new.profile,
        "trace": new.trace or None,
    }


@dataclass(frozen=True, slots=True)
class JobControl:
    """The jobs of one knowledge base, cancelled and retried."""

    database: Database

    def cancel(self, job_id: str) -> int:
        """Cancel an open job, and those of its documents that no other open job waits for.

        Returns how many documents and URLs the job still waited for. Its places and the job are written before the
        documents, so that its events tell of the whole.
        """
        now = self.database.now()
        with self.database.write() as connection:
            open_job = select(job.c.id).where(job.c.id == job_id, job.c.state.in_(OPEN_JOBS))
            if connection.execute(open_job).first() is None:
                return 0
            generations = _open_generations(connection, job_id)
            ended = _cancel_places(connection, job_id, now)
            connection.execute(update(job).where(job.c.id == job_id).values(state=JobState.CANCELLED, finished_at=now))
            cancel_downloads(connection, job_id)
            note_work(connection, [job_id])
            jobs_ended(connection, [job_id], now)
            for row in generations:
                if not _other_job_waits(connection, job_id, row):
                    close_generation(connection, row.document, row.generation, DocumentState.CANCELLED, None, now)
        return ended

    def retry(self, job_id: str, order: Order, renamed: Mapping[str, str] | None = None) -> int:
        """Run again the pages and stages of a job that failed or were cancelled.

        Returns how many documents and URLs that concerns. ``renamed``: profile id -> id of the profile with other
        limits that takes its place.
        """
        now = self.database.now()
        with self.database.write() as connection:
            rows = _incomplete_generations(connection, job_id)
            for row in rows:
                number = retry_generation(connection, row.document, row.generation, order, now, job_id)
                rename_profile(connection, row.document, number, renamed or {})
            _rename_profile_of_job(connection, job_id, renamed or {})
            downloads = retry_downloads(connection, job_id)
            if rows or downloads:
                running = {"state": JobState.RUNNING, "finished_at": None, "began_at": None, "work_s": None}
                connection.execute(update(job).where(job.c.id == job_id).values(touched_at=now, **running))
        return len(rows) + downloads

    def close_forsaken(self) -> None:
        """End the jobs whose process died while it added files, if none of their documents is open."""
        now = self.database.now()
        with self.database.read() as connection:
            stale = job.c.state == JobState.ACCEPTING, job.c.touched_at < now - FORSAKEN_S
            if connection.execute(select(job.c.id).where(*stale).limit(1)).first() is None:
                return
        with self.database.write() as connection:
            close_jobs(connection, now)


def _cancel_places(connection: Connection, job_id: str, now: float) -> int:
    """Cancel what a job still waits for, with its events; how many places that is."""
    cancelled = connection.execute(
        update(job_document)
        .where(job_document.c.job == job_id, job_document.c.state.in_(OPEN_STATES))
        .values(state=DocumentState.CANCELLED)
        .returning(job_document.c.job, job_document.c.source)
    ).all()
    places_ended(connection, [(row.job, row.source) for row in cancelled], now)
    return len(cancelled)


def _open_generations(connection: Connection, job_id: str) -> Sequence[Any]:
    """(document, generation) of what a job still waits for; a URL that is yet to be fetched has none."""
    return connection.execute(
        select(job_document.c.document, job_document.c.generation)
        .where(job_document.c.job == job_id, job_document.c.state.in_(OPEN_STATES), job_document.c.document != "")
        .distinct()
    ).all()


def _incomplete_generations(connection: Connection, job_id: str) -> Sequence[Any]:
    """(document, generation) of what failed or was cancelled in a job and is still the newest of its document."""
    newest = and_(document.c.id == job_document.c.document, document.c.newest == job_document.c.generation)
    return connection.execute(
        select(job_document.c.document, job_document.c.generation)
        .join(document, newest)
        .where(job_document.c.job == job_id, document.c.state.in_(INCOMPLETE))
        .distinct()
    ).all()


def _other_job_waits(connection: Connection, job_id: str, row: Any) -> bool:
    """Tell whether another open job waits for this (document, generation)."""
    query = (
        select(job_document.c.job)
        .join(job, job.c.id == job_document.c.job)
        .where(
            job_document.c.document == row.document,
            job_document.c.generation == row.generation,
            job_document.c.job != job_id,
            job.c.state.in_(OPEN_JOBS),
        )
    )
    return connection.execute(query.limit(1)).first() is not None


def _rename_profile_of_job(connection: Connection, job_id: str, renamed: Mapping[str, str]) -> None:
    profile = connection.execute(select(job.c.profile).where(job.c.id == job_id)).scalar_one_or_none()
    if profile and profile in renamed:
        connection.execute(update(job).where(job.c.id == job_id).values(profile=renamed[profile]))
