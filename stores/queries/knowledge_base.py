"""Answers about a knowledge base: documents, jobs, counts. How they are read stands in the modules beside it."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy import Connection, and_, func, select

from stores.clean_text import clean
from stores.contracts.queries import Availability, DueStep, Figures, OriginalAccess, StageCost
from stores.cursors import key_of
from stores.errors import InputError, NotFoundError
from stores.models import DOCUMENT_STAGES, DocumentState, JobState, Route, Stage, StepState
from stores.queries import documents as overview_documents
from stores.queries import jobs as overview_jobs
from stores.queries import work as overview_work
from stores.queries.availability import standing
from stores.queries.retryable import is_retryable
from stores.source_names import asked_name
from stores.sql.database import Database
from stores.sql.tables import chunk, document, generation, record, source, step
from stores.views import (
    DocumentFilter,
    DocumentView,
    JobDocumentView,
    JobProgress,
    JobSummary,
    JobView,
    Slice,
    WorkingStep,
)

T = TypeVar("T")
_ALL = 1000  # documents of one part, where all are asked for
_PREFIX = re.compile(r"[0-9a-f]{4,31}")
_ID = re.compile(r"[0-9a-f]{32}")
_MOST_WORKING = 20


@dataclass(frozen=True, slots=True)
class KnowledgeBaseQueries:
    """What is shown of one knowledge base."""

    knowledge_id: str
    database: Database

    def documents(self, wanted: DocumentFilter | None = None) -> list[DocumentView]:
        """All documents by source name, files that could never be taken among them."""
        views: list[DocumentView] = []
        cursor: str | None = None
        while True:
            part = self.documents_page(wanted or DocumentFilter(), cursor, _ALL)
            views += part.items
            cursor = part.next_cursor
            if cursor is None:
                return views

    def document(self, document_id: str) -> DocumentView:
        """One document, with the stages of its newest generation."""
        with self.database.read() as connection:
            view = overview_documents.document_view(connection, document_id)
            if view is None:
                raise self._no_document(document_id)
            newest = connection.execute(select(document.c.newest).where(document.c.id == document_id)).scalar_one()
            return replace(view, stages=overview_jobs.document_stages(connection, document_id, newest))

    def documents_page(self, wanted: DocumentFilter, cursor: str | None, limit: int) -> Slice[DocumentView]:
        with self.database.read() as connection:
            return overview_documents.documents_page(connection, wanted, cursor, limit)

    def refused(self, name: str) -> DocumentView | None:
        """A file of that name that could never be taken: it has a reason, and no document."""
        name = clean(asked_name(name))
        with self.database.read() as connection:
            row = connection.execute(
                select(source).where(source.c.name == name, *overview_documents.NEVER_TAKEN).limit(1)
            ).first()
        return overview_documents.refused_view(row) if row is not None else None

    def find(self, name: str) -> str:
        """The document id that ``name`` means: an id, a unique prefix of one, or a source name."""
        name = clean(asked_name(name))
        with self.database.read() as connection:
            if _ID.fullmatch(name) and self._is_document(connection, name):
                return name
            named = {
                row.document or row.pending
                for row in connection.execute(select(source.c.document, source.c.pending).where(source.c.name == name))
            } - {None}
            ids = self._beginning_with(connection, name) if len(named) != 1 else []
        if len(named) == 1:
            return str(named.pop())
        if len(ids) == 1:
            return ids[0]
        if len(ids) > 1 or len(named) > 1:
            raise InputError(f"{name!r} names several documents: give more of the id, see `ingot docs list`")
        raise self._no_document(name)

    def _no_document(self, name: str) -> NotFoundError:
        return NotFoundError(f"there is no document {name!r} in {self.knowledge_id!r}: see `ingot docs list`")

    @staticmethod
    def _is_document(connection: Connection, name: str) -> bool:
        return connection.execute(select(document.c.id).where(document.c.id == name)).first() is not None

    @staticmethod
    def _beginning_with(connection: Connection, name: str) -> list[str]:
        """At most two ids that begin so."""
        if not _PREFIX.fullmatch(name):
            return []
        within = document.c.id >= name, document.c.id < f"{name}g"
        return list(connection.execute(select(document.c.id).where(*within).limit(2)).scalars())

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
            ).first()
        if row is None:
            raise self._no_document(document_id)
        return int(row.visible or row.newest)

    def standing(self, document_id: str) -> Availability:
        """Which generation is shown, and how it stands with what is newer."""
        with self.database.read() as connection:
            availability = standing(connection, document_id)
        if availability is None:
            raise self._no_document(document_id)
        return availability

    def original_access(self, document_id: str) -> OriginalAccess:
        """How the bytes of a document are opened, as its generation to show knows."""
        shown = func.coalesce(document.c.visible, document.c.newest)
        mine = and_(generation.c.document == document.c.id, generation.c.number == shown)
        with self.database.read() as connection:
            row = connection.execute(
                select(document, generation.c.password, generation.c.pages, shown.label("shown"))
                .outerjoin(generation, mine)
                .where(document.c.id == document_id)
            ).first()
        if row is None:
            raise self._no_document(document_id)
        return OriginalAccess(row.id, row.sha256, row.media_type, row.password or "", row.shown, row.pages or 0)

    def job(self, job_id: str) -> JobView:
        """A job with all its documents."""
        with self.database.read() as connection:
            return _known(overview_jobs.whole_job(connection, self.knowledge_id, job_id), job_id)

    def job_summary(self, job_id: str) -> JobSummary:
        with self.database.read() as connection:
            return _known(overview_jobs.summary(connection, self.knowledge_id, job_id), job_id)

    def jobs_page(self, state: JobState | None, cursor: str | None, limit: int) -> list[JobSummary]:
        """At most ``limit`` jobs, the newest first, behind ``cursor``."""
        after = key_of(cursor, float, str)
        with self.database.read() as connection:
            return overview_jobs.jobs_page(
                connection, self.knowledge_id, state, (after[0], after[1]) if after else None, limit
            )

    def open_jobs(self) -> list[str]:
        """Ids of the jobs that are not over."""
        with self.database.read() as connection:
            return overview_jobs.open_jobs(connection)

    def job_progress(self, job_id: str) -> JobProgress:
        """Counts, stages, and the documents that are worked on."""
        with self.database.read() as connection:
            summary = _known(overview_jobs.summary(connection, self.knowledge_id, job_id), job_id)
            return JobProgress(
                summary=summary,
                stages=tuple(overview_jobs.stage_progress(connection, job_id)),
                working=tuple(overview_jobs.working_documents(connection, job_id, _MOST_WORKING)),
                retryable=summary.finished_at is not None and is_retryable(connection, job_id),
            )

    def job_documents(
        self, job_id: str, states: Sequence[DocumentState], cursor: str | None, limit: int
    ) -> Slice[JobDocumentView]:
        with self.database.read() as connection:
            return overview_jobs.documents_page(connection, job_id, states, cursor, limit)

    def ended_documents(self, job_id: str, since: float) -> list[JobDocumentView]:
        """Documents that ended at ``since`` or later, in the order of their ends."""
        with self.database.read() as connection:
            return overview_jobs.ended_documents(connection, job_id, since)

    def due_steps(self, documents: Sequence[str] = ()) -> list[DueStep]:
        with self.database.read() as connection:
            return overview_work.due_steps(connection, documents)

    def due_of_job(self, job_id: str) -> DueStep | None:
        with self.database.read() as connection:
            return overview_work.due_of_job(connection, job_id)

    def open_stages(self, job_id: str) -> dict[Stage, bool]:
        """The stages that a job is not done with, and whether a step of each may begin now."""
        with self.database.read() as connection:
            return overview_work.open_stages(connection, job_id)

    def steps_in_hand(self) -> list[WorkingStep]:
        with self.database.read() as connection:
            return overview_work.steps_in_hand(connection, self.knowledge_id)

    def open_outbound_tasks(self) -> tuple[int, float | None]:
        """(callbacks and URLs that wait, since when the oldest does)."""
        with self.database.read() as connection:
            return overview_work.open_outbound_tasks(connection)

    def stage_costs(self) -> list[StageCost]:
        with self.database.read() as connection:
            return overview_work.stage_costs(connection)

    def figures(self) -> Figures:
        """What metrics tell of this knowledge base."""
        with self.database.read() as connection:
            return Figures(
                documents=overview_documents.documents_by_state(connection),
                callbacks=overview_work.callbacks_by_state(connection),
                costs=tuple(overview_work.stage_costs(connection)),
            )

    def parallel_steps(self, job_id: str, window_s: float) -> tuple[float, dict[Stage, float]]:
        """(steps of a job that ran at once, on average of the last seconds; seconds a page takes in running steps)."""
        now = time.time()
        with self.database.read() as connection:
            return overview_work.parallel_steps(connection, job_id, now, window_s)

    def documents_by_state(self) -> dict[DocumentState, int]:
        """How many of the documents that are listed are in each state."""
        with self.database.read() as connection:
            return overview_documents.documents_by_state(connection)

    def answering(self) -> dict[str, int]:
        """pages, chunks and records that answer now."""
        now = and_(document.c.id == chunk.c.document, document.c.visible == chunk.c.generation)
        with self.database.read() as connection:
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
        return {"pages": int(pages), "chunks": int(chunks), "records": int(records)}

    def page_seconds(self) -> dict[Route, float]:
        """CPU seconds that a page of each route took here so far, all stages together."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(step.c.stage, func.sum(step.c.cpu_s).label("cpu"), func.sum(step.c.pages).label("pages"))
                .where(step.c.state == StepState.DONE, step.c.pages > 0)
                .group_by(step.c.stage)
            ).all()
        each = {Stage(row.stage): row.cpu / row.pages for row in rows}
        later = sum(each.get(stage, 0.0) for stage in DOCUMENT_STAGES)
        seconds = {}
        if Stage.PARSE in each:
            seconds[Route.TEXT] = each[Stage.PARSE] + later
        if Stage.OCR in each:
            seconds[Route.OCR] = each.get(Stage.RENDER, 0.0) + each[Stage.OCR] + later
        return seconds


def _known(view: T | None, job_id: str) -> T:
    if view is None:
        raise NotFoundError(f"there is no job {job_id!r}: see `ingot jobs list`")
    return view
