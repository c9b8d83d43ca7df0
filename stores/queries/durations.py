"""How long work took, by the clock: the time in which a step was under way, overlaps counted once, waiting left out.

A step's time is that of all its attempts: whoever takes it again moves its beginning up to where the last attempt
stopped. Steps that are tried anew by a retry begin anew, so what a retry spared is counted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, func, literal, or_, select

from stores.models import StepState
from stores.sql.database import now_of
from stores.sql.tables import job, job_document, step

_MANY = 500  # ids in one condition
_ENDED = (StepState.DONE, StepState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """``began_at``: when somebody first worked on it; ``work_s``: seconds by the clock in which somebody did."""

    began_at: float
    work_s: float


def of_generations(connection: Connection, ids: Sequence[str]) -> dict[tuple[str, int], Worked]:
    """The work on every generation of some documents; those that nobody has worked on are left out."""
    worked: dict[tuple[str, int], Worked] = {}
    for at in range(0, len(ids), _MANY):
        spans = _spans(now_of(connection), literal(0.0), step.c.document, step.c.generation).where(
            step.c.document.in_(ids[at : at + _MANY])
        )
        worked |= {(row.document, row.generation): _worked(row) for row in connection.execute(_summed(spans, 2))}
    return worked


def of_places(connection: Connection, job_id: str, ids: Sequence[str]) -> dict[tuple[str, int], Worked]:
    """The work on documents of a job since that was asked for; what was made for an earlier job is left out.

    Of few documents only those are looked at; where many are asked for, all of the job are found.
    """
    whole = select(job_document.c.document).where(job_document.c.job == job_id)
    places: Any = ids if len(ids) <= _MANY else whole
    spans = _spans(now_of(connection), _asked_at(connection, job_id), step.c.document, step.c.generation)
    rows = connection.execute(_summed(spans.where(step.c.document.in_(places)), 2))
    return {(row.document, row.generation): _worked(row) for row in rows}


def of_job(connection: Connection, job_id: str) -> Worked | None:
    """The work on all documents of a job since that was asked for; None where there was none."""
    mine = and_(job_document.c.document == step.c.document, job_document.c.generation == step.c.generation)
    spans = (
        _spans(now_of(connection), _asked_at(connection, job_id), job_document.c.job)
        .join(job_document, mine)
        .where(job_document.c.job == job_id)
        .distinct()  # a document under two names is worked on once
    )
    row = connection.execute(_summed(spans, 1)).first()
    return _worked(row) if row is not None else None


def _worked(row: Any) -> Worked:
    return Worked(began_at=row.began_at, work_s=row.work_s)


def _asked_at(connection: Connection, job_id: str) -> Any:
    return literal(connection.execute(select(job.c.created_at).where(job.c.id == job_id)).scalar_one())


def _spans(now: float, since: Any, *key: Any) -> Any:
    """(key, began, ended) of every step that was under way after ``since``."""
    held = and_(step.c.state == StepState.RUNNING, step.c.lease_until > now)
    ended = case((step.c.state.in_(_ENDED), step.c.finished_at), (held, now), else_=step.c.heard_at)
    began = case((step.c.started_at < since, since), else_=step.c.started_at)
    return select(*key, began.label("began"), ended.label("ended")).where(
        step.c.started_at.is_not(None), or_(step.c.started_at >= since, ended > since)
    )


def _summed(spans: Any, keys: int) -> Any:
    """Each key with its first beginning, and what the spans cover together."""
    span = spans.subquery()
    key = list(span.c)[:keys]
    reached = func.max(span.c.ended).over(partition_by=key, order_by=(span.c.began, span.c.ended), rows=(None, -1))
    each = select(*key, span.c.began, span.c.ended, reached.label("reached")).subquery()
    key = list(each.c)[:keys]
    begin = case((each.c.reached > each.c.began, each.c.reached), else_=each.c.began)
    new = case((each.c.ended > begin, each.c.ended - begin), else_=0.0)
    return select(*key, func.min(each.c.began).label("began_at"), func.sum(new).label("work_s")).group_by(*key)
