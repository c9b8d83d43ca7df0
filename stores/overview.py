"""Answers about a knowledge base: documents, jobs, counts, found chunks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, func, select

from stores.database import Database
from stores.errors import InputError, NotFoundError
from stores.intake import fault_of
from stores.models import (
    DocumentState,
    JobState,
    Outcome,
    Route,
    Stage,
    StepState,
)
from stores.tables import chunk, document, generation, job, job_document, page, record, source, step
from stores.views import DocumentView, JobDocumentView, JobView, StageProgress

SHORTEST_PREFIX = 4


@dataclass(frozen=True, slots=True)
class Overview:
    """What is shown of one knowledge base."""

    knowledge_id: str
    database: Database

    def documents(self, only: str | None = None) -> list[DocumentView]:
        """All documents by source name, or the one with id ``only``; then the files that could never be taken."""
        with self.database.read() as connection:
            names = _source_names(connection)
            rows = connection.execute(_document_query(only)).all()
            details = _Details(connection, only)
        views = [_document_view(row, names.get(row.id, ()), details) for row in rows]
        if not only:
            views += self.refused()
        return sorted(views, key=lambda view: view.source)

    def refused(self) -> list[DocumentView]:
        """Files that could never be taken; they have a name and a reason, and no document."""
        never = source.c.document.is_(None), source.c.pending.is_(None), source.c.error.is_not(None)
        with self.database.read() as connection:
            return [_refused_view(row) for row in connection.execute(select(source).where(*never))]

    def find(self, name: str) -> str:
        """The document id that ``name`` means: an id, a unique prefix of one, or a source name."""
        with self.database.read() as connection:
            ids = list(
                connection.execute(
                    select(document.c.id).where(document.c.id.startswith(name, autoescape=True))
                ).scalars()
            )
            named = {
                row.document or row.pending
                for row in connection.execute(select(source.c.document, source.c.pending).where(source.c.name == name))
            } - {None}
        if name in ids:
            return name
        if len(named) == 1:
            return str(named.pop())
        if len(ids) == 1 and len(name) >= SHORTEST_PREFIX:
            return str(ids[0])
        if len(ids) > 1 or len(named) > 1:
            raise InputError(f"{name!r} names several documents: give more of the id, see `ingot docs list`")
        raise NotFoundError(f"there is no document {name!r} in {self.knowledge_id!r}: see `ingot docs list`")

    def sha256(self, document_id: str) -> str:
        """The hash of a document's bytes, "" where it is unknown."""
        with self.database.read() as connection:
            query = select(document.c.sha256).where(document.c.id == document_id)
            return connection.execute(query).scalar_one_or_none() or ""

    def generation_to_show(self, document_id: str) -> int:
        """The visible generation, else the newest."""
        with self.database.read() as connection:
            row = connection.execute(
                select(document.c.visible, document.c.newest).where(document.c.id == document_id)
            ).one()
        return int(row.visible or row.newest)

    def job(self, job_id: str) -> JobView:
        with self.database.read() as connection:
            row = connection.execute(select(job).where(job.c.id == job_id)).first()
            if row is None:
                raise NotFoundError(f"there is no job {job_id!r}: see `ingot jobs list`")
            return _job_view(connection, self.knowledge_id, row)

    def jobs(self) -> list[JobView]:
        """All jobs, the newest first."""
        with self.database.read() as connection:
            rows = connection.execute(select(job).order_by(job.c.created_at.desc(), job.c.id.desc())).all()
            return [_job_view(connection, self.knowledge_id, row) for row in rows]

    def counts(self) -> dict[str, int]:
        """documents, failed, running, pages, chunks and records that answer now."""
        now = and_(document.c.id == chunk.c.document, document.c.visible == chunk.c.generation)
        with self.database.read() as connection:
            states: dict[str, int] = {
                row.state: row.n
                for row in connection.execute(
                    select(document.c.state, func.count().label("n")).group_by(document.c.state)
                )
            }
            pages = connection.execute(
                select(func.coalesce(func.sum(generation.c.pages), 0)).join(
                    document, and_(document.c.id == generation.c.document, document.c.visible == generation.c.number)
                )
            ).scalar_one()
            chunks = connection.execute(select(func.count()).select_from(chunk).join(document, now)).scalar_one()
            records = connection.execute(
                select(func.count())
                .select_from(record)
                .join(document, and_(document.c.id == record.c.document, document.c.visible == record.c.generation))
            ).scalar_one()
        running = states.get(DocumentState.QUEUED, 0) + states.get(DocumentState.RUNNING, 0)
        return {
            "documents": sum(states.values()),
            "failed": states.get(DocumentState.FAILED, 0),
            "running": running,
            "pages": int(pages),
            "chunks": int(chunks),
            "records": int(records),
        }

    def page_seconds(self) -> dict[Route, float]:
        """CPU seconds that a page of each route took here so far, all stages together."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(step.c.stage, func.sum(step.c.cpu_s).label("cpu"), func.sum(step.c.pages).label("pages"))
                .where(step.c.state == StepState.DONE, step.c.pages > 0)
                .group_by(step.c.stage)
            ).all()
        each = {Stage(row.stage): row.cpu / row.pages for row in rows}
        later = sum(each.get(stage, 0.0) for stage in (Stage.EXTRACT, Stage.EMBED, Stage.PUBLISH))
        found = {}
        if Stage.PARSE in each:
            found[Route.TEXT] = each[Stage.PARSE] + later
        if Stage.OCR in each:
            found[Route.OCR] = each.get(Stage.RENDER, 0.0) + each[Stage.OCR] + later
        return found


class _Details:
    """Counts per document, each asked once for all of them."""

    def __init__(self, connection: Connection, only: str | None) -> None:
        shown = func.coalesce(document.c.visible, document.c.newest)
        mine = document.c.id == only if only else document.c.id.is_not(None)
        self.routes: dict[str, dict[Route, int]] = {}
        query = (
            select(page.c.document, page.c.route, func.count().label("n"))
            .join(document, and_(document.c.id == page.c.document, shown == page.c.generation))
            .where(mine)
            .group_by(page.c.document, page.c.route)
        )
        for row in connection.execute(query):
            self.routes.setdefault(row.document, {})[Route(row.route)] = row.n
        self.chunks: dict[str, int] = {
            row.document: row.n
            for row in connection.execute(
                select(chunk.c.document, func.count().label("n"))
                .join(document, and_(document.c.id == chunk.c.document, shown == chunk.c.generation))
                .where(mine)
                .group_by(chunk.c.document)
            )
        }
        self.failed_pages: dict[str, dict[int, str]] = {}
        for row in connection.execute(
            select(page.c.document, page.c.number, page.c.error)
            .join(document, and_(document.c.id == page.c.document, document.c.newest == page.c.generation))
            .where(mine, page.c.error.is_not(None))
        ):
            self.failed_pages.setdefault(row.document, {})[row.number] = row.error
        self.failed_stages: dict[str, dict[Stage, str]] = {}
        for row in connection.execute(
            select(step.c.document, step.c.stage, step.c.error)
            .join(document, and_(document.c.id == step.c.document, document.c.newest == step.c.generation))
            .where(mine, step.c.state == StepState.FAILED)
        ):
            self.failed_stages.setdefault(row.document, {})[Stage(row.stage)] = row.error


def _document_query(only: str | None) -> Any:
    shown = func.coalesce(document.c.visible, document.c.newest)
    query = select(
        document,
        generation.c.pages,
        generation.c.title,
        generation.c.language,
        generation.c.started_at,
        generation.c.finished_at,
    ).outerjoin(generation, and_(generation.c.document == document.c.id, generation.c.number == shown))
    return query.where(document.c.id == only) if only else query


def _document_view(row: Any, names: Sequence[str], details: _Details) -> DocumentView:
    took = row.finished_at - row.started_at if row.finished_at and row.started_at else None
    return DocumentView(
        document=row.id,
        source=names[0] if names else "",
        sources=tuple(names),
        state=DocumentState(row.state),
        visible=row.visible is not None,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        pages=row.pages or 0,
        routes=details.routes.get(row.id, {}),
        language=row.language or "",
        title=row.title or "",
        chunks=details.chunks.get(row.id, 0),
        generation=row.visible or row.newest,
        error=fault_of(row),
        failed_pages=details.failed_pages.get(row.id, {}),
        failed_stages=details.failed_stages.get(row.id, {}),
        created_at=row.created_at,
        updated_at=row.updated_at,
        duration_s=took,
    )


def _refused_view(row: Any) -> DocumentView:
    return DocumentView(
        document="",
        source=row.name,
        sources=(row.name,),
        state=DocumentState.FAILED,
        visible=False,
        media_type="",
        size_bytes=row.size_bytes,
        pages=0,
        routes={},
        language="",
        title="",
        chunks=0,
        generation=0,
        error=fault_of(row),
        failed_pages={},
        failed_stages={},
        created_at=0.0,
        updated_at=0.0,
        duration_s=None,
    )


def _source_names(connection: Connection, only: set[str] | None = None) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    for row in connection.execute(select(source).order_by(source.c.id)):
        for found in (row.document, row.pending):
            if found and (only is None or found in only):
                names[found] = (*names.get(found, ()), row.name)
    return names


def _job_view(connection: Connection, knowledge_id: str, row: Any) -> JobView:
    return JobView(
        job=row.id,
        knowledge_id=knowledge_id,
        state=JobState(row.state),
        created_at=row.created_at,
        finished_at=row.finished_at,
        documents=tuple(_job_documents(connection, row.id)),
        stages=tuple(_stage_progress(connection, row.id)),
    )


def _job_documents(connection: Connection, job_id: str) -> list[JobDocumentView]:
    now = time.time()
    mine = and_(generation.c.document == job_document.c.document, generation.c.number == job_document.c.generation)
    rows = connection.execute(
        select(job_document, generation.c.pages, generation.c.started_at, generation.c.finished_at)
        .outerjoin(generation, mine)
        .where(job_document.c.job == job_id)
        .order_by(job_document.c.source)
    ).all()
    working = {
        (row.document, row.generation): row
        for row in connection.execute(
            select(step)
            .join(
                job_document,
                and_(job_document.c.document == step.c.document, job_document.c.generation == step.c.generation),
            )
            .where(job_document.c.job == job_id, step.c.state == StepState.RUNNING, step.c.lease_until > now)
        )
    }
    return [_job_document(row, working.get((row.document, row.generation)), now) for row in rows]


def _job_document(row: Any, at_work: Any, now: float) -> JobDocumentView:
    took = row.finished_at - row.started_at if row.finished_at and row.started_at else None
    return JobDocumentView(
        source=row.source,
        document=row.document,
        outcome=Outcome(row.outcome),
        state=DocumentState(row.state),
        pages=row.pages or 0,
        error=fault_of(row),
        stage=Stage(at_work.stage) if at_work else None,
        page=at_work.page if at_work else None,
        silent_s=max(0.0, now - at_work.heard_at) if at_work else 0.0,
        duration_s=took,
    )


def _stage_progress(connection: Connection, job_id: str) -> list[StageProgress]:
    mine = and_(job_document.c.document == step.c.document, job_document.c.generation == step.c.generation)
    lost = and_(step.c.state == StepState.RUNNING, step.c.lease_until <= time.time())  # its worker died: it waits again
    state = case((lost, StepState.DUE), else_=step.c.state).label("state")
    rows = connection.execute(
        select(step.c.stage, state, func.count().label("steps"), func.sum(step.c.pages).label("pages"))
        .join(job_document, mine)
        .where(job_document.c.job == job_id)
        .group_by(step.c.stage, state)
    ).all()
    read = _pages_read(connection, job_id)
    return [_progress(stage, [r for r in rows if r.stage == stage], read.get(stage)) for stage in Stage]


def _pages_read(connection: Connection, job_id: str) -> dict[Stage, int]:
    """Pages of the reading stages that are saved already, finer than their steps."""
    mine = and_(job_document.c.document == page.c.document, job_document.c.generation == page.c.generation)
    rows = connection.execute(
        select(page.c.route, func.count().label("n"))
        .join(job_document, mine)
        .where(job_document.c.job == job_id, page.c.markdown.is_not(None) | page.c.error.is_not(None))
        .group_by(page.c.route)
    ).all()
    stage_of = {Route.TEXT: Stage.PARSE, Route.OCR: Stage.OCR}
    return {stage_of[Route(row.route)]: row.n for row in rows if Route(row.route) in stage_of}


def _progress(stage: Stage, rows: Sequence[Any], read: int | None) -> StageProgress:
    """Units are pages; a plan step, whose pages are not known before, counts as one."""

    def amount(*states: StepState) -> int:
        return sum((r.steps if stage is Stage.PLAN else r.pages) or 0 for r in rows if r.state in states)

    total = amount(*StepState)
    working = amount(StepState.RUNNING)
    done = amount(StepState.DONE, StepState.SKIPPED)
    if read is not None:
        done = max(done, min(read, total))
        working = min(working, total - done)
    failed = amount(StepState.FAILED, StepState.CANCELLED)
    waiting = max(0, total - done - working - failed)
    return StageProgress(stage=stage, total=total, done=done, waiting=waiting, working=working, failed=failed)
