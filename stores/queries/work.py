"""Work as it is shown: what waits in which order, who has what in hand, and what steps cost so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, exists, func, or_, select

from stores.contracts.queries import DueStep, StageCost, Troubles
from stores.generation_views import StepView
from stores.lifecycle.lines import LINE, priority_in
from stores.lifecycle.states import OPEN_STATES, OPEN_STEPS
from stores.models import Stage, StepState
from stores.queries.troubles import troubles_since
from stores.sql.database import Database
from stores.sql.tables import SHOWN_NAME, callback, columns_of, fetch, generation, job_document, source, step
from stores.views import WorkingStep

STUCK_S = 900.0
"""A document in work for which nothing was done for so long is stuck; a relay looks at each within a minute."""
_OPEN_OUTBOUND = ("pending",)


@dataclass(frozen=True, slots=True)
class WorkQueries:
    """The steps, callbacks and downloads of one knowledge base."""

    knowledge_id: str
    database: Database

    def due_steps(self, documents: Sequence[str] = ()) -> list[DueStep]:
        """Steps that may begin, the longest waiting first; of some documents where any are named."""
        with self.database.read() as connection:
            query = _due(self.database.now())
            if documents:
                query = query.where(step.c.document.in_(documents))
            return [_due_step(row) for row in connection.execute(query.order_by(_SINCE, step.c.document))]

    def steps_of(self, document: str, number: int) -> list[StepView]:
        """The steps of a generation with what they cost, in the order of stages and pages."""
        with self.database.read() as connection:
            now = self.database.now()
            mine = step.c.document == document, step.c.generation == number
            rows = connection.execute(select(step).where(*mine).order_by(step.c.batch)).all()
        order = list(Stage)
        return [_step_view(row, now) for row in sorted(rows, key=lambda row: order.index(Stage(row.stage)))]

    def due_of_job(self, job_id: str) -> DueStep | None:
        """The step of a job whose turn comes first."""
        with self.database.read() as connection:
            mine = select(job_document.c.document).where(job_document.c.job == job_id)
            query = (
                _due(self.database.now())
                .where(step.c.document.in_(mine))
                .order_by(step.c.scheduled_at, _LINE, step.c.batch, step.c.document)
            )
            row = connection.execute(query.limit(1)).first()
            return _due_step(row) if row is not None else None

    def open_stages(self, job_id: str) -> dict[Stage, bool]:
        """The stages that a job is not done with, and whether a step of each may begin now."""
        with self.database.read() as connection:
            mine = select(job_document.c.document).where(job_document.c.job == job_id)
            now = self.database.now()
            lost = and_(step.c.state == StepState.RUNNING, step.c.lease_until <= now)
            due = and_(or_(step.c.state == StepState.DUE, lost), step.c.scheduled_at <= now)
            rows = connection.execute(
                select(step.c.stage, func.max(case((due, 1), else_=0)).label("due"))
                .where(step.c.document.in_(mine), step.c.state.in_(OPEN_STEPS))
                .group_by(step.c.stage)
            )
            return {Stage(row.stage): bool(row.due) for row in rows}

    def steps_in_hand(self) -> list[WorkingStep]:
        """Steps under a lease, the oldest first."""
        with self.database.read() as connection:
            now = self.database.now()
            named = select(SHOWN_NAME).where(
                or_(source.c.document == step.c.document, source.c.pending == step.c.document)
            )
            rows = connection.execute(
                select(*columns_of(step), named.order_by(source.c.id).limit(1).scalar_subquery().label("source"))
                .where(step.c.state == StepState.RUNNING, step.c.lease_until > now)
                .order_by(step.c.started_at)
            )
            return [
                WorkingStep(
                    knowledge_id=self.knowledge_id,
                    document=row.document,
                    source=row.source or "",
                    stage=Stage(row.stage),
                    page=row.page_in_work,
                    worker=row.worker or "",
                    started_at=row.started_at,
                    silent_s=max(0.0, now - row.heard_at),
                )
                for row in rows
            ]

    def open_outbound_tasks(self) -> tuple[int, float | None]:
        """(callbacks and URLs that wait, since when the oldest does)."""
        with self.database.read() as connection:
            callbacks = connection.execute(
                select(func.count(), func.min(callback.c.created_at)).where(callback.c.state.in_(_OPEN_OUTBOUND))
            ).one()
            fetches = connection.execute(select(func.count()).where(fetch.c.state.in_(_OPEN_OUTBOUND))).scalar_one()
            return int(callbacks[0]) + int(fetches), callbacks[1]

    def troubles_since(self, since: float) -> Troubles:
        """What ended after ``since`` in a way that may need a person."""
        with self.database.read() as connection:
            return troubles_since(connection, since)

    def stage_costs(self) -> list[StageCost]:
        """Return what the steps of each stage cost so far, in a transaction of its own; other views share theirs."""
        with self.database.read() as connection:
            return stage_costs(connection)

    def parallel_steps(self, job_id: str, window_s: float) -> tuple[float, dict[Stage, float]]:
        """(steps of a job that ran at once, on average of the last seconds; seconds a page takes in running steps)."""
        now = self.database.now()
        with self.database.read() as connection:
            mine = and_(job_document.c.document == step.c.document, job_document.c.generation == step.c.generation)
            rows = connection.execute(
                select(
                    step.c.stage,
                    step.c.state,
                    step.c.started_at,
                    step.c.finished_at,
                    step.c.page_in_work.label("page_in_work"),
                    step.c.first_page,
                )
                .join(job_document, mine)
                .where(
                    job_document.c.job == job_id,
                    step.c.started_at.is_not(None),
                    or_(step.c.finished_at > now - window_s, step.c.state == StepState.RUNNING),
                    step.c.state.in_((StepState.RUNNING, StepState.DONE)),
                )
            ).all()
            if not rows:
                return 0.0, {}
            begin = max(now - window_s, min(row.started_at for row in rows))
            spent = sum((row.finished_at or now) - max(row.started_at, begin) for row in rows)
            paces = {
                Stage(row.stage): (now - row.started_at) / (row.page_in_work - row.first_page)
                for row in rows
                if row.state == StepState.RUNNING and row.page_in_work and row.page_in_work > row.first_page
            }
            return spent / max(now - begin, 0.001), paces


_LINE = func.coalesce(step.c.line, LINE)
_SINCE = func.coalesce(func.nullif(step.c.sent_at, 0.0), generation.c.created_at)


def _due(now: float) -> Any:
    """Steps that are due, or whose worker is lost."""
    lost = and_(step.c.state == StepState.RUNNING, step.c.lease_until <= now)
    mine = and_(generation.c.document == step.c.document, generation.c.number == step.c.generation)
    return (
        select(
            step.c.document,
            step.c.generation,
            step.c.stage,
            step.c.scheduled_at.label("scheduled_at"),
            step.c.error,
            _SINCE.label("since"),
            *(step.c.batch, step.c.sent_at, _LINE.label("line")),
        )
        .join(generation, mine)
        .where(or_(step.c.state == StepState.DUE, lost))
    )


def _due_step(row: Any) -> DueStep:
    return DueStep(
        document=row.document,
        generation=row.generation,
        stage=Stage(row.stage),
        since=row.since,
        scheduled_at=row.scheduled_at,
        error=row.error,
        batch=row.batch,
        line=row.line,
        priority=priority_in(row.line),
        sent=row.sent_at > 0.0,
    )


def _step_view(row: Any, now: float) -> StepView:
    began = row.started_at
    return StepView(
        stage=Stage(row.stage),
        state=StepState(row.state),
        first_page=row.first_page,
        last_page=row.last_page,
        pages=row.pages,
        attempts=row.attempt,
        wall_s=None if began is None else max(0.0, (row.finished_at or now) - began),
        cpu_s=row.cpu_s,
    )


def stage_costs(connection: Connection) -> list[StageCost]:
    """What steps cost here so far."""
    took = func.coalesce(step.c.finished_at - step.c.started_at, 0.0)
    rows = connection.execute(
        select(
            step.c.stage,
            step.c.state,
            func.count().label("n"),
            func.sum(step.c.pages).label("pages"),
            func.sum(took).label("wall"),
            func.sum(step.c.cpu_s).label("cpu"),
        )
        .where(step.c.state.in_((StepState.DONE, StepState.FAILED)))
        .group_by(step.c.stage, step.c.state)
    ).all()
    return [_cost(stage, [row for row in rows if row.stage == stage]) for stage in Stage]


def _cost(stage: Stage, rows: Sequence[Any]) -> StageCost:
    done = [row for row in rows if row.state == StepState.DONE]
    return StageCost(
        stage=stage,
        done=sum(row.n for row in done),
        failed=sum(row.n for row in rows if row.state == StepState.FAILED),
        pages=sum(row.pages for row in done),
        wall_s=sum(row.wall for row in done),
        cpu_s=sum(row.cpu for row in done),
    )


def stuck_documents(connection: Connection, now: float) -> int:
    """How many generations in work nobody works on: nothing was done for STUCK_S, and no step waits in a queue.

    A step that was sent waits its turn, however long others take. So does one that is tried again later.
    """
    long_ago = now - STUCK_S
    its_turn_comes = and_(
        step.c.state.in_(OPEN_STEPS),
        or_(
            and_(step.c.state == StepState.DUE, or_(step.c.sent_at > 0, step.c.scheduled_at > long_ago)),
            and_(step.c.state == StepState.RUNNING, or_(step.c.lease_until > long_ago, step.c.sent_at > long_ago)),
        ),
    )
    moves = exists().where(
        step.c.document == generation.c.document,
        step.c.generation == generation.c.number,
        or_(its_turn_comes, step.c.finished_at > long_ago),
    )
    stuck = (generation.c.state.in_(OPEN_STATES), generation.c.created_at < long_ago, ~moves)
    return int(connection.execute(select(func.count()).select_from(generation).where(*stuck)).scalar_one())


def callbacks_by_state(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(callback.c.state, func.count().label("n")).group_by(callback.c.state))
    return {row.state: row.n for row in rows}
