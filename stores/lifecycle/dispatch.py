"""What is due and must be sent, and what is unfinished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, literal, or_, select, tuple_, update

from stores.effects import StraightRun, Window
from stores.lifecycle.lines import NOW, Backlog, priority_in, rooms, take_from_lines
from stores.lifecycle.states import OPEN_STATES, OPEN_STEPS
from stores.models import Stage, StepKey, StepState
from stores.sql.database import Database
from stores.sql.tables import generation, job, job_document, step

RESEND_S = 15.0
RESEND_BUSY_S = 120.0
RESEND_MOST_S = 1800.0
_OPEN = Window(stages=frozenset(Stage), least=1 << 30, most=1 << 30)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The due steps of one knowledge base."""

    knowledge_id: str
    database: Database

    def take(self, limit: int, quiet: frozenset[Stage], windows: Sequence[Window] = (_OPEN,)) -> list[StepKey]:
        """Steps that must be sent now, marked as sent.

        Those whose message or lease is lost, and those never sent, for which ``windows`` have room. A message is lost
        whose step was not begun: after RESEND_S where the queue of the stage is empty (``quiet``), else after a
        growing while.
        """
        now = self.database.now()
        with self.database.read() as connection:
            backlog = Backlog.read(connection, now)
            lost = connection.execute(_any_lost(quiet), {"now": now}).first()
            if lost is None and not rooms(connection, windows, backlog):
                return []
        with self.database.write() as connection:
            rows: list[Any] = list(connection.execute(_lost_steps(quiet), {"now": now, "most": limit})) if lost else []
            rows += take_from_lines(connection, windows, limit - len(rows), now)
            if rows:
                connection.execute(
                    _SENT, [{"now": now, **{f"_{k}": v for k, v in row._mapping.items()}} for row in rows]
                )
        return [self._key(row) for row in rows]

    def _key(self, row: Any) -> StepKey:
        return StepKey(
            knowledge_id=self.knowledge_id,
            document=row.document,
            generation=row.generation,
            stage=Stage(row.stage),
            batch=row.batch,
        )

    def unsend(self, keys: Sequence[StepKey]) -> None:
        """Say that these steps, all of this knowledge base, were not sent after all."""
        with self.database.write() as connection:
            for key in keys:
                connection.execute(update(step).where(is_step(key)).values(sent_at=0.0))

    def runs(self, keys: Sequence[StepKey], followed_by: Mapping[Stage, Sequence[Stage]]) -> list[StraightRun]:
        """What one Celery chain carries for each step: it and those of its successors that are not final."""
        places = {(key.document, key.generation, key.batch) for key in keys}
        place = tuple_(step.c.document, step.c.generation, step.c.batch)
        query = select(step.c.document, step.c.generation, step.c.batch, step.c.stage, step.c.line).where(
            place.in_(sorted(places)), step.c.state.in_(OPEN_STEPS)
        )
        with self.database.read() as connection:
            lines = {self._key(row): row.line for row in connection.execute(query)}
        return [
            StraightRun(
                steps=(key, *(after for after in _successors(key, followed_by) if after in lines)),
                priority=priority_in(lines.get(key) or ""),
            )
            for key in keys
        ]

    def traces(self, keys: Sequence[StepKey]) -> dict[tuple[str, int], str]:
        """The traces that documents belong to, by document and generation: those of the newest jobs that have one."""
        query = (
            select(job_document.c.document, job_document.c.generation, job.c.trace)
            .join(job, job.c.id == job_document.c.job)
            .where(job_document.c.document.in_({key.document for key in keys}), job.c.trace.is_not(None))
            .order_by(job.c.id)
        )
        with self.database.read() as connection:
            return {(row.document, row.generation): row.trace for row in connection.execute(query)}

    def trace_of_job(self, job_id: str) -> str:
        """The trace of a job, "" where it has none."""
        with self.database.read() as connection:
            return connection.execute(select(job.c.trace).where(job.c.id == job_id)).scalar_one_or_none() or ""

    def unfinished(self) -> bool:
        """Tell whether any generation of this knowledge base is not final."""
        with self.database.read() as connection:
            return (
                connection.execute(
                    select(generation.c.document).where(generation.c.state.in_(OPEN_STATES)).limit(1)
                ).first()
                is not None
            )


_UNSENT = step.alias()

_SENT = (
    update(step)
    .where(
        step.c.document == bindparam("_document"),
        step.c.generation == bindparam("_generation"),
        step.c.stage == bindparam("_stage"),
        step.c.batch == bindparam("_batch"),
    )
    .values(sent_at=bindparam("now"), sends=step.c.sends + 1)
)


#: Whether a step is due that was not sent.
BACKLOG = (
    select(literal(1)).select_from(_UNSENT).where(_UNSENT.c.state == StepState.DUE, _UNSENT.c.sent_at == 0.0).exists()
)


def _successors(key: StepKey, followed_by: Mapping[Stage, Sequence[Stage]]) -> list[StepKey]:
    return [replace(key, stage=stage) for stage in followed_by.get(key.stage, ())]


def is_step(key: StepKey) -> Any:
    """The condition that a row of ``step`` is this one."""
    return and_(
        step.c.document == key.document,
        step.c.generation == key.generation,
        step.c.stage == key.stage,
        step.c.batch == key.batch,
    )


@cache
def _any_lost(quiet: frozenset[Stage]) -> Select[Any]:
    return select(step.c.stage).where(_lost(quiet)).limit(1)


@cache
def _lost_steps(quiet: frozenset[Stage]) -> Select[Any]:
    lost = select(step.c.document, step.c.generation, step.c.stage, step.c.batch).where(_lost(quiet))
    return lost.order_by(step.c.sends, step.c.sent_at).limit(bindparam("most", type_=Integer))


def _lost(quiet: frozenset[Stage]) -> Any:
    """Steps whose message or whose worker is lost."""
    backoff = RESEND_BUSY_S * step.c.sends
    gone = and_(step.c.stage.in_(quiet), step.c.sent_at < NOW - RESEND_S)
    slow = and_(
        step.c.sent_at < NOW - RESEND_BUSY_S, or_(step.c.sent_at < NOW - backoff, step.c.sent_at < NOW - RESEND_MOST_S)
    )
    sent = and_(step.c.state == StepState.DUE, step.c.sent_at > 0.0, step.c.scheduled_at <= NOW, or_(gone, slow))
    again = or_(step.c.sent_at == 0.0, gone, slow)
    expired = and_(step.c.state == StepState.RUNNING, step.c.lease_until <= NOW, again)
    return or_(sent, expired)
