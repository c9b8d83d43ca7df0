"""What is due and must be sent, and what is unfinished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, func, literal, or_, select, update

from stores.effects import Window
from stores.lifecycle.lines import Backlog, rooms, take_from_lines
from stores.lifecycle.states import OPEN_STATES, OPEN_STEPS
from stores.models import Stage, StepKey, StepState
from stores.outbox.events import OPEN_JOBS
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
            lost = connection.execute(select(step.c.stage).where(_lost(now, quiet)).limit(1)).first()
            if lost is None and not rooms(connection, windows, backlog):
                return []
        with self.database.write() as connection:
            again = select(step.c.document, step.c.generation, step.c.stage, step.c.batch).where(_lost(now, quiet))
            rows: list[Any] = (
                list(connection.execute(again.order_by(step.c.sends, step.c.sent_at).limit(limit))) if lost else []
            )
            rows += take_from_lines(connection, windows, limit - len(rows), now)
            if rows:
                connection.execute(
                    _SENT, [{"now": now, **{f"_{k}": v for k, v in row._mapping.items()}} for row in rows]
                )
        return [
            StepKey(
                knowledge_id=self.knowledge_id,
                document=row.document,
                generation=row.generation,
                stage=Stage(row.stage),
                batch=row.batch,
            )
            for row in rows
        ]

    def unsend(self, keys: Sequence[StepKey]) -> None:
        """Say that these steps, all of this knowledge base, were not sent after all."""
        with self.database.write() as connection:
            for key in keys:
                connection.execute(update(step).where(is_step(key)).values(sent_at=0.0))

    def priorities(self, keys: Sequence[StepKey]) -> dict[tuple[str, int], int]:
        """What the askers of these documents wish, by document and generation; those who wish nothing are left out."""
        wished = func.max(job.c.priority)
        query = (
            select(job_document.c.document, job_document.c.generation, wished.label("wished"))
            .join(job, job.c.id == job_document.c.job)
            .where(job_document.c.document.in_({key.document for key in keys}), job.c.state.in_(OPEN_JOBS))
            .group_by(job_document.c.document, job_document.c.generation)
            .having(wished != 0)
        )
        with self.database.read() as connection:
            return {(row.document, row.generation): int(row.wished) for row in connection.execute(query)}

    def straight_run(self, key: StepKey, successors: tuple[Stage, ...]) -> list[StepKey]:
        """The step and those of its successors that are not final: what one Celery chain carries."""
        if not successors:
            return [key]
        with self.database.read() as connection:
            open_stages = set(
                connection.execute(
                    select(step.c.stage).where(
                        step.c.document == key.document,
                        step.c.generation == key.generation,
                        step.c.batch == key.batch,
                        step.c.state.in_(OPEN_STEPS),
                    )
                ).scalars()
            )
        following = [stage for stage in successors if stage in open_stages]
        return [key] + [
            StepKey(
                knowledge_id=key.knowledge_id,
                document=key.document,
                generation=key.generation,
                stage=stage,
                batch=key.batch,
            )
            for stage in following
        ]

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


def is_step(key: StepKey) -> Any:
    """The condition that a row of ``step`` is this one."""
    return and_(
        step.c.document == key.document,
        step.c.generation == key.generation,
        step.c.stage == key.stage,
        step.c.batch == key.batch,
    )


def _lost(now: float, quiet: frozenset[Stage]) -> Any:
    """Steps whose message or whose worker is lost."""
    backoff = RESEND_BUSY_S * step.c.sends
    gone = and_(step.c.stage.in_(quiet), step.c.sent_at < now - RESEND_S)
    slow = and_(
        step.c.sent_at < now - RESEND_BUSY_S, or_(step.c.sent_at < now - backoff, step.c.sent_at < now - RESEND_MOST_S)
    )
    sent = and_(step.c.state == StepState.DUE, step.c.sent_at > 0.0, step.c.scheduled_at <= now, or_(gone, slow))
    again = or_(step.c.sent_at == 0.0, gone, slow)
    expired = and_(step.c.state == StepState.RUNNING, step.c.lease_until <= now, again)
    return or_(sent, expired)
