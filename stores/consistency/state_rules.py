"""Rules of the lifecycle: states of documents, generations, steps and jobs that cannot stand beside each other."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, or_, select, update

from stores.consistency.rules import Rule, document_and_generation, in_work, named
from stores.effects import Order
from stores.lifecycle.states import (
    OPEN_STATES,
    OPEN_STEPS,
    advance,
    close_generation,
    close_jobs,
    end_generation,
    open_step,
    rename_pending,
)
from stores.models import DocumentState, Fault, JobState, Stage, StepState
from stores.outbox.download_rows import PENDING
from stores.sql.database import now_of
from stores.sql.tables import block, chunk, document, evidence, fetch, generation, job, job_document, page, record, step

_COMPLETE = (DocumentState.DONE, DocumentState.PARTIAL)
_LOST = Fault(code="lost", message="nothing worked on it any more: retry it")


# Documents and their generations


def _newest() -> Any:
    return (
        select(func.max(generation.c.number))
        .where(generation.c.document == document.c.id)
        .correlate(document)
        .scalar_subquery()
    )


def _newest_state() -> Any:
    mine = generation.c.document == document.c.id, generation.c.number == document.c.newest
    return select(generation.c.state).where(*mine).correlate(document).scalar_subquery()


def _set_newest(connection: Connection, item: str, _: Order) -> bool:
    """Let the last generation that exists be the newest, and the document have its state."""
    last = connection.execute(
        select(generation.c.number, generation.c.state)
        .where(generation.c.document == item)
        .order_by(generation.c.number.desc())
        .limit(1)
    ).first()
    if last is None:
        return False
    connection.execute(update(document).where(document.c.id == item).values(newest=last.number, state=last.state))
    return True


def _show_state(connection: Connection, item: str, _: Order) -> bool:
    connection.execute(update(document).where(document.c.id == item).values(state=_newest_state()))
    return True


def _gone_visible() -> Any:
    mine = generation.c.document == document.c.id, generation.c.number == document.c.visible
    return select(document.c.id).where(document.c.visible.is_not(None), ~exists().where(*mine))


def _set_visible(connection: Connection, item: str, _: Order) -> bool:
    """Let the last complete generation answer, none where there is none; it answers to all names that waited for it."""
    complete = (
        select(func.max(generation.c.number))
        .where(generation.c.document == item, generation.c.state.in_(_COMPLETE))
        .scalar_subquery()
    )
    connection.execute(update(document).where(document.c.id == item).values(visible=complete))
    if connection.execute(select(document.c.visible).where(document.c.id == item)).scalar_one() is not None:
        rename_pending(connection, item, now_of(connection))
    return True


def _hidden() -> Any:
    newest = generation.c.document == document.c.id, generation.c.number == document.c.newest
    complete = exists().where(*newest, generation.c.state.in_(_COMPLETE))
    return select(document.c.id).where(document.c.visible.is_(None), complete, named(), ~in_work())


# Generations and their steps


def _steps_of(*conditions: Any) -> Any:
    mine = step.c.document == generation.c.document, step.c.generation == generation.c.number
    return exists().where(*mine, *conditions)


def _final_with_open_steps() -> Any:
    final = generation.c.state.not_in(OPEN_STATES)
    return select(generation.c.document, generation.c.number).where(final, _steps_of(step.c.state.in_(OPEN_STEPS)))


def _cancel_steps(connection: Connection, item: str, _: Order) -> bool:
    name, number = document_and_generation(item)
    cancelled = connection.execute(
        update(step)
        .where(step.c.document == name, step.c.generation == number, step.c.state.in_(OPEN_STEPS))
        .values(state=StepState.CANCELLED, owner=None, finished_at=now_of(connection))
    )
    return bool(cancelled.rowcount)


def _stuck() -> Any:
    moving = _steps_of(step.c.state.in_((StepState.DUE, StepState.RUNNING)))
    open_one = generation.c.state.in_(OPEN_STATES)
    return select(generation.c.document, generation.c.number).where(open_one, ~moving)


def _set_going(connection: Connection, item: str, order: Order) -> bool:
    """Make due what may begin; end a generation that is published; where neither helps, plan it again in place."""
    name, number = document_and_generation(item)
    now = now_of(connection)
    if advance(connection, name, number, order, 0.0):
        return True
    mine = step.c.document == name, step.c.generation == number
    published = select(step.c.batch).where(*mine, step.c.stage == Stage.PUBLISH, step.c.state == StepState.DONE)
    if connection.execute(published).first() is not None:
        end_generation(connection, name, number, now, None)
        return True
    newest = connection.execute(select(document.c.newest).where(document.c.id == name)).scalar_one()
    if number != newest:  # a newer one has taken its place
        close_generation(connection, name, number, DocumentState.CANCELLED, _LOST, now)
        return True
    for table in (step, page, block, chunk, record, evidence):
        connection.execute(delete(table).where(table.c.document == name, table.c.generation == number))
    open_step(connection, name, number, Stage.PLAN, StepState.DUE)
    queued = {"state": DocumentState.QUEUED, "finished_at": None}
    at = generation.c.document == name, generation.c.number == number
    connection.execute(update(generation).where(*at).values(**queued))
    return True


# Jobs and their places


def _open_place() -> Any:
    return exists().where(job_document.c.job == job.c.id, job_document.c.state.in_(OPEN_STATES))


def _unended_jobs() -> Any:
    return select(job.c.id).where(job.c.state == JobState.RUNNING, ~_open_place())


def _end_job(connection: Connection, item: str, _: Order) -> bool:
    close_jobs(connection, now_of(connection), {item})
    return True


def _ended_jobs_with_work() -> Any:
    """Jobs that are done though one of their generations is not final."""
    mine = and_(generation.c.document == job_document.c.document, generation.c.number == job_document.c.generation)
    working = (
        select(job_document.c.job)
        .join(generation, mine)
        .where(job_document.c.state.in_(OPEN_STATES), generation.c.state.in_(OPEN_STATES))
    )
    return select(job.c.id).where(job.c.state == JobState.DONE, job.c.id.in_(working))


def _run_job(connection: Connection, item: str, _: Order) -> bool:
    running = {"state": JobState.RUNNING, "finished_at": None, "work_s": None, "began_at": None}
    connection.execute(update(job).where(job.c.id == item).values(**running))
    return True


def _jobs_with_final_places() -> Any:
    """Jobs that wait for documents whose generation is final, or gone."""
    mine = and_(generation.c.document == job_document.c.document, generation.c.number == job_document.c.generation)
    waiting = job_document.c.state.in_(OPEN_STATES), job_document.c.document != ""
    over = or_(generation.c.state.is_(None), generation.c.state.not_in(OPEN_STATES))
    return select(job_document.c.job).outerjoin(generation, mine).where(*waiting, over).distinct()


def _end_places(connection: Connection, item: str, _: Order) -> bool:
    mine = generation.c.document == job_document.c.document, generation.c.number == job_document.c.generation
    state = select(generation.c.state).where(*mine).correlate(job_document).scalar_subquery()
    ended = func.coalesce(state, DocumentState.CANCELLED)
    connection.execute(
        update(job_document)
        .where(job_document.c.job == item, job_document.c.document != "", job_document.c.state.in_(OPEN_STATES))
        .where(ended.not_in(OPEN_STATES))
        .values(state=ended)
    )
    close_jobs(connection, now_of(connection), {item})
    return True


def _unfetched() -> Any:
    pending = exists().where(
        fetch.c.job == job_document.c.job, fetch.c.url == job_document.c.source, fetch.c.state == PENDING
    )
    return and_(job_document.c.document == "", job_document.c.state.in_(OPEN_STATES), ~pending)


def _fail_unfetched(connection: Connection, item: str, _: Order) -> bool:
    words = {"error_code": _LOST.code, "error": _LOST.message}
    failed = update(job_document).where(job_document.c.job == item, _unfetched())
    connection.execute(failed.values(state=DocumentState.FAILED, **words))
    close_jobs(connection, now_of(connection), {item})
    return True


STATE_RULES = (
    Rule(
        code="newest_wrong",
        query=lambda: select(document.c.id).where(_newest() != document.c.newest),
        mend=_set_newest,
    ),
    Rule(
        code="document_state_wrong",
        query=lambda: select(document.c.id).where(_newest_state() != document.c.state),
        mend=_show_state,
    ),
    Rule(
        code="generation_missing",
        query=lambda: select(document.c.id).where(_newest().is_(None), named()),
    ),
    Rule(code="visible_missing", query=_gone_visible, mend=_set_visible),
    Rule(code="document_hidden", query=_hidden, mend=_set_visible),
    Rule(code="steps_open", query=_final_with_open_steps, mend=_cancel_steps),
    Rule(code="generation_stuck", query=_stuck, mend=_set_going),
    Rule(code="job_waits_for_final", query=_jobs_with_final_places, mend=_end_places),
    Rule(
        code="job_waits_for_nothing",
        query=lambda: select(job_document.c.job).where(_unfetched()).distinct(),
        mend=_fail_unfetched,
    ),
    Rule(code="job_open", query=_unended_jobs, mend=_end_job),
    Rule(code="job_ended_early", query=_ended_jobs_with_work, mend=_run_job),
)
