"""Retry: the pages and steps of a generation that failed or were cancelled run again, with all that follows them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, and_, delete, or_, select, update

from stores.effects import Order
from stores.lifecycle.generations import GenerationSpec
from stores.lifecycle.states import advance, copy_facts, copy_rows
from stores.models import DOCUMENT_STAGES, PAGE_STAGES, DocumentState, StepState
from stores.outbox.events import OPEN_JOBS
from stores.sql.tables import chunk, document, generation, job, job_document, page, step


def retry_generation(
    connection: Connection, document_id: str, number: int, order: Order, now: float, job_id: str = ""
) -> int:
    """Let the pages and steps that failed or were cancelled wait again, and all that follows them.

    Returns the number of the generation that is open: a generation that answers is not touched, a copy of it is opened
    beside it. The place of the document in ``job_id`` waits with it; places in other jobs that are over stay.
    """
    old = number
    visible = connection.execute(select(document.c.visible).where(document.c.id == document_id)).scalar_one()
    if visible == number:
        number = _copy_beside(connection, document_id, number, now)
    failed_pages = _forget_failures(connection, document_id, number)
    _reset_steps(connection, document_id, number, failed_pages)
    _queue_again(connection, document_id, number, now)
    _queue_places(connection, document_id, old, number, job_id)
    advance(connection, document_id, number, order, 0.0)
    return number


def rename_profile(connection: Connection, document_id: str, number: int, renamed: Mapping[str, str]) -> None:
    """Replace the profile of a generation by the one that ``renamed`` gives for it, if any."""
    generation_row = generation.c.document == document_id, generation.c.number == number
    profile = connection.execute(select(generation.c.profile).where(*generation_row)).scalar_one_or_none()
    if profile and profile in renamed:
        connection.execute(update(generation).where(*generation_row).values(profile=renamed[profile]))


def _copy_beside(connection: Connection, document_id: str, old: int, now: float) -> int:
    """Copy a generation with its pages and the states of its steps; the number of the copy."""
    row = connection.execute(
        select(generation).where(generation.c.document == document_id, generation.c.number == old)
    ).one()
    spec = GenerationSpec(options=row.options, fingerprints=row.fingerprints, profile=row.profile)
    new = spec.open(connection, document_id, now)
    copy_rows(connection, ["page", "block", "step"], document_id, old, new)
    copy_facts(connection, document_id, old, new)
    return new


def _forget_failures(connection: Connection, document_id: str, number: int) -> list[int]:
    """Clear the errors of pages that failed, and delete the chunks, which are made anew; the numbers of the pages."""
    failed = and_(page.c.document == document_id, page.c.generation == number, page.c.error.is_not(None))
    numbers = list(connection.execute(select(page.c.number).where(failed)).scalars())
    if numbers:
        connection.execute(update(page).where(failed).values(error=None, error_code=None))
        connection.execute(delete(chunk).where(chunk.c.document == document_id, chunk.c.generation == number))
    return numbers


def _reset_steps(connection: Connection, document_id: str, number: int, failed_pages: list[int]) -> None:
    reads_pages = step.c.stage.in_(PAGE_STAGES)
    again = [
        step.c.state.in_((StepState.FAILED, StepState.CANCELLED)),
        step.c.stage.in_(DOCUMENT_STAGES),
        *[and_(reads_pages, step.c.first_page <= n, step.c.last_page >= n) for n in failed_pages],
    ]
    connection.execute(
        update(step)
        .where(step.c.document == document_id, step.c.generation == number, or_(*again))
        .values(
            state=StepState.WAITING,
            attempt=0,
            lost_attempts=0,
            sends=0,
            line=None,
            sent_at=0.0,
            scheduled_at=0.0,
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
    """Queue a generation and its document as if they were requested now."""
    connection.execute(
        update(generation)
        .where(generation.c.document == document_id, generation.c.number == number)
        .values(state=DocumentState.QUEUED, created_at=now, finished_at=None)
    )
    queued = {"state": DocumentState.QUEUED, "error": None, "error_code": None}
    connection.execute(update(document).where(document.c.id == document_id).values(**queued))


def _queue_places(connection: Connection, document_id: str, old: int, number: int, job_id: str) -> None:
    """Queue the places of a generation in the job that is retried, and in jobs that are not over."""
    open_jobs = select(job.c.id).where(job.c.state.in_(OPEN_JOBS))
    connection.execute(
        update(job_document)
        .where(job_document.c.document == document_id, job_document.c.generation == old)
        .where(or_(job_document.c.job == job_id, job_document.c.job.in_(open_jobs)))
        .values(generation=number, state=DocumentState.QUEUED, error=None, error_code=None)
    )
