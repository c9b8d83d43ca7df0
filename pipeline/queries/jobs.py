"""Jobs: their documents, how far they are, why they wait and how long they will take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from pipeline.queries import time_left
from pipeline.queries.answer_cache import AnswerCache
from pipeline.queries.waiting import WaitingReasons
from pipeline.step_context import Resources
from pipeline.still_there import of_each
from stores.cursors import cursor_of
from stores.errors import NotFoundError
from stores.models import DocumentState, JobState, Stage
from stores.views import JobDocumentView, JobFilter, JobProgress, JobSummary, JobView, Slice

if TYPE_CHECKING:
    from stores.contracts import KnowledgeStore

_SLICE = 500  # jobs read at once where all are wanted
_STAGE_COSTS_S = 30.0  # for so long the costs of stages are not read again
_WINDOW_S = 120.0  # over which the number of parallel steps is averaged


class JobQueries:
    """Queries about the jobs of one home. A job id names its knowledge base; NotFoundError for one that is unknown."""

    def __init__(self, resources: Resources, waiting: WaitingReasons, cache: AnswerCache) -> None:
        self._resources = resources
        self._waiting = waiting
        self._cache = cache

    def get(self, job_id: str) -> JobView:
        """A job with all its documents."""
        return self._store_of(job_id).job_queries.get(job_id)

    def summary(self, job_id: str) -> JobSummary:
        """A job with the counts of its documents."""
        return self._store_of(job_id).job_queries.summary(job_id)

    def slice(self, wanted: JobFilter, cursor: str | None = None, limit: int = 50) -> Slice[JobSummary]:
        """A slice of the jobs of some knowledge bases, or of all, the newest first.

        NotFoundError where a knowledge base is named that does not exist.
        """
        jobs = list(chain.from_iterable(self._slices(wanted, cursor, limit + 1)))
        jobs.sort(key=lambda job: (job.created_at, job.job), reverse=True)
        shown = jobs[:limit]
        next_cursor = cursor_of(shown[-1].created_at, shown[-1].job) if len(jobs) > limit else None
        return Slice(items=tuple(shown), next_cursor=next_cursor)

    def all(self, knowledge_id: str | None = None) -> Iterator[JobSummary]:
        """All jobs of one knowledge base or of the home, the newest first, read in slices."""
        wanted = JobFilter(knowledge_ids=(knowledge_id,) if knowledge_id else None)
        cursor: str | None = None
        while True:
            part = self.slice(wanted, cursor, _SLICE)
            yield from part.items
            cursor = part.next_cursor
            if cursor is None:
                return

    def progress(self, job_id: str) -> JobProgress:
        """A job without its documents: counts, stages, what is worked on or why it waits, seconds left."""
        store = self._store_of(job_id)
        progress = store.job_queries.progress(job_id)
        if progress.summary.state not in (JobState.ACCEPTING, JobState.RUNNING):
            return progress
        if not progress.working:
            return replace(progress, waiting=self._waiting.of_job(store, progress.summary))
        parallel_steps, running_page_s = store.work_queries.parallel_steps(job_id, _WINDOW_S)
        page_s = {**running_page_s, **self._page_seconds(store)}
        return replace(progress, left_s=time_left.left_s(progress.stages, page_s, parallel_steps))

    def reasons(self, jobs: Sequence[JobSummary]) -> dict[str, str]:
        """Why jobs wait, by their ids; without those that are over, that run, or of which it cannot be told."""
        waiting = {job.job: self.progress(job.job).waiting for job in jobs if job.finished_at is None}
        return {job: reason.why for job, reason in waiting.items() if reason}

    def now(self, knowledge_id: str, documents: Sequence[str]) -> dict[str, str]:
        """What happens now to open documents of a knowledge base, by their ids: a stage, or why it waits."""
        if not documents:
            return {}
        return self._waiting.of_documents(self._resources.catalog.store(knowledge_id), documents)

    def documents(
        self, job_id: str, states: Sequence[DocumentState] = (), cursor: str | None = None, limit: int = 100
    ) -> Slice[JobDocumentView]:
        """A slice of a job's documents in these states, or in any, each with the reason why it waits."""
        store = self._store_of(job_id)
        part = store.job_queries.documents(job_id, states, cursor, limit)
        return replace(part, items=self._waiting.with_reasons(store, job_id, part.items))

    def first_documents(self, job_id: str, order: Sequence[DocumentState], limit: int) -> tuple[JobDocumentView, ...]:
        """The documents of a job whose states come first in ``order``, each with the reason why it waits."""
        store = self._store_of(job_id)
        return self._waiting.with_reasons(store, job_id, store.job_queries.first_documents(job_id, order, limit))

    def ended_documents(self, job_id: str, since: float = 0.0) -> list[JobDocumentView]:
        """Documents of a job that ended at ``since`` (UTC seconds) or later, in the order of their ends."""
        return self._store_of(job_id).job_queries.ended_documents(job_id, since)

    def obstacle(self, job_id: str) -> str:
        """Why no worker begins what may begin now: no broker, or queues without workers; "" where nothing is wrong."""
        return self._waiting.obstacle(self._store_of(job_id), job_id)

    def _store_of(self, job_id: str) -> KnowledgeStore:
        """The store of the knowledge base that a job id names."""
        knowledge_id, dot, _ = job_id.rpartition(".")
        if not dot:
            raise NotFoundError(f"there is no job {job_id!r}: see `ingot jobs list`")
        return self._resources.catalog.store(knowledge_id)

    def _slices(self, wanted: JobFilter, cursor: str | None, limit: int) -> Iterator[Sequence[JobSummary]]:
        """A slice of the jobs of each wanted knowledge base."""

        def slice_of(name: str) -> Sequence[JobSummary]:
            return self._resources.catalog.store(name).job_queries.slice(wanted.state, cursor, limit)

        if wanted.knowledge_ids is None:
            return of_each(self._resources.catalog.names(), slice_of)
        return map(slice_of, wanted.knowledge_ids)

    def _page_seconds(self, store: KnowledgeStore) -> dict[Stage, float]:
        """Wall-clock seconds that a page of each stage took in this knowledge base."""
        costs = self._cache.get(f"costs {store.knowledge_id}", _STAGE_COSTS_S, store.work_queries.stage_costs)
        return {cost.stage: cost.wall_s / cost.pages for cost in costs if cost.pages}
