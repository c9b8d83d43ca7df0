"""Lines: which due steps are sent next, so that no job waits for all of another.

The steps that a job asked for stand in a line of their own. Only as many steps are sent as workers begin soon, and each
is taken from the line that has the fewest in flight, among those of the largest priority. What is taken from a line
goes round its documents: the first batches of all, then the second ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import heapify, heappop, heappush
from typing import Any

from sqlalchemy import (
    Connection,
    Float,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    cast,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy import String as AnyString

from stores.effects import Window
from stores.models import Stage, StepState
from stores.outbox.events import OPEN_JOBS
from stores.sql.tables import job, job_document, step

_MOST_LINES = 64  # that are looked at: those of the largest priority, then the oldest
_LABELS_AT_ONCE = 500
_USUAL = 500  # begins the line of a job without a priority: three digits, which sort as the numbers do
_DIGITS = 3
NOW = bindparam("now", type_=Float)
"""Seconds since the epoch: statements are composed once, as every step that begins asks what is next."""

#: The line of a step: what its job with the largest priority is, of several the oldest.
LINE = func.coalesce(
    select(func.min(cast(_USUAL - job.c.priority, AnyString) + "." + job.c.id))
    .join(job_document, job_document.c.job == job.c.id)
    .where(
        job_document.c.document == step.c.document,
        job_document.c.generation == step.c.generation,
        job.c.state.in_(OPEN_JOBS),
    )
    .correlate(step)
    .scalar_subquery(),
    f"{_USUAL}.",
)
_GENERATION = step.c.document, step.c.generation
_KEY = (step.c.document, step.c.generation, step.c.stage, step.c.batch)
_IN_FLIGHT = or_(step.c.state == StepState.RUNNING, and_(step.c.state == StepState.DUE, step.c.sent_at > 0.0))


def priority_in(line: str) -> int:
    """The priority of the jobs in a line; 0 where a step stands in none."""
    return _USUAL - int(line[:_DIGITS] or _USUAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Due steps that were not sent: the stages that have any, and whether some of them stand in no line yet."""

    stages: frozenset[Stage]
    unlabelled: bool

    @classmethod
    def read(cls, connection: Connection, now: float) -> Backlog:
        *waiting, unlabelled = connection.execute(_BACKLOG, {"now": now}).one()
        return cls(
            stages=frozenset(stage for stage, any_ in zip(Stage, waiting, strict=True) if any_),
            unlabelled=bool(unlabelled),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many steps of these stages may be sent now, and how many of each line are in flight."""

    stages: frozenset[Stage]
    steps: int
    in_flight: Mapping[str, int]


def rooms(connection: Connection, windows: Sequence[Window], backlog: Backlog) -> list[Room]:
    """The windows that have both room and steps for it."""
    windows = [window for window in windows if window.stages & backlog.stages]
    if not windows:
        return []
    counts = connection.execute(_STEPS_IN_FLIGHT).all()
    return [room for room in (_room(window, counts) for window in windows) if room.steps > 0]


def _room(window: Window, counts: Sequence[Row[Any]]) -> Room:
    """Nothing is sent before half of the window is used up: so several steps share the cost of sending."""
    mine = [row for row in counts if row.stage in window.stages]
    running = sum(row.steps for row in mine if row.state == StepState.RUNNING)
    waiting = sum(row.steps for row in mine if row.state == StepState.DUE)
    size = min(max(window.least, running), window.most)
    in_flight: Counter[str] = Counter()
    for row in mine:
        in_flight[row.line or ""] += row.steps
    return Room(stages=window.stages, steps=size - waiting if 2 * waiting <= size else 0, in_flight=in_flight)


def take_from_lines(connection: Connection, windows: Sequence[Window], limit: int, now: float) -> list[Row[Any]]:
    """The next steps (document, generation, stage, batch) to be sent, at most ``limit``."""
    backlog = Backlog.read(connection, now)
    free = rooms(connection, windows, backlog)
    if free and backlog.unlabelled:
        _label(connection, now)
    chosen: list[Row[Any]] = []
    for room in free:
        left = min(room.steps, limit - len(chosen))
        for stage in reversed(Stage):  # what is nearest to its end first
            if stage in room.stages & backlog.stages and left > 0:
                steps = _choose(connection, stage, left, room.in_flight, now)
                chosen += steps
                left -= len(steps)
    return chosen


def _label(connection: Connection, now: float) -> None:
    """Give documents with a step that was not sent yet their lines: to that step, and to those that wait for it."""
    connection.execute(_LABEL, {"now": now})


def leave_line(connection: Connection, document_id: str, number: int) -> None:
    """Let the unsent steps of a generation find a line anew: another job waits for it, too."""
    mine = step.c.document == document_id, step.c.generation == number
    connection.execute(update(step).where(*mine, step.c.line.is_not(None), step.c.sent_at == 0.0).values(line=None))


def _choose(
    connection: Connection, stage: Stage, count: int, in_flight: Mapping[str, int], now: float
) -> list[Row[Any]]:
    """The next ``count`` steps of a stage: each from the line of the largest priority that has the fewest in flight."""
    lines = [(line[:_DIGITS], in_flight.get(line, 0), line) for line in _lines(connection, stage, now)]
    heapify(lines)
    steps: dict[str, Iterator[Row[Any]]] = {}
    chosen: list[Row[Any]] = []
    while lines and len(chosen) < count:
        priority, taken, line = heappop(lines)
        if line not in steps:
            steps[line] = iter(_first_of(connection, stage, line, count - len(chosen), now))
        if (row := next(steps[line], None)) is not None:
            chosen.append(row)
            heappush(lines, (priority, taken + 1, line))
    return chosen


def _lines(connection: Connection, stage: Stage, now: float) -> Sequence[str]:
    """The first lines in which a step of a stage waits, each found by one look into the index."""
    return connection.execute(_lines_of(stage), {"now": now}).scalars().all()


@cache
def _lines_of(stage: Stage) -> Select[Any]:
    waiting = _unsent(stage)
    lines = select(func.min(step.c.line).label("line")).where(waiting).cte("lines", recursive=True)
    following = select(func.min(step.c.line)).where(waiting, step.c.line > lines.c.line).scalar_subquery()
    lines = lines.union_all(select(following).where(lines.c.line.is_not(None)))
    return select(lines.c.line).where(lines.c.line.is_not(None)).limit(_MOST_LINES)


def _first_of(connection: Connection, stage: Stage, line: str, limit: int, now: float) -> Sequence[Any]:
    return connection.execute(_steps_of_line(stage), {"now": now, "its_line": line, "most": limit}).all()


@cache
def _steps_of_line(stage: Stage) -> Select[Any]:
    waiting = select(*_KEY).where(_unsent(stage), step.c.line == bindparam("its_line"))
    return waiting.order_by(step.c.batch, step.c.document).limit(bindparam("most", type_=Integer))


def _unsent(stage: Stage | None) -> Any:
    """Steps that may begin now and were not sent; of one stage where it is given."""
    due = and_(step.c.state == StepState.DUE, step.c.sent_at == 0.0, step.c.scheduled_at <= NOW)
    return and_(due, step.c.stage == stage) if stage else due


_UNLABELLED = _unsent(None), step.c.line.is_(None)
_BACKLOG = select(*(exists().where(_unsent(stage)) for stage in Stage), exists().where(*_UNLABELLED))
_STEPS_IN_FLIGHT = (
    select(step.c.stage, step.c.state, step.c.line, func.count().label("steps"))
    .where(_IN_FLIGHT)
    .group_by(step.c.stage, step.c.state, step.c.line)
)
_LABEL = (
    update(step)
    .where(
        tuple_(*_GENERATION).in_(select(select(*_GENERATION).where(*_UNLABELLED).limit(_LABELS_AT_ONCE).subquery())),
        step.c.state.in_((StepState.WAITING, StepState.DUE)),
        step.c.line.is_(None),
    )
    .values(line=LINE)
)
