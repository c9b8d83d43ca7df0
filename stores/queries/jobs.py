"""Jobs as they are shown: their counts, stages and documents, counted in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select

from stores.cursors import cursor_of, key_of
from stores.errors import NotFoundError
from stores.lifecycle.known_files import fault_of
from stores.lifecycle.states import OPEN_STATES
from stores.models import DocumentState, JobState, Outcome, Route, Stage, StepState
from stores.queries import durations
from stores.queries.durations import Worked
from stores.queries.retryable import ENDED_BADLY, FETCH_FAILED, is_retryable, retryable_documents
from stores.sql.database import Database, now_of
from stores.sql.tables import columns_of, generation, job, job_document, page, step
from stores.views import JobDocumentView, JobProgress, JobSummary, JobView, Slice, StageProgress

_MANY = 500  # ids in one condition
_MOST_WORKING = 20
_OPEN_JOBS = (JobState.ACCEPTING, JobState.RUNNING)
_MINE = and_(generation.c.document == job_document.c.document, generation.c.number == job_document.c.generation)
_STEPS = and_(job_document.c.document == step.c.document, job_document.c.generation == step.c.generation)
_ENDED = case(  # a document that was final at the door ended with it
    (job_document.c.state.in_(OPEN_STATES), None),
    (func.coalesce(generation.c.finished_at, 0.0) > job.c.created_at, generation.c.finished_at),
    else_=job.c.created_at,
)


@dataclass(frozen=True, slots=True)
class JobQueries:
    """The jobs of one knowledge base. Raises NotFoundError for an unknown job."""

    knowledge_id: str
    database: Database

    def get(self, job_id: str) -> JobView:
        """Return a job with all its documents."""
        with self.database.read() as connection:
            row = _job(connection, job_id)
            return JobView(
                job=row.id,
                knowledge_id=self.knowledge_id,
                state=JobState(row.state),
                created_at=row.created_at,
                finished_at=row.finished_at,
                documents=tuple(_views(connection, job_id, _documents(job_id).order_by(job_document.c.source))),
                stages=tuple(stage_progress(connection, job_id)),
                **_times(row),
            )

    def summary(self, job_id: str) -> JobSummary:
        """Return a job with the counts of its documents."""
        with self.database.read() as connection:
            return self._summary(connection, job_id)

    def slice(self, state: JobState | None, cursor: str | None, limit: int) -> list[JobSummary]:
        """Return at most ``limit`` jobs behind ``cursor``, the newest first."""
        after = key_of(cursor, float, str)
        with self.database.read() as connection:
            query = select(job).order_by(job.c.created_at.desc(), job.c.id.desc()).limit(limit)
            if state:
                query = query.where(job.c.state == state)
            if after:
                created_at, job_id = after
                older = or_(job.c.created_at < created_at, and_(job.c.created_at == created_at, job.c.id < job_id))
                query = query.where(job.c.created_at <= created_at, older)
            rows = connection.execute(query).all()
            counts = _counts(connection, [row.id for row in rows])
            return [_summary(self.knowledge_id, row, counts.get(row.id, {})) for row in rows]

    def open_ids(self) -> list[str]:
        """Return the ids of the jobs that are not over."""
        with self.database.read() as connection:
            return list(connection.execute(select(job.c.id).where(job.c.state.in_(_OPEN_JOBS))).scalars())

    def progress(self, job_id: str) -> JobProgress:
        """Return the counts and stages of a job, and the documents that are worked on."""
        with self.database.read() as connection:
            summary = self._summary(connection, job_id)
            return JobProgress(
                summary=summary,
                stages=tuple(stage_progress(connection, job_id)),
                working=tuple(_working_documents(connection, job_id)),
                retryable=summary.finished_at is not None and is_retryable(connection, job_id),
            )

    def documents(
        self, job_id: str, states: Sequence[DocumentState], cursor: str | None, limit: int
    ) -> Slice[JobDocumentView]:
        """Return at most ``limit`` documents of a job by source, with their stages; all states where none is named."""
        query = _documents(job_id).order_by(job_document.c.source).limit(limit + 1)
        after = key_of(cursor, str)
        if after:
            query = query.where(job_document.c.source > after[0])
        if states:
            query = query.where(job_document.c.state.in_(states))
        with self.database.read() as connection:
            views = _views(connection, job_id, query, stages=True)
        shown = views[:limit]
        return Slice(items=tuple(shown), next_cursor=cursor_of(shown[-1].source) if len(views) > limit else None)

    def first_documents(self, job_id: str, order: Sequence[DocumentState], limit: int) -> list[JobDocumentView]:
        """Return at most ``limit`` documents of a job, by the place of their states in ``order``, then by source.

        One statement: a document whose state changes meanwhile is there once.
        """
        rank = case({str(state): place for place, state in enumerate(order)}, value=job_document.c.state)
        query = _documents(job_id).order_by(rank, job_document.c.source).limit(limit)
        with self.database.read() as connection:
            return _views(connection, job_id, query, stages=True)

    def ended_documents(self, job_id: str, since: float) -> list[JobDocumentView]:
        """Return the documents of a job that ended at ``since`` or later, in the order of their ends."""
        query = _documents(job_id).where(since <= _ENDED).order_by(_ENDED, job_document.c.source)
        with self.database.read() as connection:
            return _views(connection, job_id, query)

    def _summary(self, connection: Connection, job_id: str) -> JobSummary:
        counts = _counts(connection, [job_id]).get(job_id, {})
        return _summary(self.knowledge_id, _job(connection, job_id), counts)


def _job(connection: Connection, job_id: str) -> Any:
    row = connection.execute(select(job).where(job.c.id == job_id)).first()
    if row is None:
        raise NotFoundError(f"there is no job {job_id!r}: see `ingot jobs list`")
    return row


def _working_documents(connection: Connection, job_id: str) -> list[JobDocumentView]:
    """Documents that somebody works on now, with their stages."""
    held = and_(step.c.state == StepState.RUNNING, step.c.lease_until > now_of(connection))
    busy = select(step.c.document).where(_STEPS, held).exists()
    return _views(
        connection,
        job_id,
        _documents(job_id).where(busy).order_by(job_document.c.source).limit(_MOST_WORKING),
        stages=True,
    )


def _counts(connection: Connection, ids: Sequence[str]) -> dict[str, dict[DocumentState, int]]:
    counts: dict[str, dict[DocumentState, int]] = {}
    query = (
        select(job_document.c.job, job_document.c.state, func.count().label("n"))
        .where(job_document.c.job.in_(ids))
        .group_by(job_document.c.job, job_document.c.state)
    )
    for row in connection.execute(query):
        counts.setdefault(row.job, {})[DocumentState(row.state)] = row.n
    return counts


def _summary(knowledge_id: str, row: Any, counts: Mapping[DocumentState, int]) -> JobSummary:
    return JobSummary(
        job=row.id,
        knowledge_id=knowledge_id,
        state=JobState(row.state),
        created_at=row.created_at,
        finished_at=row.finished_at,
        counts=counts,
        **_times(row),
        priority=row.priority,
        metadata=row.metadata,
        callback_url=row.callback_url,
    )


def _times(row: Any) -> dict[str, float | None]:
    """How long a job was worked on, and waited since it was last asked for; nothing as long as it is open."""
    waited = max(0.0, row.began_at - row.touched_at) if row.began_at else None
    return {"work_s": row.work_s, "waited_s": waited}


def _documents(job_id: str) -> Any:
    return (
        select(
            job_document,
            job.c.touched_at,
            generation.c.pages,
            _ENDED.label("ended_at"),
        )
        .join(job, job.c.id == job_document.c.job)
        .outerjoin(generation, _MINE)
        .where(job_document.c.job == job_id)
    )


def _views(connection: Connection, job_id: str, query: Any, *, stages: bool = False) -> list[JobDocumentView]:
    now = now_of(connection)
    rows = connection.execute(query).all()
    at_work = _steps_in_hand(connection, job_id, now)
    parts = _stages_of(connection, rows) if stages else {}
    worked = durations.of_places(connection, job_id, sorted({row.document for row in rows if row.document}))
    warnings = _warnings(connection, job_id)
    places = [(row, (row.document, row.generation)) for row in rows]
    again = retryable_documents(connection, [row.document for row in rows if row.error or row.state in ENDED_BADLY])
    views = (
        _view(row, at_work.get(at), now, parts.get(at, ()), worked.get(at), warnings.get(at, {})) for row, at in places
    )
    return [replace(view, retryable=_is_retryable(view, again)) for view in views]


def _is_retryable(view: JobDocumentView, again: set[str]) -> bool:
    """A place without a document is retried where it waits for a URL; what was refused at the door is not."""
    if view.document:
        return view.state.final and view.document in again
    unfetched = view.error is None or view.error.code == FETCH_FAILED
    return view.state in ENDED_BADLY and unfetched


def _warnings(connection: Connection, job_id: str) -> dict[tuple[str, int], dict[int, str]]:
    """By document and generation: page -> what was given up of it."""
    mine = and_(job_document.c.document == page.c.document, job_document.c.generation == page.c.generation)
    query = select(page.c.document, page.c.generation, page.c.number, page.c.warning).join(job_document, mine)
    query = query.where(job_document.c.job == job_id, page.c.warning.is_not(None)).order_by(page.c.number)
    warnings: dict[tuple[str, int], dict[int, str]] = {}
    for row in connection.execute(query):
        warnings.setdefault((row.document, row.generation), {})[row.number] = row.warning
    return warnings


def _steps_in_hand(connection: Connection, job_id: str, now: float) -> dict[tuple[str, int], Any]:
    held = and_(step.c.state == StepState.RUNNING, step.c.lease_until > now)
    query = select(*columns_of(step)).join(job_document, _STEPS).where(job_document.c.job == job_id, held)
    return {(row.document, row.generation): row for row in connection.execute(query)}


def _view(
    row: Any,
    at_work: Any,
    now: float,
    stages: tuple[StageProgress, ...],
    worked: Worked | None,
    warnings: Mapping[int, str],
) -> JobDocumentView:
    return JobDocumentView(
        source=row.source,
        document=row.document,
        outcome=Outcome(row.outcome),
        state=DocumentState(row.state),
        pages=row.pages or 0,
        error=fault_of(row),
        stage=Stage(at_work.stage) if at_work else None,
        page=at_work.page_in_work if at_work else None,
        silent_s=max(0.0, now - at_work.heard_at) if at_work else 0.0,
        work_s=worked.work_s if worked else None,
        waited_s=max(0.0, worked.began_at - row.touched_at) if worked else None,
        generation=row.generation,
        stages=stages,
        ended_at=row.ended_at,
        warnings=warnings,
    )


def stage_progress(connection: Connection, job_id: str) -> list[StageProgress]:
    """The stages of a job, all its documents together."""
    state = _state_now(now_of(connection))
    rows = connection.execute(
        _grouped(state).join(job_document, _STEPS).where(job_document.c.job == job_id).group_by(step.c.stage, state)
    ).all()
    mine = and_(job_document.c.document == page.c.document, job_document.c.generation == page.c.generation)
    pages = connection.execute(
        select(page.c.route, *_READ).join(job_document, mine).where(job_document.c.job == job_id).group_by(page.c.route)
    ).all()
    return _all_stages(rows, {Route(row.route): (row.read, row.lost) for row in pages})


def document_stages(connection: Connection, document: str, number: int) -> tuple[StageProgress, ...]:
    """The stages of one generation."""
    return _stages_in(connection, [document]).get((document, number), ())


def _stages_of(connection: Connection, rows: Sequence[Any]) -> dict[tuple[str, int], tuple[StageProgress, ...]]:
    ids = sorted({row.document for row in rows if row.document})
    stages: dict[tuple[str, int], tuple[StageProgress, ...]] = {}
    for at in range(0, len(ids), _MANY):
        stages |= _stages_in(connection, ids[at : at + _MANY])
    return stages


def _stages_in(connection: Connection, ids: Sequence[str]) -> dict[tuple[str, int], tuple[StageProgress, ...]]:
    """The stages of every generation of some documents."""
    state = _state_now(now_of(connection))
    key = (step.c.document, step.c.generation)
    steps: dict[tuple[str, int], list[Any]] = {}
    for row in connection.execute(
        _grouped(state, *key).where(step.c.document.in_(ids)).group_by(*key, step.c.stage, state)
    ):
        steps.setdefault((row.document, row.generation), []).append(row)
    pages: dict[tuple[str, int], dict[Route, tuple[int, int]]] = {}
    query = (
        select(page.c.document, page.c.generation, page.c.route, *_READ)
        .where(page.c.document.in_(ids))
        .group_by(page.c.document, page.c.generation, page.c.route)
    )
    for row in connection.execute(query):
        pages.setdefault((row.document, row.generation), {})[Route(row.route)] = (row.read, row.lost)
    return {place: tuple(_all_stages(rows, pages.get(place, {}))) for place, rows in steps.items()}


_LOST = page.c.error.is_not(None)
_READ = (
    func.sum(case((_LOST, 0), (page.c.markdown.is_not(None), 1), else_=0)).label("read"),
    func.sum(case((_LOST, 1), else_=0)).label("lost"),
)
_STAGE_OF = {Route.TEXT: Stage.PARSE, Route.OCR: Stage.OCR}


def _state_now(now: float) -> Any:
    """A step whose worker died waits again."""
    lost = and_(step.c.state == StepState.RUNNING, step.c.lease_until <= now)
    return case((lost, StepState.DUE), else_=step.c.state).label("state_now")


def _grouped(state: Any, *key: Any) -> Any:
    return select(
        *key,
        step.c.stage,
        state,
        func.count().label("steps"),
        func.sum(step.c.pages).label("pages"),
        func.min(step.c.started_at).label("started_at"),
        func.max(step.c.finished_at).label("finished_at"),
    )


def _all_stages(rows: Sequence[Any], pages: Mapping[Route, tuple[int, int]]) -> list[StageProgress]:
    """``pages``: (read, lost) of each route, finer than the steps that read them."""
    known = {_STAGE_OF[route]: counts for route, counts in pages.items() if route in _STAGE_OF}
    return [_progress(stage, [r for r in rows if r.stage == stage], known.get(stage)) for stage in Stage]


def _progress(stage: Stage, rows: Sequence[Any], pages: tuple[int, int] | None) -> StageProgress:
    """Units are pages; a plan step, whose pages are not known before, counts as one."""

    def amount(*states: StepState) -> int:
        return sum((r.steps if stage is Stage.PLAN else r.pages) or 0 for r in rows if r.state_now in states)

    total = left = amount(*StepState)

    def share(wanted: int) -> int:
        """At most so many of what is not counted yet."""
        nonlocal left
        given = min(wanted, left)
        left -= given
        return given

    read, lost = pages or (amount(StepState.DONE, StepState.SKIPPED), amount(StepState.FAILED))
    done, failed = share(read), share(lost)
    waiting, working = share(amount(StepState.WAITING, StepState.DUE)), share(amount(StepState.RUNNING))
    cancelled = share(amount(StepState.CANCELLED))
    began = [r.started_at for r in rows if r.started_at]
    ended = [r.finished_at for r in rows if r.finished_at]
    return StageProgress(
        stage=stage,
        total=total,
        done=done + left,
        waiting=waiting,
        working=working,
        failed=failed,
        cancelled=cancelled,
        started_at=min(began) if began else None,
        finished_at=max(ended) if ended and not waiting and not working else None,
    )
